"""The archives of customers: what is in them, where it lies, and lines added to their registration forms."""

from __future__ import annotations

from datetime import datetime

import typer

from flows.access import Guard
from flows.archives import file_earlier
from flows.commands import archive_forms, custody, four_checks, reading_room, shelf
from flows.commands.digital_shown import known_packages, show_packages
from flows.commands.session import Session, checked_branch, parsed_day, said
from flows.parts import Parts
from flows.secrecy import Secrecy
from flows.terminal import Terminal, moment
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.archive import LINE_KINDS, Archive, LineKind, Material, by_customer
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.shelf import KINDS, Container, ContainerKind, Containers, path_of, within
from pipeline.transfer import WHYS, Transfer, TransferActKind

NUMBER = typer.Argument(metavar="NUMBER", help="Number of the customer, the bag or an entry.")
_BY = typer.Option(None, "--as", metavar="NAME", help="The archivist (this account).")


def add_commands(app: typer.Typer) -> None:
    """Add archive show, list, add and file, and those of places, forms, checks and the reading room."""
    group = typer.Typer(
        help="The archives of customers, and where papers lie.", no_args_is_help=True
    )
    group.command("show")(show)
    group.command("list")(list_archives)
    group.command("add")(add)
    group.command("file")(file)
    shelf.add_to(group)
    archive_forms.add_to(group)
    custody.add_to(group)
    reading_room.add_to(group)
    four_checks.add_to(group)
    app.add_typer(group, name="archive")


def show(context: typer.Context, number: str = NUMBER, by: str = _BY) -> None:
    """Show a customer's archive: every line of its registration form, where each paper lies, packages.

    Also what lies in a volume, box, cabinet or room, by the number on its label.
    """
    session: Session = context.obj
    with session.open_parts() as parts:
        place = parts.catalog.shelf.all().get(number)
        if place is not None and place.kind is not ContainerKind.BAG:
            Guard.at_word(parts, session.acting(by)).require(Act.SHELF_VIEW, place.branch)
            _show_inside(session.terminal, parts, place)
            return
        guard, catalog = Guard.at_word(parts, session.acting(by)), parts.catalog
        customer = number
        if catalog.archives.with_archive([number]) or not catalog.digital.of_customer(number):
            customer = _show_archive(session.terminal, parts, guard, number)
        packages = catalog.digital.of_customer(customer)
        for branch in {one.package.branch for one in packages}:
            guard.require(Act.SHELF_VIEW, branch)
        known = known_packages(session.terminal, guard, packages)
    if known:
        show_packages(session.terminal, known)


def _show_archive(terminal: Terminal, parts: Parts, guard: Guard, number: str) -> str:
    """Show the lines of an archive; give the customer's number."""
    archive = parts.catalog.archives.one(number)
    guard.require(Act.SHELF_VIEW, archive.branch)
    of = Subject(archive.branch, archive.customer_no)
    level = guard.must_know(Act.SHELF_VIEW, of, datetime.now(ZONE))
    containers, categories = parts.catalog.shelf.all(), parts.profile.categories
    lang = terminal.lang
    terminal.table(
        say(
            "Customer {customer}, branch {branch}: bag {bag}, opened {at} by {person}",
            customer=archive.customer_no,
            branch=archive.branch,
            bag=archive.bag,
            at=moment(archive.opened_at),
            person=archive.opened_by,
        ),
        (
            say("Entry number"),
            say("Day"),
            say("Content"),
            say("Class of papers"),
            say("Page count"),
            say("Act"),
            say("Place"),
            say("Archivist"),
        ),
        [
            (
                line.entry,
                line.day.isoformat(),
                " ".join(filter(None, (line.content, line.serial_no, line.note))),
                categories[line.category].in_language(lang) if line.category in categories else "–",
                str(line.pages),
                LINE_KINDS[line.kind].in_language(lang),
                place_of(line.binding, containers),
                line.person,
            )
            for line in archive.lines
        ],
    )
    for one in parts.catalog.transfers.all():
        if one.by(TransferActKind.CLOSED) and archive.bag in {each.bag for each in one.going}:
            terminal.tell(_came(one))
    terminal.tell(_summary(archive))
    terminal.tell(
        say(
            "Level of secrecy of the archive: {level}; of the bag with all that is in it: {bag}.",
            level=level.name,
            bag=Secrecy(parts).of_bag(archive.customer_no).name,
        )
    )
    return archive.customer_no


def _came(one: Transfer) -> Message:
    return say(
        "The archive came from branch {giver} to {taker} by transfer {number}, {why}.",
        giver=one.giver,
        taker=one.taker,
        number=one.number,
        why=WHYS[one.why],
    )


