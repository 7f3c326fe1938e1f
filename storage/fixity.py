"""Looking at the copies of an object: three depths, every place, no fault hiding the next; and repair.

Damaged and missing copies are told apart from a store that does not answer: of the latter nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from hashlib import sha256 as _sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from pipeline.copies import BAD, HELD, CopyState, Depth, Place
from pipeline.errors import Corrupt, NotFound, StoreError
from pipeline.language import Message
from storage.store import Lock, LockRule, Opened, Store, StoredObject, no_lock

STEPS = ("fault_found", "repair_put", "repair_read_back", "repaired")
"""The named steps of repair, for tests that kill there."""


_MD5 = re.compile(r"[0-9a-f]{32}")


class Shelf(Protocol):
    """A place whose copies can be looked at: a store, or the cold volumes."""

    def open(self, key: str) -> AbstractContextManager[Opened]:
        """Open an object to be read in pieces, unverified; raises NotFound."""
        ...

    def head(self, key: str) -> StoredObject | None:
        """Return what the place says of ``key``; None when it has no such object."""
        ...

    def check(self) -> None:
        """Raise a StoreError when the place cannot be used."""
        ...


@dataclass(frozen=True)
class Wanted:
    """An object and where its copies must be."""

    key: str
    sha256: str
    byte_count: int
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Look:
    """What one copy turned out to be."""

    place: Place
    state: CopyState
    """INTACT: every byte was read; LISTED: a shallower look found nothing wrong."""
    byte_count: int = 0
    """Bytes that were read."""
    proof: str | None = None
    """SHA-256 of the run's nonce and the bytes: no answer prepared earlier can give it (LOCKSS)."""
    found: CopyState | None = None
    """How it was found before it was repaired just now; None: it was not."""
    version_id: str | None = None
    etag: str | None = None
    """The store's own mark of the content, at depth SIZE."""
    lock: Lock | None = None
    """What keeps the version that was read from being deleted."""


@dataclass(frozen=True)
class Verdict:
    """All copies of one object, looked at together."""

    wanted: Wanted
    looks: tuple[Look, ...]

    @property
    def bad(self) -> tuple[Look, ...]:
        """The copies that are damaged or missing."""
        return tuple(look for look in self.looks if look.state in BAD)

    @property
    def lost(self) -> bool:
        """Whether every place answered and none has a good copy."""
        return bool(self.looks) and len(self.bad) == len(self.looks)


class Fixity:
    """Looks at copies on all shelves; a shelf that does not answer is asked no more in this run.

    ``nonce`` not empty: each full look also gives its proof. ``spare`` may know a file with an object's
    bytes where no shelf has them, by their SHA-256. ``at`` is called just before each of STEPS.
    """

    def __init__(
        self,
        shelves: Mapping[Place, Shelf],
        nonce: bytes = b"",
        spare: Callable[[str], Path | None] = lambda _sha256: None,
        at: Callable[[str], None] = lambda _step: None,
        lock: LockRule = no_lock,
    ) -> None:
        self._lock = lock
        self._shelves = shelves
        self._nonce = nonce
        self._spare = spare
        self._at = at
        self.unreachable: dict[Place, Message] = {}
        """The shelves that did not answer, and what was said."""
        self.not_locked: dict[Place, Message] = {}
        """The stores at which a lock could not be extended, and what was said."""

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
            good = self._good_file(verdict, Path(folder) / "good")
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

        A store that refuses is asked no more in this run; what it said is in ``not_locked``.
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
        if wanted is None or wanted.until is None or look.place in self.not_locked:
            return look
        if look.lock and look.lock.covers(wanted):
            return look
        try:
            store.extend_retention(key, look.version_id, wanted.until)
            found = store.head(key, look.version_id)
        except StoreError as error:
            self.not_locked[look.place] = error.message
            return look
        return replace(look, lock=found.lock if found else None)

    def _look(self, place: Place, wanted: Wanted, depth: Depth) -> Look:
        if place in self.unreachable:
            return Look(place, CopyState.UNREACHABLE)
        shelf = self._shelves[place]
        try:
            if depth is Depth.BYTES:
                return self._full_look(place, shelf, wanted)
            return _shallow_look(place, shelf, wanted, depth)
        except NotFound:
            return Look(place, CopyState.MISSING)
        except Corrupt:
            return Look(place, CopyState.DAMAGED)
        except StoreError as error:
            return Look(place, self._damaged_unless_down(place, shelf, error))

    def _full_look(self, place: Place, shelf: Shelf, wanted: Wanted) -> Look:
        plain, salted, read = _sha256(), _sha256(self._nonce), 0
        with shelf.open(wanted.key) as opened:
            for block in opened.chunks():
                plain.update(block)
                if self._nonce:
                    salted.update(block)
                read += len(block)
        state = CopyState.INTACT if plain.hexdigest() == wanted.sha256 else CopyState.DAMAGED
        return Look(
            place,
            state,
            read,
            salted.hexdigest() if self._nonce else None,
            version_id=opened.info.version_id,
            lock=opened.info.lock,
        )

    def _damaged_unless_down(self, place: Place, shelf: Shelf, error: StoreError) -> CopyState:
        """Servers answer a rotten object with 500 or not at all: one that is otherwise well has damage."""
        try:
            shelf.check()
        except StoreError:
            self.unreachable[place] = error.message
            return CopyState.UNREACHABLE
        return CopyState.DAMAGED

    def _good_file(self, verdict: Verdict, path: Path) -> Path | None:
        """A file with the good bytes: from a shelf, written to ``path``, else the spare one."""
        for look in verdict.looks:
            if look.state in HELD:
                try:
                    if _copied(self._shelves[look.place], verdict.wanted.key, path) == (
                        verdict.wanted.sha256
                    ):
                        return path
                except StoreError:
                    continue
        return self._spare(verdict.wanted.sha256)

    def _healed(self, look: Look, wanted: Wanted, good: Path, store: Store) -> Look:
        try:
            self._at("repair_put")
            receipt = store.put_healed(wanted.key, good, wanted.sha256, self._lock(look.place))
            self._at("repair_read_back")
            again = self._full_look(look.place, store, wanted)
            if again.state is not CopyState.INTACT:
                return look
        except StoreError:
            return look
        version_id = receipt.version_id or again.version_id
        return replace(again, found=look.state, version_id=version_id, proof=None)


def _copied(shelf: Shelf, key: str, path: Path) -> str:
    """Write an object to ``path``; return the SHA-256 of what was written."""
    found = _sha256()
    with shelf.open(key) as opened, path.open("wb") as out:
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
