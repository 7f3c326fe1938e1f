"""The business system's transactions, imported day by day."""

from __future__ import annotations

from pathlib import Path

import typer

from flows.commands.session import Session, parsed_day, person
from flows.import_stream import Imported, import_stream
from flows.parts import open_parts
from flows.terminal import Terminal
from pipeline.errors import UserError
from pipeline.language import say


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
    """Import a day's transaction stream; the same file twice changes nothing."""
    session: Session = context.obj
    with open_parts(session.workspace) as parts:
        imported = import_stream(
            parts,
            file,
            parsed_day(day),
            mapping=mapping,
            replace=replace,
            lang=session.terminal.lang,
            who=person(),
        )
    _tell_import(session.terminal, file, imported)


def _tell_import(terminal: Terminal, file: Path, imported: Imported) -> None:
    for line in imported.changes.describe():
        terminal.tell(line)
    stream = imported.stream
    if imported.changes and not imported.booked:
        raise UserError(
            say(
                "{file} differs from what is booked for {day}; nothing was changed. Look at the "
                "differences above and run this again with --replace to take them over.",
                file=file,
                day=stream.day,
            )
        )
    _tell_rejected(terminal, imported)
    if not imported.booked:
        terminal.tell(say("{file} is booked already; nothing changed.", file=file))
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


def _tell_rejected(terminal: Terminal, imported: Imported) -> None:
    if imported.rejects_file:
        terminal.tell(
            say(
                "{count} rows were not booked; {path} names each with its line and reason.",
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
