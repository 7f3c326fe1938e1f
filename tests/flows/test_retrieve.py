"""A page that is needed online and lies on a carrier: asked for, fetched, proved."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.lifecycle import Lifecycle
from flows.retrieve import bring_back, not_online, whereabouts
from pipeline.carriers import CarrierKind
from pipeline.errors import UserError
from tests.flows.captured_day import ran
from tests.flows.conftest import Run
from tests.flows.packed_day import due, packed, page, pages_in, removed

__all__ = ["due", "packed", "page"]


@pytest.mark.requirement("DK-22")
def test_a_page_is_brought_back_from_a_carrier(due: Lifecycle, page: str, tmp_path: Path) -> None:
    parts, stores = due.parts, due.stores
    assert not_online(parts, [page]) == ()
    with pytest.raises(UserError, match="nothing to fetch"):
        ran(parts, "storage", "retrieve", "request", "--page", page[-64:], "--why", "a complaint")
    removed(due)
    [volume] = stores.cold.volumes()
    carriers = parts.catalog.carriers
    carriers.add("D-1", CarrierKind.OPTICAL, "room 2", "吴")
    carriers.written(volume, "D-1", "吴")
    carriers.tested(volume, "D-1", [], "吴")
    words = ("--page", page[-64:], "--why", "a complaint", "--as", "李")
    told = ran(parts, "storage", "retrieve", "request", *words)[1]
    assert "Request 1: 1 objects" in told and volume in told and "D-1 (room 2)" in told
    assert whereabouts(parts, [page])[0].volume == volume

    wrong, file = tmp_path / "wrong.jpg", tmp_path / "page.jpg"
    wrong.write_bytes(b"another page")
    for source, why in ((wrong, "is not obj"), (tmp_path / "no", "mount"), (tmp_path, "No volume")):
        failed = bring_back(parts, stores, 1, source, "吴")
        assert (failed.brought, failed.asked) == (0, 1) and why in str(failed.told[0])
    assert pages_in(stores.vault.primary) == []

    carrier = tmp_path / "disc"
    shutil.copytree(parts.workspace.folder / "cold" / volume, carrier / volume)
    done = bring_back(parts, stores, 1, carrier / volume, "吴")
    assert (done.brought, done.told) == (1, [])
    assert pages_in(stores.vault.primary) == [page]
    assert parts.catalog.removals.places([page]) == {}
    with pytest.raises(UserError, match="done by 吴"):
        bring_back(parts, stores, 1, file, "吴")
    assert "a complaint" in ran(parts, "storage", "retrieve", "list")[1]


def test_requests_that_cannot_be(due: Lifecycle, run: Run) -> None:
    assert "Nothing was asked for" in run("storage", "retrieve", "list").output
    retrievals = due.parts.catalog.retrievals
    with pytest.raises(UserError, match="--why"):
        retrievals.request(["obj/x"], " ", "李")
    with pytest.raises(UserError, match="no request 7"):
        retrievals.one(7)
