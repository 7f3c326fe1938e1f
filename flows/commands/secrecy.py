"""Levels of secrecy: which there are, how secret a thing is, who decides on it, who may know it."""

from __future__ import annotations

from datetime import datetime

import typer

from flows.access import Guard
from flows.commands.session import Session, parsed_day
from flows.commands.staff import parsed_role
from flows.parts import Parts
from flows.secrecy import Secrecy
from flows.secrecy_desk import SecrecyDesk
from flows.terminal import moment
from pipeline.access.acts import Act
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.secrecy import ITEM_KINDS, LEVEL_ACTS, Item, ItemKind, Ladder, LevelActKind, Reader
from pipeline.staff import ROLES

_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")
_WHY = typer.Option(..., "--because", help="Why, for the record.")
_PAGE = typer.Option(None, "--page", metavar="SHA-256", help="A page, by 8 digits or more.")
_CUSTOMER = typer.Option(None, "--customer", metavar="NUMBER", help="A customer's archive.")
_PACKAGE = typer.Option(None, "--package", metavar="NUMBER", help="A born-digital package.")
_LEVEL = typer.Option(..., "--level", metavar="CODE", help="Code of the level.")
_NO = typer.Argument(metavar="NO", help="Its number in the register.")


def add_commands(app: typer.Typer) -> None:
    """Add secrecy levels, show, set, confirm, refuse, list, readers, admit and end."""
    group = typer.Typer(
        help="Levels of secrecy: how secret things are, and who may know what is.",
        no_args_is_help=True,
    )
    for name, command in (
        *(("levels", levels), ("show", show), ("set", set_level)),
        *(("confirm", confirm), ("refuse", refuse), ("list", list_)),
        *(("readers", readers), ("admit", admit), ("end", end)),
    ):
        group.command(name)(command)
    app.add_typer(group, name="secrecy")


def levels(context: typer.Context) -> None:
    """List the levels of the profile, the lowest first, and the document types that have each."""
    session: Session = context.obj
    lang = session.terminal.lang
    with session.open_parts() as parts:
        profile = parts.profile
    session.terminal.table(
        say("Levels of secrecy"),
        (say("Level"), say("Name"), say("Document types")),
        [
            (
                one.code,
                one.name.in_language(lang),
                say("all others").in_language(lang)
                if one == profile.ladder.lowest
                else ", ".join(c for c, kind in profile.types.items() if kind.secrecy == one.code)
                or "–",
            )
            for one in profile.secrecy
        ],
    )


def show(
    context: typer.Context,
    page: str = _PAGE,
    customer: str = _CUSTOMER,
    package: str = _PACKAGE,
    volume: str = typer.Option(None, "--volume", metavar="NAME", help="A cold volume."),
    by: str = _AS,
) -> None:
    """Tell how secret a page, archive with its bag, package or cold volume is, and who may know it."""
    session: Session = context.obj
    with session.open_parts() as parts:
        guard = Guard.at_word(parts, session.acting(by))
        secrecy, bag = Secrecy(parts), None
        if volume is not None:
            guard.require(Act.SECRECY_VIEW)
            if parts.catalog.volumes.one(volume) is None:
                raise UserError(say("There is no volume {name}.", name=volume))
            level = secrecy.of_volume(volume)
        else:
            item = _item(SecrecyDesk(guard), page, customer, package)
            guard.require(Act.SECRECY_SET, item.branch)
            level = secrecy.item_level(item)
            bag = secrecy.of_bag(item.key) if item.kind is ItemKind.ARCHIVE else None
        known = parts.catalog.secrecy.readers()
    session.terminal.tell(say("Level of secrecy: {level}.", level=level.name))
    if bag is not None:
        session.terminal.tell(say("The bag with all that is in it: {level}.", level=bag.name))
        level = bag
    wanted = secrecy.ladder.rank(level.code)
    if wanted:
        _tell_readers(session, known, secrecy.ladder, wanted)


def set_level(
    context: typer.Context,
    level: str = _LEVEL,
    page: str = _PAGE,
    customer: str = _CUSTOMER,
    package: str = _PACKAGE,
    why: str = _WHY,
    by: str = _AS,
) -> None:
    """Raise or lower the level of one page, archive or package; lowered it is once another confirms it."""
    session: Session = context.obj
    with session.open_parts() as parts:
        desk = _desk(session, parts, by)
        item = _item(desk, page, customer, package)
        act = desk.set(item, Secrecy(parts).ladder.of(level), why, datetime.now(ZONE))
        now = Secrecy(parts).item_level(item)
    if act.kind is LevelActKind.LOWER:
        session.terminal.tell(
            say(
                "Asked for as number {no}; it counts once another person confirms it: “paperproof secrecy "
                "confirm {no}”.",
                no=act.no,
            )
        )
    session.terminal.tell(say("Level of secrecy: {level}.", level=now.name))


def confirm(context: typer.Context, no: int = _NO, why: str = _WHY, by: str = _AS) -> None:
    """Confirm that a level is lowered, as another person than who asked."""
    _settle(context, no, LevelActKind.CONFIRM, why, by)


def refuse(context: typer.Context, no: int = _NO, why: str = _WHY, by: str = _AS) -> None:
    """Refuse that a level is lowered."""
    _settle(context, no, LevelActKind.REFUSE, why, by)


