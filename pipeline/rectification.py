"""Rectification tasks (CG-23): an owner, a due date, evidence, and a closing check by another person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import person_key


class Step(StrEnum):
    """What was done with a task."""

    OPEN = "open"
    DONE = "done"
    """Its owner says so, with evidence; somebody else looks."""
    CLOSED = "closed"
    REOPENED = "reopened"
    """The closing check found it not put right."""


STATES: Mapping[Step, Message] = {
    Step.OPEN: say("to be put right"),
    Step.DONE: say("done, waits for the closing check"),
    Step.CLOSED: say("closed"),
    Step.REOPENED: say("sent back by the closing check"),
}
_AFTER = {
    Step.DONE: (Step.OPEN, Step.REOPENED),
    Step.CLOSED: (Step.DONE,),
    Step.REOPENED: (Step.DONE,),
}


@dataclass(frozen=True)
class StepTaken:
    """One act on a task."""

    step: Step
    evidence: str
    person: str
    at: datetime


@dataclass(frozen=True)
class Rectification:
    """One thing to be put right."""

    no: int
    check_no: int
    branch: str
    entry: str
    kind: str
    """A ``pipeline.custody.DifferenceKind``."""
    owner: str
    due: datetime
    steps: tuple[StepTaken, ...] = ()

    @property
    def state(self) -> Step:
        """How it stands."""
        return self.steps[-1].step if self.steps else Step.OPEN

    def may(self, step: Step, person: str) -> None:
        """Raise UserError unless a person may take this step now."""
        if self.state not in _AFTER[step]:
            raise UserError(
                say(
                    "Task {no} is {state}, so this cannot be said of it now.",
                    no=self.no,
                    state=STATES[self.state],
                )
            )
        if step is not Step.DONE and person_key(self.steps[-1].person) == person_key(person):
            raise UserError(
                say("{person} put task {no} right; another looks.", person=person, no=self.no)
            )
