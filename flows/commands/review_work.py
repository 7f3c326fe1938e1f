"""Reviewing at a terminal: one task after the other, from pictures of its pages."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalog.reports.wording import FIELDS
from flows.commands.reasons import parsed_reason
from flows.review import Review
from flows.terminal import Terminal
from pipeline.errors import UserError
from pipeline.evidence import expected_values
from pipeline.language import say
from pipeline.model import Transaction
from pipeline.tasks.review import REJECT_REASONS, RejectReason
from pipeline.tasks.states import CaptureTask, TaskPage

_PASS, _REJECT, _LATER, _BACK, _STOP = "p", "r", "", "<", "."


@dataclass(frozen=True)
class ReviewDesk:
    """One reviewer's place at a terminal."""

    terminal: Terminal
    review: Review
    picture: Callable[[TaskPage], Path | None]
    booked: Mapping[tuple[str, str], Transaction]
    """(branch, serial number) -> what is booked."""

    def work(self, waiting: Iterable[CaptureTask]) -> None:
        """Go through the tasks; whatever is decided is kept at once, so it may end anywhere."""
        queue, done = deque(waiting), list[CaptureTask]()
        total = len(queue)
        if queue:
            self.terminal.note(
                say("p: pass; r: reject; Enter alone: later; <: take the last one back; .: stop.")
            )
        while queue:
            task = queue.popleft()
            self._tell(task)
            answer = self._answer(task, done, queue)
            if answer is None:
                break
        self.terminal.tell(
            say("{count} of {total} tasks were reviewed.", count=len(done), total=total)
        )

    def _tell(self, task: CaptureTask) -> None:
        row = self.booked.get((task.branch, task.serial_no))
        self.terminal.tell(
            say(
                "Task {task}, branch {branch}, {day}.",
                task=task.name,
                branch=task.branch,
                day=task.day,
            )
        )
        if row:
            for name, value in expected_values(row).items():
                if value:
                    self.terminal.tell(
                        say("  booked: {field} {value}", field=FIELDS[name], value=value)
                    )
        for page in task.standing.pages:
            path = self.picture(page)
            self.terminal.tell(
                say("Picture: {path}", path=path)
                if path
                else say("The page cannot be opened for a picture; take the paper.")
            )

    def _answer(
        self, task: CaptureTask, done: list[CaptureTask], queue: deque[CaptureTask]
    ) -> bool | None:
        """Ask until there is an answer; None to stop."""
        while True:
            text = self.terminal.ask(say("{task}: ", task=task.name))
            if text is None or text == _STOP:
                return None
            try:
                if text == _LATER:
                    return False
                if text == _BACK and done:
                    queue.extendleft((task, self.review.take_back(done.pop())))
                    return False
                if text.lower() == _PASS:
                    done.append(self.review.pass_(task))
                    return True
                if text.lower() == _REJECT and (rejected := self._rejected(task)):
                    done.append(rejected)
                    return True
            except UserError as error:
                self.terminal.note(error.message)

    def _rejected(self, task: CaptureTask) -> CaptureTask | None:
        """Ask for reason and note; None when the person thinks better of it."""
        lang = self.terminal.lang
        reasons = [
            f"{n} {REJECT_REASONS[why].in_language(lang)}" for n, why in enumerate(RejectReason, 1)
        ]
        chosen = self.terminal.ask(say("Why? {reasons}: ", reasons="; ".join(reasons)))
        if not chosen:
            return None
        why = parsed_reason(chosen, RejectReason)
        note = self.terminal.ask(say("Note for the scan operator: ")) or ""
        return self.review.reject(task, why, note)
