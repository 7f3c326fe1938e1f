"""Volumes on carriers and volumes that are nowhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog.volumes import Volume
from flows.copy_faults import Fault
from flows.overdue import duties
from flows.parts import Parts
from flows.stores import Stores
from flows.verify import Verifier
from pipeline.carriers import CarrierKind
from pipeline.copies import Depth, Place
from pipeline.errors import UserError
from storage.store import digest, object_key
from storage.volumes import ColdShelf
from tests.flows.conftest import Run, Silent

from .verified_day import (
    age,
    day,
    events,
    file,
    flip,
    verified,
)

__all__ = ["day"]


def on_a_carrier(parts: Parts, folder: Path) -> Path:
    """Copy the volume to a carrier, read it back there, and take it off the shelf."""
    own = parts.workspace.folder / "cold" / "PP-000001"
    own.rename(mounted := folder / "carrier" / "PP-000001")
    parts.catalog.carriers.add("T-7", CarrierKind.TAPE, "库房 2", "li")
    parts.catalog.carriers.written("PP-000001", "T-7", "li")
    parts.catalog.carriers.tested("PP-000001", "T-7", (), "li")
    return mounted.parent


@pytest.fixture
def volume(day: Parts, tmp_path: Path) -> Parts:
    """The day, its volume entered."""
    day.catalog.volumes.enter(Volume("PP-000001", 1, 1, datetime.now(UTC)), "li")
    (tmp_path / "carrier").mkdir()
    return day


def test_a_volume_that_was_read_on_a_carrier_is_not_missing(
    volume: Parts, stores: Stores, tmp_path: Path
) -> None:
    """It is neither a fault nor ever again the copy that waits longest."""
    day = volume
    on_a_carrier(day, tmp_path)
    account = verified(day, stores)
    assert account.whole
    assert account.copies == 2 * account.objects
    [key] = [
        one.key
        for one in day.catalog.verifications.objects(tuple(day.catalog.verifications.all_keys()))
        if len(one.copies) == 3
    ]
    age(day, key, 400)
    verified(day, stores)
    before = datetime.now(UTC) - timedelta(days=88)
    assert day.catalog.verifications.longest_unread(0, before) == ()
    assert day.catalog.verifications.longest_unread(0, before, ("PP-000001",)) == (key,)


def test_a_volume_that_is_nowhere_is_missing_and_packed_again(
    volume: Parts, stores: Stores, scans: Path, tmp_path: Path
) -> None:
    """Also when a carrier is said to have it, but was never read: one sentence for all of its objects."""
    volume.catalog.carriers.add("T-7", CarrierKind.TAPE, "库房 2", "li")
    volume.catalog.carriers.written("PP-000001", "T-7", "li")
    own = volume.workspace.folder / "cold" / "PP-000001"
    own.rename(tmp_path / "PP-000001")
    faults: list[Fault] = []
    for _ in range(2):
        account = verified(volume, stores, faults)
        assert not account.whole
        [told] = [str(message) for message in account.needing]
        assert "PP-000001" in told and "1 objects" in told
    assert faults == []
    assert events(volume) == [("cold", "missing")]
    key = object_key(digest((scans / "0001.jpg").read_bytes()))
    assert key in {one.key for one in volume.catalog.copies.not_in_volume()}
    (tmp_path / "PP-000001").rename(own)
    stores.cold._known = None
    assert verified(volume, stores).whole, "it was found again"
    assert key not in {one.key for one in volume.catalog.copies.not_in_volume()}


def test_what_only_a_carrier_has_is_fetched_from_it(
    volume: Parts, stores: Stores, scans: Path, tmp_path: Path, run: Run
) -> None:
    mounted = on_a_carrier(volume, tmp_path)
    page = scans / "0001.jpg"
    for place in (Place.PRIMARY, Place.REPLICA):
        flip(file(volume, place, page))
    (volume.workspace.spool / digest(page.read_bytes())).unlink()
    faults: list[Fault] = []
    account = verified(volume, stores, faults)
    assert (account.to_fetch, account.lost, account.whole) == (1, 0, False)
    first = str(faults[0].messages[0])
    assert all(word in first for word in ("CRITICAL", "T-7", "PP-000001", "0001.jpg"))
    [duty] = [one for one in duties(volume, None, None) if one.kind == "FETCH"]
    assert duty.subject == "0001.jpg" and "PP-000001" in str(duty.what)
    assert "T-7" in run("storage", "status").stdout
    [left] = json.loads(run("storage", "status", "--json").stdout)["in_volumes_only"]
    assert (left["volume"], left["carriers"], left["page"]) == (
        "PP-000001",
        ["T-7 (库房 2)"],
        "0001.jpg",
    )
    empty = run("storage", "verify", "--carrier", str(tmp_path / "nothing"))
    assert isinstance(empty.exception, UserError)

    [lost] = volume.catalog.verifications.in_volumes_only()
    mended = Verifier(volume, stores, Silent(), faults.append, mounted=(ColdShelf(mounted),))
    account = mended.verify([lost.key], Depth.BYTES, "carrier")
    assert (account.healed, account.to_fetch, account.whole) == (2, 0, True)
    assert file(volume, Place.PRIMARY, page).read_bytes() == page.read_bytes()
    assert volume.catalog.verifications.in_volumes_only() == ()
