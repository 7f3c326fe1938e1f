"""Reading single files, without a workspace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from flows.commands.session import Session
from flows.forms import load_forms
from flows.read_pages import read_pages, told
from flows.terminal import Terminal
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.papers import PaperKind
from pipeline.sheets import Cover, Separator

_PAPERS = {
    PaperKind.BANK_SLIP: say("A bank slip"),
    PaperKind.RECEIPT: say("A shop's receipt"),
}
_SHEETS = {sheet.name: sheet.title for sheet in (Separator, Cover)}


def add_commands(app: typer.Typer) -> None:
    """Add read."""
    app.command("read")(read)


def read(
    context: typer.Context,
    files: list[Path] = typer.Argument(help="Scans or PDFs."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object a page."),
    engine: str = typer.Option("rapidocr", "--engine", help="rapidocr or tesseract."),
    workers: int = typer.Option(1, "--workers", min=1, help="Reading processes."),
    forms: Path = typer.Option(None, "--forms", help="Folder of known forms (JSON)."),
) -> None:
    """Read files without a workspace: checks, codes and fields of each page, and what it cost."""
    session: Session = context.obj
    if engine not in ("rapidocr", "tesseract"):
        raise UserError(
            say("There is no engine {engine}; say rapidocr or tesseract.", engine=engine)
        )
    show = _as_json(session.terminal) if as_json else _as_lines(session.terminal)
    opened = 0
    for page in read_pages(files, engine, workers, load_forms(forms) if forms else ()):
        opened += page.reading is not None
        show(told(page))
    if not opened:
        raise UserError(say("None of these files could be read as a page; see the reasons above."))


def _as_json(terminal: Terminal) -> Callable[[dict[str, Any]], None]:
    def show(told: dict[str, Any]) -> None:
        lang = terminal.lang
        checks, doubts = (
            [{**one, "message": one["message"].in_language(lang)} for one in told[kind]]
            for kind in ("checks", "doubts")
        )
        refused = told["refused"]
        terminal.raw(
            json.dumps(
                {
                    **told,
                    "checks": checks,
                    "doubts": doubts,
                    "refused": refused.in_language(lang) if refused else None,
                },
                ensure_ascii=False,
            )
        )

    return show


def _as_lines(terminal: Terminal) -> Callable[[dict[str, Any]], None]:
    def show(told: dict[str, Any]) -> None:
        terminal.tell(say("{name}", name=told["file"]))
        if told["sheet"]:
            terminal.tell(say("  {title}", title=_SHEETS[told["sheet"]]))
        for check in told["checks"]:
            terminal.tell(
                say("  {check}: {message}", check=check["check"], message=check["message"])
            )
        for name, value in told["fields"].items():
            terminal.tell(
                say(
                    "  {name}: {value} ({source}, {confidence})",
                    name=name,
                    value=value["value"],
                    source=value["source"],
                    confidence=f"{value['confidence']:.2f}",
                )
            )
        if told["paper"]:
            terminal.tell(say("  {title}", title=_PAPERS[told["paper"]["kind"]]))
            for name, value in told["paper"]["values"].items():
                terminal.tell(say("  {check}: {message}", check=name, message=value["value"]))
        for doubt in told["doubts"]:
            terminal.tell(say("  Doubtful: {reason}", reason=doubt["message"]))

    return show
