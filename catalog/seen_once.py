"""A day's transactions read once and remembered: for looking at a day, not for working on it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from catalog.streams import Streams
from pipeline.model import Transaction


class StreamsSeenOnce(Streams):
    """Gives of each day what was booked when it was first asked for."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._seen: dict[tuple[date, str | None], tuple[Transaction, ...]] = {}

    def of_day(self, day: date, branch: str | None = None) -> tuple[Transaction, ...]:
        """Give the day's transactions, as of the first time they were asked for."""
        if (day, branch) not in self._seen:
            self._seen[day, branch] = super().of_day(day, branch)
        return self._seen[day, branch]
