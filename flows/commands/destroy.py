"""Destruction of what is over its time: list, opinions, committee, supervisors, carried out, verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flows.access import Guard
from flows.commands import carrying_out
from flows.commands.carrying_out import AS, ITEM, NUMBER
from flows.commands.destruction_told import (
    item_table,
    tell_state,
    title_of,
)
from flows.commands.session import Session, checked_branch
from flows.destruction_sentences import said_of
from flows.form_writing import shape_of
from flows.parts import Parts
from flows.terminal import moment
from pipeline.access.acts import Act
from pipeline.destruction import ORDER_STATES, ItemState, Order
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import ROLES, Role

if TYPE_CHECKING:
    pass

_CODE = typer.Argument(help="The list's number, or the bar code of its register.")


def add_commands(app: typer.Typer) -> None:
    """Add the acts on lists, in the order in which they are done."""
    destroy = typer.Typer(
        help="Destruction of papers and images whose time is over.", no_args_is_help=True
    )
    commands = (
        *(list_, orders, show, register, opinion, decide),
        *(carrying_out.attend, carrying_out.carry_out, carrying_out.confirm),
        *(withdraw, carrying_out.verify),
    )
    for command in commands:
        destroy.command(command.__name__.strip("_").replace("_", "-"))(command)
    app.add_typer(destroy, name="destroy")


def list_(
    context: typer.Context,
    branch: str = typer.Option(..., "--branch", help="Of this branch."),
    customer: str = typer.Option(None, "--customer", help="Of this customer only."),
    draft: bool = typer.Option(False, "--draft", help="Only show what is due; enters no list."),
    name: str = AS,
) -> None:
    """Enter the list of what may be destroyed; names everything that may not, and why."""
    from flows.destruction_due import Due
    from flows.destruction_list import Listing
    from flows.keeping import Keeper
    from storage.volumes import ColdShelf

    session: Session = context.obj
    who, number = session.acting(name), checked_branch(branch)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.DESTRUCTION_LIST, number)
        parts.catalog.branches.must_be_known(number)
        shelf = ColdShelf(parts.workspace.cold(parts.settings)).everything()
        listing = Listing(Due(Keeper(parts, carrying_out.today())), number, frozenset(shelf))
        made = listing.draft(customer) if draft else listing.enter(who, customer)
    terminal = session.terminal
    for why in made.refused:
        terminal.tell(why)
    states = [ItemState(at, item) for at, item in enumerate(made.items, 1)]
    if made.items:
        item_table(terminal, say("{count} items are due", count=len(states)), states)
    terminal.tell(
        say(
            "{due} items are due, {refused} things of closed accounts are not.",
            due=len(made.items),
            refused=len(made.refused),
        )
    )
    if made.locked_until:
        terminal.tell(
            say(
                "Locks stand until {until} at the latest; what is locked goes when they have ended, and from "
                "the approval on they are made no longer.",
                until=made.locked_until,
            )
        )
    if made.order:
        terminal.tell(
            say(
                "List {no} is entered, SHA-256 {sha256}; now {roles} say what they think: “paperproof "
                "destroy opinion {no}”.",
                no=made.order.no,
                sha256=made.order.sha256,
                roles=tuple(ROLES[role] for role in parts.settings.destruction.chain),
            )
        )


def orders(
    context: typer.Context,
    branch: str = typer.Option(None, "--branch", help="Of this branch only."),
    name: str = AS,
) -> None:
    """List the lists and how far each is."""
    session: Session = context.obj
    number = checked_branch(branch) if branch else None
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(name)).require(Act.DESTRUCTION_VIEW, number)
        every = parts.catalog.destructions.orders()
    found = [one for one in every if number in (None, one.branch)]
    if not found:
        session.terminal.tell(say("Nothing was ever listed to be destroyed."))
        return
    session.terminal.table(
        say("{count} lists", count=len(found)),
        (
            say("List"),
            say("Branch"),
            say("Listed"),
            say("By"),
            say("Items"),
            say("Gone"),
            say("State"),
        ),
        [
            (
                str(one.no),
                one.branch,
                moment(one.at),
                one.listed_by,
                str(len(one.items)),
                str(sum(item.gone_at is not None for item in one.items)),
                ORDER_STATES[one.state].in_language(session.terminal.lang),
            )
            for one in found
        ],
    )


def show(context: typer.Context, number: str = _CODE, name: str = AS) -> None:
    """Show a list with every item, what was said of it and what became of it."""
    session: Session = context.obj
    with session.open_parts() as parts:
        order = _named(parts, number)
        Guard.at_word(parts, session.acting(name)).require(Act.DESTRUCTION_VIEW, order.branch)
    terminal = session.terminal
    item_table(terminal, title_of(order), order.items)
    for message in said_of(order):
        terminal.tell(message)


def register(
    context: typer.Context,
    number: str = _CODE,
    output: Path = typer.Option(
        ..., "--output", "-o", help="File to write: .pdf, .html, .csv or .json."
    ),
    name: str = AS,
) -> None:
    """Write a list's register (销毁清册), to sign and keep; its bar code leads back here."""
    from flows.destruction_register import register_content

    session: Session = context.obj
    shape = shape_of(output)
    with session.open_parts() as parts:
        order = _named(parts, number)
        Guard.at_word(parts, session.acting(name)).require(Act.DESTRUCTION_VIEW, order.branch)
        content = register_content(parts, order, shape, session.terminal.lang)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(content)
    session.terminal.tell(say("The register of list {no}: {path}", no=order.no, path=output))


