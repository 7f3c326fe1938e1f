"""The sweep: whatever of objects, rows, receipts and copies is taken away is told and put back."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.admit_page import Intake
from flows.copy_faults import Fault
from flows.parts import Parts
from flows.register import BatchedRegister
from flows.stores import Stores
from flows.sweep import Swept, sweep
from flows.take_in import take_in
from flows.verify import Verifier
from pipeline.copies import Depth, Place
from pipeline.model import Batch
from storage.folder import FolderStore
from storage.store import NoteKind, digest, object_key
from tests.flows.conftest import Silent
from tests.flows.verified_day import file
from tests.kept import notes

LATER = timedelta(hours=2)


@pytest.fixture
def day(
    intake: Intake, register: BatchedRegister, scans: Path, batch: Batch, progress: Silent
) -> Parts:
    take_in(intake, scans, batch, progress)
    return intake.parts


def swept(parts: Parts, stores: Stores, faults: list[Fault] | None = None) -> Swept:
    told = faults if faults is not None else []
    return sweep(Verifier(parts, stores, Silent(), told.append), datetime.now(UTC) + LATER)


def told(found: Swept) -> str:
    return "\n".join(str(message) for message in found.messages)


def test_a_day_that_fits_is_left_alone(day: Parts, stores: Stores) -> None:
    found = swept(day, stores)
    assert found.clean
    assert (found.adopted, found.promised, found.receipts_made, found.gaps.objects) == (0, 0, 0, 0)
    assert found.objects == day.catalog.copies.total()[0]


@pytest.mark.parametrize("place", [Place.PRIMARY, Place.REPLICA])
def test_what_one_store_lost_is_put_back(
    day: Parts, stores: Stores, scans: Path, place: Place
) -> None:
    path = file(day, place, scans / "0001.jpg")
    path.unlink()
    found = swept(day, stores)
    assert found.clean
    assert (found.gaps.bad, found.gaps.healed) == (1, 1)
    assert path.read_bytes() == (scans / "0001.jpg").read_bytes()


def test_a_size_that_differs_is_seen_in_the_listing(
    day: Parts, stores: Stores, scans: Path
) -> None:
    path = file(day, Place.REPLICA, scans / "0001.jpg")
    path.write_bytes(path.read_bytes()[:-1])
    found = swept(day, stores)
    assert (found.gaps.objects, found.gaps.bad, found.gaps.healed) == (1, 1, 1)


def test_a_page_that_no_store_has_is_found_though_the_register_never_knew_it(
    day: Parts, stores: Stores, scans: Path
) -> None:
    """A row promises an object: with the spool's copy it is put back, without it is told with a name."""
    for name in ("0001.jpg", "0002.jpg"):
        for place in (Place.PRIMARY, Place.REPLICA):
            file(day, place, scans / name).unlink()
    forget(day)
    (day.workspace.spool / digest((scans / "0002.jpg").read_bytes())).unlink()
    faults: list[Fault] = []
    found = swept(day, stores, faults)
    assert (found.promised, found.gaps.healed, found.gaps.lost) == (2, 2, 1)
    assert not found.clean
    assert file(day, Place.REPLICA, scans / "0001.jpg").exists()
    assert swept(day, stores).gaps.objects == 1, "what was put back is as large as it should be"
    sentences = [str(message) for fault in faults for message in fault.messages]
    assert any("0002.jpg" in one and "wang" in one for one in sentences)


def test_a_lost_register_is_made_again(day: Parts, stores: Stores) -> None:
    before = day.catalog.copies.total()
    forget(day)
    found = swept(day, stores)
    assert found.clean
    assert (found.adopted, day.catalog.copies.total()) == (before[0], before)


def test_a_lost_receipt_is_made_again(day: Parts, stores: Stores) -> None:
    receipts = {note: json.loads(note)["name"] for note in notes(stores.vault, NoteKind.RECEIPT)}
    gone = next(note for note, name in receipts.items() if name == "0002.jpg")
    for folder in ("p", "r"):
        for path in (day.workspace.folder / folder / "receipt").rglob("*.json"):
            if path.read_bytes() == gone:
                path.unlink()
    forget(day)
    found = swept(day, stores)
    assert (found.receipts_made, found.clean) == (1, True)
    assert set(notes(stores.vault, NoteKind.RECEIPT)) == set(receipts)


def test_a_receipt_that_is_bad_in_both_stores_is_made_again(day: Parts, stores: Stores) -> None:
    """Its row tells all that was in it; no other place has it."""
    key = next(stores.vault.primary.iter_keys("receipt/"))
    good = stores.vault.primary.read(key)
    for folder in ("p", "r"):
        (day.workspace.folder / folder / key).write_bytes(good[:-1] + b"?")
    looking = Verifier(day, stores, Silent(), lambda _: None)
    assert looking.verify([key], Depth.BYTES, "all").lost == 1
    found = swept(day, stores)
    assert (found.receipts_made, found.lost, found.clean) == (1, 0, True)
    assert stores.vault.primary.read(key) == stores.vault.replica.read(key) == good


