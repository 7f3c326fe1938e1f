"""Two copies of everything, each proven by reading it back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Protocol, TypeVar

from pipeline.copies import CopyState
from pipeline.errors import Corrupt, Failed, NotFound, Unavailable
from pipeline.language import say
from storage.content import size_of
from storage.proof import first_verified, from_first, locked, read_back
from storage.store import (
    Content,
    Lock,
    LockRule,
    NoteKind,
    Receipt,
    Store,
    digest,
    digital_key,
    no_lock,
    note_key,
    object_key,
    text_key,
)

STEPS = (
    "primary_put",
    "replica_put",
    "primary_read_back",
    "primary_heal",
    "replica_read_back",
    "replica_heal",
    "kept",
)
"""The steps of keeping, in order; a kill at any of them must leave something the next run completes."""

_LEFT_ALONE_SECONDS = 60.0

Done = TypeVar("Done")


@dataclass(frozen=True)
class Kept:
    """Proof that both stores returned the very bytes (R6), or that the replica is owed them."""

    key: str
    sha256: str
    byte_count: int
    primary: Receipt
    replica: Receipt | None
    """None: the replica is down and is owed its copy; only the primary's is proved."""
    primary_healed: bool
    """The primary had other bytes, or none, and was given the good ones (R7): raise an alarm."""
    replica_healed: bool

    @property
    def versions(self) -> dict[str, str | None]:
        """Store -> version written; None where it wrote nothing or is owed."""
        replica = self.replica.version_id if self.replica else None
        return {"primary": self.primary.version_id, "replica": replica}

    @property
    def healed(self) -> bool:
        """Whether either store had to be healed."""
        return self.primary_healed or self.replica_healed


class Register(Protocol):
    """Where the vault enters what it keeps."""

    def enter(self, kept: Kept) -> None:
        """Take one object that was just proved."""
        ...

    def flush(self) -> None:
        """Have entered what was taken so far."""
        ...


class NoRegister:
    """For a vault whose objects nobody counts."""

    def enter(self, kept: Kept) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""


_NOBODY = NoRegister()


