"""Places of papers: store-rooms, cabinets and boxes, what stands in them, and moves."""

from __future__ import annotations

from enum import StrEnum

import typer

from flows.access import Guard
from flows.commands.session import Session, checked_branch, said
from flows.terminal import moment
from pipeline.access.acts import Act
from pipeline.language import say
from pipeline.shelf import (
    FILED,
    KINDS,
    Container,
    ContainerKind,
    Containers,
    checked_place,
    path_of,
)

_BY = typer.Option(None, "--as", metavar="NAME", help="The archivist (this account).")


class Place(StrEnum):
    """Kinds of containers that people number."""

    ROOM = "room"
    CABINET = "cabinet"
    BOX = "box"


def add_to(group: typer.Typer) -> None:
    """Add archive place, places, move and history."""
    group.command("place")(place)
    group.command("places")(places)
    group.command("move")(move)
    group.command("history")(history)


def place(
    context: typer.Context,
    kind: Place = typer.Argument(help="room, cabinet or box."),
    number: str = typer.Argument(metavar="NUMBER", help="Its number, as written on it."),
    branch: str = typer.Option(..., "--branch", help="Branch whose papers it holds."),
    title: str = typer.Option("", "--title", help="What people call it."),
    into: str = typer.Option(None, "--in", metavar="PLACE", help="What it stands in."),
    by: str = _BY,
) -> None:
    """Enter a store-room, cabinet or box."""
    session: Session = context.obj
    who, at = session.acting(by), checked_branch(branch)
    with session.open_parts() as parts:
        parts.catalog.branches.must_be_known(at)
        Guard.at_word(parts, who).require(Act.ARCHIVE_FILE, at)
        made = parts.catalog.shelf.add(
            ContainerKind(kind), checked_place(number), at, title.strip(), into, who
        )
    session.terminal.tell(
        say("{number} is entered as {kind}.", number=made.number, kind=KINDS[made.kind])
    )


def move(
    context: typer.Context,
    number: str = typer.Argument(metavar="NUMBER", help="Bag, volume, box or cabinet."),
    into: str = typer.Argument(metavar="PLACE", help="Where it goes."),
    reason: str = typer.Option(None, "--reason", help="Why (filed)."),
    by: str = _BY,
) -> None:
    """Move a bag or volume into a box, a box into a cabinet, a cabinet into a room; earlier moves stay."""
    session: Session = context.obj
    who = session.acting(by)
    why = FILED if reason is None else said(reason, say("Say why with --reason."))
    with session.open_parts() as parts:
        shelf = parts.catalog.shelf
        Guard.at_word(parts, who).require(Act.ARCHIVE_FILE, shelf.one(number).branch)
        shelf.move(number, into, why, who)
        found = path_of(number, shelf.all())
    session.terminal.tell(
        say("{number} stands in {place}.", number=number, place=told_place(found[:-1]))
    )


def told_place(path: tuple[Container, ...]) -> str:
    """Tell a path from the room down."""
    return " / ".join(one.number for one in path) or "–"


def places(
    context: typer.Context,
    branch: str = typer.Option(None, "--branch", help="One branch (all)."),
    by: str = _BY,
) -> None:
    """List rooms, cabinets, boxes, bound volumes and bags, each with where it stands."""
    session: Session = context.obj
    at = None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(by)).require(Act.SHELF_VIEW, at)
        containers = parts.catalog.shelf.all()
    session.terminal.table(
        say("Places of bags and volumes"),
        (say("Number"), say("Type"), say("Branch"), say("Title"), say("Stands in")),
        [
            (
                one.number,
                KINDS[one.kind].in_language(session.terminal.lang),
                one.branch,
                one.title or "–",
                told_place(path_of(one.number, containers)[:-1]),
            )
            for one in _by_kind(containers)
            if at in (None, one.branch)
        ],
    )


def _by_kind(containers: Containers) -> list[Container]:
    kinds = list(ContainerKind)
    return sorted(containers.values(), key=lambda one: (kinds.index(one.kind), one.number))


def history(
    context: typer.Context,
    number: str = typer.Argument(metavar="NUMBER", help="Bag, volume, box or cabinet."),
    by: str = _BY,
) -> None:
    """Show every move of a container: when, by whom, where to, why."""
    session: Session = context.obj
    lang = session.terminal.lang
    with session.open_parts() as parts:
        one = parts.catalog.shelf.one(number)
        Guard.at_word(parts, session.acting(by)).require(Act.SHELF_VIEW, one.branch)
    session.terminal.table(
        say("Moves of {number}", number=number),
        (say("At"), say("By"), say("Into"), say("Why")),
        [
            (moment(each.at), each.person, each.into or "–", each.why.in_language(lang))
            for each in one.moves
        ],
    )