def opinion(
    context: typer.Context,
    number: int = NUMBER,
    role: Role = typer.Option(..., "--for", help="The department that speaks."),
    agrees: bool = typer.Option(..., "--agree/--object", help="What it says."),
    text: str = typer.Option(..., "--text", help="What the department thinks; kept for good."),
    name: str = AS,
) -> None:
    """Enter what a department says of a list."""
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        guard = Guard.at_word(parts, who)
        guard.require(Act.DESTRUCTION_OPINION)
        if guard.person.roles and role not in {one.role for one in guard.person.roles}:
            raise UserError(
                say("{person} does not speak for {role}.", person=who, role=ROLES[role])
            )
        rules = parts.settings.destruction
        order = parts.catalog.destructions.opine(number, rules, role, agrees, text, who)
    tell_state(session.terminal, order)


def decide(
    context: typer.Context,
    number: int = NUMBER,
    approve: bool = typer.Option(..., "--approve/--refuse", help="The committee's decision."),
    minutes: str = typer.Option(..., "--minutes", help="Where it is minuted."),
    name: str = AS,
) -> None:
    """Enter the risk committee's decision on exactly this list."""
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.DESTRUCTION_DECIDE)
        rules = parts.settings.destruction
        order = parts.catalog.destructions.decide(number, rules, approve, minutes, who)
    tell_state(session.terminal, order)


def withdraw(
    context: typer.Context,
    number: int = NUMBER,
    item: int = ITEM,
    why: str = typer.Option(..., "--why", help="Why it is not destroyed; kept for good."),
    name: str = AS,
) -> None:
    """Take an item off a list that must not be destroyed after all."""
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        order = parts.catalog.destructions.order(number)
        Guard.at_word(parts, who).require(Act.DESTRUCTION_LIST, order.branch)
        order = parts.catalog.destructions.withdraw(number, item, why, who)
    tell_state(session.terminal, order)


def _named(parts: Parts, text: str) -> Order:
    """The list of a number, or of a register's bar code; raises UserError when it is of another list."""
    digits = text.removeprefix("DESTROY-").partition("-")[0]
    if not digits.isascii() or not digits.isdecimal():
        raise UserError(
            say("{text} is neither a list's number nor a register's bar code.", text=text)
        )
    order = parts.catalog.destructions.order(int(digits))
    if text not in (digits, order.code):
        raise UserError(
            say(
                "The bar code {text} is not that of list {no} ({code}): the register is of another archive, "
                "or altered.",
                text=text,
                no=order.no,
                code=order.code,
            )
        )
    return order
