"""What may leave a station: only what the archive is proved to have, on request, and on record."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete

from catalog.audit import Wanted as Entries
from catalog.tables import delivery
from flows.access import Guard
from flows.admit_page import Intake
from flows.commands.leftover_list import Removal, as_json
from flows.parts import Parts
from flows.station_purge import Purging
from flows.stores import Stores
from flows.take_in import take_in
from ingest.leftovers import Judged, leftovers
from pipeline.access.policy import NotAllowed
from pipeline.errors import UserError
from pipeline.model import Batch
from pipeline.sandbox import Sandbox
from pipeline.staff import Role
from tests.flows.conftest import Silent


@pytest.fixture
def taken(intake: Intake, scans: Path, batch: Batch) -> Path:
    """The folder of scans after it was taken in: it is copied from, so all of it still lies there."""
    take_in(intake, scans, batch, Silent())
    return scans


Look = Callable[..., Purging]


@pytest.fixture
def purging(parts: Parts, stores: Stores, opener: Sandbox) -> Look:
    def made(branch: str = "3301", name: str = "王芳") -> Purging:
        return Purging(Guard.at_word(parts, name), stores, opener, branch, "station-1", Silent())

    return made


def safe(judged: tuple[Judged, ...]) -> dict[str, bool]:
    return {one.file.name: one.is_safe for one in judged}


def why(judged: tuple[Judged, ...], name: str) -> str:
    return next(str(one.why) for one in judged if one.file.name == name)


@pytest.mark.requirement("B1-11", "CG-06a")
def test_what_is_proved_may_go_and_goes_on_request_alone(
    purging: Look, taken: Path, parts: Parts
) -> None:
    (taken / "私人.txt").write_text("not ours")
    look = purging()
    judged = look.judge(taken)
    assert safe(judged) == {
        "0001.jpg": True, "0002.jpg": True, "0003 再次.jpg": True, "0004.jpg": True,
        "0005.jpg": False, "私人.txt": False,
    }  # fmt: skip
    assert "scan the paper again" in why(judged, "0005.jpg")
    assert "does not know it" in why(judged, "私人.txt")
    assert len(list(taken.iterdir())) == 6, "looking removes nothing"
    told = as_json(judged, Removal(), "en")
    assert told["files"] == told["safe"] + told["not_safe"] == 6
    may_go = [one for one in judged if one.is_safe]
    assert [left for _, left in look.remove(may_go)] == [None] * 4
    assert sorted(one.name for one in taken.iterdir()) == ["0005.jpg", "私人.txt"]
    [entry] = parts.catalog.audit.find(Entries(act="station.purge"))
    assert (entry.body["who"], entry.body["files"], entry.body["branch"]) == ("王芳", 4, "3301")
    assert entry.body["digests"] == [one.file.sha256 for one in may_go]


@pytest.mark.requirement("B1-11")
@pytest.mark.parametrize("store", ["p", "r"])
def test_a_copy_that_is_bad_in_either_store_keeps_the_file(
    purging: Look, taken: Path, parts: Parts, store: str
) -> None:
    [found] = [one for one in leftovers(taken) if one.name == "0001.jpg"]
    [kept] = [
        path
        for path in (parts.workspace.folder / store).rglob(f"*{found.sha256}*")
        if path.is_file() and path.read_bytes() == found.path.read_bytes()
    ]
    kept.chmod(0o600)
    kept.write_bytes(b"x" * found.byte_count)
    judged = purging().judge(taken)
    assert "has no good copy" in why(judged, "0001.jpg")
    assert safe(judged)["0002.jpg"]


def test_a_file_that_changed_since_it_was_read_stays(
    purging: Look, taken: Path, parts: Parts, voucher: Callable[[int], bytes]
) -> None:
    look = purging()
    judged = [one for one in look.judge(taken) if one.file.name == "0001.jpg"]
    (taken / "0001.jpg").write_bytes(voucher(9))
    [(_, left)] = look.remove(judged)
    assert "changed since" in str(left)
    assert (taken / "0001.jpg").read_bytes() == voucher(9)


@pytest.mark.requirement("B1-11", "CG-06a")
def test_a_file_of_several_pages_stays_while_one_of_them_is_not_in(
    purging: Look, intake: Intake, batch: Batch, voucher: Callable[[int], bytes], tmp_path: Path
) -> None:
    pictures = [Image.open(io.BytesIO(voucher(number))) for number in (1, 2)]
    folder = tmp_path / "drop"
    folder.mkdir()
    plain: dict[str, Any] = {"save_all": True, "compression": "jpeg", "dpi": (200, 200)}
    pictures[0].save(folder / "two.tif", append_images=pictures[1:], **plain)
    take_in(intake, folder, batch, Silent())
    assert safe(purging().judge(folder)) == {"two.tif": True}
    with intake.parts.catalog._engine.begin() as connection:  # as a run that died leaves it
        connection.execute(delete(delivery).where(delivery.c.name == "two.tif#2"))
    judged = purging().judge(folder)
    assert safe(judged) == {"two.tif": False}
    assert "not in the archive: 2;" in why(judged, "two.tif")


def test_links_and_other_branches_files_stay(
    purging: Look, taken: Path, parts: Parts, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "anderswo"
    elsewhere.mkdir()
    shutil.copy(taken / "0001.jpg", elsewhere / "0001.jpg")
    (elsewhere / ".hidden").mkdir()
    (elsewhere / ".hidden" / "link.jpg").symlink_to(taken / "0001.jpg")
    assert safe(purging().judge(elsewhere)) == {
        ".hidden/link.jpg": False,
        "0001.jpg": True,
    }
    for code in ("3301", "3302"):
        parts.catalog.branches.add(code, code, "t")
    other = purging("3302").judge(elsewhere)
    assert not any(safe(other).values())
    with pytest.raises(UserError, match="no folder"):
        purging().judge(tmp_path / "fehlt")


@pytest.mark.requirement("CG-19a")
def test_only_the_branchs_people_remove(purging: Look, taken: Path, parts: Parts) -> None:
    parts.catalog.staff.add("总部", Role.HEADQUARTERS, None, "t")
    parts.catalog.staff.add("李静", Role.ARCHIVIST, "3301", "总部")
    look = purging(name="李静")
    may_go = [one for one in look.judge(taken) if one.is_safe]
    with pytest.raises(NotAllowed):
        list(look.remove(may_go))
    with pytest.raises(NotAllowed):
        purging(name="路人").judge(taken)
    assert len(list(taken.iterdir())) == 5


def test_the_report_is_json(purging: Look, taken: Path, parts: Parts) -> None:
    told = json.loads(json.dumps(as_json(purging().judge(taken), Removal(), "zh")))
    assert {one["name"]: one["safe"] for one in told["items"]}["0005.jpg"] is False
    assert all(one["why"] and one["removed"] is False for one in told["items"])
