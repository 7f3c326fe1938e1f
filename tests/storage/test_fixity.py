"""Every fault is seen, none hides the next, and a good copy repairs the bad ones."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import md5
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from pipeline.copies import CopyState, Depth, Place
from pipeline.errors import Denied, Failed, NotFound, StoreError, Unavailable
from pipeline.language import say
from storage.fixity import STEPS, Fixity
from storage.folder import FolderStore
from storage.looks import Wanted
from storage.s3 import S3Store
from storage.store import Content, Lock, Opened, Receipt, StoredObject, digest, object_key

PAGE = b"the bytes of a page"
SHA = digest(PAGE)
KEY = object_key(SHA)
ALL = (Place.PRIMARY, Place.REPLICA, Place.COLD)
WANTED = Wanted(KEY, SHA, len(PAGE), ALL)
Shelves = dict[Place, FolderStore]


@pytest.fixture
def shelves(make_folder: Callable[[str], FolderStore]) -> Shelves:
    made = {place: make_folder(place.value) for place in ALL}
    for store in made.values():
        store.put_once(KEY, PAGE, SHA)
    return made


def file(shelves: Shelves, place: Place) -> Path:
    return shelves[place]._root / KEY


def harm(shelves: Shelves, place: Place, how: str) -> None:
    path = file(shelves, place)
    if how == "bit":
        path.write_bytes(bytes([PAGE[0] ^ 1]) + PAGE[1:])
    elif how == "cut":
        path.write_bytes(PAGE[:-1])
    elif how == "gone":
        path.unlink()


HARMS = {
    "": CopyState.INTACT,
    "bit": CopyState.DAMAGED,
    "cut": CopyState.DAMAGED,
    "gone": CopyState.MISSING,
}


@pytest.mark.requirement("CG-17.5d")
@pytest.mark.parametrize("harms", list(product(HARMS, repeat=3)))
def test_every_combination_of_faults_is_told_and_repaired_from_what_is_good(
    shelves: Shelves, harms: tuple[str, str, str]
) -> None:
    for place, how in zip(ALL, harms, strict=True):
        harm(shelves, place, how)
    fixity = Fixity(shelves)
    found = fixity.examine(WANTED, Depth.BYTES)
    assert [look.state for look in found.looks] == [HARMS[how] for how in harms]
    assert found.lost == ("" not in harms)
    stores = {place: shelves[place] for place in (Place.PRIMARY, Place.REPLICA)}
    left = fixity.repair(found, stores)
    assert left.lost == found.lost
    for look, how in zip(left.looks, harms, strict=True):
        healed = how and look.place is not Place.COLD and not found.lost
        assert look.found == (HARMS[how] if healed else None)
        if healed or not how:
            assert file(shelves, look.place).read_bytes() == PAGE
    assert fixity.examine(WANTED, Depth.BYTES).lost == found.lost


@pytest.mark.parametrize(
    ("depth", "how", "state"),
    [
        (Depth.PRESENT, "", CopyState.LISTED),
        (Depth.PRESENT, "gone", CopyState.MISSING),
        (Depth.PRESENT, "cut", CopyState.LISTED),
        (Depth.SIZE, "cut", CopyState.DAMAGED),
        (Depth.SIZE, "bit", CopyState.LISTED),
        (Depth.BYTES, "bit", CopyState.DAMAGED),
    ],
)
def test_each_depth_finds_what_it_can(
    shelves: Shelves, depth: Depth, how: str, state: CopyState
) -> None:
    harm(shelves, Place.REPLICA, how)
    [primary, replica, _cold] = Fixity(shelves).examine(WANTED, depth).looks
    assert replica.state is state
    shallow = state is CopyState.LISTED
    assert primary.state is (CopyState.LISTED if shallow else CopyState.INTACT)


def test_differing_marks_of_one_content_are_a_reason_to_read(shelves: Shelves) -> None:
    class Marking(FolderStore):
        def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
            return StoredObject(key, len(PAGE), None, md5(self.read(key)).hexdigest())

    marking = {place: Marking(store._root) for place, store in shelves.items()}
    fixity = Fixity(marking)
    assert {look.state for look in fixity.examine(WANTED, Depth.SIZE).looks} == {CopyState.LISTED}
    harm(shelves, Place.REPLICA, "bit")
    assert fixity.examine(WANTED, Depth.SIZE).looks[1].state is CopyState.DAMAGED
    assert fixity.examine(WANTED, Depth.PRESENT).looks[1].state is CopyState.LISTED


def test_a_shelf_that_does_not_answer_is_told_once_and_hides_nothing(shelves: Shelves) -> None:
    class Down(FolderStore):
        asked = 0

        def open(self, key: str, version_id: str | None = None):  # type: ignore[no-untyped-def]
            self.asked += 1
            raise Unavailable(say("The store is down; try later."))

        def check(self) -> None:
            raise Unavailable(say("The store is down; try later."))

    down = Down(shelves[Place.PRIMARY]._root)
    harm(shelves, Place.REPLICA, "bit")
    harm(shelves, Place.COLD, "gone")
    fixity = Fixity({**shelves, Place.PRIMARY: down})
    for _ in range(3):
        found = fixity.examine(WANTED, Depth.BYTES)
        assert [look.state for look in found.looks] == [
            CopyState.UNREACHABLE,
            CopyState.DAMAGED,
            CopyState.MISSING,
        ]
        assert not found.lost, "the store that is down may have it"
    assert down.asked == 1
    assert list(fixity.unreachable) == [Place.PRIMARY]


class Failing(FolderStore):
    """Fails at one key as it is told, before or amid its bytes; other keys it gives."""

    failures: list[StoreError]
    key = KEY
    puts = 0

    @contextmanager
    def open(self, key: str, version_id: str | None = None) -> Iterator[Opened]:
        if key == self.key and self.failures:
            raise self.failures.pop(0)
        with super().open(key, version_id) as opened:
            yield opened

    def put_healed(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        self.puts += 1
        return super().put_healed(key, content, sha256, lock)


def failing(shelves: Shelves, *failures: StoreError) -> Failing:
    store = Failing(shelves[Place.REPLICA]._root)
    store.failures = list(failures)
    return store


def fails(after: int = 0) -> Failed:
    return Failed(say("An internal error."), after)


def times_out() -> Unavailable:
    return Unavailable(say("No answer came in time."))


def denies() -> Denied:
    return Denied(say("No right to it."))


@pytest.mark.parametrize(
    ("failures", "state"),
    [
        ((fails(), fails()), CopyState.DAMAGED),
        ((fails(5), fails(5)), CopyState.DAMAGED),
        ((fails(),), CopyState.INTACT),
        ((times_out(),), CopyState.INTACT),
        ((fails(5), fails(9)), CopyState.UNREACHABLE),
        ((times_out(), fails()), CopyState.UNREACHABLE),
        ((times_out(), times_out()), CopyState.UNREACHABLE),
        ((denies(), denies()), CopyState.UNREACHABLE),
        ((denies(), NotFound(say("There is none."))), CopyState.MISSING),
    ],
)
def test_only_evidence_of_rot_counts_as_damage(
    shelves: Shelves, failures: tuple[StoreError, ...], state: CopyState
) -> None:
    """What is no evidence is told and left alone: a needless repair would be locked for a year."""
    store = failing(shelves, *failures)
    store.put_once(object_key(digest(b"other")), b"other", digest(b"other"))
    fixity = Fixity({**shelves, Place.REPLICA: store})
    found = fixity.examine(WANTED, Depth.BYTES)
    assert found.looks[1].state is state
    assert bool(found.looks[1].why) == (state is CopyState.UNREACHABLE)
    assert not fixity.unreachable
    fixity.repair(found, {Place.REPLICA: store})
    assert store.puts == (state in (CopyState.DAMAGED, CopyState.MISSING))


def test_a_store_that_fails_at_every_object_is_not_damaged(shelves: Shelves) -> None:
    """As SeaweedFS when its volumes are gone: it answers, and says 500 to every GET."""

    class Headless(FolderStore):
        def open(self, key: str, version_id: str | None = None):  # type: ignore[no-untyped-def]
            raise fails()

    store = Headless(shelves[Place.REPLICA]._root)
    store.put_once(object_key(digest(b"other")), b"other", digest(b"other"))
    fixity = Fixity({**shelves, Place.REPLICA: store})
    for _ in range(4):
        assert fixity.examine(WANTED, Depth.BYTES).looks[1].state is CopyState.UNREACHABLE
    assert list(fixity.unreachable) == [Place.REPLICA], "it is asked no more after some objects"


def test_one_object_that_cannot_be_read_hides_no_other(shelves: Shelves) -> None:
    store = failing(shelves, *(times_out() for _ in range(4)))
    other = b"other"
    for shelf in shelves.values():
        shelf.put_once(object_key(digest(other)), other, digest(other))
    (store._root / object_key(digest(other))).write_bytes(b"rotten")
    fixity = Fixity({**shelves, Place.REPLICA: store})
    wanted = Wanted(object_key(digest(other)), digest(other), len(other), ALL)
    for _ in range(2):
        assert fixity.examine(WANTED, Depth.BYTES).looks[1].state is CopyState.UNREACHABLE
        assert fixity.examine(wanted, Depth.BYTES).looks[1].state is CopyState.DAMAGED
    assert not fixity.unreachable


def test_a_store_that_cannot_be_healed_stays_bad(shelves: Shelves) -> None:
    class Full(FolderStore):
        def put_healed(
            self, key: str, content: Content, sha256: str, lock: Lock | None = None
        ) -> Receipt:
            raise Unavailable(say("The store is full."))

    harm(shelves, Place.PRIMARY, "bit")
    harm(shelves, Place.REPLICA, "bit")
    fixity = Fixity(shelves)
    full = Full(shelves[Place.PRIMARY]._root)
    found = fixity.examine(WANTED, Depth.BYTES)
    left = fixity.repair(found, {Place.PRIMARY: full, Place.REPLICA: shelves[Place.REPLICA]})
    assert [look.state for look in left.looks] == [
        CopyState.DAMAGED,
        CopyState.INTACT,
        CopyState.INTACT,
    ]


def test_bytes_known_elsewhere_save_an_object_that_no_shelf_has(
    shelves: Shelves, tmp_path: Path
) -> None:
    (spare := tmp_path / "spare").write_bytes(PAGE)
    for place in ALL:
        harm(shelves, place, "bit")
    fixity = Fixity(shelves, spare={SHA: spare}.get)
    stores = {place: shelves[place] for place in (Place.PRIMARY, Place.REPLICA)}
    left = fixity.repair(fixity.examine(WANTED, Depth.BYTES), stores)
    assert not left.lost
    assert file(shelves, Place.PRIMARY).read_bytes() == PAGE


def test_the_bad_bytes_stay_beside(shelves: Shelves) -> None:
    harm(shelves, Place.PRIMARY, "cut")
    fixity = Fixity(shelves)
    fixity.repair(fixity.examine(WANTED, Depth.BYTES), {Place.PRIMARY: shelves[Place.PRIMARY]})
    [aside] = (shelves[Place.PRIMARY]._root / ".damaged").rglob("*.*")
    assert aside.read_bytes() == PAGE[:-1]


def test_the_proof_binds_the_nonce_to_the_bytes(shelves: Shelves) -> None:
    def proofs(nonce: bytes) -> list[str | None]:
        return [look.proof for look in Fixity(shelves, nonce).examine(WANTED, Depth.BYTES).looks]

    assert proofs(b"a") == [digest(b"a" + PAGE)] * 3
    assert proofs(b"a") != proofs(b"b")
    assert proofs(b"") == [None] * 3


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_repairing_the_next_run_completes(shelves: Shelves, step: str) -> None:
    harm(shelves, Place.PRIMARY, "bit")
    folder = shelves[Place.PRIMARY]._root.parent
    program = f"""
