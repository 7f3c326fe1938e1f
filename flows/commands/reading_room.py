"""The reading room: papers given to readers, back item by item, and the register."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from flows.access import Guard
from flows.commands.custody import counted
from flows.commands.session import Session, checked_branch, parsed_day
from flows.form_writing import Shape, shape_of, written
from flows.parts import Parts
from flows.reading_register import reading_register
from flows.reading_room import ReadingDesk
from flows.terminal import moment
from pipeline.access.acts import Act
from pipeline.clocks import ZONE, Due
from pipeline.language import say
from pipeline.reading_room import PLACES, STATES, PaperReading, Place, ReadingState

_LATE = 3
_AS = typer.Option(None, "--as", metavar="NAME", help="The archivist (this account).")
_BRANCH = typer.Option(None, "--branch", help="One branch (all).")


def add_to(group: typer.Typer) -> None:
    """Add archive read give, back, list and form."""
    read = typer.Typer(
        help="Papers read on the spot, under an approved access request.", no_args_is_help=True
    )
    read.command("give")(give)
    read.command("back")(back)
    read.command("list")(list_)
    read.command("form")(form)
    group.add_typer(read, name="read")


def give(
    context: typer.Context,
    request: int = typer.Argument(metavar="REQUEST", help="Number of the access request."),
    entries: list[str] = typer.Argument(metavar="ENTRY", help="The papers' entry numbers."),
    lend: bool = typer.Option(False, "--lend", help="Out of the house; where the rules allow it."),
    until: str = typer.Option(None, "--until", help="Day by which what is lent comes back."),
    by: str = _AS,
) -> None:
    """Give papers to the applicant, to be read in the reading room and brought back the same day."""
    session: Session = context.obj
    last = parsed_day(until) if until else None
    place = Place.LENT if lend else Place.ROOM
    with session.open_parts() as parts:
        given = _desk(parts, session, by).give(request, entries, _now(), place, last)
    session.terminal.tell(
        say(
            "{count} papers are with {reader} {place}; due back by {due}.",
            count=len(given.lines),
            reader=given.reader,
            place=PLACES[given.place],
            due=str(Due(given.due)),
        )
    )


def back(
    context: typer.Context,
    counts: list[str] = typer.Argument(metavar="ENTRY=PAGES", help="What was counted."),
    note: str = typer.Option("", "--note", help="Why another count came back than went out."),
    by: str = _AS,
) -> None:
    """Take papers back, each with its pages counted."""
    session: Session = context.obj
    pages = dict(counted(one) for one in counts)
    with session.open_parts() as parts:
        _desk(parts, session, by).take_back(pages, note, _now())
        left = len(parts.catalog.reading_room.out())
    session.terminal.tell(
        say("{count} papers are in store again; {left} are still out.", count=len(pages), left=left)
    )


def list_(
    context: typer.Context,
    branch: str = _BRANCH,
    everything: bool = typer.Option(False, "--all", help="Those that are back too."),
    by: str = _AS,
) -> None:
    """List what is with readers. Exit code 3: something is overdue."""
    session: Session = context.obj
    at = None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(by)).require(Act.SHELF_VIEW, at)
        register = parts.catalog.reading_room
        shown = register.all(at) if everything else register.out(at)
    now, lang = _now(), session.terminal.lang
    session.terminal.table(
        say("Reading register: {count} papers", count=len(shown)),
        (
            *(say("No."), say("Entry number"), say("Reader"), say("What for"), say("Place")),
            *(say("Out"), say("Due"), say("Back"), say("State")),
        ),
        [_row(one, now, lang) for one in shown],
    )
    if any(one.state_at(now) is ReadingState.OVERDUE for one in shown):
        raise typer.Exit(_LATE)


def _row(one: PaperReading, now: datetime, lang: str) -> tuple[str, ...]:
    return (
        *(str(one.no), one.entry, one.reader, one.purpose, PLACES[one.place].in_language(lang)),
        *(moment(one.at), str(Due(one.due.astimezone(ZONE)))),
        moment(one.back.at) if one.back else "–",
        STATES[one.state_at(now)].in_language(lang),
    )


def form(
    context: typer.Context,
    branch: str = typer.Option(..., "--branch", help="Whose papers."),
    since: str = typer.Option(None, "--from", help="First day (the first there is)."),
    until: str = typer.Option(None, "--to", help="Last day (today)."),
    out: Path = typer.Option(..., "--out", "-o", help="File to write."),
    shape: Shape = typer.Option(None, "--format", help="pdf, html, csv, json (as FILE ends)."),
    by: str = _AS,
) -> None:
    """Write the reading register of a branch (A4)."""
    session: Session = context.obj
    at, last = checked_branch(branch), parsed_day(until)
    first = parsed_day(since) if since else None
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(by)).require(Act.SHELF_VIEW, at)
        made = reading_register(parts, at, first, last, _now(), session.terminal.lang)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(written(made, shape or shape_of(out), _now()))
    session.terminal.tell(say("Reading register of branch {branch}: {path}", branch=at, path=out))


def _desk(parts: Parts, session: Session, by: str | None) -> ReadingDesk:
    return ReadingDesk(Guard.at_word(parts, session.acting(by)))


def _now() -> datetime:
    return datetime.now(UTC)
