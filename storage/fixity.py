"""Looking at the copies of an object: three depths, every place, no fault hiding the next; and repair.

Damaged and missing copies are told apart from a store that does not answer: of the latter nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256 as _sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.copies import HELD, CopyState, Depth, Place
from pipeline.errors import Corrupt, NotFound, StoreError, Unavailable
from pipeline.language import Message
from storage.looks import Look, Shelf, Verdict, Wanted
from storage.proof import Shelf as Readable
from storage.proof import asked_twice, require_lock
from storage.store import LockRule, Opened, Store, no_lock

STEPS = ("fault_found", "repair_put", "repair_read_back", "repaired")
"""The named steps of repair, for tests that kill there."""

_PATIENCE = 3
"""So many objects in a row of which nothing can be learned, and a place is asked no more in this run."""
_WITNESSES = 8
"""Other objects of which one must be readable before a failure at one object counts as its damage."""
_MD5 = re.compile(r"[0-9a-f]{32}")

Source = Callable[[], AbstractContextManager[Opened]]
"""Opens bytes that may be the good ones."""


class Fixity:
    """Looks at copies on all shelves; a shelf that does not answer is asked no more in this run.

    What is no evidence of damage (see ``asked_twice``) leaves a copy UNREACHABLE, and nothing is put.

    ``nonce`` not empty: each full look also gives its proof. Where no shelf has an object's bytes, older
    versions are searched, then ``others`` (mounted carriers), then ``spare``, which may know a file by their
    SHA-256. ``at`` is called just before each of STEPS.
    """

    def __init__(
        self,
        shelves: Mapping[Place, Shelf],
        nonce: bytes = b"",
        spare: Callable[[str], Path | None] = lambda _sha256: None,
        at: Callable[[str], None] = lambda _step: None,
        lock: LockRule = no_lock,
        others: Sequence[Readable] = (),
    ) -> None:
        self._others = others
        self._lock = lock
        self._shelves = shelves
        self._nonce = nonce
        self._spare = spare
        self._at = at
        self.unreachable: dict[Place, Message] = {}
        """The shelves that did not answer, and what was said."""
        self._read_well: dict[Place, str] = {}
        self._in_a_row: dict[Place, int] = {}
        self.not_locked: dict[Place, Message] = {}
        """The stores at which a lock could not be extended, and what was said first."""
        self._refused_in_a_row: dict[Place, int] = {}

    def examine(self, wanted: Wanted, depth: Depth) -> Verdict:
        """Look at every copy; what a shallow look finds wrong is looked at in full."""
        looks = tuple(self._look(place, wanted, depth) for place in wanted.places)
        verdict = Verdict(wanted, looks)
        if depth is not Depth.BYTES and (verdict.bad or differ(look.etag for look in looks)):
            return self.examine(wanted, Depth.BYTES)
        return verdict

    def repair(self, verdict: Verdict, stores: Mapping[Place, Store]) -> Verdict:
        """Give the bad copies in ``stores`` the bytes of a good one, and read them back (R7).

        The bad bytes stay as an older version. Never raises for a copy that cannot be repaired: it stays bad.
        """
        self._at("fault_found")
        if not verdict.bad:
            return verdict
        with TemporaryDirectory() as folder:
            good = self._good_file(verdict, stores, Path(folder) / "good")
            if good is None:
                return verdict
            looks = tuple(
                self._healed(look, verdict.wanted, good, stores[look.place])
                if look in verdict.bad and look.place in stores
                else look
                for look in verdict.looks
            )
        self._at("repaired")
        return replace(verdict, looks=looks)

    def lock(self, verdict: Verdict, stores: Mapping[Place, Store]) -> Verdict:
        """Lock the copies that were read for as long as one put today would be: retention rolls on.

        The lock is read back. What a store that refuses said is in ``not_locked``; one that refuses
        several in a row is asked no more in this run.
        """
        return replace(
            verdict,
            looks=tuple(
                self._locked(look, verdict.wanted.key, stores[look.place])
                if look.state is CopyState.INTACT and look.place in stores
                else look
                for look in verdict.looks
            ),
        )

    def _locked(self, look: Look, key: str, store: Store) -> Look:
        wanted = self._lock(look.place)
        if wanted is None or wanted.until is None or (look.lock and look.lock.covers(wanted)):
            return look
        if self._refused_in_a_row.get(look.place, 0) >= _PATIENCE:
            return look
        try:
            store.extend_retention(key, look.version_id, wanted.until)
            found = store.head(key, look.version_id)
            lock = found.lock if found else None
            require_lock(store, key, lock, wanted)
        except StoreError as error:
            self.not_locked.setdefault(look.place, error.message)
            self._refused_in_a_row[look.place] = self._refused_in_a_row.get(look.place, 0) + 1
            return look
        self._refused_in_a_row[look.place] = 0
        return replace(look, lock=lock)

    def _look(self, place: Place, wanted: Wanted, depth: Depth) -> Look:
        if place in self.unreachable:
            return Look(place, CopyState.UNREACHABLE)
        shelf = self._shelves[place]

        def look() -> Look:
            if depth is Depth.BYTES:
                return self._full_look(place, shelf, wanted)
            return _shallow_look(place, shelf, wanted, depth)

        try:
            found = asked_twice(look, lambda: self._must_be_well(place, shelf, wanted.key))
        except NotFound:
            found = Look(place, CopyState.MISSING)
        except Corrupt:
            found = Look(place, CopyState.DAMAGED)
        except StoreError as error:
            return self._unknown(place, error)
        self._in_a_row[place] = 0
        return found

    def _unknown(self, place: Place, error: StoreError) -> Look:
        """Nothing is known of a copy; when that goes on, its place is asked no more: a try takes minutes."""
        if place in self.unreachable:
            return Look(place, CopyState.UNREACHABLE)
        self._in_a_row[place] = self._in_a_row.get(place, 0) + 1
        if self._in_a_row[place] >= _PATIENCE:
            self.unreachable[place] = error.message
        return Look(place, CopyState.UNREACHABLE, why=error.message)

    def _must_be_well(self, place: Place, shelf: Shelf, key: str) -> None:
        """Raise unless a place can be used and gives some other object, where it has one."""
        try:
            shelf.check()
        except StoreError as error:
            self.unreachable[place] = error.message
            raise
        read_well = self._read_well.get(place)
        others = (
            [read_well]
            if read_well
            else [one for one in islice(shelf.iter_keys(""), _WITNESSES) if one != key]
        )
        failure: StoreError | None = None
        for other in others:
            try:
                with shelf.open(other) as opened:
                    next(opened.chunks(), b"")
                return
            except StoreError as error:
                failure = error
        if failure:
            raise failure

    def _full_look(self, place: Place, shelf: Shelf, wanted: Wanted) -> Look:
        plain, salted, read = _sha256(), _sha256(self._nonce), 0
        with shelf.open(wanted.key) as opened:
            for block in opened.chunks():
                plain.update(block)
                if self._nonce:
                    salted.update(block)
                read += len(block)
        state = CopyState.INTACT if plain.hexdigest() == wanted.sha256 else CopyState.DAMAGED
        if state is CopyState.INTACT:
            self._read_well[place] = wanted.key
        return Look(
            place,
            state,
            read,
            salted.hexdigest() if self._nonce else None,
            version_id=opened.info.version_id,
            lock=opened.info.lock,
        )

    def _good_file(
        self, verdict: Verdict, stores: Mapping[Place, Store], path: Path
    ) -> Path | None:
        """A file with the good bytes: one that was found, written to ``path``, else the spare one."""
        wanted = verdict.wanted
        for source in self._sources(verdict, stores):
            try:
                with source() as opened:
                    if _copied(opened, path) == wanted.sha256:
                        return path
            except StoreError:
                continue
        return self._spare(wanted.sha256)

    def _sources(self, verdict: Verdict, stores: Mapping[Place, Store]) -> Iterator[Source]:
        """What may have the good bytes, the likeliest first; bytes put over them hide no older version."""
        key = verdict.wanted.key
        for look in verdict.looks:
            if look.state in HELD:
                yield partial(self._shelves[look.place].open, key)
        for store in stores.values():
            with suppress(StoreError):
                for version in store.versions(key):
                    if not version.is_latest and not version.is_marker:
                        yield partial(store.open, key, version.version_id)
        for other in self._others:
            yield partial(other.open, key)

    def _healed(self, look: Look, wanted: Wanted, good: Path, store: Store) -> Look:
        try:
            self._at("repair_put")
            receipt = None
            with suppress(
                Unavailable
            ):  # its answer may be lost and the bytes be there: the look tells
                receipt = store.put_healed(wanted.key, good, wanted.sha256, self._lock(look.place))
            self._at("repair_read_back")
            again = self._full_look(look.place, store, wanted)
            if again.state is not CopyState.INTACT:
                return look
        except StoreError:
            return look
        version_id = (receipt and receipt.version_id) or again.version_id
        return replace(again, found=look.state, version_id=version_id, proof=None)


def _copied(opened: Opened, path: Path) -> str:
    """Write an object to ``path``; return the SHA-256 of what was written."""
    found = _sha256()
    with path.open("wb") as out:
        for block in opened.chunks():
            found.update(block)
            out.write(block)
    return found.hexdigest()


def _shallow_look(place: Place, shelf: Shelf, wanted: Wanted, depth: Depth) -> Look:
    found = shelf.head(wanted.key)
    if found is None:
        return Look(place, CopyState.MISSING)
    if depth is Depth.SIZE and found.byte_count != wanted.byte_count:
        return Look(place, CopyState.DAMAGED)
    return Look(place, CopyState.LISTED, etag=found.etag if depth is Depth.SIZE else None)


def differ(etags: Iterable[str | None]) -> bool:
    """Whether places mark one content differently; marks of several parts depend on how it was parted."""
    return len({etag for etag in etags if etag and _MD5.fullmatch(etag)}) > 1
