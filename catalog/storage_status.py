"""How the copies stand: what ``paperproof storage status`` and the storage report tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.bundles import Unbundled
from catalog.catalog import Catalog
from catalog.copies import CopyCount
from catalog.drills import Drill
from catalog.verifications import Lost, Run
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
        as_it_should_be = (*HELD, CopyState.REMOVED)
        return sum(count for state, count in self.states.items() if state not in as_it_should_be)


@dataclass(frozen=True)
class StorageStatus:
    """All that is kept, and its copies."""

    objects: int
    byte_count: int
    places: tuple[PlaceStatus, ...]
    lost: tuple[Lost, ...]
    """Objects that have no good copy: critical."""
    in_volumes_only: tuple[Lost, ...]
    """Objects whose only good copy is in a cold volume, to be fetched: critical."""
    carriers: Mapping[str, tuple[str, ...]]
    """Volume -> carriers that hold it, with where they lie."""
    last_verification: Run | None
    within_days: int
    """So often every copy should be read in full."""
    kinds: tuple[CopyCount, ...]
    """The same by kind of object."""
    debts: int
    unbundled: Unbundled
    """How far the catalog in the stores is behind."""
    last_drill: Drill | None

    @property
    def overdue(self) -> bool:
        """Whether some copy was not read in full for longer than it should."""
        limit = datetime.now(UTC) - timedelta(days=self.within_days)
        return any(one.oldest_unverified and one.oldest_unverified < limit for one in self.places)


def storage_status(catalog: Catalog, within_days: int) -> StorageStatus:
    """Ask the register how the copies stand; no store is opened."""
    copies, verifications = catalog.copies, catalog.verifications
    objects, byte_count = copies.total()
    counts, oldest = copies.counts(), copies.oldest_unverified()
    return StorageStatus(
        objects,
        byte_count,
        tuple(_place(place, counts, oldest.get(place)) for place in Place),
        verifications.lost(),
        verifications.in_volumes_only(),
        {
            volume: tuple(f"{one.number} ({one.place})" for one in ones)
            for volume, ones in catalog.carriers.of_volumes().items()
        },
        verifications.last(),
        within_days,
        counts,
        catalog.debts.count(),
        catalog.bundles.unbundled(),
        catalog.drills.last(),
    )


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
                "oldest_unverified": _moment(one.oldest_unverified),
            }
            for one in status.places
        },
        "lost": [_lost(one) for one in status.lost],
        "in_volumes_only": [
            {
                **{name: value for name, value in _lost(one).items() if name != "scan_again"},
                "volume": one.volume,
                "carriers": list(status.carriers.get(one.volume or "", ())),
            }
            for one in status.in_volumes_only
        ],
        "last_verification": _verification(status.last_verification),
        "overdue": status.overdue,
        "debts": status.debts,
        "catalog_changes_not_bundled": status.unbundled.changes,
        "last_bundle": _moment(status.unbundled.last_at),
        "last_drill": _drill(status.last_drill),
    }


def _lost(one: Lost) -> dict[str, Any]:
    came = one.came
    return {
        "key": one.key,
        "since": one.since.isoformat(timespec="seconds"),
        "page": came.name if came else None,
        "branch": came.branch if came else None,
        "day": came.day.isoformat() if came else None,
        "batch": came.batch if came else None,
        "scan_again": came.operator if came else None,
    }


def _verification(run: Run | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {**vars(run), "at": run.at.isoformat(timespec="seconds")}


def _drill(one: Drill | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"at": _moment(one.at), "from": one.source, "passed": one.passed, "seconds": one.seconds}


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
