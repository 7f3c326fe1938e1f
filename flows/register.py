"""The vault's objects into the catalog's register, many in one commit."""

from __future__ import annotations

from threading import Lock

from catalog.copies import Copies, Copy, KeptObject
from pipeline.copies import CopyState, Place
from storage.store import Receipt
from storage.vault import Kept

_AT_ONCE = 64
"""Objects in one commit (docs/decisions/0020)."""


class BatchedRegister:
    """Holds what was kept until there are enough of it; ``flush`` enters the rest.

    What a crash loses here was stored all the same: the nightly sweep enters it from the stores' listings.
    """

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self._waiting: list[KeptObject] = []
        self._lock = Lock()

    def enter(self, kept: Kept) -> None:
        """Take what the vault has just proved."""
        with self._lock:
            self._waiting.append(_registered(kept))
            # A debt must be on the list before its page counts as taken in.
            if kept.replica is None or len(self._waiting) >= _AT_ONCE:
                self._enter()

    def flush(self) -> None:
        """Enter what waits."""
        with self._lock:
            self._enter()

    def _enter(self) -> None:
        self._copies.enter(self._waiting)
        self._waiting = []


def _registered(kept: Kept) -> KeptObject:
    copies = (
        _copy(Place.PRIMARY, kept.primary, healed=kept.primary_healed),
        _copy(Place.REPLICA, kept.replica, healed=kept.replica_healed),
    )
    return KeptObject(kept.key, kept.sha256, kept.byte_count, copies)


def _copy(place: Place, receipt: Receipt | None, *, healed: bool) -> Copy:
    if receipt is None:
        return Copy(place, CopyState.OWED)
    found = CopyState.DAMAGED if healed else None
    until = receipt.lock.until if receipt.lock else None
    return Copy(place, CopyState.INTACT, receipt.version_id, until, found=found)
