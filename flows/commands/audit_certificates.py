"""Certificates of entries of the log: made, and checked without a workspace."""

from __future__ import annotations

from pathlib import Path

import typer

from flows.access import Guard
from flows.commands.audit_key import named_key, workspace_key
from flows.commands.session import Session
from pipeline.access.acts import Act
from pipeline.audit.certificate import Certificate
from pipeline.language import say

_DOES_NOT_HOLD = 1


def certificate(
    context: typer.Context,
    seq: int = typer.Argument(help="The entry's number."),
    out: Path = typer.Option(..., "--out", help="The file to write, .json."),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who asks (this account)."),
) -> None:
    """Write a certificate: an entry, the proof that it is in the log, and the signed checkpoint."""
    from flows.log_certificates import Certificates

    session: Session = context.obj
    key = workspace_key(session.workspace)
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(by)).require(Act.AUDIT_READ)
        made = Certificates(parts.catalog.audit, key).of(seq)
    out.write_bytes(made.as_json())
    session.terminal.tell(
        say(
            "{path}: entry {seq} and {hashes} hashes; it is checked with “paperproof audit check”.",
            path=out,
            seq=seq,
            hashes=len(made.proof),
        )
    )


def check(
    context: typer.Context,
    path: Path = typer.Argument(help="The certificate."),
    key: str = typer.Option(
        ..., "--key", help="The log's public key: its line, or a file with it."
    ),
) -> None:
    """Check a certificate with the public key alone; needs no workspace. Exit code 1: it does not hold."""
    session: Session = context.obj
    found = Certificate.read(path.read_bytes()).proved_by(named_key(key))
    if found is None:
        session.terminal.tell(say("{path} does not hold under this key.", path=path))
        raise typer.Exit(_DOES_NOT_HOLD)
    entry, checkpoint = found
    session.terminal.tell(
        say(
            "Entry {seq} stands in the log {name} of {size} entries: {body}",
            seq=entry.seq,
            name=checkpoint.origin,
            size=checkpoint.size,
            body=entry.body.decode(),
        )
    )
