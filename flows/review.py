"""The second person's review of what a day's closing captured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from flows.access import Guard
from flows.known_work import known_work
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.policy import Person
from pipeline.tasks.planning import Planned
from pipeline.tasks.review import RejectReason, may_review, passed, rejected, taken_back
from pipeline.tasks.states import CaptureTask, TaskState


@dataclass(frozen=True)
class Review:
    """What one person may do to captured tasks; every act stands in the catalog and its log."""

    parts: Parts
    person: str

    def waiting(
        self, day: date, branch: str | None, known: Person | None = None
    ) -> tuple[CaptureTask, ...]:
        """Give a day's captured tasks that this person may review, and whose pages they may know.

        ``known``: the person with their roles, where these were looked up already.
        """
        tasks = self.parts.catalog.tasks.of_day(day, branch, states=(TaskState.CAPTURED,))
        mine = (task for task in tasks if may_review(task, self.person))
        return known_work(self.parts, known or self.person, mine, _contents)

    def pass_(self, task: CaptureTask) -> CaptureTask:
        """Pass a task; raises UserError when this person may not."""
        return self._do(task, lambda now: passed(now, self.person), "review.pass")

    def reject(self, task: CaptureTask, reason: RejectReason, note: str) -> CaptureTask:
        """Reject a task's pages with a reason; raises UserError when this person may not."""
        return self._do(task, lambda now: rejected(now, self.person, reason, note), "review.reject")

    def take_back(self, task: CaptureTask) -> CaptureTask:
        """Take one's own last review of a task back; raises UserError when it is none."""
        return self._do(task, lambda now: taken_back(now, self.person), "review.undo")

    def _do(
        self, task: CaptureTask, decide: Callable[[CaptureTask], Planned], act: str
    ) -> CaptureTask:
        """Decide by how the task stands in the transaction of the act: another may have been quicker."""
        Guard.at_word(self.parts, self.person).require(Act.TASK_REVIEW, task.branch)

        def plan(standing: Iterable[CaptureTask]) -> Iterator[Planned]:
            yield decide(next(one for one in standing if one.id == task.id))

        settled = self.parts.catalog.tasks.settle(task.day, task.branch, plan, act, self.person)
        return next(one for one in settled if one.id == task.id)


def _contents(task: CaptureTask) -> tuple[str, tuple[str, ...]]:
    return task.branch, tuple(page.page_id for page in task.standing.pages)
