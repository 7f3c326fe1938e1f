"""What is looked at, and what was seen: the words of fixity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pipeline.copies import BAD, CopyState, Place
from pipeline.language import Message
from storage.proof import Shelf as Readable
from storage.store import Lock, StoredObject


class Shelf(Readable, Protocol):
    """A place whose copies can be looked at: a store, or the cold volumes."""

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
    elsewhere: str | None = None
    """The cold volume that has one more copy, on a carrier, where it is not looked at."""


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
    why: Message | None = None
    """Why nothing could be learned of this copy, though its place answers."""


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
        """Whether every place answered and none has a good copy, nor has a carrier."""
        return self._none_good and not self.wanted.elsewhere

    @property
    def to_fetch(self) -> bool:
        """Whether every place answered and none has a good copy, but a carrier has."""
        return self._none_good and bool(self.wanted.elsewhere)

    @property
    def _none_good(self) -> bool:
        return bool(self.looks) and len(self.bad) == len(self.looks)
