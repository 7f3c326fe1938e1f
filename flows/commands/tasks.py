"""Capture tasks: which papers each transaction asks for, and how far each is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from flows.commands import tasks_by_hand, tasks_of_handler
from flows.commands.businesses import NEEDS
from flows.commands.session import Session, checked_branch, parsed_day
from flows.commands.tasks_by_hand import day_or_none, task_name
from flows.parts import Parts
from flows.terminal import Terminal
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.tasks.businesses import Need
from pipeline.tasks.day import counted, told
from pipeline.tasks.review import REJECT_REASONS
from pipeline.tasks.states import (
    ACTS,
    MEDIA,
    STATES,
    ActKind,
    CaptureTask,
    Medium,
    TaskAct,
    TaskState,
)

DAY = typer.Option(None, "--day", help="Business date (today).")
BRANCH = typer.Option(None, "--branch", help="One branch (all).")


def add_commands(app: typer.Typer) -> None:
    """Add task list and show, and what is done to tasks by hand."""
    task = typer.Typer(
        help="Capture tasks: the papers that transactions ask for.", no_args_is_help=True
    )
    task.command("list")(list_tasks)
    task.command("show")(show)
    tasks_by_hand.add_commands(task)
    tasks_of_handler.add_commands(task)
    app.add_typer(task, name="task")


def list_tasks(
    context: typer.Context,
    day: str = DAY,
    branch: str = BRANCH,
    state: str = typer.Option(
        None, "--state", metavar="STATE", help=f"missing, or {', '.join(TaskState)} (all)."
    ),
    teller: str = typer.Option(None, "--teller", help="Of one teller's transactions (all)."),
    to_json: bool = typer.Option(False, "--json", help="One JSON array."),
) -> None:
    """List a day's tasks and where each stands; exit code 3 when papers are missing."""
    session: Session = context.obj
    wanted, on = _state(state), parsed_day(day)
    at = checked_branch(branch) if branch is not None else None
    with session.open_parts() as parts:
        tasks = parts.catalog.tasks.of_day(on, at)
        tellers = _tellers(parts, tasks)
    of_teller = [one for one in tasks if teller in (None, tellers.get((one.branch, one.serial_no)))]
    shown = [
        one
        for one in of_teller
        if (one.is_missing if state == _MISSING else wanted in (None, one.state))
    ]
    if to_json:
        listed = [_as_json(one, tellers) for one in shown]
        session.terminal.raw(json.dumps(listed, ensure_ascii=False))
    else:
        if shown:
            _show_tasks(session.terminal, shown, tellers)
        session.terminal.tell(told(counted(of_teller)))
    if not of_teller:
        session.terminal.note(
            say(
                "Nothing of {day} asks for papers here; see that its stream is in, and check the day, branch "
                "and teller.",
                day=on,
            )
        )
    if any(one.is_missing for one in of_teller):
        raise typer.Exit(_LEFT_TO_DO)


_MISSING = "missing"
_LEFT_TO_DO = 3


def _state(told: str | None) -> TaskState | None:
    if told in (None, _MISSING):
        return None
    try:
        return TaskState(str(told))
    except ValueError as error:
        raise UserError(
            say(
                "There is no state {state}; say missing, {states}.",
                state=told,
                states=", ".join(TaskState),
            )
        ) from error


