"""What people do to tasks by hand: add, change, void, each with a reason and what was before (CG-16.3d)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Transaction
from pipeline.tasks.businesses import Need
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import (
    ACTS,
    MANUAL,
    STATES,
    ActKind,
    CaptureTask,
    Medium,
    Standing,
    TaskAct,
    TaskState,
)


@dataclass(frozen=True)
class Asked:
    """How a paper is asked for, as far as somebody says; None: as it is."""

    need: Need | None = None
    fresh: bool | None = None
    expires: date | None = None
    """Last day on which the captured paper is valid."""

    def told(self, standing: Standing) -> dict[str, Any]:
        """What it changes of a task, JSON-ready."""
        wanted = {"need": self.need, "fresh": self.fresh, "expires": self.expires}
        return {
            name: _plain(value)
            for name, value in wanted.items()
            if value is not None and value != getattr(standing, name)
        }


def added(
    task: CaptureTask | None, row: Transaction, document_type: str, asked: Asked, reason: str
) -> Planned:
    """Add a paper to a transaction, or ask again for one that was voided.

    Raises UserError when it is asked for already, or no reason is given.
    """
    if task is not None and task.state is not TaskState.VOID:
        raise UserError(
            say(
                "Task {task} is there already and is {state}; change it with “paperproof task change”.",
                task=task.name,
                state=STATES[task.state],
            )
        )
    medium = Medium.PAPER if row.expects_paper else Medium.ELECTRONIC
    plain = {"need": str(Need.REQUIRED), "medium": str(medium), "fresh": False, "profile": ""}
    content = {**plain, **asked.told(Standing()), "reason": _reason(reason)}
    return Planned(row.serial_no, document_type, ActKind.ADDED, content)


def changed(task: CaptureTask, asked: Asked, reason: str) -> Planned:
    """Change how a paper is asked for, or tell its last valid day.

    Raises UserError when nothing would change, no reason is given, or more than its last day is to be
    changed of a paper that was reviewed.
    """
    after = asked.told(task.standing)
    if not after:
        raise UserError(
            say(
                "Nothing of task {task} would change; say --need, --fresh or --expires.",
                task=task.name,
            )
        )
    reviewed = task.state in (TaskState.REVIEWED, TaskState.UPLOADED)
    if reviewed and set(after) != {"expires"}:
        raise UserError(
            say(
                "Task {task} is {state}; only its last valid day may still be told.",
                task=task.name,
                state=STATES[task.state],
            )
        )
    before = {name: _plain(getattr(task.standing, name)) for name in after}
    content = {"before": before, "after": after, "reason": _reason(reason)}
    return Planned(task.serial_no, task.document_type, ActKind.CHANGED, content)


def voided(task: CaptureTask, reason: str) -> Planned:
    """Say that a paper is not wanted; raises UserError when no reason is given or it may not be voided."""
    before = {"state": str(task.state), "need": str(task.standing.need)}
    content = {"before": before, "reason": _reason(reason)}
    return Planned(task.serial_no, task.document_type, ActKind.VOIDED, content)


@dataclass(frozen=True)
class ManualAct:
    """One thing that a person did to a task by hand, for the report."""

    task: CaptureTask
    act: TaskAct

    @property
    def before(self) -> Mapping[str, Any]:
        """What it was before, name by name; empty where there was nothing."""
        before: Mapping[str, Any] = self.act.content.get("before", {})
        return before

    @property
    def after(self) -> Mapping[str, Any]:
        """What it is since; empty where it is void."""
        asked = {k: v for k, v in self.act.content.items() if k in ("need", "medium", "expires")}
        after: Mapping[str, Any] = self.act.content.get("after", asked)
        return after

    def as_json(self, lang: str) -> dict[str, Any]:
        """The act as JSON-ready values."""
        return {
            "branch": self.task.branch,
            "task": self.task.name,
            "act": str(self.act.kind),
            "act_name": ACTS[self.act.kind].in_language(lang),
            "person": self.act.person,
            "at": self.act.at.isoformat() if self.act.at else None,
            "reason": self.act.content["reason"],
            "before": dict(self.before) or None,
            "after": dict(self.after) or None,
            "state": str(self.task.state),
        }


def manual_acts(tasks: tuple[CaptureTask, ...]) -> tuple[ManualAct, ...]:
    """Give everything that people did to these tasks by hand, in the order done."""
    found = [ManualAct(task, act) for task in tasks for act in task.acts if act.kind in MANUAL]
    return tuple(sorted(found, key=lambda one: (one.act.at is not None, one.act.at, one.task.name)))


def _reason(told: str) -> str:
    if not told.strip():
        raise UserError(say("Say why, with --reason."))
    return told.strip()


def _plain(value: Any) -> Any:
    return (
        value.isoformat()
        if isinstance(value, date)
        else str(value)
        if isinstance(value, Need)
        else value
    )
