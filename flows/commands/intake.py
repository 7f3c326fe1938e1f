"""Taking in: folders of scans, and what arrives in a scanner's inbox."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from catalog.reports.wording import FIELDS
from flows.commands.reopened import tell_reopened
from flows.commands.session import Session, checked_branch, parsed_day
from flows.commands.storage import tell_debts
from flows.taken_in import TakenIn
from flows.terminal import Terminal
from ingest.inbox import scan_files
from pipeline.language import say
from pipeline.model import Batch
from pipeline.vouchers import differences

if TYPE_CHECKING:
    from flows.admit_page import Intake

_BRANCH = typer.Option(..., "--branch", help="Branch where the paper is.")
_STATION = typer.Option("station-1", "--station", help="Scan station.")
_OPERATOR = typer.Option(None, "--operator", help="Who scanned (this account).")
_DAY = typer.Option(None, "--day", help="Business date of the vouchers (today).")
_TYPE = typer.Option(
    None, "--type", help="Document type of all the pages, of the profile; sets what they must meet."
)
READ_LATER = typer.Option(
    False, "--read-later", help="Leave reading to reading workers and the day's closing."
)


def add_commands(app: typer.Typer) -> None:
    """Add take-in."""
    app.command("take-in")(take_in_folder)


def take_in_folder(
    context: typer.Context,
    folder: Path = typer.Argument(help="Folder of scans; it is copied from, never emptied."),
    branch: str = _BRANCH,
    station: str = _STATION,
    operator: str = _OPERATOR,
    day: str = _DAY,
    batch: str = typer.Option(None, "--batch", help="Name of the batch (the folder's name)."),
    document_type: str = _TYPE,
    later: bool = READ_LATER,
) -> None:
    """Take a folder of scans in; run again, it goes on where it stopped."""
    from flows.commands.open_intake import open_intake  # readers and stores take their time to load
    from flows.take_in import take_in

    session: Session = context.obj
    named = Batch(
        branch=checked_branch(branch),
        day=parsed_day(day),
        station=station,
        operator=session.acting(operator or None),
        name=batch or folder.resolve().name or "batch",
    )
    files = scan_files(folder)  # a wrong folder is told before a server is started for it
    with ExitStack() as stack:
        intake = open_intake(
            stack,
            session,
            named.branch,
            day=named.day,
            reading=bool(files) and not later,
            document_type=document_type,
        )
        _tell_day(session.terminal, intake, named.day)
        with session.terminal.progress(say("Taking in")) as bar:
            taken = take_in(intake, folder, named, bar)
        tell_debts(session.terminal, intake.parts)
        tell_reopened(session.terminal, intake.parts, [(named.day, named.branch)])
    tell_taken(session.terminal, folder, named, taken)
    tell_counts(session.terminal, named, taken)


def _tell_day(terminal: Terminal, intake: Intake, day: date) -> None:
    """Say so when no business is booked on the day that the vouchers are taken in for."""
    if not intake.parts.calendar.is_trading_day(day):
        terminal.note(
            say(
                "{day} is not a trading day; if the vouchers are of another day, stop with Ctrl-C and name "
                "it with --day.",
                day=day,
            )
        )


def tell_taken(terminal: Terminal, folder: Path, batch: Batch, taken: TakenIn) -> None:
    """Tell what became of a folder of scans: refused pages by name, then the sum."""
    for name, reason in taken.refused:
        named = name in reason.in_language(terminal.lang)
        terminal.tell(
            say("Refused: {reason}", reason=reason)
            if named
            else say("Refused: {name}: {reason}", name=name, reason=reason)
        )
    for name in taken.not_yet:
        terminal.tell(
            say("{name} is still being written and was left alone; run this again.", name=name)
        )
    _tell_remarks(terminal, taken)
    if taken.files == 0:
        terminal.tell(say("{folder} holds no scans; nothing was taken in.", folder=folder))
        return
    terminal.tell(
        say(
            "Batch {batch}: {files} files, {pages} pages = {admitted} admitted + {blank} blank + "
            "{sheets} separators and covers + {refused} refused + {already} already in.",
            batch=batch.name,
            **taken.counted,
        )
    )
    if taken.to_key:
        terminal.tell(
            say(
                "{count} fields could not be read surely and wait to be keyed; see “paperproof key list”.",
                count=taken.to_key,
            )
        )


def _tell_remarks(terminal: Terminal, taken: TakenIn) -> None:
    for check, names in sorted(taken.remarks.items()):
        terminal.tell(
            say(
                "Admitted with a remark, {check}: {names}",
                check=FIELDS.get(check, say("check")),
                names=", ".join(names),
            )
        )
    if {"Q06", "Q07"} & taken.remarks.keys():
        terminal.tell(
            say("“paperproof derive” writes upright copies; the pages stay as they were scanned.")
        )


def tell_counts(terminal: Terminal, batch: Batch, taken: TakenIn) -> None:
    """Tell which covers do not agree with what came behind them, and that the others do (Q11)."""
    differing = {
        each.page.delivery_id: message
        for each, message in differences(taken.counts, batch.branch, batch.day)
    }
    for each in taken.counts:
        terminal.tell(
            differing.get(each.page.delivery_id)
            or say(
                "Cover {name}: its {pages} pages are in.",
                name=each.page.name,
                pages=each.pages,
            )
        )


def station_watch(
    context: typer.Context,
    inbox: Path = typer.Argument(help="The station's inbox; admitted and refused files leave it."),
    branch: str = _BRANCH,
    station: str = _STATION,
    operator: str = _OPERATOR,
    day: str = _DAY,
    document_type: str = _TYPE,
    every: float = typer.Option(2.0, "--every", min=0.1, help="Seconds between two looks."),
    once: bool = typer.Option(False, "--once", help="Look once and end."),
    later: bool = READ_LATER,
) -> None:
    """Watch a scan station's inbox and take in what arrives, until stopped with Ctrl-C."""
    from flows.commands.open_intake import open_intake
    from flows.take_in import take_in

    session: Session = context.obj
    checked_branch(branch)
    scan_files(inbox)
    with ExitStack() as stack:
        intake = open_intake(
            stack,
            session,
            branch,
            day=parsed_day(day),
            reading=not later,
            moving=True,
            document_type=document_type,
        )
        session.terminal.note(say("Watching {inbox}; stop with Ctrl-C.", inbox=inbox))
        last: tuple[Batch, TakenIn] | None = None
        while True:
            if scan_files(inbox):
                name = inbox.resolve().name or "inbox"
                batch = Batch(
                    branch, parsed_day(day), station, session.acting(operator or None), name
                )
                with session.terminal.progress(say("Taking in")) as bar:
                    taken = take_in(intake, inbox, batch, bar)
                if taken.pages > taken.already:
                    tell_debts(session.terminal, intake.parts)
                    tell_taken(session.terminal, inbox, batch, taken)
                    last = batch, taken
            elif last:  # the scanner rests: what a cover announced should be in
                tell_counts(session.terminal, *last)
                last = None
            if once:
                if last:
                    tell_counts(session.terminal, *last)
                return
            time.sleep(every)
