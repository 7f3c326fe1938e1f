"""Fewer online copies: planned by one person, approved by another, then removed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import typer

from flows.access import Guard
from flows.commands.session import Session
from flows.terminal import moment
from pipeline.access.acts import Act
from pipeline.copies import PLACES, size
from pipeline.language import say

if TYPE_CHECKING:
    from flows.lifecycle import Lifecycle

_LEFT_TO_DO = 3
_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")
_NUMBER = typer.Argument(help="The order, as “storage lifecycle list” numbers it.")


def add_commands(storage: typer.Typer) -> None:
    """Add storage lifecycle plan, list, show, approve and run."""
    lifecycle = typer.Typer(help="Fewer online copies of what is old, under an approval.")
    lifecycle.command("plan")(plan_)
    lifecycle.command("list")(list_)
    lifecycle.command("show")(show)
    lifecycle.command("approve")(approve)
    lifecycle.command("run")(run_)
    storage.add_typer(lifecycle, name="lifecycle", no_args_is_help=True)


def plan_(context: typer.Context, name: str = _AS) -> None:
    """Enter the list of objects that may lose one online copy by now; removes nothing."""
    from flows.lifecycle import plan

    session: Session = context.obj
    with _opened(session, session.acting(name)) as lifecycle:
        planned = plan(lifecycle)
    if planned.order is None:
        session.terminal.tell(say("No copy is due to be removed."))
    else:
        session.terminal.tell(
            say(
                "Order {number}: {count} objects, {size}, may lose their copy in the {place}; somebody else "
                "approves it with “paperproof storage lifecycle approve {number}”.",
                number=planned.order.no,
                count=planned.order.objects,
                size=size(planned.order.byte_count),
                place=PLACES[planned.order.place],
            )
        )
    if planned.short:
        session.terminal.tell(
            say("{count} objects have too few other proven copies.", count=planned.short)
        )
    if planned.held:
        session.terminal.tell(say("{count} objects are held.", count=planned.held))


def list_(context: typer.Context) -> None:
    """List the orders and how far each is."""
    session: Session = context.obj
    with session.open_parts() as parts:
        orders = parts.catalog.removals.orders()
    if not orders:
        session.terminal.tell(say("No copy was ever planned to be removed."))
        return
    session.terminal.table(
        say("{count} orders to remove copies", count=len(orders)),
        (
            *(say("Order"), say("Copy"), say("Objects"), say("Size"), say("Planned"), say("By")),
            *(say("Approved by"), say("Gone")),
        ),
        [
            (
                str(one.no),
                PLACES[one.place].in_language(session.terminal.lang),
                str(one.objects),
                size(one.byte_count),
                moment(one.at),
                one.planned_by,
                one.approved_by or "–",
                str(one.gone),
            )
            for one in orders
        ],
    )


def show(context: typer.Context, number: int = _NUMBER) -> None:
    """Show the objects of an order whose copy is not gone yet, each with its page."""
    session: Session = context.obj
    with session.open_parts() as parts:
        keys = parts.catalog.removals.items(parts.catalog.removals.order(number).no)
        came = [(key, parts.catalog.verifications.came(_sha256(key))) for key in keys]
    session.terminal.table(
        say("Order {number}: {count} objects to go", number=number, count=len(keys)),
        (say("Day"), say("Branch"), say("Page"), say("Object")),
        [
            (str(page.day), page.branch, page.name, key) if page else ("–", "–", "–", key)
            for key, page in came
        ],
    )


def approve(context: typer.Context, number: int = _NUMBER, name: str = _AS) -> None:
    """Agree that an order's copies are removed; who planned it cannot."""
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.REMOVAL_APPROVE)
        order = parts.catalog.removals.approve(number, who)
    session.terminal.tell(
        say(
            "Order {number} on {count} objects is approved; their locks in the {place} are made no longer, "
            "and “paperproof storage lifecycle run {number}” removes what is free.",
            number=order.no,
            count=order.objects,
            place=PLACES[order.place],
        )
    )


def run_(context: typer.Context, number: int = _NUMBER, name: str = _AS) -> None:
    """Remove the copies of an approved order, as far as locks, holds and the other copies allow.

    Exit code 3: some copies are left; run it again when their locks have ended.
    """
    from flows.lifecycle import run

    session: Session = context.obj
    with _opened(session, session.acting(name)) as lifecycle:
        removed = run(lifecycle, number)
    for message in removed.told:
        session.terminal.tell(message)
    session.terminal.tell(
        say(
            "{listed} objects = {removed} removed + {refused} refused + {locked} locked or held + {failed} "
            "failed.",
            listed=removed.listed,
            removed=removed.removed,
            refused=removed.refused,
            locked=removed.locked,
            failed=removed.failed,
        )
    )
    if removed.removed != removed.listed:
        raise typer.Exit(_LEFT_TO_DO)


@contextmanager
def _opened(session: Session, who: str) -> Iterator[Lifecycle]:
    """The workspace with its stores, for somebody who may change copies."""
    from flows.lifecycle import Lifecycle
    from flows.stores import open_stores

    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        Guard.at_word(parts, who).require(Act.STORAGE_CHANGE)
        stores = stack.enter_context(
            open_stores(parts.workspace, parts.settings, parts.catalog, checked=False)
        )
        bar = stack.enter_context(session.terminal.progress(say("Looking at copies")))
        yield Lifecycle(parts, stores, who, bar)


def _sha256(key: str) -> str:
    return key.rpartition("/")[2].partition(".")[0]
