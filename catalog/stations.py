"""What stations last reported: a picture that they paint anew every minute, so only the newest is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select

from catalog.tables import station_report

_SHARED = timedelta(minutes=10)
"""Two agents that report within so long are at work side by side; a new one after a longer break is not."""


@dataclass(frozen=True)
class StationReport:
    """What one station still has to send."""

    branch: str
    station: str
    agent: str
    """The agent's own identity: two under one station's name are told apart."""
    person: str
    """Whose token it has."""
    at: datetime
    files: int
    byte_count: int
    oldest_at: datetime | None
    refused: int
    skew_seconds: float
    version: str


class Stations:
    """Keeps each station's newest report."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def report(self, given: StationReport) -> bool:
        """Keep a report; tells whether another agent reported under this name a moment ago."""
        mine = (station_report.c.branch == given.branch) & (
            station_report.c.station == given.station
        )
        with self._engine.begin() as connection:
            last = connection.execute(select(station_report).where(mine)).first()
            connection.execute(delete(station_report).where(mine))
            connection.execute(insert(station_report).values(**asdict(given)))
        return last is not None and last.agent != given.agent and given.at - last.at < _SHARED

    def all(self, branches: Collection[str] | None) -> tuple[StationReport, ...]:
        """Give the newest report of each station of the branches (None: all), by branch and name."""
        query = select(station_report).order_by(station_report.c.branch, station_report.c.station)
        if branches is not None:
            query = query.where(station_report.c.branch.in_(branches))
        with self._engine.connect() as connection:
            return tuple(StationReport(**row._mapping) for row in connection.execute(query))
