"""Taking in: the stream from the business system, pages from scanners; and reading single files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import typer

from catalog.reports.wording import FIELDS
from flows.commands.session import Session, checked_branch, parsed_day, person
from flows.forms import load_forms
from flows.import_stream import Imported, import_stream
from flows.parts import open_parts, open_stores, reading_pool
from flows.read_pages import read_pages, told
from flows.take_in import Intake, take_in
from flows.taken_in import TakenIn
from flows.terminal import Terminal
from ingest.inbox import scan_files
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Batch
from pipeline.papers import PaperKind
from pipeline.sandbox import Sandbox
from pipeline.sheets import Cover, Separator
from pipeline.vouchers import differences

_PAPERS = {
    PaperKind.BANK_SLIP: say("A bank slip"),
    PaperKind.RECEIPT: say("A shop's receipt"),
}
_SHEETS = {sheet.name: sheet.title for sheet in (Separator, Cover)}

_BRANCH = typer.Option(..., "--branch", help="Branch where the paper is.")
_STATION = typer.Option("station-1", "--station", help="Scan station.")
_OPERATOR = typer.Option(None, "--operator", help="Who scanned (this account).")
_DAY = typer.Option(None, "--day", help="Business date of the vouchers (today).")
_TYPE = typer.Option(
    None, "--type", help="Document type of all the pages, of the profile; sets what they must meet."
)


def add_commands(app: typer.Typer) -> None:
    """Add stream import, take-in, station watch and read."""
    stream = typer.Typer(help="The business system's transactions.")
    stream.command("import")(stream_import)
    app.add_typer(stream, name="stream")
    app.command("take-in")(take_in_folder)
    station = typer.Typer(help="A scan station's inbox.")
    station.command("watch")(station_watch)
    app.add_typer(station, name="station")
    app.command("read")(read)


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
    if imported.rejects_file:
        terminal.tell(
            say(
                "{count} rows were not booked; {path} names each with its line and reason.",
                count=len(stream.rejects),
                path=imported.rejects_file,
            )
        )
    for total in stream.branches:
        if not total.amount_proved:
            terminal.tell(
                say(
                    "Branch {branch}: rejected rows hide their amounts, so only the number of rows is "
                    "proved by the trailer; have the file exported again.",
                    branch=total.branch,
                )
            )
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


def take_in_folder(
    context: typer.Context,
    folder: Path = typer.Argument(help="Folder of scans; it is copied from, never emptied."),
    branch: str = _BRANCH,
    station: str = _STATION,
    operator: str = _OPERATOR,
    day: str = _DAY,
    batch: str = typer.Option(None, "--batch", help="Name of the batch (the folder's name)."),
    document_type: str = _TYPE,
    later: bool = typer.Option(False, "--read-later", help="Read the pages at the day's closing."),
) -> None:
    """Take a folder of scans in; run again, it goes on where it stopped."""
    session: Session = context.obj
    named = Batch(
        branch=checked_branch(branch),
        day=parsed_day(day),
        station=station,
        operator=operator or person(),
        name=batch or folder.resolve().name or "batch",
    )
    files = scan_files(folder)  # a wrong folder is told before a server is started for it
    with ExitStack() as stack:
        intake = _open_intake(
            stack, session, reading=bool(files) and not later, document_type=document_type
        )
        with session.terminal.progress(say("Taking in")) as bar:
            taken = take_in(intake, folder, named, bar)
    _tell_taken(session.terminal, folder, named, taken)
    _tell_counts(session.terminal, named, taken)


def _open_intake(
    stack: ExitStack,
    session: Session,
    *,
    reading: bool,
    moving: bool = False,
    document_type: str | None = None,
) -> Intake:
    parts = stack.enter_context(open_parts(session.workspace))
    if document_type is not None:
        parts.profile.type_of(document_type)
    stores = stack.enter_context(open_stores(parts.workspace, parts.settings))
    opener = stack.enter_context(Sandbox())
    readers = stack.enter_context(reading_pool(parts)) if reading else None
    if not opener.protection.system_calls:
        session.terminal.note(
            say(
                "This system offers no filter of system calls (libseccomp): pages are opened under "
                "limits only; install libseccomp2."
            )
        )
    return Intake(parts, stores, opener, readers, moving, document_type)


def _tell_taken(terminal: Terminal, folder: Path, batch: Batch, taken: TakenIn) -> None:
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
    if taken.files == 0:
        terminal.tell(say("{folder} holds no scans; nothing was taken in.", folder=folder))
        return
    terminal.tell(
        say(
            "Batch {batch}: {files} files, {pages} pages = {admitted} admitted + {blank} blank + "
            "{sheets} separators and covers + {refused} refused + {already} already in.",
            batch=batch.name,
            files=taken.files,
            pages=taken.pages,
            admitted=taken.admitted,
            blank=taken.blank,
            sheets=taken.sheets,
            refused=len(taken.refused),
            already=taken.already,
        )
    )
    if taken.to_key:
        terminal.tell(
            say(
                "{count} fields could not be read surely and wait to be keyed; see “paperproof key list”.",
                count=taken.to_key,
            )
        )


def _tell_counts(terminal: Terminal, batch: Batch, taken: TakenIn) -> None:
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
) -> None:
    """Watch a scan station's inbox and take in what arrives, until stopped with Ctrl-C."""
    session: Session = context.obj
    checked_branch(branch)
    scan_files(inbox)
    with ExitStack() as stack:
        intake = _open_intake(
            stack, session, reading=True, moving=True, document_type=document_type
        )
        session.terminal.note(say("Watching {inbox}; stop with Ctrl-C.", inbox=inbox))
        last: tuple[Batch, TakenIn] | None = None
        while True:
            if scan_files(inbox):
                name = inbox.resolve().name or "inbox"
                batch = Batch(branch, parsed_day(day), station, operator or person(), name)
                with session.terminal.progress(say("Taking in")) as bar:
                    taken = take_in(intake, inbox, batch, bar)
                if taken.pages > taken.already:
                    _tell_taken(session.terminal, inbox, batch, taken)
                    last = batch, taken
            elif last:  # the scanner rests: what a cover announced should be in
                _tell_counts(session.terminal, *last)
                last = None
            if once:
                if last:
                    _tell_counts(session.terminal, *last)
                return
            time.sleep(every)


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