import os, signal, sys
from pathlib import Path
from pipeline.copies import Depth, Place
from storage.fixity import Fixity
from storage.looks import Wanted
from storage.folder import FolderStore
from storage.s3 import S3Store
def at(step):
    if step == {step!r}:
        os.kill(os.getpid(), signal.SIGKILL)
shelves = {{place: FolderStore(Path(sys.argv[1]) / place.value) for place in Place}}
fixity = Fixity(shelves, at=at)
wanted = Wanted({KEY!r}, {SHA!r}, {len(PAGE)}, tuple(Place))
fixity.repair(fixity.examine(wanted, Depth.BYTES), shelves)
"""
    died = subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
    assert died.returncode == -signal.SIGKILL
    fixity = Fixity(shelves)
    fixity.repair(fixity.examine(WANTED, Depth.BYTES), shelves)
    assert [look.state for look in fixity.examine(WANTED, Depth.BYTES).looks] == [
        CopyState.INTACT
    ] * 3
    assert list(file(shelves, Place.PRIMARY).parent.iterdir()) == [file(shelves, Place.PRIMARY)]


def test_a_lock_is_extended_by_reading_and_never_shortened(locked_s3: S3Store) -> None:
    """A real server: the lock is read back, a second reading of the same day changes nothing."""
    day = datetime(2027, 1, 10, tzinfo=UTC)
    locked_s3.put_once(KEY, PAGE, SHA, Lock.for_days(day, 10))
    stores = {Place.PRIMARY: locked_s3}
    wanted = Wanted(KEY, SHA, len(PAGE), (Place.PRIMARY,))

    def until(days: int) -> datetime | None:
        fixity = Fixity(stores, lock=lambda _place: Lock.for_days(day, days))
        [look] = fixity.lock(fixity.examine(wanted, Depth.BYTES), stores).looks
        assert not fixity.not_locked
        found = locked_s3.head(KEY)
        assert found and look.lock == found.lock
        return found.lock.until if found.lock else None

    assert until(100) == day + timedelta(days=100)
    assert until(100) == day + timedelta(days=100)
    assert until(50) == day + timedelta(days=100)
    assert len(locked_s3.versions(KEY)) == 1


def test_a_lock_that_was_not_extended_is_seen_by_reading_it_back(
    make_liar: Callable[[str], Any],
) -> None:
    """A store that says yes and keeps the old date would let the archive run out of its locks."""
    liar = make_liar("liar")
    liar.put_once(KEY, PAGE, SHA)
    day = datetime(2027, 1, 10, tzinfo=UTC)
    liar.lie = "extends no lock"
    liar._pretended[KEY] = Lock.for_days(day, 10)
    stores = {Place.PRIMARY: liar}
    fixity = Fixity(stores, lock=lambda _place: Lock.for_days(day, 100))
    wanted = Wanted(KEY, SHA, len(PAGE), (Place.PRIMARY,))
    fixity.lock(fixity.examine(wanted, Depth.BYTES), stores)
    assert "does not lock" in str(fixity.not_locked[Place.PRIMARY])


def test_one_refused_lock_keeps_no_other_from_being_extended(
    make_liar: Callable[[str], Any],
) -> None:
    liar = make_liar("liar")
    day = datetime(2027, 1, 10, tzinfo=UTC)
    keys = [object_key(digest(b"%d" % number)) for number in range(2)]
    for number, key in enumerate(keys):
        liar.put_once(key, b"%d" % number, digest(b"%d" % number))
    stores = {Place.PRIMARY: liar}
    fixity = Fixity(stores, lock=lambda _place: Lock.for_days(day, 100))
    for number, (key, lie) in enumerate(
        zip(keys, ("extends no lock", "pretends locks"), strict=True)
    ):
        liar.lie = lie
        wanted = Wanted(key, digest(b"%d" % number), 1, (Place.PRIMARY,))
        [look] = fixity.lock(fixity.examine(wanted, Depth.BYTES), stores).looks
        assert bool(look.lock) == (lie == "pretends locks")
    assert list(fixity.not_locked) == [Place.PRIMARY]


def test_a_repair_whose_answer_was_lost_counts_and_is_not_done_twice(
    shelves: Shelves, make_liar: Callable[[str], Any]
) -> None:
    liar = make_liar("liar")
    liar.put_once(KEY, b"other", digest(b"other"))
    liar.lie = "heals, but times out"
    stores = {Place.PRIMARY: shelves[Place.PRIMARY], Place.REPLICA: liar}
    fixity = Fixity({**shelves, Place.REPLICA: liar})
    left = fixity.repair(fixity.examine(WANTED, Depth.BYTES), stores)
    [look] = [look for look in left.looks if look.place is Place.REPLICA]
    assert (look.state, look.found) == (CopyState.INTACT, CopyState.DAMAGED)
    assert not fixity.examine(WANTED, Depth.BYTES).bad
    assert len(liar.versions(KEY)) == 2, "the bad one and the good one"


def test_a_store_that_cannot_lock_is_told_once(shelves: Shelves) -> None:
    lock = Lock.for_days(datetime.now(UTC), 10)
    fixity = Fixity(shelves, lock=lambda _place: lock)
    stores = {Place.PRIMARY: shelves[Place.PRIMARY]}
    for _ in range(2):
        verdict = fixity.lock(fixity.examine(WANTED, Depth.BYTES), stores)
        assert [look.state for look in verdict.looks] == [CopyState.INTACT] * 3
    assert list(fixity.not_locked) == [Place.PRIMARY]
