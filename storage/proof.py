"""Reading back what a store was given: its bytes, hashed by us, and the lock told with them (R6)."""

from __future__ import annotations

from dataclasses import replace

from pipeline.copies import CopyState
from pipeline.errors import Corrupt, NotFound, StoreError, Unavailable, Unsupported
from pipeline.language import say
from storage.store import Lock, Receipt, Store, digest


def verified(store: Store, key: str, sha256: str) -> tuple[bytes, Lock | None]:
    """Return an object's bytes, hashed, and the lock that the same answer tells."""
    with store.open(key) as opened:
        content, lock = b"".join(opened.chunks()), opened.info.lock
    if digest(content) != sha256:
        raise Corrupt(
            say(
                "{store} gives other bytes than were stored as {key}; "
                "have it verified and healed from the other copy.",
                store=store.describe(),
                key=key,
            )
        )
    return content, lock


def locked(store: Store, receipt: Receipt, found: Lock | None, wanted: Lock | None) -> Receipt:
    """Return ``receipt`` with the lock read back; raises Unsupported unless it is what was asked for."""
    if wanted and not (found and found.covers(wanted)):
        raise Unsupported(
            say(
                "{store} does not lock {key} as the settings ask; stop taking in and run "
                "“paperproof storage self-test”.",
                store=store.describe(),
                key=receipt.key,
            )
        )
    return replace(receipt, lock=found)


def state_of(store: Store, key: str, sha256: str) -> CopyState:
    """Read a copy in full and hash it; never raises for a bad one."""
    try:
        verified(store, key, sha256)
    except Corrupt:
        return CopyState.DAMAGED
    except NotFound:
        return CopyState.MISSING
    except StoreError:
        return CopyState.UNREACHABLE
    return CopyState.INTACT


def read_back(store: Store, key: str, sha256: str) -> tuple[CopyState, Lock | None]:
    """Like ``state_of``, but a store that is down is an error, and one key that fails is damage.

    Servers answer a rotten object with 500 or not at all; so one that is otherwise well has damage.
    """
    try:
        _, lock = verified(store, key, sha256)
    except Unavailable:
        store.check()
        return CopyState.DAMAGED, None
    except NotFound:
        return CopyState.MISSING, None
    except Corrupt:
        return CopyState.DAMAGED, None
    return CopyState.INTACT, lock
