"""Packages that leave the system: asked for, approved, made, handed over."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import typer

from flows.access import Guard
from flows.commands.session import Session, checked_branch, parsed_day
from flows.exports import ExportDesk
from flows.parts import Parts
from flows.system_lists import counted_terms, write_tasks
from flows.terminal import moment
from pipeline.errors import UserError
from pipeline.exports import (
    CHANNELS,
    DONE,
    EXPORT_STATES,
    WHATS,
    Channel,
    Export,
    ExportActKind,
    Wanted,
    What,
)
from pipeline.language import Named, say
from pipeline.system_list import Span, SystemList
from pipeline.tasks.day import told, total

_LEFT_OUT = 3
_NO = typer.Argument(metavar="NUMBER", help="The export's number.")
_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")
_NOTE = typer.Option("", "--because", help="A word on it, for the record.")
_TO = typer.Option(..., "--to", help="To whom and where, for the record.")


def add_commands(app: typer.Typer) -> None:
    """Add export ask, approve, refuse, make, package-sent, key-sent, list, show and tasks."""
    group = typer.Typer(
        help="Encrypted packages that leave the system, under approval.", no_args_is_help=True
    )
    for name, command in (
        ("ask", ask),
        ("approve", approve),
        ("refuse", refuse),
        ("make", make),
        ("package-sent", package_sent),
        ("key-sent", key_sent),
        ("list", list_),
        ("show", show),
        ("tasks", tasks),
    ):
        group.command(name)(command)
    app.add_typer(group, name="export")


def ask(
    context: typer.Context,
    what: What = typer.Argument(help="transaction, customer, day, list or index."),
    names: list[str] = typer.Argument(
        metavar="NAME", help="Serial numbers, customer, day or days."
    ),
    branch: str = typer.Option(..., "--branch", help="The branch whose papers they are."),
    purpose: str = typer.Option(..., "--purpose", help="What it is needed for."),
    recipient: str = typer.Option(..., "--recipient", help="Who gets it: institution, person."),
    package_by: Channel = typer.Option(..., "--package-by", help="How the package goes."),
    key_by: Channel = typer.Option(..., "--key-by", help="How its key goes: by another channel."),
    age_key: str = typer.Option(
        "", "--age-key", help="The recipient's public key, age1… (a passphrase is made)."
    ),
    by: str = _AS,
) -> None:
    """Ask for a package; somebody else decides."""
    session: Session = context.obj
    wanted = Wanted(
        branch=checked_branch(branch),
        what=what,
        names=tuple(names),
        purpose=purpose.strip(),
        recipient=recipient.strip(),
        package_by=package_by,
        key_by=key_by,
        age_key=age_key,
    )
    with session.open_parts() as parts:
        parts.catalog.branches.must_be_known(wanted.branch)
        desk = _desk(parts, session, by)
        _tell(session, desk.ask(wanted, _now()), desk.days)


def approve(context: typer.Context, no: int = _NO, because: str = _NOTE, by: str = _AS) -> None:
    """Approve what somebody else asked for; it holds as long as an access request may."""
    session: Session = context.obj
    with session.open_parts() as parts:
        desk = _desk(parts, session, by)
        _tell(session, desk.approve(no, because, _now()), desk.days)


def refuse(context: typer.Context, no: int = _NO, because: str = _NOTE, by: str = _AS) -> None:
    """Turn down what somebody else asked for; say why."""
    session: Session = context.obj
    with session.open_parts() as parts:
        desk = _desk(parts, session, by)
        _tell(session, desk.refuse(no, because, _now()), desk.days)


def make(context: typer.Context, no: int = _NO, by: str = _AS) -> None:
    """Make an approved package, encrypted; its passphrase is shown this once. Exit code 3: pages left out."""
    from flows.export_package import Making, make_package  # pictures and stores take their time
    from flows.stores import open_stores
    from pipeline.sandbox import Sandbox

    session: Session = context.obj
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        opener = stack.enter_context(Sandbox())
        bar = stack.enter_context(session.terminal.progress(say("Packing")))
        making = Making(_desk(parts, session, by), stores.vault, opener, bar, _now())
        made = make_package(making, no)
    session.terminal.tell(
        say(
            "{path}: {transactions} transactions, {pages} pages, encrypted; SHA-256 {sha256}.",
            path=made.path,
            transactions=made.transactions,
            pages=made.pages,
            sha256=made.sha256,
        )
    )
    if made.passphrase:
        session.terminal.tell(
            say(
                "Passphrase, shown this once and kept nowhere: {passphrase}",
                passphrase=made.passphrase,
            )
        )
    if made.born_digital:
        session.terminal.tell(
            say(
                "Born-digital files bear no watermark and are only listed in it: {files}; "
                "“paperproof evidence” gives them.",
                files=", ".join(made.born_digital),
            )
        )
    if made.left_out:
        names = ", ".join(made.left_out)
        session.terminal.tell(say("Could not be opened and are left out: {pages}.", pages=names))
        raise typer.Exit(_LEFT_OUT)


def package_sent(context: typer.Context, no: int = _NO, to: str = _TO, by: str = _AS) -> None:
    """Enter that the package was handed over by the approved channel."""
    _sent(context.obj, no, ExportActKind.SEND_PACKAGE, to, by)


def key_sent(context: typer.Context, no: int = _NO, to: str = _TO, by: str = _AS) -> None:
    """Enter that the key was handed over by the approved channel, another than the package's."""
    _sent(context.obj, no, ExportActKind.SEND_KEY, to, by)


