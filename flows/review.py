"""The second person's review of what a day's closing captured, and the pictures it is done from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PIL import Image

from flows.access import Guard
from flows.parts import Parts
from flows.stores import Stores
from ingest.admission import Opener
from pipeline.access.acts import Act
from pipeline.errors import PageRefused
from pipeline.tasks.planning import Planned
from pipeline.tasks.review import RejectReason, may_review, passed, rejected, taken_back
from pipeline.tasks.states import CaptureTask, TaskPage, TaskState

_LONGEST_SIDE = 1600
"""Pixels of a picture's longer side: the print of an A4 page can be read."""


@dataclass(frozen=True)
class Review:
    """What one person may do to captured tasks; every act stands in the catalog and its log."""

    parts: Parts
    person: str

    def waiting(self, day: date, branch: str | None) -> tuple[CaptureTask, ...]:
        """Give a day's captured tasks that this person may review."""
        tasks = self.parts.catalog.tasks.of_day(day, branch, states=(TaskState.CAPTURED,))
        return tuple(task for task in tasks if may_review(task, self.person))

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


@dataclass(frozen=True)
class PagePictures:
    """Makes and keeps a picture of a whole page for whoever looks at it."""

    parts: Parts
    opened: Callable[[], tuple[Stores, Opener]]
    """Gives the stores and the sandbox, opened at first need."""

    def __call__(self, page: TaskPage) -> Path | None:
        """Return the JPEG of a page; None when it cannot be opened."""
        kept = self.parts.workspace.pictures / f"{page.page_id}.jpg"
        if kept.exists():
            return kept
        stores, opener = self.opened()
        try:
            pixels = opener.decode(stores.vault.read(page.page_id)).pixels
        except PageRefused:
            return None
        picture = Image.fromarray(pixels)
        picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(f".{kept.name}.part")
        picture.save(partial, "JPEG", quality=85)
        return partial.replace(kept)  # whole or not at all
