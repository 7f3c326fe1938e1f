"""Paperproof's own sheets to print and put among the vouchers: separators and batch covers."""

from __future__ import annotations

from pathlib import Path

import typer

from flows.commands.session import Session, checked_branch, parsed_day
from pipeline.language import say
from pipeline.sheet_print import SheetText, as_pdf, cover_text, draw_sheet, separator_text
from pipeline.sheets import OwnSheet, Separator, cover_of

_OUTPUT = typer.Option(None, "--output", "-o", help="PDF to write.")


def add_commands(app: typer.Typer) -> None:
    """Add sheets separator and sheets cover."""
    sheets = typer.Typer(
        help="Sheets to print and put among the vouchers (A4 PDF).", no_args_is_help=True
    )
    sheets.command("separator")(separator)
    sheets.command("cover")(cover)
    app.add_typer(sheets, name="sheets")


def separator(
    context: typer.Context,
    copies: int = typer.Option(1, "--copies", min=1, max=500, help="How many sheets."),
    output: Path = _OUTPUT,
) -> None:
    """Make the sheet that parts vouchers of several pages; it may be used again and again."""
    _write(context.obj, Separator(), separator_text(), output or Path("separator.pdf"), copies)


def cover(
    context: typer.Context,
    branch: str = typer.Option(..., "--branch", help="Branch where the paper is."),
    day: str = typer.Option(..., "--day", help="Business date of the vouchers."),
    batch: str = typer.Option(..., "--batch", help="Name of the batch."),
    vouchers: int = typer.Option(..., "--vouchers", help="Vouchers in the batch."),
    pages: int = typer.Option(
        ..., "--pages", help="Their pages with writing on; these sheets are not counted."
    ),
    operator: str = typer.Option(None, "--operator", help="Who scans (this account)."),
    output: Path = _OUTPUT,
) -> None:
    """Make the sheet that opens a batch and says how many vouchers and pages it must hold."""
    session: Session = context.obj
    business_day = parsed_day(day)
    sheet = cover_of(checked_branch(branch), business_day, batch, vouchers=vouchers, pages=pages)
    text = cover_text(
        sheet,
        branch=branch,
        day=business_day.isoformat(),
        batch=batch,
        operator=operator or session.person(),
    )
    _write(session, sheet, text, output or Path("cover.pdf"), 1)


def _write(session: Session, sheet: OwnSheet, text: SheetText, path: Path, copies: int) -> None:
    page = draw_sheet(sheet, text, session.terminal.lang)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_pdf(page, copies=copies))
    session.terminal.tell(
        say("{title}: {path}, to be printed at its true size.", title=text.title, path=path)
    )
