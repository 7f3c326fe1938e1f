"""What a list of destruction looks like at the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.terminal import Terminal, moment
from pipeline.destruction import ITEM_KINDS, METHODS, ORDER_STATES, ItemState, Order
from pipeline.language import Message, say

if TYPE_CHECKING:
    from flows.destroying import CarriedOut


def tell_carried_out(terminal: Terminal, done: CarriedOut) -> None:
    """Say what became of the items."""
    for message in done.told:
        terminal.tell(message)
    terminal.tell(
        say(
            "{listed} items = {destroyed} destroyed + {stopped} stopped + {locked} locked or held + {failed} "
            "failed + {by_hand} for people.",
            listed=done.listed,
            destroyed=done.destroyed,
            stopped=done.stopped,
            locked=done.locked,
            failed=done.failed,
            by_hand=done.by_hand,
        )
    )


def tell_state(terminal: Terminal, order: Order) -> None:
    """Say how a list stands."""
    terminal.tell(
        say(
            "List {no}: {state}; {gone} of {count} items are gone, {off} were taken off.",
            no=order.no,
            state=ORDER_STATES[order.state],
            gone=sum(one.gone_at is not None for one in order.items),
            count=len(order.items),
            off=sum(bool(one.withdrawn) for one in order.items),
        )
    )


def title_of(order: Order) -> Message:
    """Return what stands above a list."""
    return say(
        "List {no} of branch {branch}, by {person}, SHA-256 {sha256}",
        no=order.no,
        branch=order.branch,
        person=order.listed_by,
        sha256=order.sha256,
    )


def item_table(terminal: Terminal, title: Message, items: Sequence[ItemState]) -> None:
    """Show items in their order."""
    lang = terminal.lang
    terminal.table(
        title,
        (
            say("No."),
            say("Kind of item"),
            say("Customer"),
            say("SHA-256"),
            say("Kept until"),
            say("Destroyed"),
            say("What"),
        ),
        [
            (
                str(one.no),
                ITEM_KINDS[one.item.kind].in_language(lang),
                one.item.customer_no or "–",
                one.item.sha256[:12],
                f"{one.item.until or '–'}",
                _gone(one, lang),
                one.item.name,
            )
            for one in items
        ],
    )


def _gone(one: ItemState, lang: str) -> str:
    if one.withdrawn:
        return say("taken off").in_language(lang)
    if one.gone_at and one.method:
        return f"{moment(one.gone_at)} {METHODS[one.method].in_language(lang)}"
    return "–"
