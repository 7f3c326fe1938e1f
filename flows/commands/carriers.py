"""Carriers of cold volumes: entered, moved, written, read back, copied to new ones, withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from flows.access import Guard
from flows.commands.reading_back import last_test, place_of, read_all
from flows.commands.session import Session, said
from flows.read_back import give_up
from flows.terminal import moment
from pipeline.access.acts import Act
from pipeline.carriers import (
    CARRIER_ACTS,
    KINDS,
    CarrierKind,
    checked_number,
    due,
)
from pipeline.copies import size
from pipeline.errors import UserError
from pipeline.language import say
from storage.volumes import ColdShelf

_FAILED = 1
_DUE = 3
_NUMBER = typer.Argument(metavar="NUMBER", help="The carrier's number, as on its label.")
_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")


def add_carriers(cold: typer.Typer) -> None:
    """Add cold carrier add, move, withdraw, show and list, cold written and cold refresh."""
    carrier = typer.Typer(help="Carriers: what lies where, and when it was read last.")
    carrier.command("add")(add)
    carrier.command("move")(move)
    carrier.command("withdraw")(withdraw)
    carrier.command("list")(list_carriers)
    carrier.command("show")(show)
    cold.add_typer(carrier, name="carrier")
    cold.command("written")(written)
    cold.command("refresh")(refresh)
    cold.command("lost")(lost)


def add(
    context: typer.Context,
    number: str = _NUMBER,
    kind: CarrierKind = typer.Option(..., "--kind", help="What kind it is."),
    place: str = typer.Option(..., "--place", help="Where it lies."),
    capacity: float = typer.Option(None, "--gb", min=0, help="What it holds, in 10⁹ bytes."),
    quality: str = typer.Option("", "--quality", help="Make or quality class, as on the medium."),
    name: str = _AS,
) -> None:
    """Enter a carrier; its number is given once and for ever."""
    session: Session = context.obj
    who = session.acting(name)
    checked_number(number)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.CARRIER_CHANGE)
        new = parts.catalog.carriers.add(
            number,
            kind,
            said(place, say("Say with --place where the carrier lies.")),
            who,
            capacity=None if capacity is None else round(capacity * 10**9),
            quality=quality.strip(),
        )
    session.terminal.tell(
        say("The carrier {number} is entered.", number=number)
        if new
        else say("The carrier {number} was entered already.", number=number)
    )


def move(
    context: typer.Context,
    number: str = _NUMBER,
    place: str = typer.Option(..., "--place", help="Where it lies from now on."),
    name: str = _AS,
) -> None:
    """Enter that a carrier lies elsewhere now."""
    session: Session = context.obj
    who, where = session.acting(name), said(place, say("Say with --place where the carrier lies."))
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.CARRIER_CHANGE)
        parts.catalog.carriers.move(number, where, who)
    session.terminal.tell(
        say("The carrier {number} lies here now: {place}.", number=number, place=where)
    )


def withdraw(
    context: typer.Context,
    number: str = _NUMBER,
    reason: str = typer.Option(..., "--because", help="Why it is no longer used."),
    name: str = _AS,
) -> None:
    """Enter that a carrier is no longer used: what is on it counts as a copy no more."""
    session: Session = context.obj
    who = session.acting(name)
    because = said(reason, say("Say with --because why the carrier is withdrawn."))
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.CARRIER_CHANGE)
        shelf = ColdShelf(parts.workspace.cold(parts.settings)).everything()
        parts.catalog.carriers.withdraw(number, because, who, shelf)
    session.terminal.tell(
        say("The carrier {number} is withdrawn; its history stays.", number=number)
    )


def list_carriers(context: typer.Context) -> None:
    """List the carriers, where they lie, what is on them and how it was read last."""
    session: Session = context.obj
    with session.open_parts() as parts:
        carriers = parts.catalog.carriers.all()
    if not carriers:
        session.terminal.tell(
            say("There is no carrier yet; enter one with “paperproof cold carrier add”.")
        )
        return
    lang = session.terminal.lang
    session.terminal.table(
        say("{count} carriers", count=len(carriers)),
        (say("Carrier"), say("Type"), say("Holds"), say("State"), say("Place"), say("Volumes")),
        [
            (
                one.number,
                KINDS[one.kind].in_language(lang),
                size(one.capacity) if one.capacity else "–",
                (say("in use") if one.in_use else say("no longer in use")).in_language(lang),
                one.place,
                "; ".join(
                    f"{held.volume} ({last_test(held).in_language(lang)})"
                    for held in one.holdings.values()
                )
                or "–",
            )
            for one in carriers
        ],
    )


def show(context: typer.Context, number: str = _NUMBER) -> None:
    """Show the history of a carrier."""
    session: Session = context.obj
    with session.open_parts() as parts:
        parts.catalog.carriers.one(number)
        acts = parts.catalog.carriers.acts(number)
    session.terminal.table(
        say("The carrier {number}", number=number),
        (say("When"), say("What"), say("Volume"), say("Who"), say("Detail")),
        [
            (
                moment(act.at),
                CARRIER_ACTS[act.kind].in_language(session.terminal.lang),
                act.volume or "–",
                act.who,
                act.detail or "–",
            )
            for act in acts
        ],
    )


def written(
    context: typer.Context,
    volume: str = typer.Argument(metavar="VOLUME", help="Name of the volume, PP-000001."),
    number: str = typer.Argument(metavar="CARRIER", help="Number of the carrier."),
    name: str = _AS,
) -> None:
    """Enter that a volume was copied to a carrier; it counts once it was read back there."""
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.CARRIER_CHANGE)
        new = parts.catalog.carriers.written(volume, number, who)
    session.terminal.tell(
        say(
            "{volume} is entered as written on {number}; read it back there with “paperproof cold check "
            "{volume} --at PLACE --carrier {number}”.",
            volume=volume,
            number=number,
        )
        if new
        else say("{volume} was entered on {number} already.", volume=volume, number=number)
    )


def refresh(
    context: typer.Context,
    old: str = typer.Argument(None, metavar="CARRIER", help="A carrier that was copied."),
    new: str = typer.Option(None, "--to", help="Number of the carrier it was copied to."),
    place: Path = typer.Option(None, "--at", help="Where the new carrier is mounted."),
    name: str = _AS,
) -> None:
    """List the carriers that must be read or copied; or prove a copy of one and withdraw the old one."""
    session: Session = context.obj
    if old is None:
        _tell_due(session)
        return
    if new is None or place is None or new == old:
        raise UserError(
            say(
                "Copy the volumes of {number} to another carrier, then name that with --to and where it is "
                "mounted with --at.",
                number=old,
            )
        )
    who = session.acting(name)
    with session.open_parts() as parts:
        carriers = parts.catalog.carriers
        Guard.at_word(parts, who).require(Act.CARRIER_CHANGE)
        reading = place_of(parts, place, new)
        names = tuple(sorted(carriers.one(old).holdings))
        for volume in names:
            carriers.written(volume, new, who)
        if read_all(session, parts, reading, names, who):
            raise typer.Exit(_FAILED)
        shelf = reading.own.everything()
        carriers.withdraw(old, f"copied to {new}", who, shelf)
    session.terminal.tell(
        say(
            "{old} is copied to {new}, read back whole, and withdrawn; keep it three years more all the same "
            "(GB/T 18894).",
            old=old,
            new=new,
        )
    )


def lost(
    context: typer.Context,
    volume: str = typer.Argument(metavar="VOLUME", help="Name of the volume, PP-000001."),
    reason: str = typer.Option(..., "--because", help="Why no copy of it can be read any more."),
    name: str = _AS,
) -> None:
    """Give a volume up of which no copy can be read any more: what was in it is packed again."""
    session: Session = context.obj
    who = session.acting(name)
    because = said(reason, say("Say with --because why no copy can be read any more."))
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.CARRIER_CHANGE)
        shelf = ColdShelf(parts.workspace.cold(parts.settings))
        count = give_up(parts.catalog, shelf, volume, because, who)
    session.terminal.tell(
        say(
            "{volume} is given up; {count} objects are packed again with “paperproof cold pack”.",
            volume=volume,
            count=count,
        )
    )


def _tell_due(session: Session) -> None:
    with session.open_parts() as parts:
        rules = parts.settings.volumes.carrier_rules
        found = due(parts.catalog.carriers.all(), rules, datetime.now(UTC))
    if not found:
        session.terminal.tell(say("No carrier must be read or copied now."))
        return
    lang = session.terminal.lang
    session.terminal.table(
        say("{count} carriers are due", count=len(found)),
        (say("Carrier"), say("Type"), say("Place"), say("To do"), say("Why")),
        [
            (
                one.carrier.number,
                KINDS[one.carrier.kind].in_language(lang),
                one.carrier.place,
                (say("copy it") if one.refresh else say("read it")).in_language(lang),
                one.why.in_language(lang),
            )
            for one in found
        ],
    )
    raise typer.Exit(_DUE)