def _as_json(task: CaptureTask, tellers: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    standing = task.standing
    return {
        "day": task.day.isoformat(),
        "branch": task.branch,
        "serial_no": task.serial_no,
        "document_type": task.document_type,
        "need": str(standing.need),
        "medium": str(standing.medium),
        "fresh": standing.fresh,
        "state": str(task.state),
        "missing": task.is_missing,
        "shared_from": standing.shared_from,
        "expires": standing.expires.isoformat() if standing.expires else None,
        "pages": [{"name": one.name, "sha256": one.page_id} for one in standing.pages],
        "profile": standing.profile,
        "teller": tellers.get((task.branch, task.serial_no)),
    }


def _tellers(parts: Parts, tasks: Sequence[CaptureTask]) -> dict[tuple[str, str], str]:
    """(branch, serial number) -> the teller who booked the transaction."""
    days = {task.day for task in tasks}
    return {
        (row.handling_branch, row.serial_no): row.teller_no
        for day in days
        for row in parts.catalog.streams.of_day(day)
    }


def _show_tasks(
    terminal: Terminal, tasks: Sequence[CaptureTask], tellers: Mapping[tuple[str, str], str]
) -> None:
    terminal.table(
        say("Capture tasks"),
        [say("Branch"), say("Task"), say("Need"), say("State"), say("Pages"), say("Teller")],
        [
            [
                task.branch,
                task.name,
                NEEDS[task.standing.need].in_language(terminal.lang),
                told_state(task).in_language(terminal.lang),
                ", ".join(page.name for page in task.standing.pages) or "–",
                tellers.get((task.branch, task.serial_no), "–"),
            ]
            for task in tasks
        ],
    )


def told_state(task: CaptureTask) -> Message:
    """Where a task stands, in a word or two."""
    standing = task.standing
    if standing.medium is Medium.ELECTRONIC and standing.state is TaskState.PENDING:
        return say("waiting for its package")
    if standing.shared_from:
        return say("shared paper")
    if standing.state is TaskState.PENDING and not task.is_missing:
        return say("optional, not in")
    return STATES[task.state]


def show(
    context: typer.Context,
    task: str = typer.Argument(metavar="SERIAL/TYPE", help="The task."),
    day: str = typer.Option(None, "--day", help="Business date, where serial numbers repeat."),
    branch: str = typer.Option(None, "--branch", help="Branch, where serial numbers repeat."),
) -> None:
    """Show one task: what is asked for, where it stands, everything that was done to it."""
    session: Session = context.obj
    with session.open_parts() as parts:
        one = parts.catalog.tasks.named(*task_name(task), day_or_none(day), branch)
    lang, standing = session.terminal.lang, one.standing
    session.terminal.tell(
        say(
            "Task {task} of branch {branch} on {day}: {need}, {medium}; {state}; asked for by {source}.",
            task=one.name,
            branch=one.branch,
            day=one.day,
            need=NEEDS[standing.need],
            medium=MEDIA[standing.medium],
            state=told_state(one),
            source=standing.profile or say("a person"),
        )
    )
    session.terminal.table(
        say("What was done to it"),
        [say("Time"), say("Act"), say("Person"), say("What")],
        [
            [_time(act), ACTS[act.kind].in_language(lang), act.person, told_content(act, lang)]
            for act in one.acts
        ],
    )


def _time(act: TaskAct) -> str:
    return act.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S") if act.at else "–"


def told_content(act: TaskAct, lang: str) -> str:
    """What an act tells beside its kind: pages, reason, what is asked for."""
    content = act.content
    if act.kind is ActKind.SHARED:
        return say(
            "from {task} of branch {branch} on {day}, business {business}",
            **{name: content[name] for name in ("task", "branch", "day", "business")},
        ).in_language(lang)
    told = [", ".join(page["name"] for page in content.get("pages", ()))]
    if "reason" in content:
        told.append(_REASONS.get(content["reason"], Message(content["reason"])).in_language(lang))
        told.append(content.get("note", ""))
    if any(told):
        return "; ".join(filter(None, told))
    if "need" in content and "medium" in content:
        need, medium = NEEDS[Need(content["need"])], MEDIA[Medium(content["medium"])]
        words = (need.in_language(lang), medium.in_language(lang), content.get("profile", ""))
        return ", ".join(filter(None, words))
    return " ".join(value for value in content.values() if isinstance(value, str))


_REASONS: Mapping[str, Message] = {
    "row_withdrawn": say("the row was withdrawn from the stream"),
    "not_asked": say("the row does not ask for it any more"),
    "source_gone": say("the paper that it shared serves no longer"),
    "page_gone": say("matching gives the page no longer"),
    **{str(why): told for why, told in REJECT_REASONS.items()},
}
