"""Bank slips linked to a ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import typer

from catalog.reports.wording import DOUBTS, VERDICTS
from flows.commands.session import Session
from flows.link import LinkedFolder, as_json, link_pages
from flows.progress import Progress
from flows.read_pages import ReadPage, read_pages
from flows.terminal import Terminal
from ingest.inbox import scan_files
from ingest.ledger import read_ledger
from pipeline.errors import UserError
from pipeline.evidence import AGREES
from pipeline.language import say
from pipeline.linking import Link
from pipeline.slips import SlipField

LINKED_WITH_A_LIST = 3

SLIP_FIELDS = {
    SlipField.NUMBER: say("Number"),
    SlipField.DATE: say("Date"),
    SlipField.AMOUNT: say("Amount"),
    SlipField.PAYER: say("Payer"),
    SlipField.PAYER_ACCOUNT: say("Payer's account"),
    SlipField.PAYEE: say("Payee"),
    SlipField.PAYEE_ACCOUNT: say("Payee's account"),
}


def add_commands(app: typer.Typer) -> None:
    """Add link."""
    app.command("link")(link)


def link(
    context: typer.Context,
    folder: Path = typer.Argument(help="Folder of scanned bank slips."),
    ledger: Path = typer.Option(
        ..., "--ledger", help="The booked payments: CSV, see docs/link.md."
    ),
    to_json: bool = typer.Option(False, "--json", help="One JSON object."),
    output: Path = typer.Option(None, "--output", help="Write the JSON object to this file."),
    workers: int = typer.Option(1, "--workers", min=1, help="Reading processes."),
) -> None:
    """Link bank slips to the rows of a ledger, one to one; what is not sure goes on a list.

    Exit code 0: all linked and in order; 3: there is a list for people; 2: cannot be done as asked.
    """
    session: Session = context.obj
    files = scan_files(folder)
    if not files:
        raise UserError(say("{folder} holds no scans; nothing was linked.", folder=folder))
    booked = read_ledger(ledger)
    if not booked:
        raise UserError(
            say(
                "The ledger {path} has no rows; export the payments of these slips again.",
                path=ledger,
            )
        )
    with session.terminal.progress(say("Reading")) as bar:
        bar.total(len(files))
        linked = link_pages(_read(folder, files, workers, bar), booked)
    result = json.dumps(as_json(linked, session.terminal.lang), ensure_ascii=False, indent=1)
    if output:
        output.write_text(result + "\n", "utf-8")
    if to_json:
        session.terminal.raw(result)
    else:
        _tell(session.terminal, linked)
    if linked.to_people or linked.doubtful:
        raise typer.Exit(LINKED_WITH_A_LIST)


def _read(
    folder: Path, files: Sequence[Path], workers: int, progress: Progress
) -> Iterator[ReadPage]:
    """Give the pages, named below the folder."""
    for page in read_pages(files, "rapidocr", workers):
        name = page.name.removeprefix(f"{folder}/")
        progress.step(say("read {name}", name=name))
        yield replace(page, name=name)


def _tell(terminal: Terminal, folder: LinkedFolder) -> None:
    lang, linking = terminal.lang, folder.linking
    if linking.links:
        terminal.table(
            say("Linked"),
            [say("Page"), say("Row"), say("Bits"), say("What does not agree")],
            [
                [one.page, one.txn_id, f"{one.score:.0f}", _amiss(one, lang)]
                for one in linking.links
            ],
        )
    for page, first in linking.copies:
        terminal.tell(say("{name} is another scan of {first}.", name=page, first=first))
    for one in folder.to_people:
        row = one.nearest.txn_id if one.nearest else None
        terminal.tell(
            say(
                "For a person: {name}: {reason} ({row})", name=one.page, reason=one.message, row=row
            )
            if row
            else say("For a person: {name}: {reason}", name=one.page, reason=one.message)
        )
    for page_read in folder.doubtful:
        for doubt in page_read.reading.doubts if page_read.reading else ():
            terminal.tell(
                say("Doubtful: {name}: {reason}", name=page_read.name, reason=DOUBTS[doubt])
            )
    terminal.tell(
        say(
            "{pages} pages = {linked} linked + {copies} scanned again + {people} for a person; "
            "{left} of {rows} rows have no slip.",
            pages=len(folder.pages),
            linked=len(linking.links),
            copies=len(linking.copies),
            people=len(folder.to_people),
            left=len(linking.rows_left),
            rows=folder.rows,
        )
    )


def _amiss(link: Link, lang: str) -> str:
    """Name the fields of a link that do not agree, and how."""
    return ", ".join(
        f"{SLIP_FIELDS[part.field].in_language(lang)}: {VERDICTS[part.verdict].in_language(lang)}"
        for part in link.evidence
        if part.verdict != AGREES
    )
