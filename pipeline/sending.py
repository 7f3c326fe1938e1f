"""What a station and headquarters say to one another of a file that is sent in pieces."""

from __future__ import annotations

from enum import StrEnum

MOST_PIECE = 1 << 20
"""Bytes of one piece at most."""


class Standing(StrEnum):
    """How far a file is with headquarters."""

    UNKNOWN = "unknown"
    RECEIVING = "receiving"
    WAITING = "waiting"
    """It is whole and synced, and waits to be taken in."""
    OWED = "owed"
    """It is taken in, and the replica does not have it yet."""
    ARCHIVED = "archived"
    """Both copies have what was admitted of it, read back."""
    REFUSED = "refused"
