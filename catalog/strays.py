"""In sentences: why a page found no transaction here, or a transaction no page, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from catalog.discrepancies import DayInHand, Kind, discrepancy
from pipeline.balance import CatalogedPage, Discrepancy
from pipeline.language import Message, say
from pipeline.model import FieldName, Transaction
from pipeline.strays import missed_separators
from pipeline.vouchers import leaders

Why = tuple[Message, Message]
"""(what happened, what to do next)."""

_CHECK = say("Check branch and day of the paper; return it or have the transaction booked.")


def surplus(hand: DayInHand) -> Iterable[Discrepancy]:
    """Give one discrepancy for every page that no transaction of the branch and day is given."""
    followed = leaders(hand.pages)
    left = {page.delivery_id for page in hand.matching.pages_left}
    holders = {match.serial_no: match.pages[0] for match in hand.matching.matches}
    booked = {transaction.serial_no for transaction in hand.transactions}
    for page in hand.matching.pages_left:
        leader = followed.get(page.delivery_id)
        if leader and leader.delivery_id in left:
            said: Why = (
                say("The page continues the voucher of {name}; see there.", name=leader.name),
                _CHECK,
            )
        else:
            said = _why_surplus(hand, page, booked, holders)
        reason, remedy = said
        read = {str(name): field.value for name, field in page.fields.items()}
        yield discrepancy(
            hand, Kind.SURPLUS_IMAGE, _serial_of(page), (page,), reason, remedy, read=read
        )


def _why_surplus(
    hand: DayInHand,
    page: CatalogedPage,
    booked: set[str],
    holders: Mapping[str, CatalogedPage],
) -> Why:
    serial = _serial_of(page)
    if fits := hand.matching.fitting.get(page.delivery_id, ()):
        return _not_sure(fits)
    if serial is None:
        return (
            say("No serial number could be read on the page and no transaction fits it."),
            _CHECK,
        )
    if serial in holders:
        return _two_papers(serial, holders[serial])
    if serial in booked:
        return (
            say(
                "The page carries serial number {serial}, but everything else on it speaks against that "
                "transaction.",
                serial=serial,
            ),
            _CHECK,
        )
    if owner := hand.elsewhere.owner_of(page):
        return _belongs_elsewhere(hand, owner)
    if file := hand.elsewhere.withdrawn.get(serial):
        return (
            say(
                "Serial number {serial} was booked, but stream file {file} no longer has it.",
                serial=serial,
                file=file,
            ),
            say("Ask the teller what became of the business; keep the paper until that is clear."),
        )
    return (
        say("No transaction of this branch and day carries serial number {serial}.", serial=serial),
        _CHECK,
    )


def _not_sure(fits: Sequence[str]) -> Why:
    look = say(
        "Look at the page; key its serial number (“paperproof key work”) or say whose it is."
    )
    if len(fits) > 1:
        return (
            say(
                "The page fits {serials} alike, or nearly; which it is cannot be told surely.",
                serials=", ".join(fits[:_NAMED]),
            ),
            look,
        )
    return (
        say("The page comes near {serial}, but not surely enough to be matched.", serial=fits[0]),
        look,
    )


_NAMED = 3
"""Transactions that a sentence names."""


def _two_papers(serial: str, holder: CatalogedPage) -> Why:
    return (
        say(
            "Serial number {serial} stands on {name} too, which fits the transaction; this page says "
            "otherwise.",
            serial=serial,
            name=holder.name,
        ),
        say("Compare the two papers; have the number of the wrong one corrected."),
    )


def _belongs_elsewhere(hand: DayInHand, owner: Transaction) -> Why:
    said = {
        "serial": owner.serial_no,
        "branch": owner.handling_branch,
        "day": owner.business_date,
    }
    if owner.business_date == hand.day:
        return (
            say("Serial number {serial} is booked at branch {branch} that day, not here.", **said),
            say(
                "Send the paper to branch {branch} and have it scanned there; it is not matched from here.",
                **said,
            ),
        )
    if owner.handling_branch == hand.branch:
        return (
            say("Serial number {serial} is booked on {day}, not on this day.", **said),
            say(
                "Put the paper to {day} and take it in for that day (“paperproof take-in FOLDER --branch "
                "{branch} --day {day}”).",
                **said,
            ),
        )
    return (
        say("Serial number {serial} is booked at branch {branch} on {day}, not here.", **said),
        say("Send the paper to branch {branch}, to be scanned for {day}.", **said),
    )


def hints_for_missing(hand: DayInHand) -> Mapping[str, Why]:
    """Give, for transactions without a page by serial number, what else is known of why."""
    due = Counter(task.serial_no for task in hand.papers.tasks)
    said: dict[str, Why] = {}
    for serial, file in hand.elsewhere.added.items():
        said[serial] = (
            say("The transaction came only with stream file {file}, after another.", file=file),
            say("Find the voucher, scan it and take it in; it may lie with those of a later day."),
        )
    for serial, voucher in missed_separators(hand.transactions, hand.matching, due).items():
        said[serial] = (
            say(
                "No page in hand is this transaction's own; the voucher beside it, {first} to {last}, has "
                "{pages} pages where {usual} are usual, so a separator may be missing in it.",
                first=voucher.first.name,
                last=voucher.last.name,
                pages=voucher.pages,
                usual=voucher.usual,
            ),
            say("Look through that voucher; scan both anew with a separator between them."),
        )
    return said


def _serial_of(page: CatalogedPage) -> str | None:
    field = page.fields.get(FieldName.SERIAL_NO)
    return field.value if field else None
