"""The log that nobody can rewrite: its key, signing, verification and lists."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from catalog.audit import Wanted
from flows.access import Guard
from flows.commands import audit_certificates
from flows.commands.audit_key import named_key, workspace_key
from flows.commands.session import Session, parsed_day
from flows.log_signing import AuditKey, Signing, key_file, public_file, sign
from flows.parts import Parts
from flows.settings import load_settings
from flows.terminal import Terminal, moment
from flows.workspace import Workspace
from pipeline.access.acts import Act
from pipeline.audit.note import Checkpoint, LogKey
from pipeline.audit.proving import Fault, Proved, against_rows
from pipeline.errors import PaperproofError, UserError
from pipeline.language import say
from pipeline.signature import Signer

if TYPE_CHECKING:
    from pipeline.audit.proving import Held

_TAMPERED = 1
_SHOWN = 20
_BOTH = "both"
_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")


def add_commands(app: typer.Typer) -> None:
    """Add the commands of the log."""
    audit = typer.Typer(
        help="The log of everything done and seen: signed, verified, shown.", no_args_is_help=True
    )
    key = typer.Typer(help="The key that signs the log.", no_args_is_help=True)
    key.command("make")(make_key)
    key.command("show")(show_key)
    audit.add_typer(key, name="key")
    audit.command("sign")(sign_log)
    audit.command("verify")(verify)
    audit.command("list")(list_entries)
    audit.command("certificate")(audit_certificates.certificate)
    audit.command("check")(audit_certificates.check)
    app.add_typer(audit, name="audit")


def make_key(context: typer.Context, name: str = _AS) -> None:
    """Make the key that signs the log, once; to be done by the audit administrator, on his own account."""
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.AUDIT_SIGN)
        folder = parts.workspace.audit(parts.settings)
        if key_file(folder).exists():
            raise UserError(
                say(
                    "{path} is there already; the log has one key, and a new one would prove nothing older.",
                    path=key_file(folder),
                )
            )
        Signer.of(key_file(folder))
        public = AuditKey.of(folder, parts.settings.audit.name).public
        public_file(folder).write_text(f"{public}\n", "utf-8")
        parts.catalog.audit.key_made(who, str(public))
    session.terminal.tell(say("The key lies in {path}; keep a safe copy.", path=key_file(folder)))
    session.terminal.tell(
        say("Print this line and give it to whoever verifies the log: {key}", key=str(public))
    )


def show_key(context: typer.Context) -> None:
    """Show the public key, the line that verification asks for."""
    session: Session = context.obj
    session.terminal.raw(str(workspace_key(session.workspace)))


def sign_log(
    context: typer.Context,
    every: int = typer.Option(
        None, "--every", min=1, metavar="SECONDS", help="Go on, and sign again so often."
    ),
) -> None:
    """Keep new entries of the log in both stores, read them back, and sign a checkpoint over all.

    Nothing happens when no entry was added. Exit code 1: the log is not the one that was signed last.
    """
    from flows.stores import open_stores  # stores take their time to load

    session: Session = context.obj
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        folder = parts.workspace.audit(parts.settings)
        key = AuditKey.of(folder, parts.settings.audit.name)
        stores = stack.enter_context(
            open_stores(parts.workspace, parts.settings, parts.catalog, checked=False)
        )
        bar = stack.enter_context(session.terminal.progress(say("Signing the log")))
        signing = Signing(parts.catalog.audit, stores.vault, key, folder, bar)
        _tell_signed(session.terminal, sign(signing))
        stores.vault.flush()
        while every:
            time.sleep(every)
            try:
                stores.vault.ask_replica_again()
                if signed := sign(signing):
                    _tell_signed(session.terminal, signed)
                stores.vault.flush()
            except PaperproofError as error:
                session.terminal.note(error.message)


def verify(
    context: typer.Context,
    source: str = typer.Option(
        _BOTH, "--from", help="both, primary, replica, or a folder with a copy of “audit/”."
    ),
    key: str = typer.Option(
        None, "--key", help="The public key: its line, or a file with it (the workspace's own)."
    ),
    known: Path = typer.Option(
        None, "--known", help="A checkpoint that was kept elsewhere, as a file."
    ),
    stores_alone: bool = typer.Option(
        False, "--stores-alone", help="Do not look at the catalog's database."
    ),
) -> None:
    """Prove the log from its objects alone, and hold the catalog's database against it.

    Finds every entry that was changed, taken away, put elsewhere, chained anew or cut off, up to the last
    checkpoint. Exit code 0: nothing; 1: something was done to it.
    """
    session: Session = context.obj
    public = named_key(key) if key else workspace_key(session.workspace)
    elsewhere = [_checkpoint(known, public)] if known else []
    in_folder = source not in (_BOTH, "primary", "replica")
    faults = 0
    with ExitStack() as stack:
        parts = None if stores_alone or in_folder else stack.enter_context(session.open_parts())
        if parts:
            kept = (public.opened(one.note) for one in parts.catalog.audit.checkpoints())
            elsewhere += [one for one in kept if one]
        proved: Proved | None = None
        for place, objects in _places(stack, session.workspace, source):
            with session.terminal.progress(say("Reading the log")) as bar:
                from flows.log_reading import prove

                proved = prove(objects, public, elsewhere, bar)
            session.terminal.tell(
                say(
                    "{place}: {entries} entries, {size} of them proved by {name}, {unproved} behind the last "
                    "checkpoint; {faults} faults.",
                    place=place,
                    entries=len(proved.leaves),
                    size=proved.size,
                    name=public.name,
                    unproved=proved.unproved,
                    faults=len(proved.faults),
                )
            )
            faults += _tell_faults(session.terminal, proved.faults)
        if parts and proved:
            faults += _tell_rows(session.terminal, parts, proved)
    if faults:
        raise typer.Exit(_TAMPERED)


def list_entries(
    context: typer.Context,
    who: str = typer.Option(None, "--who", help="Entries of a person."),
    act: str = typer.Option(None, "--act", help="Entries of an act, or of a kind of acts: “page”."),
    subject: str = typer.Option(None, "--subject", help="Entries on one thing, by its id."),
    since: str = typer.Option(None, "--from", metavar="DAY", help="From this day on."),
    until: str = typer.Option(None, "--to", metavar="DAY", help="Up to and with this day."),
    before: int = typer.Option(
        None, "--before", metavar="NUMBER", help="Older than this entry: the next page."
    ),
    limit: int = typer.Option(50, "--limit", min=1, max=10_000, help="So many at most."),
    as_json: bool = typer.Option(False, "--json", help="One entry a line, as it is kept."),
    by: str = _AS,
) -> None:
    """List entries of the log, the newest first."""
    session: Session = context.obj
    first, last = (parsed_day(day) if day else None for day in (since, until))
    wanted = Wanted.of_days(who, act, subject, first, last)
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(by)).require(Act.AUDIT_READ)
        found = parts.catalog.audit.find(wanted, before=before, limit=limit)
    if as_json:
        from pipeline.audit.entry import canonical

        for one in found:
            session.terminal.raw(canonical(one.body).decode())
        return
    if not found:
        session.terminal.tell(say("No entry of the log is asked for so."))
        return
    session.terminal.table(
        say("{count} entries of the log, the newest first", count=len(found)),
        (say("No."), say("When"), say("Who"), say("Act"), say("Done"), say("On")),
        [
            (
                str(one.seq),
                moment(datetime.fromisoformat(one.body["at"])),
                one.body["who"],
                one.body["act"],
                (say("yes") if one.body.get("ok", True) else say("denied")).in_language(
                    session.terminal.lang
                ),
                one.body["subject"],
            )
            for one in found
        ],
    )
    if len(found) == limit:
        session.terminal.note(
            say("Older ones: the same command with --before {seq}.", seq=found[-1].seq)
        )


def _checkpoint(path: Path, key: LogKey) -> Checkpoint:
    found = key.opened(path.read_bytes())
    if found is None:
        raise UserError(
            say("{path} is no checkpoint that the key {name} signed.", path=path, name=key.name)
        )
    return found


def _places(stack: ExitStack, workspace: Path, source: str) -> Iterator[tuple[str, Iterator[Held]]]:
    """What each place has of the log, by the place's name."""
    from flows.log_reading import in_folder, in_store
    from flows.stores import open_buckets

    if source not in (_BOTH, "primary", "replica"):
        if not Path(source).is_dir():
            raise UserError(
                say(
                    "There is no store {name}; say {names}.",
                    name=source,
                    names="both, primary, replica",
                )
            )
        yield source, in_folder(Path(source))
        return
    settings = load_settings(workspace)
    buckets = stack.enter_context(open_buckets(Workspace(workspace), settings))
    for place, store in zip(("primary", "replica"), buckets, strict=True):
        if source in (_BOTH, place):
            yield place, in_store(store)


def _tell_signed(terminal: Terminal, signed: Checkpoint | None) -> None:
    terminal.tell(
        say("Nothing was added to the log since it was signed last.")
        if signed is None
        else say(
            "Signed: {size} entries, root {root}.", size=signed.size, root=signed.root.hex()[:16]
        )
    )


def _tell_rows(terminal: Terminal, parts: Parts, proved: Proved) -> int:
    faults, behind = against_rows(proved, parts.catalog.audit.rows())
    terminal.tell(
        say(
            "Catalog: {faults} faults; {behind} entries are in no store yet.",
            faults=len(faults),
            behind=behind,
        )
    )
    return _tell_faults(terminal, faults)


def _tell_faults(terminal: Terminal, faults: tuple[Fault, ...]) -> int:
    for fault in faults[:_SHOWN]:
        terminal.tell(fault.message)
    if len(faults) > _SHOWN:
        terminal.tell(say("… and {count} more.", count=len(faults) - _SHOWN))
    return len(faults)
