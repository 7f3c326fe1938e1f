"""Born-digital packages of the online systems, and films of witnessed business."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path

import typer

from flows.access import Guard
from flows.commands.digital_shown import known_packages, show_packages
from flows.commands.reopened import tell_reopened
from flows.commands.session import Session, checked_branch, parsed_day, said
from flows.terminal import moment
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.clocks import ZONE
from pipeline.copies import size
from pipeline.digital import FiledPackage, PlaceKind
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.tasks.day import packages_awaited

_LEFT = 3
_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")
_BRANCH = typer.Option(None, "--branch", help="One branch (all).")
_NUMBER = typer.Argument(metavar="NUMBER", help="The package's number.")
_FILE = typer.Argument(metavar="FILE", help="Name of the file in the package.")


def add_commands(app: typer.Typer) -> None:
    """Add digital take-in, list, show, films, place and save."""
    group = typer.Typer(
        help="Born-digital packages of the online systems, and witness films.", no_args_is_help=True
    )
    for name, command in (
        ("take-in", take_in),
        ("list", list_),
        ("show", show),
        ("films", films),
        ("place", place),
        ("save", save),
    ):
        group.command(name)(command)
    app.add_typer(group, name="digital")


def take_in(
    context: typer.Context,
    path: Path = typer.Argument(metavar="FOLDER|ZIP", help="A package, or a folder of them."),
    branch: str = typer.Option(..., "--branch", help="Branch whose packages they are."),
    customer: str = typer.Option(None, "--customer", help="Only this customer's (anybody's)."),
    name: str = _AS,
) -> None:
    """Take packages in: each proved by its manifest, whole or not at all. Exit code 3: some were refused."""
    from flows.digital import DigitalIntake, take_in_digital  # stores and sandbox take their time
    from flows.self_test import require_locks
    from flows.stores import open_stores
    from pipeline.sandbox import Sandbox

    session: Session = context.obj
    who, at = session.acting(name), checked_branch(branch)
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        Guard.at_word(parts, who).require(Act.DIGITAL_TAKE_IN, at)
        parts.catalog.branches.require(at, day=date.min)  # a merged one has earlier days
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        require_locks(parts.settings, parts.catalog, stores.vault)
        box = stack.enter_context(Sandbox())
        intake = DigitalIntake(parts, stores, box.media, at, who, datetime.now(ZONE), customer)
        bar = stack.enter_context(session.terminal.progress(say("Taking in")))
        taken = take_in_digital(intake, path, bar)
        tell_reopened(session.terminal, parts, {(one.day, one.branch) for one in taken.admitted})
    for called, reason in taken.refused:
        session.terminal.tell(say("Refused: {name}: {reason}", name=called, reason=reason))
    session.terminal.tell(
        say(
            "{packages} packages = {admitted} taken in ({files} files) + {already} already in + {refused} "
            "refused.",
            packages=taken.packages,
            admitted=len(taken.admitted),
            files=taken.files,
            already=taken.already,
            refused=len(taken.refused),
        )
    )
    if taken.refused:
        raise typer.Exit(_LEFT)


def list_(
    context: typer.Context,
    day: str = typer.Option(..., "--day", help="Business date."),
    branch: str = _BRANCH,
    name: str = _AS,
) -> None:
    """List a day's packages, and what the electronic side waits for. Exit code 3: something does."""
    session: Session = context.obj
    on, at = parsed_day(day), None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        guard = Guard.at_word(parts, session.acting(name))
        guard.require(Act.SHELF_VIEW, at)
        found = known_packages(session.terminal, guard, parts.catalog.digital.of_day(on, at))
        awaited = packages_awaited(parts.catalog.tasks.of_day(on, at))
        booked = {
            (one.handling_branch, one.serial_no) for one in parts.catalog.streams.of_day(on, at)
        }
    show_packages(session.terminal, found)
    unbooked = [
        one.package for one in found if (one.package.branch, one.package.serial_no) not in booked
    ]
    for one in unbooked:
        session.terminal.tell(
            say(
                "Package {number} of branch {branch}: transaction {serial} is not booked.",
                number=one.number,
                branch=one.branch,
                serial=one.serial_no,
            )
        )
    for task in awaited:
        session.terminal.tell(
            say(
                "Branch {branch}: {task} waits for its package.", branch=task.branch, task=task.name
            )
        )
    if awaited or unbooked:
        raise typer.Exit(_LEFT)


def show(context: typer.Context, number: str = _NUMBER, name: str = _AS) -> None:
    """Show a package: whose it is, each file with its digest, and where films lie."""
    session: Session = context.obj
    with session.open_parts() as parts:
        filed = parts.catalog.digital.one(number)
        subject = Subject(filed.package.branch, filed.package.customer_no)
        guard = Guard.at_word(parts, session.acting(name))
        guard.require(Act.SHELF_VIEW, subject.branch)
        files = [one.sha256 for one in filed.package.files]
        guard.must_know(Act.SHELF_VIEW, subject, datetime.now(ZONE), files)
        types = parts.profile_on(filed.package.day).types
    show_packages(session.terminal, (filed,))
    lang = session.terminal.lang
    session.terminal.table(
        say("{count} files", count=len(filed.package.files)),
        (
            *(say("File"), say("Document type"), say("Format"), say("Size"), say("Captured")),
            *(say("Disc"), say("File server"), say("SHA-256")),
        ),
        [
            (
                one.name,
                types[one.document_type].name.in_language(lang)
                if one.document_type in types
                else one.document_type,
                str(one.format),
                size(one.byte_count),
                moment(one.captured_at) if one.captured_at else "–",
                *(filed.place(no, kind) or "–" for kind in PlaceKind),
                one.sha256,
            )
            for no, one in enumerate(filed.package.files, start=1)
        ],
    )


