"""The words for copies: where they lie, how they are, how closely they were looked at."""

from __future__ import annotations

from enum import StrEnum

from pipeline.language import say


class Place(StrEnum):
    """Where a copy lies."""

    PRIMARY = "primary"
    REPLICA = "replica"
    COLD = "cold"


class CopyState(StrEnum):
    """What a copy turned out to be, or why there is none."""

    INTACT = "intact"
    """Every byte was read back and hashed by us."""
    LISTED = "listed"
    """The place lists it; we never read it."""
    OWED = "owed"
    """The place was down when the object came in; it is to be given the object."""
    REMOVED = "removed"
    """It left under an approval; enough others are left."""
    DAMAGED = "damaged"
    MISSING = "missing"
    UNREACHABLE = "unreachable"
    """The place did not answer: nothing is known of the copy."""


HELD = (CopyState.INTACT, CopyState.LISTED)
"""The states of a copy that is there, as far as we know."""

BAD = (CopyState.DAMAGED, CopyState.MISSING)
"""The states of a copy that must be given the good bytes."""

PLACES = {
    Place.PRIMARY: say("primary store"),
    Place.REPLICA: say("hot replica"),
    Place.COLD: say("cold copies"),
}


class Depth(StrEnum):
    """How closely a copy is looked at."""

    PRESENT = "present"
    SIZE = "size"
    BYTES = "bytes"


def size(byte_count: int) -> str:
    """A number of bytes for people: decimal units, three figures."""
    amount, unit = float(byte_count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.3g} {unit}"
