"""The day-end hand-over of papers: given by tellers or operators, received item by item by the archivist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import typer

from flows.access import Guard
from flows.archives import materials
from flows.commands.session import Session, checked_branch, parsed_day
from flows.form_writing import shape_of, written
from flows.handover import by_customer_number, stock_of, vouchers_of
from flows.handover_form import handover_form
from flows.parts import Parts
from flows.terminal import Terminal
from pipeline.access.acts import Act
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.handover import STATES, Handover, ItemState
from pipeline.language import Message, say

_SHOWN = 10
_NO = typer.Argument(metavar="NO", help="The hand-over's number.")


def add_commands(app: typer.Typer) -> None:
    """Add handover prepare, show, receive and list."""
    group = typer.Typer(help="Handing a day's papers to the archivist.")
    group.command("prepare")(prepare)
    group.command("show")(show)
    group.command("receive")(receive)
    group.command("list")(list_handovers)
    app.add_typer(group, name="handover")


def prepare(
    context: typer.Context,
    branch: str = typer.Option(..., "--branch", help="Branch where the paper is."),
    day: str = typer.Option(..., "--day", help="Business date, closed."),
    handler: str = typer.Option(..., "--handler", help="Teller whose vouchers they are."),
    papers: list[str] = typer.Option(
        [], "--papers", metavar="SERIAL=N", help="Pages handed over where not as many as imaged."
    ),
    explain: list[str] = typer.Option(
        [], "--explain", metavar="SERIAL=WHY", help="Why an item's counts differ."
    ),
    output: Path = typer.Option(
        None, "--output", "-o", help="File to print (.pdf, .html, .csv, .json)."
    ),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who hands over (this account)."),
) -> None:
    """Hand over a handler's papers of a closed day: all that is not in store yet, differences explained."""
    session: Session = context.obj
    on, at, who = parsed_day(day), checked_branch(branch), session.acting(by)
    counts = {serial: _count(serial, told) for serial, told in _pairs(papers).items()}
    if output is not None:
        shape_of(output)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.HANDOVER_GIVE, at)
        parts.catalog.branches.must_be_known(at)
        vouchers = vouchers_of(parts, on, at, handler)
        given = parts.catalog.handovers.give(
            on, at, handler, vouchers, counts, _pairs(explain), who
        )
        _write(session.terminal, parts, given, output)
    session.terminal.tell(
        say(
            "Hand-over {no}: {items} items, {papers} pages of handler {handler}; the archivist receives it "
            "with “paperproof handover receive {no}”.",
            no=given.no,
            items=len(given.items),
            papers=given.papers,
            handler=handler,
        )
    )


def _pairs(told: Sequence[str]) -> dict[str, str]:
    found = {}
    for one in told:
        serial, sign, value = one.partition("=")
        if not sign or not serial or serial in found:
            raise UserError(
                say("“{text}” is not understood; write SERIAL=… once for each paper.", text=one)
            )
        found[serial] = value
    return found


def _count(serial: str, told: str) -> int:
    if not (told.isascii() and told.isdigit() and len(told) <= 5):
        raise UserError(
            say("“{text}” is no number of pages for {serial}.", text=told, serial=serial)
        )
    return int(told)


def _write(terminal: Terminal, parts: Parts, handover: Handover, output: Path | None) -> None:
    if output is None:
        return
    form = handover_form(parts, handover, terminal.lang)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(written(form, shape_of(output), datetime.now(ZONE)))
    terminal.tell(say("List to print: {path}", path=output))


def show(
    context: typer.Context,
    no: int = _NO,
    output: Path = typer.Option(
        None, "--output", "-o", help="File to print (.pdf, .html, .csv, .json)."
    ),
) -> None:
    """Show a hand-over item by item, or write its list to print."""
    session: Session = context.obj
    lang = session.terminal.lang
    with session.open_parts() as parts:
        found = parts.catalog.handovers.one(no)
        items = by_customer_number(parts, found)
        _write(session.terminal, parts, found, output)
    session.terminal.table(
        say(
            "Hand-over {no}: branch {branch}, {day}, handler {handler}, given by {giver}",
            no=found.no,
            branch=found.branch,
            day=found.day,
            handler=found.handler,
            giver=found.giver,
        ),
        (
            say("Serial number"),
            say("Pages due"),
            say("Imaged"),
            say("Handed over"),
            say("State"),
            say("Remarks"),
        ),
        [
            (
                item.serial_no,
                str(item.expected),
                str(item.imaged),
                str(item.papers),
                _state(item.state, item.decided_by, lang),
                "; ".join(part for part in (item.explanation, item.reason) if part) or "–",
            )
            for item in items
        ],
    )
    session.terminal.tell(_summary(found))


