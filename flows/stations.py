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
        SeenStation(
            one,
            is_silent=now - one.at > silence,
            is_late=one.oldest_at is not None and now - one.oldest_at > patience,
        )
        for one in parts.catalog.stations.all(branches)
    )
