"""A capture task: one paper due for one transaction, told from what was done to it (CG-16.3a).

Acts are only ever added; where a task stands is a fold over them, and a move that is not allowed is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property, reduce
from typing import Any

from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.model import identity
from pipeline.tasks.businesses import Need


class TaskState(StrEnum):
    """How far a task is; it is in exactly one state."""

    PENDING = "pending"
    CAPTURED = "captured"
    REVIEWED = "reviewed"
    UPLOADED = "uploaded"
    DELIVERED = "delivered"
    """Its electronic package is in the archive, which headquarters keeps: nothing is left to do."""
    VOID = "void"


STATES: Mapping[TaskState, Message] = {
    TaskState.PENDING: say("waiting for its paper"),
    TaskState.CAPTURED: say("captured"),
    TaskState.REVIEWED: say("reviewed"),
    TaskState.UPLOADED: say("uploaded"),
    TaskState.DELIVERED: say("package is in"),
    TaskState.VOID: say("void"),
}


class Medium(StrEnum):
    """What proves the paper: an image of it, or a package of the online channel (CG-13c)."""

    PAPER = "paper"
    ELECTRONIC = "electronic"


MEDIA: Mapping[Medium, Message] = {
    Medium.PAPER: say("paper"),
    Medium.ELECTRONIC: say("electronic package"),
}


class ActKind(StrEnum):
    """What was done to a task."""

    MADE = "made"
    """It follows from the stream and the profile; once more when what is asked for changed."""
    ADDED = "added"
    CHANGED = "changed"
    VOIDED = "voided"
    WITHDRAWN = "withdrawn"
    """It follows no longer: the row was withdrawn, or does not ask for the paper any more."""
    CAPTURED = "captured"
    SHARED = "shared"
    LOST = "lost"
    """Matching gives the page no longer, or the shared paper serves no longer."""
    PASSED = "passed"
    REJECTED = "rejected"
    REOPENED = "reopened"
    """Who reviewed took it back."""
    UPLOADED = "uploaded"
    DELIVERED = "delivered"
    """A born-digital package brought what is asked for."""


MANUAL = (ActKind.ADDED, ActKind.CHANGED, ActKind.VOIDED)
"""What people do to tasks by hand, reported apart (CG-16.3d)."""

BY_PEOPLE = (*MANUAL, ActKind.PASSED, ActKind.REJECTED, ActKind.REOPENED)
"""What no step of the program can do again."""

_PENDING, _CAPTURED, _REVIEWED = TaskState.PENDING, TaskState.CAPTURED, TaskState.REVIEWED
_VOID, _UPLOADED = TaskState.VOID, TaskState.UPLOADED
_DELIVERED = TaskState.DELIVERED

MOVES: Mapping[ActKind, Mapping[TaskState | None, TaskState]] = {
    ActKind.MADE: dict.fromkeys((None, _PENDING, _VOID), _PENDING),
    ActKind.ADDED: dict.fromkeys((None, _VOID), _PENDING),
    ActKind.CHANGED: {one: one for one in (_PENDING, _CAPTURED, _REVIEWED, _UPLOADED, _DELIVERED)},
    ActKind.VOIDED: dict.fromkeys((_PENDING, _CAPTURED, _DELIVERED), _VOID),
    ActKind.WITHDRAWN: dict.fromkeys((_PENDING, _CAPTURED, _REVIEWED, _DELIVERED), _VOID),
    ActKind.CAPTURED: dict.fromkeys((_PENDING, _CAPTURED), _CAPTURED),
    ActKind.SHARED: dict.fromkeys((_PENDING, _CAPTURED), _CAPTURED),
    ActKind.LOST: dict.fromkeys((_CAPTURED, _REVIEWED), _PENDING),
    ActKind.PASSED: {_CAPTURED: _REVIEWED},
    ActKind.REJECTED: {_CAPTURED: _PENDING},
    ActKind.REOPENED: dict.fromkeys((_REVIEWED, _PENDING), _CAPTURED),
    ActKind.UPLOADED: {_REVIEWED: _UPLOADED},
    ActKind.DELIVERED: {_PENDING: _DELIVERED},
}
"""The state that an act leads to, from each state in which it is allowed; None: before the first act."""


@dataclass(frozen=True)
class TaskAct:
    """One thing done to a task."""

    kind: ActKind
    person: str
    """Who; the account that ran the step for what the program did."""
    content: Mapping[str, Any] = field(default_factory=dict)
    """JSON-ready: what was asked for, the pages, the reason, before and after."""
    at: datetime | None = None


@dataclass(frozen=True)
class TaskPage:
    """A page that captures a task, or one of several."""

    page_id: str
    delivery_id: str
    name: str
    operator: str = ""

    @property
    def as_content(self) -> dict[str, str]:
        """The page as an act keeps it."""
        return {
            "page": self.page_id,
            "delivery": self.delivery_id,
            "name": self.name,
            "operator": self.operator,
        }


@dataclass(frozen=True)
class Standing:
    """Where a task stands after its acts."""

    state: TaskState | None = None
    need: Need = Need.REQUIRED
    medium: Medium = Medium.PAPER
    fresh: bool = False
    profile: str = ""
    """Source of what asked for it: profile, version, business and first day; empty when a person did."""
    pages: tuple[TaskPage, ...] = ()
    shared_from: str | None = None
    """Identity of the task whose capture serves this one too."""
    package: str = ""
    """Number of the born-digital package that brought what is asked for."""
    expires: date | None = None
    """Last day on which the captured paper is valid, where somebody told it."""
    by_hand: bool = False
    """Whether a person added, changed or voided it: what the stream asks for does not undo that."""
    withdrawn: bool = False
    last: ActKind | None = None


def after(standing: Standing, act: TaskAct) -> Standing | None:
    """Return where a task stands after one more act; None when the act is not allowed there."""
    state = MOVES[act.kind].get(standing.state)
    reviewed = (ActKind.PASSED, ActKind.REJECTED)
    if state is None or (act.kind is ActKind.REOPENED and standing.last not in reviewed):
        return None
    withdrawn = act.kind is ActKind.WITHDRAWN
    changed = _changed(standing, act)
    return replace(standing, state=state, last=act.kind, withdrawn=withdrawn, **changed)


def _changed(standing: Standing, act: TaskAct) -> dict[str, Any]:
    """What an act changes of a task beside its state."""
    alone: dict[str, Any] = {"pages": (), "shared_from": None, "package": ""}
    match act.kind:
        case ActKind.MADE | ActKind.ADDED:
            by_hand = act.kind is ActKind.ADDED
            return _asked(standing, act.content) | alone | {"by_hand": by_hand}
        case ActKind.CHANGED:
            return _asked(standing, act.content["after"]) | {"by_hand": True}
        case ActKind.VOIDED:
            return alone | {"by_hand": True}
        case ActKind.CAPTURED:
            return alone | {"pages": tuple(_page(told) for told in act.content["pages"])}
        case ActKind.SHARED:
            return alone | {"shared_from": act.content["from"]}
        case ActKind.DELIVERED:
            return alone | {"package": act.content["package"]}
        case ActKind.REOPENED:
            pages = tuple(_page(told) for told in act.content["pages"])
            return {"pages": pages, "shared_from": act.content["from"]}
        case ActKind.LOST | ActKind.REJECTED | ActKind.WITHDRAWN:
            return alone | {"expires": None}
        case _:
            return {}


def _asked(standing: Standing, told: Mapping[str, Any]) -> dict[str, Any]:
    """What an act tells of how the paper is asked for; what it does not tell stays."""
    expires = told.get("expires", standing.expires)
    return {
        "need": Need(told.get("need", standing.need)),
        "medium": Medium(told.get("medium", standing.medium)),
        "fresh": told.get("fresh", standing.fresh),
        "profile": told.get("profile", standing.profile),
        "expires": date.fromisoformat(expires) if isinstance(expires, str) else expires,
    }


def _page(told: Mapping[str, str]) -> TaskPage:
    return TaskPage(told["page"], told["delivery"], told["name"], told["operator"])


def task_id(day: date, branch: str, serial_no: str, document_type: str) -> str:
    """The identity of a task: it depends on no clock and no order (rule R8)."""
    return identity(day, branch, serial_no, document_type)


@dataclass(frozen=True)
class CaptureTask:
    """One document type due for one transaction, with all that was done to it."""

    day: date
    branch: str
    serial_no: str
    document_type: str
    acts: tuple[TaskAct, ...] = ()

    @property
    def id(self) -> str:
        """Its identity."""
        return task_id(self.day, self.branch, self.serial_no, self.document_type)

    @property
    def name(self) -> str:
        """How people name it: SERIAL/TYPE."""
        return f"{self.serial_no}/{self.document_type}"

    @cached_property
    def standing(self) -> Standing:
        """Where it stands; raises UserError when an act was not allowed."""
        return reduce(self._moved, self.acts, Standing())

    @property
    def state(self) -> TaskState:
        """How far it is."""
        state = self.standing.state
        if state is None:
            raise ValueError(f"task {self.name} has no act")
        return state

    def with_act(self, act: TaskAct) -> CaptureTask:
        """Return the task with one more act; raises UserError when it is not allowed now."""
        moved = replace(self, acts=(*self.acts, act))
        moved.__dict__["standing"] = self._moved(
            self.standing, act
        )  # known: not told by all acts anew
        return moved

    def _moved(self, standing: Standing, act: TaskAct) -> Standing:
        moved = after(standing, act)
        if moved is None:
            state = standing.state
            raise UserError(
                say(
                    "Task {task} is {state}, so it cannot be {act} now; “paperproof task show {task}” "
                    "tells what was done to it.",
                    task=self.name,
                    state=STATES[state] if state else say("not there"),
                    act=ACTS[act.kind],
                )
            )
        return moved

    @property
    def is_missing(self) -> bool:
        """Whether a paper that is due is not in: what is merely possible, or electronic, is not missed."""
        standing = self.standing
        return (
            standing.state is TaskState.PENDING
            and standing.medium is Medium.PAPER
            and standing.need is not Need.OPTIONAL
        )


ACTS: Mapping[ActKind, Message] = {
    ActKind.MADE: say("made from the stream"),
    ActKind.ADDED: say("added"),
    ActKind.CHANGED: say("changed"),
    ActKind.VOIDED: say("voided"),
    ActKind.WITHDRAWN: say("withdrawn"),
    ActKind.CAPTURED: say("captured"),
    ActKind.SHARED: say("satisfied by a shared paper"),
    ActKind.LOST: say("set back: its page is gone"),
    ActKind.PASSED: say("passed by review"),
    ActKind.REJECTED: say("rejected by review"),
    ActKind.REOPENED: say("given back to review"),
    ActKind.UPLOADED: say("uploaded"),
    ActKind.DELIVERED: say("brought by a born-digital package"),
}