def _sent(session: Session, no: int, kind: ExportActKind, to: str, by: str | None) -> None:
    with session.open_parts() as parts:
        desk = _desk(parts, session, by)
        _tell(session, desk.sent(no, kind, to, _now()), desk.days)


def list_(context: typer.Context, by: str = _AS) -> None:
    """List the packages of the branches one may look at, the newest first."""
    session: Session = context.obj
    lang = session.terminal.lang
    with session.open_parts() as parts:
        desk = _desk(parts, session, by)
        shown, days = desk.visible(), desk.days
    session.terminal.table(
        say("{count} exports", count=len(shown)),
        (
            *(say("Export"), say("Branch"), say("What"), say("Recipient"), say("Asked by")),
            *(say("Package by"), say("Key by"), say("State")),
        ),
        [
            (
                *(one.number, one.wanted.branch, WHATS[one.wanted.what].in_language(lang)),
                *(one.wanted.recipient, one.applicant),
                CHANNELS[one.wanted.package_by].in_language(lang),
                CHANNELS[one.wanted.key_by].in_language(lang),
                EXPORT_STATES[one.state_at(_now(), days)].in_language(lang),
            )
            for one in shown
        ],
    )


def show(context: typer.Context, no: int = _NO, by: str = _AS) -> None:
    """Show an export and everything that was done with it."""
    session: Session = context.obj
    with session.open_parts() as parts:
        desk = _desk(parts, session, by)
        found = next((one for one in desk.visible() if one.no == no), None)
        if found is None:
            raise UserError(say("There is no export {no}; see “paperproof export list”.", no=no))
        days = desk.days
    _tell(session, found, days)
    for act in found.acts:
        session.terminal.tell(
            say(
                "{at} {person}: {what}. {note}",
                at=moment(act.at),
                person=act.person,
                what=DONE[act.kind],
                note=act.note or act.sha256,
            )
        )


def tasks(
    context: typer.Context,
    output: Path = typer.Option(..., "--output", "-o", help="File to write: .csv or .json."),
    first: str = typer.Option(None, "--from", help="First business day (the last one)."),
    last: str = typer.Option(None, "--to", help="Last business day (today)."),
    branch: str = typer.Option(None, "--branch", help="One branch (all)."),
    by: str = _AS,
) -> None:
    """Write the capture tasks for the account system, in its categories: what was due, what is in."""
    session: Session = context.obj
    until = parsed_day(last)
    span = Span.of(until if first is None else parsed_day(first), until)
    at = None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        if at is not None:
            parts.catalog.branches.must_be_known(at)
        listed = write_tasks(Guard.at_word(parts, session.acting(by)), at, span, output)
        names = parts.profile_on(until).categories
    _tell_tasks(session, listed, names)
    session.terminal.tell(say("{path}: {count} lines.", path=output, count=len(listed.rows)))


def _tell_tasks(session: Session, listed: SystemList, names: Mapping[str, Named]) -> None:
    """Tell the list's counts by category; ``names``: those of the profile."""
    if not listed.rows:
        session.terminal.note(
            say("Nothing of {span} asks for papers here; check days and branch.", span=listed.span)
        )
        return
    lang, counts = session.terminal.lang, counted_terms(listed)
    session.terminal.table(
        say("Capture tasks of {span}", span=listed.span),
        (
            *(say("Category"), say("Tasks"), say("Captured"), say("Shared"), say("Missing")),
            *(say("Electronic"), say("Optional"), say("Void")),
        ),
        [
            (
                names[code].in_language(lang) if code in names else code or "–",
                *(str(one) for one in of_category.values()),
            )
            for code, of_category in counts.items()
        ],
    )
    session.terminal.tell(told(total(counts.values())))


def _tell(session: Session, one: Export, days: int) -> None:
    session.terminal.tell(
        say(
            "{number}: {what} {names}, for {recipient}: {purpose}; package by {package}, key by {key}; "
            "{state}.",
            number=one.number,
            what=WHATS[one.wanted.what],
            names=", ".join(one.wanted.names),
            recipient=one.wanted.recipient,
            purpose=one.wanted.purpose,
            package=CHANNELS[one.wanted.package_by],
            key=CHANNELS[one.wanted.key_by],
            state=EXPORT_STATES[one.state_at(_now(), days)],
        )
    )


def _desk(parts: Parts, session: Session, by: str | None) -> ExportDesk:
    return ExportDesk(Guard.at_word(parts, session.acting(by)))


def _now() -> datetime:
    return datetime.now(UTC)
