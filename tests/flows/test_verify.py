"""Verification of a workspace: what is chosen, told, repaired, entered, and on whose list the rest comes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePosixPath

import pytest
from sqlalchemy import select, update

from catalog.copies import Copy, KeptObject
from catalog.tables import copy_event, object_copy
from catalog.volumes import Volume
from flows.admit_page import Intake
from flows.copy_faults import Fault
from flows.overdue import duties
from flows.parts import Parts
from flows.register import BatchedRegister
from flows.stores import Stores
from flows.take_in import take_in
from flows.upkeep import Upkeep, drawn, keep_up, rolling, sample, summary
from flows.verify import Verified, Verifier
from pipeline.carriers import CarrierKind
from pipeline.copies import CopyState, Depth, Place
from pipeline.errors import UserError
from pipeline.model import Batch
from storage.bags import Packed
from storage.store import Lock, NoteKind, digest, object_key
from storage.volumes import ColdShelf
from tests.flows.conftest import Run, Silent
from tests.flows.test_storage import states

TODAY = date(2026, 11, 20)
COLD_FILE = PurePosixPath("pages/0001.jpg")


@pytest.fixture
def day(
    intake: Intake, register: BatchedRegister, scans: Path, batch: Batch, progress: Silent
) -> Parts:
    """A batch taken in, with its page of the first voucher in a cold copy too."""
    take_in(intake, scans, batch, progress)
    page = (scans / "0001.jpg").read_bytes()
    sha256 = digest(page)
    packed = Packed(object_key(sha256), COLD_FILE, sha256, len(page))
    intake.stores.cold.make("PP-000001", [(packed, page)], lambda _: {}, {})
    cold = Copy(Place.COLD, CopyState.INTACT, "PP-000001")
    intake.parts.catalog.copies.enter([KeptObject(object_key(sha256), sha256, len(page), (cold,))])
    return intake.parts


def file(parts: Parts, place: Place, page: Path) -> Path:
    if place is Place.COLD:
        return parts.workspace.folder / "cold" / "PP-000001" / "data" / COLD_FILE
    folder = {Place.PRIMARY: "p", Place.REPLICA: "r"}[place]
    return parts.workspace.folder / folder / object_key(digest(page.read_bytes()))


def flip(path: Path) -> None:
    content = path.read_bytes()
    path.chmod(0o600)  # a volume is closed
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 4]))


def verified(parts: Parts, stores: Stores, faults: list[Fault] | None = None) -> Verified:
    told = faults if faults is not None else []
    verifier = Verifier(parts, stores, Silent(), told.append)
    return verifier.verify(parts.catalog.verifications.all_keys(), Depth.BYTES, "all")


def events(parts: Parts) -> list[tuple[str, str]]:
    with parts.catalog._engine.connect() as connection:
        rows = connection.execute(select(copy_event).order_by(copy_event.c.id))
        return [(row.place, row.what) for row in rows]


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


def test_a_shallow_look_renews_nothing(day: Parts, stores: Stores, scans: Path) -> None:
    copies = day.catalog.copies
    before = copies.oldest_unverified()
    verifier = Verifier(day, stores, Silent(), lambda _: None)
    account = verifier.verify(day.catalog.verifications.all_keys(), Depth.SIZE, "all")
    assert account.whole and account.byte_count == 0
    assert copies.oldest_unverified() == before


def age(parts: Parts, key: str, days: float) -> None:
    moment = datetime.now(UTC) - timedelta(days=days)
    with parts.catalog._engine.begin() as connection:
        connection.execute(
            update(object_copy).where(object_copy.c.key == key).values(verified_at=moment)
        )


def test_the_longest_unread_come_first_and_the_clock_is_not_trusted(parts: Parts) -> None:
    keys = []
    for number in range(6):
        sha256 = digest(b"%d" % number)
        keys.append(object_key(sha256))
        held = Copy(Place.PRIMARY, CopyState.INTACT)
        parts.catalog.copies.enter([KeptObject(keys[-1], sha256, 1, (held,))])
    for key, days in zip(keys, (5, 89, 95, 1, -400, 40), strict=True):
        age(parts, key, days)
    before = datetime.now(UTC) - timedelta(days=88)
    chosen = parts.catalog.verifications.longest_unread(1, before)
    assert chosen == (keys[4], keys[2], keys[1])
    assert parts.catalog.verifications.longest_unread(4, before) == (*chosen, keys[5])


@pytest.mark.requirement("CG-17.5c")
def test_a_quarter_of_nights_reads_every_copy(parts: Parts, stores: Stores) -> None:
    """Each night reads no more than its share, and after the days of the settings nothing is older."""
    for number in range(30):
        stores.vault.keep_note(NoteKind.CATALOG, b"%d" % number)
    stores.vault.flush()
    settings = parts.settings.model_copy(
        update={"verify": parts.settings.verify.model_copy(update={"within_days": 10})}
    )
    parts = Parts(parts.workspace, settings, parts.catalog)
    started = datetime.now(UTC)
    for key in parts.catalog.verifications.all_keys():
        age(parts, key, 1)
    for _ in range(10):
        night = Upkeep(parts, stores, Silent(), lambda _: None, TODAY)
        rolling(night)
        run = parts.catalog.verifications.last()
        assert run is not None and run.objects == 3
    assert min(parts.catalog.copies.oldest_unverified().values()) >= started


def test_the_draw_is_the_days(day: Parts) -> None:
    settings = day.settings.model_copy(
        update={"verify": day.settings.verify.model_copy(update={"daily_share": 0.5})}
    )
    day = Parts(day.workspace, settings, day.catalog)
    total = day.catalog.copies.total()[0]
    first = drawn(day, TODAY)
    assert first == drawn(day, TODAY)
    assert len(first) == (total + 1) // 2
    assert first != drawn(day, TODAY + timedelta(days=1))


@pytest.mark.requirement("CG-17.5c")
def test_the_night_keeps_up_and_each_part_does_its_work(
    day: Parts, stores: Stores, scans: Path
) -> None:
    flip(file(day, Place.PRIMARY, scans / "0001.jpg"))
    strange = b"never registered"
    stores.vault.primary.put_once(object_key(digest(strange)), strange, digest(strange))
    age(day, object_key(digest((scans / "0001.jpg").read_bytes())), 100)
    faults: list[Fault] = []
    steps: list[str] = []
    told = keep_up(Upkeep(day, stores, Silent(), faults.append, TODAY, steps.append))
    assert steps[:3] == ["self_test", "debts", "swept"]
    assert not told.critical
    assert {look.place for fault in faults for look in fault.found.bad} == {
        Place.PRIMARY,
        Place.REPLICA,
    }
    run = day.catalog.verifications.last()
    assert run is not None and run.scope == "sample"
    assert run.nonce and run.proof


def test_a_lock_that_could_not_be_extended_needs_a_person(day: Parts, stores: Stores) -> None:
    """All bytes are whole, and yet the night is critical: nothing would keep them from being deleted."""
    stores.vault.lock = lambda _place: Lock.for_days(datetime.now(UTC), 10)
    account = verified(day, stores)
    assert (account.bad, account.unknown, account.whole) == (0, 0, False)
    told = sample(Upkeep(day, stores, Silent(), lambda _: None, TODAY))
    assert told.critical
    assert any("has no locks" in str(message) for message in told.messages)


def test_what_to_verify_must_be_said(run: Run) -> None:
    for words in ((), ("--all", "--sample")):
        assert isinstance(run("storage", "verify", *words).exception, UserError)


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
