"""The day-end hand-over of papers to the archivist, item by item (CG-15b, CG-15c, RC-08).

An item is the papers of one transaction. What is expected, imaged and handed over is counted in pages
with writing on, as in the paper register; where the three differ the giver says why before anything is
handed over. The archivist takes each item into store or refuses it; a refused one goes back on the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import person_key


class ItemState(StrEnum):
    """What became of an item."""

    GIVEN = "given"
    IN_STORE = "in_store"
    REFUSED = "refused"
    NO_PAPER = "no_paper"
    """Its papers were not there; it says why."""


STATES: Mapping[ItemState, Message] = {
    ItemState.GIVEN: say("waits for the archivist"),
    ItemState.IN_STORE: say("in store"),
    ItemState.REFUSED: say("refused by the archivist"),
    ItemState.NO_PAPER: say("no paper handed over"),
}


@dataclass(frozen=True)
class VoucherPapers:
    """The papers of one transaction as the closed day knows them."""

    serial_no: str
    expected: int
    """Pages that should be there: those imaged and those missing, or what the counter recorded."""
    imaged: int


@dataclass(frozen=True)
class HandoverItem:
    """The papers of one transaction in a hand-over."""

    serial_no: str
    expected: int
    imaged: int
    papers: int
    """Pages handed over."""
    explanation: str = ""
    state: ItemState = ItemState.GIVEN
    reason: str = ""
    """Why it was refused."""
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def differs(self) -> bool:
        """Whether expected, imaged and handed over are not the same."""
        return not self.expected == self.imaged == self.papers


@dataclass(frozen=True)
class Handover:
    """What one person handed over of a handler's papers of a day."""

    no: int
    branch: str
    day: date
    handler: str
    giver: str
    given_at: datetime
    items: tuple[HandoverItem, ...]

    @property
    def papers(self) -> int:
        """Pages handed over."""
        return sum(item.papers for item in self.items)

    def of(self, state: ItemState) -> tuple[HandoverItem, ...]:
        """Give the items in a state."""
        return tuple(item for item in self.items if item.state is state)


@dataclass(frozen=True)
class Receipt:
    """What the archivist decides: items taken into store, and those refused with their reasons."""

    accepted: tuple[HandoverItem, ...]
    refused: Mapping[str, str]


def items_to_give(
    vouchers: Iterable[VoucherPapers], papers: Mapping[str, int], explanations: Mapping[str, str]
) -> tuple[HandoverItem, ...]:
    """Make the items of a hand-over; ``papers`` are pages where they are not as many as were imaged.

    Raises UserError for a serial number that is not to be handed over, for a difference without
    explanation, and where nothing is left.
    """
    due = {voucher.serial_no: voucher for voucher in vouchers}
    for serial in (*papers, *explanations):
        if serial not in due:
            raise UserError(
                say(
                    "Nothing is to be handed over for {serial}: it is not this handler's, handed over "
                    "already, or no paper is due.",
                    serial=serial,
                )
            )
    if not due:
        raise UserError(say("Nothing is left to be handed over."))
    items = tuple(
        _item(voucher, papers.get(serial, voucher.imaged), explanations.get(serial, "").strip())
        for serial, voucher in sorted(due.items())
    )
    unexplained = [item for item in items if item.differs and not item.explanation]
    if unexplained:
        raise UserError(
            say(
                "{count} items differ and nobody says why: {items}. Add --explain SERIAL=WHY for each.",
                count=len(unexplained),
                items=tuple(_told(item) for item in unexplained),
            )
        )
    return items


def _item(voucher: VoucherPapers, papers: int, explanation: str) -> HandoverItem:
    state = ItemState.GIVEN if papers else ItemState.NO_PAPER
    return HandoverItem(
        voucher.serial_no, voucher.expected, voucher.imaged, papers, explanation, state
    )


def _told(item: HandoverItem) -> Message:
    return say(
        "{serial} (expected {expected}, imaged {imaged}, handed over {papers})",
        serial=item.serial_no,
        expected=item.expected,
        imaged=item.imaged,
        papers=item.papers,
    )


def receipt(
    handover: Handover, archivist: str, refused: Mapping[str, str], counted: int
) -> Receipt:
    """Check what an archivist decides of the items that wait.

    ``refused`` is serial number -> reason, all others are taken; ``counted`` are the pages the archivist
    counted of those. Raises UserError when giver and receiver are one person, nothing waits, a
    serial number is not among the waiting, a reason is missing, or the count is not the items'.
    """
    if person_key(handover.giver) == person_key(archivist):
        raise UserError(
            say(
                "{person} gave hand-over {no} and cannot receive it; another must.",
                person=archivist,
                no=handover.no,
            )
        )
    waiting = {item.serial_no: item for item in handover.of(ItemState.GIVEN)}
    if not waiting:
        raise UserError(say("Nothing of hand-over {no} waits to be received.", no=handover.no))
    for serial, reason in refused.items():
        if serial not in waiting or not reason.strip():
            raise UserError(
                say(
                    "{serial} cannot be refused: it does not wait in hand-over {no}, or the reason is "
                    "missing.",
                    serial=serial,
                    no=handover.no,
                )
            )
    accepted = tuple(item for serial, item in waiting.items() if serial not in refused)
    papers = sum(item.papers for item in accepted)
    if counted != papers:
        raise UserError(
            say(
                "The items to be received say {papers} pages, {counted} were counted; count again, or refuse "
                "the item that is not whole. Nothing was received.",
                papers=papers,
                counted=counted,
            )
        )
    return Receipt(accepted, dict(refused))
