"""The customer master of the account system, and what is held against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import typer

from catalog.closures import Closure
from flows.access import Guard
from flows.commands.session import Session, parsed_day
from flows.import_customers import CustomersImported, import_customers
from flows.terminal import Terminal
from pipeline.access.acts import Act
from pipeline.clocks import ZONE
from pipeline.customers import KnownCustomer, days_fault
from pipeline.errors import UserError
from pipeline.language import say

_WITH_REJECTS = 3


def add_commands(app: typer.Typer) -> None:
    """Add customers import, show, closed and returned."""
    customers = typer.Typer(help="The customer master of the account system.", no_args_is_help=True)
    customers.command("import")(import_)
    customers.command("show")(show)
    customers.command("closed")(closed)
    customers.command("returned")(returned)
    app.add_typer(customers, name="customers")


def import_(
    context: typer.Context,
    file: Path = typer.Argument(help="CSV in UTF-8 or GB18030, see docs/customers.md."),
    name: str = typer.Option(None, "--as", metavar="NAME", help="Who imports (this account)."),
) -> None:
    """Import the account system's customers; exit code 3 when rows were rejected."""
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.CUSTOMERS_IMPORT)
        done = import_customers(parts, file, lang=session.terminal.lang, who=who)
    _tell(session.terminal, done)
    if done.file.rejects:
        raise typer.Exit(_WITH_REJECTS)


def _tell(terminal: Terminal, done: CustomersImported) -> None:
    terminal.tell(
        say(
            "{rows} rows = {new} new customers + {changed} changed + {same} as they were + {rejected} "
            "rejected; {kept} known customers are not in the file and were kept.",
            rows=len(done.file.customers) + len(done.file.rejects),
            new=done.told.new,
            changed=done.told.changed,
            same=done.told.same,
            rejected=len(done.file.rejects),
            kept=done.told.not_in_file,
        )
    )
    if done.rejects_file:
        terminal.tell(
            say(
                "Why rows were rejected stands in {path}; mend them and import the file again.",
                path=done.rejects_file,
            )
        )


def show(context: typer.Context, number: str = typer.Argument(help="Customer number.")) -> None:
    """Show a customer as the master has it, and what imports changed; identity numbers are masked."""
    session: Session = context.obj
    with session.open_parts() as parts:
        known = parts.catalog.customers.of_numbers([number]).get(number)
        history = parts.catalog.customers.history(number)
        closed_on = parts.catalog.closures.of_customer(number)
    if known is None:
        raise UserError(
            say(
                "The customer master has no customer {number}; see “paperproof customers import”.",
                number=number,
            )
        )
    session.terminal.tell(
        say(
            "{number}: {name}, {id_type} …{last}, valid until {until}, branch {branch}.",
            number=known.number,
            name=known.name,
            id_type=known.id_type,
            last=known.id_no[-4:],
            until=_until(known),
            branch=known.owner_branch,
        )
    )
    if closed_on:
        session.terminal.tell(say("Closed on {day}.", day=closed_on))
    for change in history:
        session.terminal.tell(
            say(
                "{at}: {what}, imported by {person}.",
                at=f"{change.at.astimezone(ZONE):%Y-%m-%d %H:%M}",
                what=say("taken over")
                if change.before is None
                else say(
                    "changed: {names}", names=", ".join(_changed(change.before, change.after))
                ),
                person=change.by,
            )
        )


def closed(
    context: typer.Context,
    number: str = typer.Argument(help="Customer number."),
    on: str = typer.Option(..., "--on", help="Day on which the account was closed."),
    name: str = typer.Option(None, "--as", metavar="NAME", help="Who says so (this account)."),
) -> None:
    """Enter that a customer's account was closed, where the master does not tell it.

    The next night the customer's pages are locked until the years of the rule have passed.
    """
    session: Session = context.obj
    who, day, today = session.acting(name), parsed_day(on), datetime.now(ZONE).date()
    if day > today:
        raise UserError(say("{day} is yet to come; enter a closing once it is done.", day=day))
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.CUSTOMERS_IMPORT)  # a part of the master
        known = parts.catalog.customers.of_numbers([number]).get(number)
        if known and (fault := days_fault(replace(known, closed_on=day), today)) is not None:
            raise UserError(fault)
        parts.catalog.closures.enter(Closure(number, day), who)
        is_closed = parts.catalog.closures.of_customer(number) is not None
        years = parts.settings.retention.after_closure_years
    session.terminal.tell(
        say(
            "Customer {number} was closed on {day} and did business or came back after it: the account "
            "counts as open, and nothing of theirs has an end.",
            number=number,
            day=day,
        )
        if not is_closed
        else say(
            "Customer {number} is closed since {day}; the next “paperproof storage nightly” locks the pages "
            "for {years} years from then on.",
            number=number,
            day=day,
            years=years,
        )
    )


def returned(
    context: typer.Context,
    number: str = typer.Argument(help="Customer number."),
    on: str = typer.Option(..., "--on", help="Day on which the customer came back."),
    name: str = typer.Option(None, "--as", metavar="NAME", help="Who says so (this account)."),
) -> None:
    """Enter that a customer came back after closing: the account counts as open until it is closed again.

    Business after the closing tells it by itself. What was locked stays locked.
    """
    session: Session = context.obj
    who, day = session.acting(name), parsed_day(on)
    if day > datetime.now(ZONE).date():
        raise UserError(say("{day} is yet to come; enter a return once it is done.", day=day))
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.CUSTOMERS_IMPORT)  # a part of the master
        parts.catalog.closures.enter_return(number, day, who)
        closed_on = parts.catalog.closures.of_customer(number)
    if closed_on:
        session.terminal.tell(
            say(
                "Customer {number} came back on {day}, and was closed on {closed}: that holds.",
                number=number,
                day=day,
                closed=closed_on,
            )
        )
    else:
        session.terminal.tell(
            say(
                "Customer {number} is back since {day}; nothing of theirs may be destroyed until the account "
                "is closed again.",
                number=number,
                day=day,
            )
        )


def _until(known: KnownCustomer) -> str:
    if known.id_valid_until is None:
        return "–"
    return "∞" if known.id_valid_until == date.max else known.id_valid_until.isoformat()


def _changed(before: KnownCustomer, after: KnownCustomer) -> list[str]:
    names = KnownCustomer.__dataclass_fields__
    return [name for name in names if getattr(before, name) != getattr(after, name)]
