"""Reading back what a store was given: its bytes, hashed by us, and the lock told with them (R6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from hashlib import sha256 as _sha256
from typing import Protocol, TypeVar

from pipeline.copies import CopyState
from pipeline.errors import Corrupt, Failed, NotFound, StoreError, Unsupported
from pipeline.language import Message, say
from storage.store import Lock, Opened, Receipt, Store

Taken = TypeVar("Taken")


class Shelf(Protocol):
    """Where objects are read from: a store, or cold volumes."""

    def iter_keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, in ascending order of their bytes."""
        ...

    def open(self, key: str) -> AbstractContextManager[Opened]:
        """Open an object to be read in pieces, unverified; raises StoreError."""
        ...

    def describe(self) -> Message:
        """Name the shelf and its place."""
        ...


def proved_pieces(shelf: Shelf, key: str, sha256: str) -> Iterator[bytes]:
    """Yield an object's bytes as they come; after the last raises Corrupt unless they are what was stored."""
    running = _sha256()
    with shelf.open(key) as opened:
        for piece in opened.chunks():
            running.update(piece)
            yield piece
    if running.hexdigest() != sha256:
        raise _other_bytes(shelf, key)


def proved(store: Store, key: str, sha256: str, version_id: str | None = None) -> Lock | None:
    """Read an object or one version in full, memory flat; return the lock that the same answer tells.

    Raises Corrupt unless its bytes are what was stored.
    """
    running = _sha256()
    with store.open(key, version_id) as opened:
        for piece in opened.chunks():
            running.update(piece)
        lock = opened.info.lock
    if running.hexdigest() != sha256:
        raise _other_bytes(store, key)
    return lock


def first_verified(shelves: Iterable[Shelf], key: str, sha256: str) -> bytes:
    """Return an object's bytes, verified, from the first shelf that has them whole."""
    return from_first(shelves, key, sha256, b"".join)


def from_first(
    shelves: Iterable[Shelf], key: str, sha256: str, take: Callable[[Iterable[bytes]], Taken]
) -> Taken:
    """Give ``take`` an object's pieces from one shelf after the other until one has them whole.

    Raises what kept the first from giving them; that nobody has it is said only when all say so.
    """
    failures: list[StoreError] = []
    for shelf in shelves:
        try:
            return take(proved_pieces(shelf, key, sha256))
        except StoreError as error:
            failures.append(error)
    raise next((error for error in failures if not isinstance(error, NotFound)), failures[0])


def _other_bytes(shelf: Shelf, key: str) -> Corrupt:
    return Corrupt(
        say(
            "{store} gives other bytes than were stored as {key}; "
            "have it verified and healed from the other copy.",
            store=shelf.describe(),
            key=key,
        )
    )


def require_lock(store: Store, key: str, found: Lock | None, wanted: Lock | None) -> None:
    """Raise Unsupported unless the lock that was read back is what was asked for."""
    if wanted and not (found and found.covers(wanted)):
        raise Unsupported(
            say(
                "{store} does not lock {key} as the settings ask; stop taking in and run "
                "“paperproof storage self-test”.",
                store=store.describe(),
                key=key,
            )
        )


def locked(store: Store, receipt: Receipt, found: Lock | None, wanted: Lock | None) -> Receipt:
    """Return ``receipt`` with the lock read back; raises Unsupported unless it is what was asked for."""
    require_lock(store, receipt.key, found, wanted)
    return replace(receipt, lock=found)


def asked_twice(ask: Callable[[], Taken], well: Callable[[], object]) -> Taken:
    """Ask for a copy; raises NotFound or Corrupt only on evidence, else another StoreError: nothing is known.

    Servers tell of rotten bytes by failing at them: with 500, or by an answer that ends early. That is
    evidence only when ``well`` raises nothing (the place answers otherwise) and it then fails the same way
    again. Missing rights, a time that ran out, a broken connection never are.
    """
    try:
        return ask()
    except (NotFound, Corrupt):
        raise
    except StoreError as error:
        first = error
    well()
    try:
        return ask()
    except Failed as again:
        if isinstance(first, Failed) and first.after == again.after:
            raise Corrupt(again.message) from again
        raise


def read_back(store: Store, receipt: Receipt) -> tuple[CopyState, Lock | None]:
    """Read in full what a receipt promises and hash it; raises a StoreError where nothing can be said of it.

    Of what was just written that very version is read, which also costs a server a third less than to find
    the newest (decision 0028); of what was there already the newest, as any reader gets it.
    """
    key, sha256, version_id = receipt.key, receipt.sha256, receipt.version_id
    try:
        lock = asked_twice(lambda: proved(store, key, sha256, version_id), store.check)
    except NotFound:
        return CopyState.MISSING, None
    except Corrupt:
        return CopyState.DAMAGED, None
    return CopyState.INTACT, lock
