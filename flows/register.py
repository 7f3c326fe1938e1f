"""The vault's objects into the catalog's register, many in one commit."""

from __future__ import annotations

from threading import Lock

from catalog.copies import Copies, Copy, KeptObject
from pipeline.copies import CopyState, Place
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
            if len(self._waiting) >= _AT_ONCE:
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
        Copy(
            Place.PRIMARY,
            CopyState.INTACT,
            kept.primary.version_id,
            healed=kept.primary_healed,
        ),
        Copy(
            Place.REPLICA,
            CopyState.INTACT,
            kept.replica.version_id,
            healed=kept.replica_healed,
        ),
    )
    return KeptObject(kept.key, kept.sha256, kept.byte_count, copies)
