"""Capture tasks as they would stand: what a closing would do to them, tried without entering anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from sqlalchemy import Engine

from catalog.streams import Streams
from catalog.task_rows import Plan, Several, moved
from catalog.tasks import Tasks
from pipeline.tasks.sharing import Customer, Source, customer_of
from pipeline.tasks.states import TaskState

_BranchDay = tuple[date, str]


class ForeseenTasks(Tasks):
    """Tasks on which acts are tried: what they lead to is remembered, and nothing is entered."""

    def __init__(self, engine: Engine, streams: Streams) -> None:
        super().__init__(engine)
        self._streams = streams
        self._tried: dict[_BranchDay, Several] = {}

    def of_day(
        self, day: date, branch: str | None = None, *, states: Sequence[TaskState] = ()
    ) -> Several:
        """Give a day's tasks as they would stand."""
        known = self._tried.get((day, branch)) if branch is not None else None
        if known is None:
            return super().of_day(day, branch, states=states)
        return tuple(task for task in known if not states or task.state in states)

    def sources(
        self, customers: Collection[Customer], types: Collection[str], until: date
    ) -> tuple[Source, ...]:
        """Give what is captured, and what would be."""
        entered = super().sources(customers, types, until)
        return (
            *(one for one in entered if (one.task.day, one.task.branch) not in self._tried),
            *(
                one
                for key in self._tried
                for one in self._would_serve(*key)
                if one.customer in customers and one.task.document_type in types
            ),
        )

    def _would_serve(self, day: date, branch: str) -> Iterator[Source]:
        """Give what would be captured of a branch and day, by pages of its own."""
        rows = {row.serial_no: row for row in self._streams.of_day(day, branch)}
        for task in self._tried[day, branch]:
            row = rows.get(task.serial_no)
            if row and task.standing.pages:
                yield Source(task, customer_of(row), row.business_code)

    def settle(self, day: date, branch: str, plan: Plan, _act: str, who: str) -> Several:
        """Give a branch and day's tasks as they would stand after ``plan``."""
        tasks, _ = moved(day, branch, self.of_day(day, branch), plan, who)
        self._tried[day, branch] = tuple(tasks.values())
        return self._tried[day, branch]