def films(
    context: typer.Context,
    branch: str = _BRANCH,
    lacking: bool = typer.Option(False, "--lacking", help="Only those without disc or server."),
    name: str = _AS,
) -> None:
    """List the witness films with disc and file server. Exit code 3: one lacks either."""
    session: Session = context.obj
    at = None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        guard = Guard.at_word(parts, session.acting(name))
        guard.require(Act.SHELF_VIEW, at)
        filed = [one for one in parts.catalog.digital.all() if at in (None, one.package.branch)]
        filed = known_packages(session.terminal, guard, filed)
    rows = [
        _film(one, no)
        for one in filed
        for no, _ in (one.films_lacking_a_place if lacking else one.films)
    ]
    missing = sum(len(one.films_lacking_a_place) for one in filed)
    session.terminal.table(
        say(
            "{count} films, {missing} without a disc or a server", count=len(rows), missing=missing
        ),
        (
            *(say("Branch"), say("Day"), say("Serial number"), say("Package"), say("File")),
            *(say("Size"), say("Disc"), say("File server"), say("SHA-256")),
        ),
        rows,
    )
    if missing:
        raise typer.Exit(_LEFT)


def place(
    context: typer.Context,
    number: str = _NUMBER,
    file: str = _FILE,
    disc: str = typer.Option(None, "--disc", help="Number of the disc it was burnt on."),
    server: str = typer.Option(None, "--server", help="Its place on the file server (sftp://…)."),
    name: str = _AS,
) -> None:
    """Enter on which disc and where on the file server a film lies; the last entry counts."""
    from flows.digital import checked_place

    session: Session = context.obj
    told = [
        (kind, text)
        for kind, text in ((PlaceKind.DISC, disc), (PlaceKind.SERVER, server))
        if text is not None
    ]
    if not told:
        raise UserError(say("Say where it lies, with --disc or --server."))
    who = session.acting(name)
    with session.open_parts() as parts:
        filed = parts.catalog.digital.one(number)
        Guard.at_word(parts, who).require(Act.DIGITAL_PLACE, filed.package.branch)
        no = _file_no(filed, file)
        for kind, text in told:
            checked = checked_place(parts, kind, text)
            filed = parts.catalog.digital.place(number, (no, kind, checked), who)
    session.terminal.tell(
        say(
            "{file} of package {number}: disc {disc}, file server {server}.",
            file=file,
            number=number,
            disc=filed.place(no, PlaceKind.DISC) or "–",
            server=filed.place(no, PlaceKind.SERVER) or "–",
        )
    )


def save(
    context: typer.Context,
    number: str = _NUMBER,
    file: str = _FILE,
    output: Path = typer.Option(..., "--output", "-o", help="File to write."),
    purpose: str = typer.Option(..., "--purpose", help="What for; it stands in the log."),
    name: str = _AS,
) -> None:
    """Write a package's file, proved, for a purpose that is entered first."""
    from flows.stores import open_stores
    from storage.store import digital_key

    session: Session = context.obj
    why = said(purpose, say("Say what for, with --purpose."))
    with session.open_parts() as parts:
        filed = parts.catalog.digital.one(number)
        one = filed.package.files[_file_no(filed, file) - 1]
        subject = Subject(filed.package.branch, filed.package.customer_no)
        guard = Guard.at_word(parts, session.acting(name))
        guard.view(Act.PAGE_ORIGINAL, subject, why, datetime.now(ZONE), [one.sha256])
        with open_stores(parts.workspace, parts.settings, parts.catalog) as stores:
            stores.vault.copy_to(output, digital_key(one.sha256), one.sha256)
    session.terminal.tell(
        say("{file}: {size}, {path}", file=file, size=size(one.byte_count), path=output)
    )


def _film(filed: FiledPackage, no: int) -> tuple[str, ...]:
    package, one = filed.package, filed.package.files[no - 1]
    return (
        *(package.branch, package.day.isoformat(), package.serial_no, package.number, one.name),
        size(one.byte_count),
        *(filed.place(no, kind) or "–" for kind in PlaceKind),
        one.sha256,
    )


def _file_no(filed: FiledPackage, name: str) -> int:
    names: Iterable[str] = (one.name for one in filed.package.files)
    found = next((no for no, one in enumerate(names, start=1) if one == name), None)
    if found is None:
        raise UserError(
            say("Package {number} has no file {name}.", number=filed.package.number, name=name)
        )
    return found