def _settle(context: typer.Context, no: int, kind: LevelActKind, why: str, by: str | None) -> None:
    session: Session = context.obj
    with session.open_parts() as parts:
        act = _desk(session, parts, by).settle(no, kind, why, datetime.now(ZONE))
        level = Secrecy(parts).item_level(act.item)
    session.terminal.tell(say("Level of secrecy: {level}.", level=level.name))


def list_(context: typer.Context, by: str = _AS) -> None:
    """List every decision on a level. Exit code 3: a lowering waits for another person."""
    session: Session = context.obj
    lang = session.terminal.lang
    with session.open_parts() as parts:
        acts = _desk(session, parts, by).visible()
        waits = [one for one in parts.catalog.secrecy.waiting() if one in acts]
        ladder = Secrecy(parts).ladder
    session.terminal.table(
        say("Decisions on levels of secrecy; {count} wait", count=len(waits)),
        (
            *(say("No."), say("What"), say("Number"), say("Branch"), say("Decision")),
            *(say("Level"), say("Why"), say("Person"), say("At")),
        ),
        [
            (
                *(str(one.no), ITEM_KINDS[one.item.kind].in_language(lang), one.item.key[:16]),
                *(one.item.branch, LEVEL_ACTS[one.kind].in_language(lang)),
                ladder.highest([one.level]).name.in_language(lang),
                *(one.reason, one.person, moment(one.at)),
            )
            for one in acts
        ],
    )
    if waits:
        raise typer.Exit(3)


def readers(
    context: typer.Context,
    level: str = typer.Option(
        None, "--level", metavar="CODE", help="Who may know it (all levels)."
    ),
    by: str = _AS,
) -> None:
    """List the access lists: who is admitted to which level, since when, until when, by whom."""
    session: Session = context.obj
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(by)).require(Act.SECRECY_VIEW)
        ladder = Secrecy(parts).ladder
        wanted = ladder.rank(ladder.of(level).code) if level else 0
        _tell_readers(session, parts.catalog.secrecy.readers(), ladder, wanted)


def admit(
    context: typer.Context,
    level: str = _LEVEL,
    person: str = typer.Option(None, "--person", metavar="NAME", help="One person."),
    role: str = typer.Option(None, "--role", metavar="ROLE", help="All who hold a role."),
    since: str = typer.Option(None, "--from", help="First day (today)."),
    until: str = typer.Option(None, "--until", help="Last day (until it is ended)."),
    why: str = _WHY,
    by: str = _AS,
) -> None:
    """Put a person or a role on the access list of a level; it opens the levels below too."""
    session: Session = context.obj
    if (person is None) is (role is None):
        raise UserError(say("Name either --person or --role."))
    days = parsed_day(since), parsed_day(until) if until else None
    with session.open_parts() as parts:
        who = parsed_role(role) if role is not None else str(person)
        of = Secrecy(parts).ladder.of(level)
        no = _desk(session, parts, by).admit(of, who, days, why, datetime.now(ZONE))
    session.terminal.tell(say("Place {no} on the access list of {level}.", no=no, level=of.name))


def end(
    context: typer.Context,
    no: int = typer.Argument(metavar="NO", help="The place's number."),
    why: str = _WHY,
    by: str = _AS,
) -> None:
    """End a place on an access list; from the next reading on it opens nothing."""
    session: Session = context.obj
    with session.open_parts() as parts:
        _desk(session, parts, by).end(no, why, datetime.now(ZONE))
    session.terminal.tell(say("Place {no} is ended.", no=no))


def _desk(session: Session, parts: Parts, by: str | None) -> SecrecyDesk:
    return SecrecyDesk(Guard.at_word(parts, session.acting(by)))


def _item(desk: SecrecyDesk, page: str | None, customer: str | None, package: str | None) -> Item:
    if sum(one is not None for one in (page, customer, package)) != 1:
        raise UserError(say("Name one thing: --page, --customer or --package."))
    if page is not None:
        return desk.page(page)
    return desk.archive(customer) if customer is not None else desk.package(str(package))


def _tell_readers(session: Session, known: tuple[Reader, ...], ladder: Ladder, wanted: int) -> None:
    lang = session.terminal.lang
    shown = [
        one for one in known if ladder.rank(one.level) >= wanted and not (wanted and one.ended)
    ]
    if not shown:
        session.terminal.tell(
            say("Nobody is on a list: what has a higher level than the lowest, nobody may know.")
            if not wanted
            else say("Nobody may know it: nobody is on the access list of its level.")
        )
        return
    session.terminal.table(
        say("Who may know it") if wanted else say("Access lists of the levels of secrecy"),
        (
            *(say("No."), say("Level"), say("Who"), say("From day"), say("Up to")),
            *(say("Why"), say("Entered by"), say("Ended")),
        ),
        [
            (
                *(str(one.no), ladder.highest([one.level]).name.in_language(lang)),
                one.person if one.role is None else ROLES[one.role].in_language(lang),
                *(one.since.isoformat(), one.until.isoformat() if one.until else "–"),
                *(one.reason, one.by),
                f"{moment(one.ended.at)} {one.ended.by}: {one.ended.reason}" if one.ended else "–",
            )
            for one in shown
        ],
    )
