"""Stations that send over thin lines: which are silent, and whose debt has waited too long."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.stations import StationReport
from flows.parts import Parts


@dataclass(frozen=True)
class SeenStation:
    """A station as it reported last, judged now."""

    report: StationReport
    is_silent: bool
    due: datetime | None
    """By when its oldest file should be sent; None: nothing waits."""
    is_late: bool
    """What it has to send has waited too long, as far as it is known."""


def seen_stations(
    parts: Parts, branches: Collection[str] | None, now: datetime
) -> tuple[SeenStation, ...]:
    """Give the stations of the branches (None: all) that ever reported, by branch and name."""
    chosen = parts.settings.station
    silence = timedelta(minutes=chosen.silent_minutes)
    patience = timedelta(minutes=chosen.debt_minutes)
    return tuple(
        _judged(one, now, silence, patience) for one in parts.catalog.stations.all(branches)
    )


def _judged(
    one: StationReport, now: datetime, silence: timedelta, patience: timedelta
) -> SeenStation:
    due = one.oldest_at + patience if one.oldest_at else None
    return SeenStation(one, now - one.at > silence, due, due is not None and now > due)