def _state(state: ItemState, by: str | None, lang: str) -> str:
    told = STATES[state].in_language(lang)
    return f"{told} ({by})" if by else told


def _summary(found: Handover) -> Message:
    return say(
        "{items} items = {in_store} in store + {given} waiting + {refused} refused + {no_paper} without "
        "paper.",
        items=len(found.items),
        **{str(state): len(found.of(state)) for state in ItemState},
    )


def receive(
    context: typer.Context,
    no: int = _NO,
    count: int = typer.Option(
        ..., "--count", min=0, help="Pages counted of the items that are received."
    ),
    refuse: list[str] = typer.Option(
        [], "--refuse", metavar="SERIAL", help="An item that is not taken; once for each."
    ),
    reason: list[str] = typer.Option(
        [], "--reason", help="Why, in the order of --refuse; one alone is for all of them."
    ),
    by: str = typer.Option(None, "--as", metavar="NAME", help="The archivist (this account)."),
) -> None:
    """Take a hand-over's items into store, all but the refused ones; never by who gave them."""
    session: Session = context.obj
    who, refused = session.acting(by), _refused(refuse, reason)
    with session.open_parts() as parts:
        handovers = parts.catalog.handovers
        given = handovers.one(no)
        Guard.at_word(parts, who).require(Act.HANDOVER_RECEIVE, given.branch)
        found = handovers.receive(no, refused, count, materials(parts, given), who)
    session.terminal.tell(_summary(found))
    if refused:
        session.terminal.tell(
            say(
                "Refused: {serials}; {giver} puts them right and hands them over again with “paperproof "
                "handover prepare”.",
                serials=", ".join(refused),
                giver=found.giver,
            )
        )


def _refused(serials: Sequence[str], reasons: Sequence[str]) -> Mapping[str, str]:
    told = [*reasons] * len(serials) if len(reasons) == 1 else [*reasons]
    if len(told) != len(serials) or len(set(serials)) != len(serials):
        raise UserError(
            say("Give each item refused once with --refuse, and its --reason in the same order.")
        )
    return dict(zip(serials, told, strict=True))


def list_handovers(
    context: typer.Context,
    branch: str = typer.Option(None, "--branch", help="One branch (all)."),
    day: str = typer.Option(None, "--day", help="Business date (all)."),
) -> None:
    """Show the register of hand-overs; of one branch and closed day the books against the store too."""
    session: Session = context.obj
    on = None if day is None else parsed_day(day)
    at = None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        if at is not None:
            parts.catalog.branches.must_be_known(at)
        found = parts.catalog.handovers.all(on, at)
        _show_register(session.terminal, found)
        if on is not None and at is not None:
            _tell_stock(session.terminal, parts, on, at)


def _show_register(terminal: Terminal, found: Sequence[Handover]) -> None:
    if not found:
        terminal.tell(say("Nothing was handed over."))
        return
    terminal.table(
        say("Register of hand-overs"),
        (
            say("No."),
            say("Day"),
            say("Branch"),
            say("Handler"),
            say("Given by"),
            say("Given at"),
            *(STATES[state] for state in ItemState),
        ),
        [
            (
                str(one.no),
                one.day.isoformat(),
                one.branch,
                one.handler,
                one.giver,
                f"{one.given_at.astimezone(ZONE):%Y-%m-%d %H:%M}",
                *(str(len(one.of(state))) for state in ItemState),
            )
            for one in found
        ],
    )


def _tell_stock(terminal: Terminal, parts: Parts, day: date, branch: str) -> None:
    stock = stock_of(parts, day, branch)
    terminal.tell(
        say(
            "Books and store: {booked} transactions with papers = {in_store} in store + {waiting} waiting "
            "for the archivist + {left} not handed over.",
            booked=len(stock.in_store) + len(stock.waiting) + len(stock.left),
            in_store=len(stock.in_store),
            waiting=len(stock.waiting),
            left=len(stock.left),
        )
    )
    if stock.left:
        more = len(stock.left) - _SHOWN
        serials = ", ".join(stock.left[:_SHOWN])
        terminal.tell(
            say("Not handed over: {serials} and {more} more.", serials=serials, more=more)
            if more > 0
            else say("Not handed over: {serials}.", serials=serials)
        )
