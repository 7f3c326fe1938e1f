"""Papers that the day's transactions ask for and that are not in, and pages that nobody asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from catalog.discrepancies import DayInHand, Kind, discrepancy
from catalog.strays import Why, hints_for_missing
from pipeline.balance import CatalogedPage, Discrepancy
from pipeline.evidence import expected_values
from pipeline.language import Message, Named, say
from pipeline.model import FieldName, Transaction
from pipeline.tasks.joining import BY_CUSTOMER


def missing(hand: DayInHand) -> Iterable[Discrepancy]:
    """Give one discrepancy for every paper that is due and not in, by transaction and document type.

    A transaction without tasks, whose business the profile does not know, misses its page.
    """
    refused = {_serial_of(page): page for page in hand.pages if page.state == "refused"}
    unmatched = {one.serial_no for one in hand.matching.transactions_left} | {
        match.serial_no for match in hand.matching.matches if match.how == BY_CUSTOMER
    }
    hints = hints_for_missing(hand)
    for transaction in hand.transactions:
        page = refused.get(transaction.serial_no)
        hint = None if page else hints.get(transaction.serial_no)
        if not hand.papers.asks(transaction.serial_no):
            if transaction.serial_no in unmatched and transaction.expects_paper:
                yield _without_page(hand, transaction, page, hint)
            continue
        for place, task in enumerate(hand.papers.missing(transaction.serial_no)):
            name = hand.papers.name(task.document_type)
            principal = place == 0 and transaction.serial_no in unmatched
            is_refused = page and page.document_type in (
                (None, task.document_type) if principal else (task.document_type,)
            )
            reason, remedy = hint if hint and principal else (_none_of_type(name), _REMEDY)
            yield discrepancy(
                hand,
                Kind.MISSING_IMAGE,
                transaction.serial_no,
                (),
                say("The page of this transaction, {name}, was refused.", name=page.name)
                if page and is_refused
                else reason,
                remedy,
                expected={**_expected(transaction), "document_type": task.document_type},
                owner_name=transaction.teller_no,
            )


def misses_paper(hand: DayInHand, transaction: Transaction) -> bool:
    """Whether a transaction without a page misses one: its papers may all be shared, void or electronic."""
    if hand.papers.asks(transaction.serial_no):
        return bool(hand.papers.missing(transaction.serial_no))
    return transaction.expects_paper


def not_asked_for(hand: DayInHand) -> Iterable[Discrepancy]:
    """Give one discrepancy for every matched page whose type its transaction does not ask for."""
    for serial_no, page in hand.papers.wrong:
        code = page.document_type or ""
        yield discrepancy(
            hand,
            Kind.WRONG_TYPE,
            serial_no,
            (page,),
            say(
                "{name} is a page of type {type}, which its transaction does not ask for.",
                name=page.name,
                type=hand.papers.name(code),
            ),
            say(
                "Look at the paper: take it in with its right type, or ask for it with “paperproof task add”."
            ),
            read={"document_type": code},
        )


def incomplete(hand: DayInHand) -> Iterable[Discrepancy]:
    """Give one discrepancy for every paper of which a page is lacking, as one side of an identity card."""
    pages = {page.delivery_id: page for page in hand.pages}
    for task, least in hand.papers.incomplete:
        own = tuple(
            pages[one.delivery_id] for one in task.standing.pages if one.delivery_id in pages
        )
        yield discrepancy(
            hand,
            Kind.PAGE_CHECK,
            task.serial_no,
            own,
            say(
                "Of this transaction's {type} {count} pages are in, such a paper has {least} at least.",
                type=hand.papers.name(task.document_type),
                count=len(task.standing.pages),
                least=least,
            ),
            say("Look at the paper; scan the page that is lacking."),
            read={"Q11": str(len(task.standing.pages))},
            expected={"Q11": f"≥ {least}"},
            owner="scan_operator",
        )


def undefined(hand: DayInHand) -> Iterable[Discrepancy]:
    """Give one discrepancy for every business code of the day that the profile does not know."""
    for code, serial_no in hand.papers.undefined.items():
        yield discrepancy(
            hand,
            Kind.NO_TASK_DEFINITION,
            serial_no,
            (),
            say(
                "The profile does not say which papers business {code} needs; one page for each of its "
                "transactions is looked for.",
                code=code,
            ),
            say("Enter the business in the profile, then close the day again."),
            expected={"business_code": code},
        )


_REMEDY = say("Find the voucher, scan it and take it in; a copy of a refused page does not count.")


def _none_of_type(name: Named) -> Message:
    return say("No page in hand is this transaction's {type}.", type=name)


def _without_page(
    hand: DayInHand, transaction: Transaction, refused: CatalogedPage | None, hint: Why | None
) -> Discrepancy:
    reason, remedy = hint or (say("No page in hand belongs to this transaction."), _REMEDY)
    return discrepancy(
        hand,
        Kind.MISSING_IMAGE,
        transaction.serial_no,
        (),
        say("The page of this transaction, {name}, was refused.", name=refused.name)
        if refused
        else reason,
        remedy,
        expected=_expected(transaction),
        owner_name=transaction.teller_no,
    )


def _expected(transaction: Transaction) -> Mapping[str, Any]:
    return {str(k): v for k, v in expected_values(transaction).items() if v is not None}


def _serial_of(page: CatalogedPage) -> str | None:
    field = page.fields.get(FieldName.SERIAL_NO)
    return field.value if field else None
