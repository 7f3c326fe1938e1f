"""How the copies stand: what ``paperproof storage status`` and the storage report tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.copies import Copies, CopyCount
from pipeline.copies import HELD, CopyState, Place


@dataclass(frozen=True)
class PlaceStatus:
    """The copies at one place."""

    place: Place
    objects: int
    """Objects that the place holds, as far as we know."""
    byte_count: int
    states: Mapping[CopyState, int]
    """How many copies are in each state."""
    oldest_unverified: datetime | None
    """Since when the copy that waits longest was not read in full; None: there is no copy."""

    @property
    def faulty(self) -> int:
        """Copies that are owed, damaged or missing."""
        return sum(count for state, count in self.states.items() if state not in HELD)


@dataclass(frozen=True)
class StorageStatus:
    """All that is kept, and its copies."""

    objects: int
    byte_count: int
    places: tuple[PlaceStatus, ...]


def storage_status(copies: Copies) -> StorageStatus:
    """Ask the register how the copies stand; no store is opened."""
    objects, byte_count = copies.total()
    counts, oldest = copies.counts(), copies.oldest_unverified()
    places = tuple(_place(place, counts, oldest.get(place)) for place in Place)
    return StorageStatus(objects, byte_count, places)


def _place(
    place: Place, counts: tuple[CopyCount, ...], oldest_unverified: datetime | None
) -> PlaceStatus:
    here = [one for one in counts if one.place is place]
    held = [one for one in here if one.state in HELD]
    states = {
        state: count
        for state in CopyState
        if (count := sum(one.objects for one in here if one.state is state))
    }
    return PlaceStatus(
        place,
        sum(one.objects for one in held),
        sum(one.byte_count for one in held),
        states,
        oldest_unverified,
    )


def as_json(status: StorageStatus) -> dict[str, Any]:
    """The contract of ``storage status --json``: counts, bytes, moments in UTC (docs/storage.md)."""
    return {
        "objects": status.objects,
        "bytes": status.byte_count,
        "places": {
            one.place.value: {
                "objects": one.objects,
                "bytes": one.byte_count,
                "states": {state.value: count for state, count in one.states.items()},
                "oldest_unverified": (
                    one.oldest_unverified.isoformat(timespec="seconds")
                    if one.oldest_unverified
                    else None
                ),
            }
            for one in status.places
        },
    }
