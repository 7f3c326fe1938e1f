"""Keying what could not be read: the list, the next task, entries, refusals, the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

import typer

from catalog.reports.wording import FIELDS
from flows.access import Guard
from flows.commands.keying_work import Desk, tell_task, told_entry
from flows.commands.opened import opened
from flows.commands.reasons import parsed_reason
from flows.commands.session import Session, parsed_day
from flows.keying_pictures import KeyingPictures
from flows.known_work import keying_for
from flows.parts import Parts
from pipeline.access.acts import Act as Protected
from pipeline.access.requests import Subject
from pipeline.clocks import ZONE
from pipeline.keying.entry import checked_value
from pipeline.keying.tasks import (
    WAITING,
    Act,
    ActKind,
    Closed,
    KeyingTask,
    State,
    Unreadable,
)
from pipeline.keying.wording import CAUSES, CLOSED, STATES
from pipeline.language import Message, say

_DAY = typer.Option(None, "--day", help="Business date (all).")
_BRANCH = typer.Option(None, "--branch", help="One branch (all).")
_AS = typer.Option(None, "--as", metavar="NAME", help="Who keys (this account).")
_TASK = typer.Argument(metavar="TASK", help="The task's number.")


def add_commands(app: typer.Typer) -> None:
    """Add key list, next, work, enter, cannot, undo, reopen and show."""
    key = typer.Typer(help="Keying what could not be read.", no_args_is_help=True)
    key.command("list")(list_tasks)
    key.command("next")(next_task)
    key.command("work")(work)
    key.command("enter")(enter)
    key.command("cannot")(cannot)
    key.command("undo")(undo)
    key.command("reopen")(reopen)
    key.command("show")(show)
    app.add_typer(key, name="key")


def list_tasks(
    context: typer.Context,
    day: str = _DAY,
    branch: str = _BRANCH,
    unreadable: bool = typer.Option(
        False, "--unreadable", help="The archivist's list: what nobody could read, and who said so."
    ),
) -> None:
    """Show what waits to be keyed, and why; or what nobody could read."""
    session: Session = context.obj
    with session.open_parts() as parts:
        keying, on = parts.catalog.keying, _day(day)
        states = (State.GIVEN_UP,) if unreadable else WAITING
        tasks = keying.tasks(on, branch, states=states)
        counts = keying.counts(on, branch)
    if tasks and unreadable:
        _show_unreadable(session, tasks)
    elif tasks:
        _show_waiting(session, tasks)
    session.terminal.tell(counted(counts))


def counted(counts: dict[State, int]) -> Message:
    """How many tasks there are, and how many in each state."""
    return say(
        "Keying tasks: {total} = {open} open + {disputed} to be decided + {settled} settled + "
        "{given_up} that cannot be read + {closed} closed.",
        total=sum(counts.values()),
        **{str(state): count for state, count in counts.items()},
    )


def _show_waiting(session: Session, tasks: Sequence[KeyingTask]) -> None:
    lang = session.terminal.lang
    session.terminal.table(
        say("To be keyed"),
        [*_HEAD, say("State"), say("Reason")],
        [
            [*_row(task, lang), _state(task, lang), CAUSES[task.cause].in_language(lang)]
            for task in tasks
        ],
    )


def _show_unreadable(session: Session, tasks: Sequence[KeyingTask]) -> None:
    lang = session.terminal.lang
    session.terminal.table(
        say("Nobody could read these: find the paper, then “paperproof key reopen TASK”"),
        [*_HEAD, say("Said by")],
        [
            [
                *_row(task, lang),
                ", ".join(
                    f"{entry.person} ({told_entry(entry).in_language(lang)})"
                    for entry in task.entries
                    if entry.kind is ActKind.CANNOT
                ),
            ]
            for task in tasks
        ],
    )


_HEAD = (say("Task"), say("Branch"), say("Day"), say("Page"), say("Field"))


def _row(task: KeyingTask, lang: str) -> list[str]:
    return [
        str(task.no),
        task.branch,
        str(task.day),
        task.page,
        FIELDS[task.field].in_language(lang),
    ]


def _state(task: KeyingTask, lang: str) -> str:
    told = STATES[task.state].in_language(lang)
    half = task.state is State.OPEN and task.entries
    return f"{told} {len(task.entries)}/{task.needed}" if half else told


def next_task(
    context: typer.Context, day: str = _DAY, branch: str = _BRANCH, name: str = _AS
) -> None:
    """Show the next task for this person, and where the picture of its place lies."""
    session: Session = context.obj
    who = session.acting(name)
    with _desk(session) as (parts, pictures):
        waiting = keying_for(parts, who, _day(day), branch)
        if not waiting:
            session.terminal.tell(say("Nothing waits for {name} to be keyed.", name=who))
            return
        task = parts.catalog.keying.look(waiting[0].no, who)
        tell_task(session.terminal, task, who, pictures(task))
        session.terminal.tell(
            say(
                "{count} tasks wait for {name}; key this one with “paperproof key enter {no} VALUE” or "
                "“paperproof key cannot {no} REASON”.",
                count=len(waiting),
                name=who,
                no=task.no,
            )
        )


def work(context: typer.Context, day: str = _DAY, branch: str = _BRANCH, name: str = _AS) -> None:
    """Key task after task at the terminal."""
    session: Session = context.obj
    who = session.acting(name)
    with _desk(session) as (parts, pictures):
        desk = Desk(
            session.terminal,
            parts.catalog.keying,
            pictures,
            who,
            parts.settings.reading.serial_grammar,
        )
        desk.work(keying_for(parts, who, _day(day), branch))


def enter(
    context: typer.Context,
    no: int = _TASK,
    value: str = typer.Argument(help="The value as it stands on the page."),
    name: str = _AS,
) -> None:
    """Key the value of a task."""
    session: Session = context.obj
    with session.open_parts() as parts:
        field = parts.catalog.keying.task(no).field
        plain = checked_value(field, value, parts.settings.reading.serial_grammar)
        parts.catalog.keying.enter(no, session.acting(name), plain)
    session.terminal.tell(
        say("Task {no}: {field} {value} is kept.", no=no, field=FIELDS[field], value=plain)
    )


def cannot(
    context: typer.Context,
    no: int = _TASK,
    reason: str = typer.Argument(
        help="illegible, stamped, cut_off, handwriting, blank or not_here."
    ),
    name: str = _AS,
) -> None:
    """Say that a field cannot be read, and why."""
    session: Session = context.obj
    why = parsed_reason(reason, Unreadable)
    with session.open_parts() as parts:
        task = parts.catalog.keying.cannot(no, session.acting(name), why)
    session.terminal.tell(
        say(
            "Task {no}: {field}, {entry}, is kept.",
            no=no,
            field=FIELDS[task.field],
            entry=told_entry(task.entries[-1]),
        )
    )


def undo(context: typer.Context, name: str = _AS) -> None:
    """Take one's last entry back, as long as it is not settled and nobody else worked on the task."""
    session: Session = context.obj
    with session.open_parts() as parts:
        task = parts.catalog.keying.undo(session.acting(name))
    session.terminal.tell(
        say("Task {no}: your entry was taken back; it waits to be keyed again.", no=task.no)
    )


