"""``paperproof station devices`` and ``scan``: pages from a scanner of this machine."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict

import typer

from flows.commands.intake import tell_counts, tell_taken
from flows.commands.session import Session, checked_branch, parsed_day
from flows.scanning import ScanDesk, ScanJob
from flows.uploads import Uploads
from ingest.inbox import ClaimRules
from pipeline.errors import PaperproofError
from pipeline.language import say
from pipeline.model import Batch


def add_commands(station: typer.Typer) -> None:
    """Add devices and scan."""
    station.command("devices")(devices)
    station.command("scan")(scan)


def devices(
    context: typer.Context,
    to_json: bool = typer.Option(False, "--json", help="One JSON list."),
) -> None:
    """List the scanners that this machine can reach now."""
    session: Session = context.obj
    with ExitStack() as stack:
        found = _desk(session, stack).devices()
    if to_json:
        session.terminal.raw(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    elif not found:
        session.terminal.tell(
            say("There is no scanner that can be reached; switch it on, look at its cable.")
        )
    else:
        session.terminal.table(
            say("Scanners"),
            [say("Device"), say("Maker"), say("Model"), say("Kind")],
            [[one.name, one.vendor, one.model, one.kind] for one in found],
        )


def scan(
    context: typer.Context,
    device: str = typer.Option(..., "--device", help="Scanner, as “station devices” names it."),
    branch: str = typer.Option(..., "--branch", help="Branch where the paper is."),
    day: str = typer.Option(None, "--day", help="Business date of the vouchers (today)."),
    batch: str = typer.Option("1", "--batch", help="Name of the batch; pages are added to it."),
    station: str = typer.Option("station-1", "--station", help="Scan station."),
    operator: str = typer.Option(None, "--operator", help="Who scanned (this account)."),
    feeder: bool = typer.Option(False, "--feeder", help="All pages in the feeder; else one page."),
    duplex: bool = typer.Option(False, "--duplex", help="Both sides; needs a feeder."),
    paper: str = typer.Option(None, "--paper", help="Paper, such as A5 (as in the settings)."),
    document_type: str = typer.Option(None, "--type", help="Document type of all the pages."),
) -> None:
    """Scan from a device with the profile's parameters and take the pages in."""
    session: Session = context.obj
    who = session.acting(operator or None)
    named = Batch(checked_branch(branch), parsed_day(day), station, who, batch.strip() or "1")
    job = ScanJob(device, named, feeder, duplex, paper, document_type)
    with ExitStack() as stack:
        desk = _desk(session, stack)
        fault = None
        try:
            desk.scan(
                job, lambda name: session.terminal.note(say("Scanned {name}.", name=name)), _never
            )
        except PaperproofError as error:
            fault = error
        if desk.uploads.waiting(named):
            _take_in(session, desk, job)
    if fault:
        raise fault


def _take_in(session: Session, desk: ScanDesk, job: ScanJob) -> None:
    """Take in what was scanned, what an earlier run left too."""
    from flows.commands.open_intake import open_intake
    from flows.take_in import take_in

    batch, folder = job.batch, desk.uploads.of(job.batch)
    with ExitStack() as stack:
        intake = open_intake(
            stack,
            session,
            batch.branch,
            day=batch.day,
            reading=True,
            moving=True,
            document_type=job.document_type,
        )
        with session.terminal.progress(say("Taking in")) as bar:
            taken = take_in(intake, folder, batch, bar)
    tell_taken(session.terminal, folder, batch, taken)
    tell_counts(session.terminal, batch, taken)


def _desk(session: Session, stack: ExitStack) -> ScanDesk:
    parts = stack.enter_context(session.open_parts(reading=True))
    return ScanDesk(parts, Uploads(parts.workspace.uploads, ClaimRules().byte_limit))


def _never() -> bool:
    return False
