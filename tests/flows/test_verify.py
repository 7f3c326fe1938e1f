"""Verification of a workspace: what is chosen, told, repaired, entered, and on whose list the rest comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.admit_page import Intake
from flows.copy_faults import Fault
from flows.overdue import duties
from flows.parts import Parts
from flows.stores import Stores
from flows.take_in import take_in
from flows.upkeep import summary
from pipeline.copies import CopyState, Place
from pipeline.errors import UserError
from pipeline.model import Batch
from storage.store import digest, object_key
from tests.flows.conftest import Run, Silent
from tests.flows.test_storage import states

from .verified_day import (
    day,
    events,
    file,
    flip,
    verified,
)

__all__ = ["day"]


def test_all_is_whole(day: Parts, stores: Stores) -> None:
    account = verified(day, stores)
    assert account.whole
    assert account.copies == 2 * account.objects + 1
    assert events(day) == []
    last = day.catalog.verifications.last()
    assert last is not None
    assert (last.scope, last.objects, last.bad) == ("all", account.objects, 0)


@pytest.mark.requirement("CG-17.5d")
@pytest.mark.parametrize(
    ("bad", "healed"),
    [
        ((Place.PRIMARY,), (Place.PRIMARY,)),
        ((Place.REPLICA,), (Place.REPLICA,)),
        ((Place.COLD,), ()),
        ((Place.PRIMARY, Place.REPLICA), (Place.PRIMARY, Place.REPLICA)),
        ((Place.PRIMARY, Place.COLD), (Place.PRIMARY,)),
        ((Place.REPLICA, Place.COLD), (Place.REPLICA,)),
    ],
)
def test_a_flipped_bit_is_found_and_repaired_from_a_good_copy(
    day: Parts,
    stores: Stores,
    scans: Path,
    bad: tuple[Place, ...],
    healed: tuple[Place, ...],
) -> None:
    page = scans / "0001.jpg"
    for place in bad:
        flip(file(day, place, page))
    faults: list[Fault] = []
    account = verified(day, stores, faults)
    assert (account.bad, account.healed, account.lost) == (len(bad), len(healed), 0)
    [fault] = faults
    assert any("0001.jpg" in str(message) for message in fault.messages)
    assert events(day) == [
        (place.value, "healed" if place in healed else "damaged") for place in bad
    ]
    for place in healed:
        assert file(day, place, page).read_bytes() == page.read_bytes()
    again = verified(day, stores)
    assert again.bad == len(bad) - len(healed)
    waiting = {one.key for one in day.catalog.copies.not_in_volume()}
    key = object_key(digest(page.read_bytes()))
    assert (key in waiting) == (Place.COLD in bad), "a bad cold copy is packed again"


def test_cold_volumes_whose_disk_is_not_there_are_told(day: Parts, stores: Stores) -> None:
    (day.workspace.folder / "cold").rename(day.workspace.folder / "unplugged")
    account = verified(day, stores)
    assert account.unknown == 1
    assert not account.whole
    [told] = account.unreachable.values()
    assert "mount the disk" in str(told)


def test_a_copy_that_cannot_be_read_is_told_and_left_as_it_was(
    day: Parts, stores: Stores, scans: Path
) -> None:
    """A right that is missing says nothing about the bytes."""
    (path := file(day, Place.REPLICA, scans / "0001.jpg")).rename(aside := path.with_suffix(".x"))
    path.mkdir()
    faults: list[Fault] = []
    account = verified(day, stores, faults)
    assert (account.bad, account.unknown, account.whole) == (0, 1, False)
    [fault] = faults
    assert any("left as it was" in str(message) for message in fault.messages)
    assert events(day) == []
    path.rmdir()
    aside.rename(path)
    assert verified(day, stores).whole


@pytest.mark.requirement("CG-17.5d")
def test_what_has_no_good_copy_is_critical_and_on_its_operators_list(
    day: Parts, stores: Stores, scans: Path, batch: Batch, intake: Intake, run: Run
) -> None:
    page = scans / "0002.jpg"
    for place in (Place.PRIMARY, Place.REPLICA):
        flip(file(day, place, page))
    (day.workspace.spool / digest(page.read_bytes())).unlink()
    flip(file(day, Place.PRIMARY, scans / "0004.jpg"))
    faults: list[Fault] = []
    account = verified(day, stores, faults)
    assert (account.lost, account.healed, account.whole) == (1, 1, False)
    told = [str(message) for fault in faults for message in fault.messages]
    assert any("CRITICAL" in one and "wang" in one and "0002.jpg" in one for one in told)

    [duty] = [one for one in duties(day, None, None) if one.kind == "RESCAN"]
    assert (duty.person, duty.subject, duty.branch) == ("wang", "0002.jpg", "3301")
    [lost] = json.loads(run("storage", "status", "--json").stdout)["lost"]
    assert (lost["page"], lost["scan_again"]) == ("0002.jpg", "wang")
    assert "CRITICAL" in run("storage", "status").stdout

    strange = run("storage", "settle", "obj/strange", "--reason", "x")
    assert isinstance(strange.exception, UserError)
    assert (
        run("storage", "settle", lost["key"], "--reason", "重新扫描", "--as", "li").exit_code == 0
    )
    assert day.catalog.verifications.lost() == ()
    assert day.catalog.first_broken_log_entry() is None


def test_the_same_page_taken_in_again_saves_it(
    day: Parts, intake: Intake, stores: Stores, scans: Path, batch: Batch, progress: Silent
) -> None:
    page = scans / "0002.jpg"
    for place in (Place.PRIMARY, Place.REPLICA):
        flip(file(day, place, page))
    (day.workspace.spool / digest(page.read_bytes())).unlink()
    verified(day, stores)
    assert len(day.catalog.verifications.lost()) == 1
    again = Batch(batch.branch, batch.day, batch.station, batch.operator, "batch-02")
    take_in(intake, scans, again, progress)
    assert day.catalog.verifications.lost() == ()
    assert verified(day, stores).whole


def test_the_spool_saves_what_no_store_has(day: Parts, stores: Stores, scans: Path) -> None:
    page = scans / "0002.jpg"
    for place in (Place.PRIMARY, Place.REPLICA):
        file(day, place, page).unlink()
    account = verified(day, stores)
    assert (account.bad, account.healed, account.lost) == (2, 2, 0)


def test_a_replica_lost_whole_is_filled_again(day: Parts, stores: Stores) -> None:
    for path in (day.workspace.folder / "r").glob("*/*/*"):
        path.unlink()
    account = verified(day, stores)
    assert account.bad == account.healed == account.objects
    assert verified(day, stores).bad == 0
    assert states(day)[Place.REPLICA] == {CopyState.INTACT: account.objects}


def test_what_to_verify_must_be_said(run: Run) -> None:
    for words in ((), ("--all", "--sample")):
        assert isinstance(run("storage", "verify", *words).exception, UserError)


def test_an_older_version_saves_what_was_overwritten(
    day: Parts, stores: Stores, scans: Path
) -> None:
    """As ransom programs and bad hands do: the bytes put over a page hide the good ones, and keep them."""
    page = scans / "0002.jpg"
    key, content = object_key(digest(page.read_bytes())), page.read_bytes()
    for store in (stores.vault.primary, stores.vault.replica):
        store.put_healed(key, b"pay", digest(b"pay"))
    (day.workspace.spool / digest(content)).unlink()
    account = verified(day, stores)
    assert (account.bad, account.healed, account.lost) == (2, 2, 0)
    assert stores.vault.primary.read(key) == stores.vault.replica.read(key) == content


def test_a_loss_that_is_settled_alarms_nobody_again(
    day: Parts, stores: Stores, run: Run, scans: Path
) -> None:
    for spooled in day.workspace.spool.iterdir():
        spooled.unlink()
    one, other = (scans / "0002.jpg", scans / "0004.jpg")
    for page in (one, other):
        for place in (Place.PRIMARY, Place.REPLICA):
            file(day, place, page).unlink()
    assert not verified(day, stores).whole
    settle = ("storage", "settle", object_key(digest(one.read_bytes())))
    assert run(*settle, "--reason", "重新扫描", "--as", "li").exit_code == 0
    told: list[Fault] = []
    account = verified(day, stores, told)
    assert [fault.found.wanted.sha256 for fault in told] == [digest(other.read_bytes())]
    assert (account.whole, account.lost, account.settled) == (False, 2, {"li": 1})
    settle = ("storage", "settle", object_key(digest(other.read_bytes())))
    assert run(*settle, "--reason", "重新扫描", "--as", "wu").exit_code == 0
    account = verified(day, stores, told := [])
    assert (account.whole, account.lost, told) == (True, 2, [])
    shown = " ".join(map(str, summary(account)))
    assert (
        "2 of those without a good copy are settled and need nothing more: li (1), wu (1)" in shown
    )

    file(day, Place.REPLICA, other).write_bytes(other.read_bytes())
    account = verified(day, stores)
    assert (account.lost, account.healed, account.settled) == (1, 1, {"li": 1})
    for place in (Place.PRIMARY, Place.REPLICA):
        file(day, place, other).unlink()
    account = verified(day, stores)
    assert (account.whole, account.settled) == (False, {"li": 1}), "lost anew, settled no more"


def test_what_was_settled_and_turns_bad_again_is_on_the_list_again(
    day: Parts, stores: Stores, scans: Path
) -> None:
    page = scans / "0002.jpg"
    content = page.read_bytes()
    files = [file(day, place, page) for place in (Place.PRIMARY, Place.REPLICA)]
    (day.workspace.spool / digest(content)).unlink()
    for path in files:
        path.unlink()
    verified(day, stores)
    [lost] = day.catalog.verifications.lost()
    day.catalog.verifications.settle(lost.key, "li", "重新扫描")
    verified(day, stores)
    assert day.catalog.verifications.lost() == ()
    for path in files:
        path.write_bytes(content)
    assert verified(day, stores).whole
    for path in files:
        path.unlink()
    verified(day, stores)
    assert [one.key for one in day.catalog.verifications.lost()] == [lost.key]
