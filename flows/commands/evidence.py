"""Evidence packs: made for one transaction, and checked."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flows.access import Guard
from flows.commands.audit_key import named_key
from flows.commands.session import Session, parsed_day, said
from flows.log_signing import public_key
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.signature import Signer

if TYPE_CHECKING:
    from catalog.dossier import Dossier, PageDossier

_FAULTS = 1
_LEFT_OUT = 3


def add_commands(app: typer.Typer) -> None:
    """Add evidence, evidence verify and evidence premis."""
    evidence = typer.Typer(help="All that is known of one transaction, in one signed file.")
    evidence.callback(invoke_without_command=True)(make)
    evidence.command("verify")(verify)
    evidence.command("premis")(premis)
    app.add_typer(evidence, name="evidence")


def make(
    context: typer.Context,
    serial: str = typer.Option(None, "--serial", help="The transaction's serial number."),
    out: Path = typer.Option(None, "--out", help="The file to write, .zip."),
    purpose: str = typer.Option(None, "--purpose", help="What for; it stands in pack and log."),
    day: str = typer.Option(
        None, "--day", help="Its business date, where several have the number."
    ),
    branch: str = typer.Option(None, "--branch", help="Its branch, where several have the number."),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who makes it (this account)."),
) -> None:
    """Gather pages, values, match, copies, paper, views and log proofs of a transaction into one file.

    Exit code 3: a file could not be read from the stores and is left out.
    """
    if context.invoked_subcommand:
        return
    session: Session = context.obj
    if serial is None or out is None or not (purpose or "").strip():
        raise UserError(
            say("Say which transaction, where to and what for: --serial S --out F.zip --purpose P.")
        )
    who = session.acting(by)
    from flows.evidence import Making, find_transaction, make_evidence  # reports take their time
    from flows.stores import open_stores

    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        dossier = find_transaction(parts, serial, parsed_day(day) if day else None, branch)
        stores = stack.enter_context(
            open_stores(parts.workspace, parts.settings, parts.catalog, checked=False)
        )
        bar = stack.enter_context(session.terminal.progress(say("Gathering evidence")))
        making = Making(
            parts,
            stores.vault,
            Signer.of(parts.workspace.signing_key),
            public_key(parts),
            Guard.at_word(parts, who),
            purpose.strip(),
            datetime.now(UTC),
            bar,
        )
        made = make_evidence(making, dossier, out)
    for fault in made.faults:
        session.terminal.tell(fault)
    session.terminal.tell(
        say(
            "{path}: {pages} pages, {files} electronic files, {entries} entries of the log, {certified} of "
            "them certified; SHA-256 {sha256}.",
            path=out,
            pages=made.pages,
            files=made.files,
            entries=made.entries,
            certified=made.certified,
            sha256=made.sha256,
        )
    )
    if made.certified < made.entries:
        session.terminal.note(
            say(
                "Entries that nobody signed yet have no certificate; run “paperproof audit sign” first."
            )
        )
    if made.faults:
        raise typer.Exit(_LEFT_OUT)


def verify(
    context: typer.Context,
    path: Path = typer.Argument(help="The pack."),
    key: str = typer.Option(
        None, "--key", help="The key it must be signed with, 64 hex digits (the pack's own)."
    ),
    log_key: str = typer.Option(
        None, "--log-key", help="The log's public key, one line (the pack's own)."
    ),
) -> None:
    """Check an evidence pack: each file, the signature, the log's certificates; needs no workspace.

    Exit code 0: whole; 1: it is not what was signed.
    """
    from flows.evidence_check import check_evidence

    session: Session = context.obj
    found = check_evidence(path, key, named_key(log_key) if log_key else None)
    for fault in found.faults:
        session.terminal.tell(fault)
    if found.faults:
        raise typer.Exit(_FAULTS)
    session.terminal.tell(
        say(
            "Whole: {files} files, {certificates} entries of the log certified, signed with {key}.",
            files=found.files,
            certificates=found.certificates,
            key=found.key,
        )
    )
    if key is None:
        session.terminal.note(
            say("Compare that key with the one the institution gave you; else it proves nothing.")
        )


def premis(
    context: typer.Context,
    page: str = typer.Argument(metavar="PAGE", help="SHA-256 of the page, or its file name."),
    serial: str = typer.Option(..., "--serial", help="The transaction that it belongs to."),
    out: Path = typer.Option(..., "--out", "-o", help="The file to write, .xml."),
    purpose: str = typer.Option(..., "--purpose", help="What for; it stands in the log."),
    day: str = typer.Option(
        None, "--day", help="Its business date, where several have the number."
    ),
    branch: str = typer.Option(None, "--branch", help="Its branch, where several have the number."),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who asks (this account)."),
) -> None:
    """Write a page's history as PREMIS 3.0 XML: the file, what happened to it, who did it."""
    from flows.evidence import find_transaction
    from flows.page_history import as_premis

    session: Session = context.obj
    who, why = session.acting(by), said(purpose, say("Say what for, with --purpose."))
    with session.open_parts() as parts:
        dossier = find_transaction(parts, serial, parsed_day(day) if day else None, branch)
        found = _page(dossier, page)
        subject = Subject(dossier.branch, dossier.transaction["customer_no"], found.sha256)
        Guard.at_word(parts, who).view(Act.PAGE_VIEW, subject, why, datetime.now(UTC))
        content = as_premis(parts, dossier, found)
    out.write_bytes(content)
    session.terminal.tell(
        say("{path}: the history of page {page}.", path=out, page=found.sha256[:12])
    )


def _page(dossier: Dossier, named: str) -> PageDossier:
    """The page of a transaction by its digest or by the name of a scan of it."""
    for one in dossier.pages:
        if named in (one.sha256, *(scan["name"] for scan in one.deliveries)):
            return one
    names = ", ".join(scan["name"] for one in dossier.pages for scan in one.deliveries)
    serial = dossier.transaction["serial_no"]
    raise UserError(
        say(
            "Transaction {serial} has no page {page}; its pages are: {names}.",
            serial=serial,
            page=named,
            names=names or "–",
        )
    )
