"""Capture tasks as they would stand: what a closing would do to them, tried without entering anything."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Engine, select

from catalog.tables import booked
from catalog.task_rows import Plan, Several, moved
from catalog.tasks import Tasks
from pipeline.tasks.sharing import Customer, Source
from pipeline.tasks.states import TaskState


class ForeseenTasks(Tasks):
    """Tasks on which acts are tried: what they lead to is remembered, and nothing is entered."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._tried: dict[tuple[date, str], Several] = {}

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
        found = {one.task.id: one for one in super().sources(customers, types, until)}
        for (day, branch), tasks in self._tried.items():
            booked_for = self._booked_for(day, branch)
            for task in tasks:
                found.pop(task.id, None)
                customer, business = booked_for.get(task.serial_no, (None, ""))
                asked = customer in customers and task.document_type in types
                if customer is not None and asked and task.standing.pages:
                    found[task.id] = Source(task, customer, business)
        return tuple(found.values())

    def _booked_for(self, day: date, branch: str) -> dict[str, tuple[Customer, str]]:
        """Serial number -> the customer and the business of a branch and day's transactions."""
        query = select(
            booked.c.serial_no, booked.c.customer_no, booked.c.id_no, booked.c.business_code
        ).where(booked.c.business_date == day, booked.c.handling_branch == branch)
        with self._engine.connect() as connection:
            return {
                row.serial_no: ((row.customer_no, row.id_no), row.business_code)
                for row in connection.execute(query)
            }

    def settle(self, day: date, branch: str, plan: Plan, _act: str, who: str) -> Several:
        """Give a branch and day's tasks as they would stand after ``plan``."""
        tasks, _ = moved(day, branch, self.of_day(day, branch), plan, who)
        self._tried[day, branch] = tuple(tasks.values())
        return self._tried[day, branch]
