"""The handler's control of the day: each booked row with its papers, confirmed one by one (CG-16.3c)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date

import typer

from flows.access import Guard
from flows.commands.session import Session, checked_branch, parsed_day
from flows.in_hand import must_have_rows
from flows.parts import Parts
from flows.terminal import Terminal
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Transaction
from pipeline.staff import holders
from pipeline.tasks.confirming import Confirmation, confirmed, must_be_own, unconfirmed
from pipeline.tasks.day import DayTasks
from pipeline.tasks.states import CaptureTask, TaskState

_LEFT_TO_DO = 3
_BRANCH = typer.Option(..., "--branch", help="The branch.")
_DAY = typer.Option(None, "--day", help="Business date (today).")


def add_commands(task: typer.Typer) -> None:
    """Add task day and task confirm."""
    task.command("day")(day_of_handler)
    task.command("confirm")(confirm)


def day_of_handler(
    context: typer.Context,
    branch: str = _BRANCH,
    day: str = _DAY,
    teller: str = typer.Option(None, "--teller", help="One teller's rows (all)."),
) -> None:
    """List a day's rows with their papers; exit code 3 while one is neither confirmed nor an exception."""
    session: Session = context.obj
    on, at = parsed_day(day), checked_branch(branch)
    with session.open_parts() as parts:
        parts.catalog.branches.must_be_known(at)
        every = parts.catalog.streams.of_day(on, at)
        must_have_rows(every, on, at, teller)
        rows = [row for row in every if teller in (None, row.teller_no)]
        tasks = parts.catalog.tasks.of_day(on, at)
        known = confirmed(rows, parts.catalog.confirmations.of_day(on, at))
        exceptions = _exceptions(parts, on, at)
    left = unconfirmed(rows, known, exceptions)
    if rows:
        _show(session.terminal, rows, tasks, known, exceptions)
    session.terminal.tell(
        say(
            "Rows: {rows}, {confirmed} confirmed, {left} neither confirmed nor an exception.",
            rows=len(rows),
            confirmed=len(known),
            left=len(left),
        )
    )
    if left:
        raise typer.Exit(_LEFT_TO_DO)


def _exceptions(parts: Parts, day: date, branch: str) -> frozenset[str]:
    """The rows that stand on the list of the last closing, by serial number."""
    results = parts.catalog.days.results(day, branch)
    return frozenset(
        one.serial_no for result in results for one in result.discrepancies if one.serial_no
    )


def _show(
    terminal: Terminal,
    rows: Sequence[Transaction],
    tasks: Sequence[CaptureTask],
    known: Mapping[str, Confirmation],
    exceptions: Collection[str],
) -> None:
    papers = DayTasks(tuple(tasks))
    due = Counter(one.serial_no for one in tasks if one.state is not TaskState.VOID)
    waiting = Counter(one.serial_no for one in tasks if one.state is TaskState.PENDING)
    lang = terminal.lang
    terminal.table(
        say("Rows and their papers"),
        [
            *(say("Serial number"), say("Business"), say("Channel"), say("Teller")),
            *(say("Papers in"), say("Missing"), say("Confirmed by"), say("Exception")),
        ],
        [
            [
                *(row.serial_no, row.business_name, row.channel, row.teller_no),
                f"{due[row.serial_no] - waiting[row.serial_no]}/{due[row.serial_no]}",
                ", ".join(one.document_type for one in papers.missing(row.serial_no)) or "–",
                known[row.serial_no].person if row.serial_no in known else "–",
                say("on the list").in_language(lang) if row.serial_no in exceptions else "–",
            ]
            for row in rows
        ],
    )


def confirm(
    context: typer.Context,
    serials: list[str] = typer.Argument(metavar="SERIAL", help="Serial numbers of the rows."),
    branch: str = _BRANCH,
    day: str = _DAY,
    undo: bool = typer.Option(False, "--undo", help="Take the confirmation back."),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who confirms (this account)."),
) -> None:
    """Confirm rows that were held against their papers; one that changes later is to be confirmed anew."""
    session: Session = context.obj
    on, at, who = parsed_day(day), checked_branch(branch), session.acting(by)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.ROW_CONFIRM, at)
        rows = _rows(parts, on, at, serials)
        known = holders(parts.catalog.staff.appointments(), at)
        must_be_own(rows, who, known)
        kept = parts.catalog.confirmations
        count = kept.undo(rows, who) if undo else kept.confirm(rows, who)
    session.terminal.tell(
        say("{count} confirmations are taken back.", count=count)
        if undo
        else say(
            "{count} rows are confirmed, {before} were confirmed before.",
            count=count,
            before=len(rows) - count,
        )
    )
    if at_their_word := sorted({row.teller_no for row in rows} - known.keys()):
        session.terminal.note(
            say(
                "Teller number {numbers} of branch {branch} is registered to nobody, so {person} is taken "
                "at their word; “paperproof staff add NAME --role teller --branch {branch} --teller NO” "
                "registers whose it is.",
                numbers=", ".join(at_their_word),
                branch=at,
                person=who,
            )
        )


def _rows(parts: Parts, day: date, branch: str, serials: Sequence[str]) -> list[Transaction]:
    booked = {row.serial_no: row for row in parts.catalog.streams.of_day(day, branch)}
    unknown = [serial for serial in serials if serial not in booked]
    if unknown:
        raise UserError(
            say(
                "Branch {branch} has no transaction {serial} on {day}; look at the serial number, or import "
                "its stream first.",
                branch=branch,
                serial=unknown[0],
                day=day,
            )
        )
    return [booked[serial] for serial in dict.fromkeys(serials)]
