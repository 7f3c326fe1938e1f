"""An approved list carried out: supervisors, what is erased, what people destroy, looked for afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING

import typer

from flows.access import Guard
from flows.commands.destruction_told import (
    item_table,
    tell_carried_out,
    tell_state,
)
from flows.commands.session import Session
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.clocks import ZONE
from pipeline.destruction import Method
from pipeline.language import say

if TYPE_CHECKING:
    from flows.destroying import Destroying


_FAILED, _LEFT_TO_DO = 1, 3
AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")
NUMBER = typer.Argument(help="The list, as “destroy orders” numbers it.")
ITEM = typer.Argument(help="The item's number on the list.")


def today() -> date:
    """The day on which rules are asked."""
    return datetime.now(ZONE).date()


def attend(context: typer.Context, number: int = NUMBER, name: str = AS) -> None:
    """Enter that you are there today to see that a list is destroyed, and nothing else."""
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        order = parts.catalog.destructions.order(number)
        Guard.at_word(parts, who).require(Act.DESTRUCTION_SUPERVISE, order.branch)
        order = parts.catalog.destructions.attend(number, who)
    there = order.present(datetime.now(ZONE).date())
    session.terminal.tell(
        say(
            "Present today for list {no}: {people}.",
            no=number,
            people=", ".join(dict.fromkeys(there)),
        )
    )


def carry_out(context: typer.Context, number: int = NUMBER, name: str = AS) -> None:
    """Destroy what an approved list names: index entries, online copies, volumes in their folder.

    Exit code 3: something is left, because of a lock, a hold, a store, or for people to destroy.
    """
    from flows.destroying import carry_out, left_by_hand

    session: Session = context.obj
    with _opened(session, session.acting(name)) as destroying:
        done = carry_out(destroying, number)
        order = destroying.parts.catalog.destructions.order(number)
    tell_carried_out(session.terminal, done)
    by_hand = left_by_hand(order)
    if by_hand:
        title = say(
            "To be destroyed by people, and confirmed with “destroy confirm {no} ITEM”", no=number
        )
        item_table(session.terminal, title, by_hand)
    tell_state(session.terminal, order)
    if any(one.open for one in order.items):
        raise typer.Exit(_LEFT_TO_DO)


def confirm(
    context: typer.Context,
    number: int = NUMBER,
    item: int = ITEM,
    method: Method = typer.Option(..., "--method", help="How it was destroyed."),
    name: str = AS,
) -> None:
    """Enter that a paper or a carrier was destroyed before the supervisors' eyes."""
    from flows.destroying import confirm

    session: Session = context.obj
    with _opened(session, session.acting(name)) as destroying:
        confirm(destroying, number, item, method)
        order = destroying.parts.catalog.destructions.order(number)
    tell_state(session.terminal, order)


def verify(context: typer.Context, number: int = NUMBER, name: str = AS) -> None:
    """Look for everything that was destroyed in every copy, older versions too; then the list is closed.

    Exit code 1: something is still there.
    """
    from flows.destruction_check import verify

    session: Session = context.obj
    with _opened(session, session.acting(name), Act.DESTRUCTION_VERIFY) as destroying:
        absence = verify(destroying, number)
        order = destroying.parts.catalog.destructions.order(number)
    for trace in absence.found:
        session.terminal.tell(trace)
    tell_state(session.terminal, order)
    if not absence.complete:
        raise typer.Exit(_FAILED)


@contextmanager
def _opened(
    session: Session, who: str, act: Act = Act.DESTRUCTION_CARRY_OUT
) -> Iterator[Destroying]:
    """The workspace with its stores, for somebody who may do an act."""
    from flows.destroying import Destroying
    from flows.destruction_due import Due
    from flows.keeping import Keeper
    from flows.stores import open_stores

    with ExitStack() as stack:
        parts: Parts = stack.enter_context(session.open_parts())
        Guard.at_word(parts, who).require(act)
        stores = stack.enter_context(
            open_stores(parts.workspace, parts.settings, parts.catalog, checked=False)
        )
        bar = stack.enter_context(session.terminal.progress(say("Destroying")))
        yield Destroying(parts, stores, Due(Keeper(parts, today())), who, bar)
