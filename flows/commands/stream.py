"""The business system's transactions, imported day by day."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from flows.commands.session import Session, parsed_day
from flows.import_stream import Imported, import_stream
from flows.terminal import Terminal
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Transaction

_ROWS_REJECTED = 3


def add_commands(app: typer.Typer) -> None:
    """Add stream import."""
    stream = typer.Typer(help="The business system's transactions.", no_args_is_help=True)
    stream.command("import")(stream_import)
    app.add_typer(stream, name="stream")


def stream_import(
    context: typer.Context,
    file: Path = typer.Argument(help="The stream file: CSV in UTF-8 or GB18030."),
    day: str = typer.Option(..., "--day", help="Business date of the file."),
    mapping: Path | None = typer.Option(
        None, "--mapping", help="YAML file that names the vendor's columns."
    ),
    replace: bool = typer.Option(False, "--replace", help="Take over what differs."),
) -> None:
    """Import a day's transaction stream; the same file twice changes nothing.

    Exit code 3 when rows were rejected.
    """
    session: Session = context.obj
    with session.open_parts() as parts:
        imported = import_stream(
            parts,
            file,
            parsed_day(day),
            mapping=mapping,
            replace=replace,
            lang=session.terminal.lang,
            who=session.person(),
        )
    _tell_import(session.terminal, file, imported)
    if imported.stream.rejects:
        raise typer.Exit(_ROWS_REJECTED)


def _tell_import(terminal: Terminal, file: Path, imported: Imported) -> None:
    for line in imported.changes.describe():
        terminal.tell(line)
    stream = imported.stream
    _tell_rejected(terminal, imported)
    if imported.changes and not imported.booked:
        raise UserError(
            say(
                "{file} differs from what is booked for {day}; nothing was changed. Look at the "
                "differences above and run this again with --replace to take them over.",
                file=file,
                day=stream.day,
            )
        )
    if not imported.booked:
        terminal.tell(
            say("{file} holds nothing that is not booked already; nothing changed.", file=file)
        )
        return
    proved = all(total.amount_proved for total in stream.branches)
    count, day = len(stream.transactions), stream.day
    terminal.tell(
        say(
            "{count} transactions of {day} are booked; the control totals agree.",
            count=count,
            day=day,
        )
        if proved
        else say("{count} transactions of {day} are booked.", count=count, day=day)
    )
    for doubt in imported.doubts:
        terminal.tell(doubt)
    _tell_other_days(terminal, stream.transactions)


def _tell_other_days(terminal: Terminal, booked: Sequence[Transaction]) -> None:
    """Say so when rows occurred on another day in China than the one they are booked for."""
    others = [row for row in booked if row.occur_at.astimezone(ZONE).date() != row.business_date]
    if others:
        terminal.tell(
            say(
                "{count} of them occurred on another day than their business date, like {serial} at {at}; if "
                "that is not so, have the export's time zone looked at.",
                count=len(others),
                serial=others[0].serial_no,
                at=f"{others[0].occur_at.astimezone(ZONE):%Y-%m-%d %H:%M}",
            )
        )


def _tell_rejected(terminal: Terminal, imported: Imported) -> None:
    if imported.rejects_file:
        terminal.tell(
            say(
                "{count} rows are rejected and not booked, also where they were booked before; {path} names "
                "each with its line and reason.",
                count=len(imported.stream.rejects),
                path=imported.rejects_file,
            )
        )
    for total in imported.stream.branches:
        if not total.amount_proved:
            terminal.tell(
                say(
                    "Branch {branch}: rejected rows hide their amounts, so only the number of rows is "
                    "proved by the trailer; have the file exported again.",
                    branch=total.branch,
                )
            )