def reopen(context: typer.Context, no: int = _TASK, name: str = _AS) -> None:
    """Have a field that nobody could read keyed anew, when the paper was found."""
    session: Session = context.obj
    with session.open_parts() as parts:
        parts.catalog.keying.reopen(no, session.acting(name))
    session.terminal.tell(say("Task {no} is open again; it waits to be keyed.", no=no))


def show(context: typer.Context, no: int = _TASK, name: str = _AS) -> None:
    """Show a task: what was done to it, and the entries that this person may see."""
    session: Session = context.obj
    who = session.acting(name)
    lang = session.terminal.lang
    with _desk(session) as (parts, pictures):
        asked = parts.catalog.keying.task(no)
        of = Subject(asked.branch, page=asked.page_id)
        Guard.at_word(parts, who).must_know(Protected.PAGE_KEY, of, datetime.now(ZONE))
        task = parts.catalog.keying.look(no, who)
        tell_task(session.terminal, task, who, pictures(task))
    session.terminal.tell(say("State: {state}.", state=STATES[task.state]))
    if task.acts:
        session.terminal.table(
            say("What was done"),
            [say("Time"), say("Act")],
            [
                [f"{act.at:%Y-%m-%d %H:%M:%S}", _told_act(act).in_language(lang)]
                for act in task.acts
            ],
        )


def _told_act(act: Act) -> Message:
    return CLOSED[Closed(act.content)] if act.kind is ActKind.CLOSE else _ACTS[act.kind]


_ACTS = {
    ActKind.VALUE: say("a person keyed it"),
    ActKind.CANNOT: say("a person said that it cannot be read"),
    ActKind.UNDO: say("the last entry was taken back"),
    ActKind.LOOK: say("a person who is to decide was shown the entries"),
    ActKind.REOPEN: say("it was opened again"),
}


def _day(day: str | None) -> date | None:
    return None if day is None else parsed_day(day)


@contextmanager
def _desk(session: Session) -> Iterator[tuple[Parts, KeyingPictures]]:
    """Open the workspace; its stores and the sandbox only when a picture is to be made."""
    with opened(session) as (parts, at_need):
        yield parts, KeyingPictures(parts, at_need)