def test_what_was_stored_but_never_entered_is_told_with_its_name(
    day: Parts, intake: Intake, stores: Stores, tmp_path: Path, batch: Batch, progress: Silent
) -> None:
    """A crash between receipt and entry; the batch was then forgotten."""

    class Crash(Exception):
        pass

    def at(step: str) -> None:
        if step == "receipt":
            raise Crash

    scan = tmp_path / "more" / "0009.jpg"
    scan.parent.mkdir()
    scan.write_bytes((tmp_path / "扫描" / "0002.jpg").read_bytes() + b"\0")
    forgotten = replace(batch, name="batch-02")
    with pytest.raises(Crash):
        take_in(replace(intake, at=at), scan.parent, forgotten, progress)
    stores.vault.flush()
    found = swept(day, stores)
    assert "0009.jpg" in told(found) and "batch-02" in told(found) and "wang" in told(found)
    assert not found.clean
    assert sweep(Verifier(day, stores, Silent(), lambda _: None)).clean, "it may be on its way"
    take_in(intake, scan.parent, forgotten, progress)
    assert swept(day, stores).clean


def test_a_batch_that_another_operator_finished_is_explained(
    day: Parts, intake: Intake, stores: Stores, scans: Path, batch: Batch, progress: Silent
) -> None:
    (scans / "0006.jpg").write_bytes((scans / "0002.jpg").read_bytes() + b"\0")
    take_in(intake, scans, replace(batch, operator="zhao"), progress)
    found = swept(day, stores)
    assert (found.clean, found.receipts_made) == (True, 0)


def test_a_page_between_its_two_puts_is_no_gap(day: Parts, stores: Stores) -> None:
    """Taking in beside a sweep: what lies in one store since a moment is looked at by the next sweep."""
    coming = b"a page that is just coming in"
    key = object_key(digest(coming))
    stores.vault.primary.put_once(key, coming, digest(coming))
    beside = sweep(Verifier(day, stores, Silent(), lambda _: None))
    assert (beside.gaps.objects, beside.gaps.bad, beside.young) == (0, 0, 1)
    assert "came in a moment ago" in told(beside)
    assert stores.vault.replica.head(key) is None
    assert [one for one in day.catalog.verifications.events(9) if one.key == key] == []
    later = swept(day, stores)
    assert (later.gaps.bad, later.gaps.healed, later.young) == (1, 1, 0)
    assert stores.vault.replica.read(key) == coming


def test_a_store_whose_clock_is_years_ahead_hides_no_gap(day: Parts, stores: Stores) -> None:
    page = b"put by a clock of 2099"
    key = object_key(digest(page))
    stores.vault.primary.put_once(key, page, digest(page))
    os.utime(day.workspace.folder / "p" / key, (4_000_000_000, 4_000_000_000))
    found = sweep(Verifier(day, stores, Silent(), lambda _: None))
    assert (found.young, found.gaps.bad, found.gaps.healed) == (0, 1, 1)


def test_what_is_none_of_ours_is_told_and_left_alone(day: Parts, stores: Stores) -> None:
    primary = stores.vault.primary
    primary.put_once("probe/20261127-delete", b"", digest(b""))  # a self-test's
    primary.put_once("ransom/README.txt", b"pay", digest(b"pay"))
    found = swept(day, stores)
    assert found.clean
    assert (found.foreign, found.foreign_keys) == (1, ["ransom/README.txt"])
    assert "ransom/README.txt" in told(found)
    assert primary.read("ransom/README.txt") == b"pay"


def test_a_listing_that_lies_harms_nothing(day: Parts, stores: Stores) -> None:
    class Forgetful(FolderStore):
        def iter_objects(self, prefix: str):  # type: ignore[no-untyped-def]
            return iter(())

    stores.vault.replica = Forgetful(day.workspace.folder / "r")
    found = swept(day, stores)
    assert found.clean
    assert (found.gaps.bad, found.gaps.objects) == (0, found.objects)


def test_rows_know_their_objects_by_key(day: Parts, scans: Path) -> None:
    assert day.catalog.crossings.promised() == ()
    sha256 = digest((scans / "0001.jpg").read_bytes())
    assert day.catalog.copies.known([object_key(sha256)])


def forget(parts: Parts) -> None:
    """Lose the whole register."""
    with parts.catalog._engine.begin() as connection:
        for table in ("object_copy", "stored_object"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
