"""The recognition report at the command line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import typer

from flows.commands.session import Session, checked_branch, parsed_day
from flows.recognition_report import write_recognition
from flows.report import FORMATS
from pipeline.errors import UserError
from pipeline.language import say

_USUAL = timedelta(days=30)


def report_recognition(
    context: typer.Context,
    first: str = typer.Option(None, "--from", help="First business day (30 days before --to)."),
    last: str = typer.Option(None, "--to", help="Last business day (today)."),
    branch: str = typer.Option(None, "--branch", help="One branch (all)."),
    form: str = typer.Option("html", "--format", help="html, xlsx, csv or json."),
    output: Path | None = typer.Option(None, "--output", "-o", help="File to write."),
) -> None:
    """Write what was recognised without a person, by branch, station, form, teller and day, and why not."""
    session: Session = context.obj
    if form not in FORMATS:
        raise UserError(say("There is no format {form}; say html, xlsx, csv or json.", form=form))
    until = parsed_day(last)
    since = parsed_day(first) if first is not None else until - _USUAL
    if since > until:
        raise UserError(
            say(
                "{first} lies behind {last}; name the earlier day with --from.",
                first=since,
                last=until,
            )
        )
    with session.open_parts() as parts:
        path = write_recognition(
            parts,
            first=since,
            last=until,
            branch=None if branch is None else checked_branch(branch),
            form=form,
            lang=session.named_language or "zh",
            target=output,
        )
    session.terminal.tell(say("Report: {path}", path=path))
