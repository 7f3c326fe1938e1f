"""Capture tasks by hand: add, change, void, and the report of all that was done so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import typer

from flows.commands.businesses import NEEDS
from flows.commands.session import Session, checked_branch, parsed_day
from flows.tasks_by_hand import TasksByHand
from flows.terminal import Terminal
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.handover import STATES as ITEM_STATES
from pipeline.language import Message, say
from pipeline.tasks.businesses import Need
from pipeline.tasks.manual import Asked, ManualAct, manual_acts
from pipeline.tasks.states import ACTS, MEDIA, STATES, CaptureTask

_REASON = typer.Option(..., "--reason", help="Why; it stands in the history.")
_NEED = typer.Option(None, "--need", metavar="NEED", help="required or optional.")
_EXPIRES = typer.Option(None, "--expires", metavar="DAY", help="The paper's last valid day.")
_AS = typer.Option(None, "--as", metavar="NAME", help="Who acts (this account).")
_TASK = typer.Argument(metavar="SERIAL/TYPE", help="The task.")
_DAY = typer.Option(None, "--day", help="Business date, where serial numbers repeat.")
_BRANCH = typer.Option(None, "--branch", help="Branch, where serial numbers repeat.")


def add_commands(task: typer.Typer) -> None:
    """Add task add, change, void and changes."""
    task.command("add")(add)
    task.command("change")(change)
    task.command("void")(void)
    task.command("changes")(changes)


def add(
    context: typer.Context,
    serial: str = typer.Argument(metavar="SERIAL", help="The transaction's serial number."),
    code: str = typer.Argument(metavar="TYPE", help="Document type of the profile."),
    branch: str = typer.Option(..., "--branch", help="The transaction's branch."),
    day: str = typer.Option(..., "--day", help="Its business date."),
    reason: str = _REASON,
    need: str = _NEED,
    fresh: bool = typer.Option(None, "--fresh", help="No earlier paper stands in for it."),
    expires: str = _EXPIRES,
    by: str = _AS,
) -> None:
    """Ask for one more paper of a transaction, or again for one that was voided."""
    session: Session = context.obj
    on, at = parsed_day(day), checked_branch(branch)
    with session.open_parts() as parts:
        hand = TasksByHand(parts, session.acting(by))
        asked = _asked(need, fresh, expires)
        tell_act(session.terminal, hand.add(on, at, serial, code, asked, reason))


def change(
    context: typer.Context,
    task: str = _TASK,
    reason: str = _REASON,
    need: str = _NEED,
    fresh: bool = typer.Option(
        None, "--fresh/--not-fresh", help="Whether no earlier paper stands in for it."
    ),
    expires: str = _EXPIRES,
    day: str = _DAY,
    branch: str = _BRANCH,
    by: str = _AS,
) -> None:
    """Change how a paper is asked for, or tell its last valid day."""
    session: Session = context.obj
    with session.open_parts() as parts:
        hand = TasksByHand(parts, session.acting(by))
        one = parts.catalog.tasks.named(*task_name(task), day_or_none(day), branch)
        tell_act(session.terminal, hand.change(one, _asked(need, fresh, expires), reason))


def void(
    context: typer.Context,
    task: str = _TASK,
    reason: str = _REASON,
    day: str = _DAY,
    branch: str = _BRANCH,
    by: str = _AS,
) -> None:
    """Say that a paper is not wanted; “task add” asks for it again."""
    session: Session = context.obj
    with session.open_parts() as parts:
        hand = TasksByHand(parts, session.acting(by))
        one = parts.catalog.tasks.named(*task_name(task), day_or_none(day), branch)
        tell_act(session.terminal, hand.void(one, reason))
        for no, state in hand.handed_over(one):
            session.terminal.note(
                say(
                    "Papers of {serial} went to the archivist with hand-over {no} ({state}); tell the "
                    "archivist that {task} is void.",
                    serial=one.serial_no,
                    no=no,
                    state=ITEM_STATES[state],
                    task=one.name,
                )
            )


def changes(
    context: typer.Context,
    day: str = typer.Option(None, "--day", help="Business date (today)."),
    branch: str = typer.Option(None, "--branch", help="One branch (all)."),
    as_json: bool = typer.Option(False, "--json", help="One JSON array."),
) -> None:
    """Report what people did to a day's tasks by hand: who, why, what was before and after."""
    session: Session = context.obj
    on = parsed_day(day)
    at = checked_branch(branch) if branch is not None else None
    with session.open_parts() as parts:
        acts = manual_acts(parts.catalog.tasks.of_day(on, at))
    lang = session.terminal.lang
    if as_json:
        told = [one.as_json(lang) for one in acts]
        session.terminal.raw(json.dumps(told, ensure_ascii=False))
        return
    if acts:
        session.terminal.table(
            say("Tasks added, changed and voided by hand on {day}", day=on),
            [
                *(say("Branch"), say("Task"), say("Act"), say("Person"), say("Time")),
                *(say("Why"), say("Before"), say("After")),
            ],
            [_line(one, lang) for one in acts],
        )
    session.terminal.tell(say("{count} acts by hand.", count=len(acts)))


def _line(one: ManualAct, lang: str) -> list[str]:
    at = one.act.at.astimezone(ZONE).strftime("%m-%d %H:%M") if one.act.at else "–"
    act = ACTS[one.act.kind].in_language(lang)
    reason = one.act.content["reason"]
    return [
        *(one.task.branch, one.task.name, act, one.act.person, at),
        *(reason, _in_words(one.before, lang), _in_words(one.after, lang)),
    ]


def _in_words(values: Mapping[str, Any], lang: str) -> str:
    """How a paper was asked for and where it stood, as the lists of tasks say it."""
    known: Mapping[str, Mapping[Any, Message]] = {"need": NEEDS, "medium": MEDIA, "state": STATES}
    told = [known[name][value].in_language(lang) for name, value in values.items() if name in known]
    if "fresh" in values:
        told.append((say("fresh") if values["fresh"] else say("not fresh")).in_language(lang))
    if values.get("expires"):
        told.append(say("valid until {day}", day=values["expires"]).in_language(lang))
    return ", ".join(told) or "–"


def day_or_none(told: str | None) -> date | None:
    """Return the day named; None when none is."""
    return parsed_day(told) if told is not None else None


def task_name(told: str) -> tuple[str, str]:
    """Return serial number and document type of "SERIAL/TYPE"; raises UserError when it is not that."""
    serial_no, slash, document_type = told.partition("/")
    if not (serial_no and slash and document_type):
        raise UserError(
            say(
                "“{task}” names no task; write SERIAL/TYPE, as “paperproof task list” does.",
                task=told,
            )
        )
    return serial_no, document_type


def _asked(need: str | None, fresh: bool | None, expires: str | None) -> Asked:
    if need not in (None, *_NEEDS):
        raise UserError(
            say("{need} says not how a paper is needed; say required or optional.", need=need)
        )
    return Asked(Need(need) if need else None, fresh, day_or_none(expires))


_NEEDS = (str(Need.REQUIRED), str(Need.OPTIONAL))


def tell_act(terminal: Terminal, task: CaptureTask) -> None:
    """Say what was just done to a task, and where it stands."""
    terminal.tell(
        say(
            "Task {task} was {act}; it is now {state}.",
            task=task.name,
            act=ACTS[task.acts[-1].kind],
            state=STATES[task.state],
        )
    )