def _show_inside(terminal: Terminal, parts: Parts, place: Container) -> None:
    """List what lies in a place, by customer number."""
    containers = parts.catalog.shelf.all()
    lines = [
        line
        for one in within(place.number, containers)
        for line in parts.catalog.archives.in_container(one.number)
    ]
    terminal.table(
        say("{kind} {number}", kind=KINDS[place.kind], number=place.number),
        (
            say("Entry number"),
            say("Day"),
            say("Content"),
            say("Page count"),
            say("Act"),
            say("Place"),
        ),
        [
            (
                line.entry,
                line.day.isoformat(),
                " ".join(filter(None, (line.content, line.serial_no, line.note))),
                str(line.pages),
                LINE_KINDS[line.kind].in_language(terminal.lang),
                place_of(line.binding, containers),
            )
            for line in sorted(lines, key=lambda one: (by_customer(one.customer_no), one.number))
        ],
    )


def place_of(number: str, containers: Containers) -> str:
    """Tell a place from the room to the bag."""
    return " / ".join(one.number for one in path_of(number, containers))


def _summary(archive: Archive) -> Message:
    return say(
        "{lines} lines; in store by the book: {papers} papers of {pages} pages.",
        lines=len(archive.lines),
        papers=len(archive.in_store),
        pages=archive.pages,
    )


def list_archives(
    context: typer.Context,
    branch: str = typer.Option(None, "--branch", help="One branch (all)."),
    by: str = _BY,
) -> None:
    """List archives by customer number: bag, place, papers in store."""
    session: Session = context.obj
    at = None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        if at is not None:
            parts.catalog.branches.must_be_known(at)
        Guard.at_word(parts, session.acting(by)).require(Act.SHELF_VIEW, at)
        archives = parts.catalog.archives.all(at)
        known = parts.catalog.branches.successions()
        merged, heir = (known.of(at), known.heir(at)) if at is not None else (None, "")
        containers = parts.catalog.shelf.all()
    if not archives:
        session.terminal.tell(
            say(
                "Branch {branch} was merged; its archives are those of branch {taker}.",
                branch=merged.giver,
                taker=heir,
            )
            if merged
            else say("No customer has an archive yet.")
        )
        return
    session.terminal.table(
        say("Archives by customer number"),
        (
            say("Customer"),
            say("Branch"),
            say("Bag"),
            say("Place"),
            say("Lines"),
            say("Papers in store"),
            say("Page count"),
        ),
        [
            (
                one.customer_no,
                one.branch,
                one.bag,
                place_of(one.bag, containers),
                str(len(one.lines)),
                str(len(one.in_store)),
                str(one.pages),
            )
            for one in archives
        ],
    )


def add(
    context: typer.Context,
    customer: str = typer.Argument(metavar="CUSTOMER", help="Customer number."),
    branch: str = typer.Option(..., "--branch", help="Branch where the material came in."),
    content: str = typer.Option(..., "--content", help="What it is."),
    pages: int = typer.Option(..., "--pages", min=1, max=9999, help="Pages with writing on."),
    category: str = typer.Option("", "--class", help="A category of the profile (none)."),
    day: str = typer.Option(None, "--day", help="Day of the material (today)."),
    by: str = _BY,
) -> None:
    """Register supplementary material that came without a hand-over; earlier lines stay as they are."""
    session: Session = context.obj
    who, at, on = session.acting(by), checked_branch(branch), parsed_day(day)
    told = said(content, say("Say what the material is with --content."))
    with session.open_parts() as parts:
        parts.catalog.branches.must_be_known(at)
        Guard.at_word(parts, who).require(Act.ARCHIVE_FILE, at)
        owner = _owner(parts, customer, at)
        if category and category not in parts.profile.categories:
            raise UserError(
                say(
                    "The profile has no class {category}; it has: {known}.",
                    category=category,
                    known=", ".join(parts.profile.categories),
                )
            )
        if on > parsed_day(None):
            raise UserError(say("{day} is yet to come.", day=on))
        material = Material(customer, owner, at, on, None, told, category, pages)
        [entry] = parts.catalog.archives.register(LineKind.SUPPLEMENT, [material], who)
    session.terminal.tell(say("Registered as {entry}.", entry=entry))


def _owner(parts: Parts, customer: str, branch: str) -> str:
    """The branch of a customer, as the master has it; raises UserError for a customer that nobody knows."""
    catalog = parts.catalog
    known = catalog.customers.of_numbers([customer]).get(customer)
    if known is not None:
        return catalog.branches.successions().heir(known.owner_branch)
    if catalog.customers.any() and not catalog.archives.with_archive([customer]):
        raise UserError(
            say(
                "The customer master has no customer {number}; see “paperproof customers import”.",
                number=customer,
            )
        )
    return branch


def file(context: typer.Context, by: str = _BY) -> None:
    """Register papers that an older version took into store without archives; safe to run again."""
    session: Session = context.obj
    who = session.acting(by)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.ARCHIVE_FILE)
        count = file_earlier(parts, who)
    session.terminal.tell(say("{count} papers that were in store are registered now.", count=count))
