"""Tasks added, changed and voided by hand, each act by somebody who may."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from flows.access import Guard
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.handover import ItemState
from pipeline.language import say
from pipeline.model import Transaction
from pipeline.tasks.manual import Asked, added, changed, voided
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import CaptureTask


@dataclass(frozen=True)
class TasksByHand:
    """What one person does to tasks; every act stands in the catalog and its log, for a reason."""

    parts: Parts
    person: str

    def add(
        self, day: date, branch: str, serial_no: str, code: str, asked: Asked, reason: str
    ) -> CaptureTask:
        """Ask for one more paper of a transaction; raises UserError where that may not be."""
        self.parts.profile_on(day).type_of(code)
        row = self._row(day, branch, serial_no)

        def decide(task: CaptureTask | None) -> Planned:
            return added(task, row, code, asked, reason)

        return self._do(day, branch, (serial_no, code), decide, "task.add")

    def change(self, task: CaptureTask, asked: Asked, reason: str) -> CaptureTask:
        """Change how a paper is asked for, or tell its last valid day."""
        return self._do(
            *_place(task), lambda now: changed(now or task, asked, reason), "task.change"
        )

    def void(self, task: CaptureTask, reason: str) -> CaptureTask:
        """Say that a paper is not wanted."""
        return self._do(*_place(task), lambda now: voided(now or task, reason), "task.void")

    def handed_over(self, task: CaptureTask) -> list[tuple[int, ItemState]]:
        """Give the hand-overs with which papers of a task's transaction went to the archivist: no., state."""
        return [
            (one.no, item.state)
            for one in self.parts.catalog.handovers.all(task.day, task.branch)
            for item in one.items
            if item.serial_no == task.serial_no
            and item.state in (ItemState.GIVEN, ItemState.IN_STORE)
        ]

    def _row(self, day: date, branch: str, serial_no: str) -> Transaction:
        for row in self.parts.catalog.streams.of_day(day, branch):
            if row.serial_no == serial_no:
                return row
        raise UserError(
            say(
                "Branch {branch} has no transaction {serial} on {day}; look at the serial number, or import "
                "its stream first.",
                branch=branch,
                serial=serial_no,
                day=day,
            )
        )

    def _do(
        self,
        day: date,
        branch: str,
        key: tuple[str, str],
        decide: Callable[[CaptureTask | None], Planned],
        act: str,
    ) -> CaptureTask:
        """Decide by how the task stands in the transaction of the act: another may have been quicker."""
        Guard.at_word(self.parts, self.person).require(Act.TASK_CHANGE, branch)

        def plan(standing: Iterable[CaptureTask]) -> Iterator[Planned]:
            known = (one for one in standing if (one.serial_no, one.document_type) == key)
            yield decide(next(known, None))

        settled = self.parts.catalog.tasks.settle(day, branch, plan, act, self.person)
        return next(one for one in settled if (one.serial_no, one.document_type) == key)


def _place(task: CaptureTask) -> tuple[date, str, tuple[str, str]]:
    return task.day, task.branch, (task.serial_no, task.document_type)