class Vault:
    """The primary store and its hot replica, used as one; ``register`` learns of every object kept.

    ``at`` is called with the name of each step just before it, for tests that kill there. ``owing``: while
    the replica is down, objects are kept in the primary alone, proved there, and owed to the replica.
    """

    def __init__(
        self,
        primary: Store,
        replica: Store,
        at: Callable[[str], None] = lambda _step: None,
        register: Register = _NOBODY,
        *,
        owing: bool = False,
        lock: LockRule = no_lock,
    ) -> None:
        self.lock = lock
        self.primary = primary
        self.replica = replica
        self._register = register
        self._at = at
        self._owing = owing
        self._left_alone_until = -math.inf

    def keep(self, content: bytes, sha256: str) -> Kept:
        """Store page bytes twice and read both copies back; may be run again without effect (R8).

        Raises Corrupt when ``content`` is not what ``sha256`` names, or a store cannot give it back
        even after healing; any other StoreError when a store fails. Nothing is undone then.
        """
        return self.keep_object(object_key(sha256), content, sha256)

    def keep_note(self, kind: NoteKind, content: bytes) -> Kept:
        """Store a receipt, decision or log bundle like a page, named by its own SHA-256 (R4).

        The same delivery must give the same bytes each time, so put no clock in them (R8).
        """
        sha256 = digest(content)
        return self.keep_object(note_key(kind, sha256), content, sha256)

    def keep_digital(self, content: Content, sha256: str) -> Kept:
        """Store a born-digital file like a page; a file is sent and read back in pieces, memory flat."""
        return self.keep_object(digital_key(sha256), content, sha256)

    def keep_text(self, content: bytes) -> Kept:
        """Store a page's searchable derivative like a page, named by its own SHA-256."""
        sha256 = digest(content)
        return self.keep_object(text_key(sha256), content, sha256)

    def read_text(self, sha256: str) -> bytes:
        """Return a searchable derivative, verified, from whichever store has it."""
        return self.read_object(text_key(sha256), sha256)

    def read(self, sha256: str) -> bytes:
        """Return page bytes, verified: the primary's, or the replica's where the primary fails."""
        return self.read_object(object_key(sha256), sha256)

    def read_good(self, sha256: str) -> bytes | None:
        """Return page bytes, verified; None where no store has good ones, so that one page stops no batch.

        Raises Unavailable when one that may have it is down.
        """
        try:
            return self.read(sha256)
        except (Corrupt, Failed, NotFound):
            return None

    def check(self) -> None:
        """Raise a StoreError that says what to do unless the stores can be used, or one may be owed."""
        self.primary.check()
        self._unless_down(self.replica.check)

    def flush(self) -> None:
        """Have the register enter all that was kept so far."""
        self._register.flush()

    def ask_replica_again(self) -> None:
        """Try the replica at the next act, though it was down a moment ago."""
        self._left_alone_until = -math.inf

    def keep_object(self, key: str, content: Content, sha256: str) -> Kept:
        """Keep bytes under the key that names them; see ``keep``. A file is hashed as it is sent."""
        if isinstance(content, bytes) and digest(content) != sha256:
            raise Corrupt(
                say(
                    "The bytes to be kept as {key} are not those that its name was made from; "
                    "scan the page again.",
                    key=key,
                )
            )
        self._at("primary_put")
        lock, replica_lock = self.lock("primary"), self.lock("replica")
        primary = self.primary.put_once(key, content, sha256, lock)
        self._at("replica_put")
        written = self._unless_down(
            lambda: self.replica.put_once(key, content, sha256, replica_lock)
        )
        primary, primary_healed = self._proven(self.primary, "primary", primary, content, lock)
        replica, replica_healed = (
            written
            and self._unless_down(
                lambda: self._proven(self.replica, "replica", written, content, replica_lock)
            )
        ) or (None, False)
        self._at("kept")
        kept = Kept(key, sha256, size_of(content), primary, replica, primary_healed, replica_healed)
        self._register.enter(kept)
        return kept

    def _unless_down(self, act: Callable[[], Done]) -> Done | None:
        """Do an act of the replica; None when it is down and may be owed.

        One that is down is left alone for a while: each try costs seconds, and pages wait.
        """
        if monotonic() < self._left_alone_until:
            return None
        try:
            return act()
        except Unavailable:
            if not self._owing:
                raise
            self._left_alone_until = monotonic() + _LEFT_ALONE_SECONDS
            return None

    def _proven(
        self, store: Store, name: str, receipt: Receipt, content: Content, lock: Lock | None
    ) -> tuple[Receipt, bool]:
        """Read back what ``receipt`` promises; give the store the good bytes once if it has others."""
        key = receipt.key
        self._at(f"{name}_read_back")
        state, found = read_back(store, receipt)
        if state is CopyState.INTACT:
            return locked(store, receipt, found, lock), False
        self._at(f"{name}_heal")
        lost = None
        try:
            healed = store.put_healed(key, content, receipt.sha256, lock)
        except Unavailable as error:  # its answer may be lost and the bytes be there: reading tells
            lost, newest = error, store.head(key)
            version_id = newest.version_id if newest else None
            healed = replace(receipt, version_id=version_id, existed=False)
        state, found = read_back(store, healed)
        if state is CopyState.INTACT:
            return locked(store, healed, found, lock), True
        raise lost or Corrupt(
            say(
                "{store} does not give back the bytes of {key}, even when they are stored again; "
                "stop taking in and have its disk looked at.",
                store=store.describe(),
                key=key,
            )
        )

    def read_object(self, key: str, sha256: str) -> bytes:
        """Return the bytes of any object, verified, from whichever store has them."""
        return first_verified((self.primary, self.replica), key, sha256)

    def copy_to(self, path: Path, key: str, sha256: str) -> None:
        """Write any object's bytes, verified, to a file, memory flat; see ``read_object``."""

        def take(pieces: Iterable[bytes]) -> None:
            with path.open("wb") as out:
                out.writelines(pieces)

        from_first((self.primary, self.replica), key, sha256, take)
