"""The four checks (四性检测): made on a day, a transfer or what is kept, and written as a report."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path

import typer

from catalog.reports.form import Form
from flows.access import Guard
from flows.commands.session import Session, checked_branch, parsed_day
from flows.form_writing import Shape, shape_of, written
from flows.four_check_form import four_check_form
from flows.four_checks import Checker
from flows.parts import Parts
from flows.terminal import Terminal
from pipeline.access.acts import Act
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.four_checks import Stage
from pipeline.language import say
from pipeline.transfer import Transfer
from storage.store import digest

_FAULTS = 1


def add_to(group: typer.Typer) -> None:
    """Add archive four-checks."""
    group.command("four-checks")(four_checks)


def four_checks(
    context: typer.Context,
    stage: Stage = typer.Option(Stage.FILING, "--at", help="filing, handover or storage."),
    day: str = typer.Option(None, "--day", help="Business date (filing, storage)."),
    branch: str = typer.Option(None, "--branch", help="Branch (filing, storage)."),
    transfer: int = typer.Option(None, "--transfer", help="Number of the transfer (handover)."),
    out: Path = typer.Option(None, "--out", "-o", help="File: .pdf, .html, .csv or .json."),
    name: str = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account)."),
) -> None:
    """Check authenticity, integrity, usability, security; nothing is changed. Exit code 1: faults."""
    session: Session = context.obj
    shape = shape_of(out) if out else Shape.JSON
    who, at = session.acting(name), datetime.now(ZONE)
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        subject = _subject(parts, stage, day, branch, transfer)
        where = subject.giver if isinstance(subject, Transfer) else subject[1]
        Guard.at_word(parts, who).require(Act.REPORT_EXPORT, where)
        checker = _checker(stack, parts, session)
        if isinstance(subject, Transfer):
            found = checker.of_transfer(subject)
        else:
            found = checker.of_day(stage, *subject)
        form = four_check_form(parts, found, who, at, session.terminal.lang)
        content = written(form, shape, at)
        parts.catalog.checks_made.enter(
            form.code, found.subject, found.faults, digest(content), who
        )
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
    _tell(session.terminal, form)
    if not found.passed:
        raise typer.Exit(_FAULTS)


def _subject(
    parts: Parts, stage: Stage, day: str | None, branch: str | None, transfer: int | None
) -> Transfer | tuple[date, str]:
    if stage is Stage.HANDOVER:
        if transfer is None:
            raise UserError(say("Name the transfer, with --transfer."))
        return parts.catalog.transfers.one(transfer)
    if day is None or branch is None:
        raise UserError(say("Name day and branch, with --day and --branch."))
    return parsed_day(day), checked_branch(branch)


def _checker(stack: ExitStack, parts: Parts, session: Session) -> Checker:
    from flows.stores import open_stores  # stores and sandbox take their time to load
    from pipeline.sandbox import Sandbox

    stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
    bar = stack.enter_context(session.terminal.progress(say("Checking")))
    return Checker(parts, stores, stack.enter_context(Sandbox()), bar)


def _tell(terminal: Terminal, form: Form) -> None:
    """Show the report without its means, for which a screen has no room; of a fault, what is wrong."""
    title = say("{title} {code}", title=form.title, code=form.code)
    number, quality, looked_at, _, count, result = (column.head for column in form.columns)
    rows = [
        (no, kind, what, many, outcome if no else means)
        for no, kind, what, means, many, outcome in form.rows
    ]
    terminal.table(title, (number, quality, looked_at, count, result), rows)
