"""What is asked of a day more than once, read once and remembered: for looking at it, not working on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Engine

from catalog.keying import Keying
from catalog.pages import Pages
from catalog.streams import Streams
from pipeline.keying.tasks import KeyingTask, State
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


class PagesSeenOnce(Pages):
    """Gives of each day who had scanned its pages when that was first asked for."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._seen: dict[tuple[date, str], dict[str, str]] = {}

    def operators_of_day(self, day: date, branch: str) -> dict[str, str]:
        """Give delivery id -> operator, as of the first time it was asked for."""
        if (day, branch) not in self._seen:
            self._seen[day, branch] = super().operators_of_day(day, branch)
        return self._seen[day, branch]


class KeyingSeenOnce(Keying):
    """Gives of each day the keying tasks that were there when they were first asked for."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._seen: dict[tuple[date | None, str | None], tuple[KeyingTask, ...]] = {}

    def tasks(
        self, day: date | None = None, branch: str | None = None, *, states: Sequence[State] = ()
    ) -> tuple[KeyingTask, ...]:
        """Give the tasks in these states, in any where none is named, as of the first time."""
        if (day, branch) not in self._seen:
            self._seen[day, branch] = super().tasks(day, branch)
        tasks = self._seen[day, branch]
        return tuple(one for one in tasks if not states or one.state in states)
