"""Transactions whose customer is not as the customer master has it (CG-08a, CG-16.3b)."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.discrepancies import DayInHand, Kind, discrepancy
from pipeline.balance import Discrepancy
from pipeline.customers import CustomerDifference, customer_differences
from pipeline.language import say


def differing_customers(hand: DayInHand) -> Iterable[Discrepancy]:
    """Give one discrepancy a transaction whose customer is unknown, or another than the master's."""
    if hand.customers is None:
        return
    for found in customer_differences(hand.transactions, hand.customers):
        yield _unknown(hand, found) if found.known is None else _other(hand, found)


def _unknown(hand: DayInHand, found: CustomerDifference) -> Discrepancy:
    row = found.transaction
    return discrepancy(
        hand,
        Kind.UNKNOWN_CUSTOMER,
        row.serial_no,
        (),
        say("The customer master has no customer {number}.", number=row.customer_no),
        say(
            "Check the number on the paper; import the customer master anew where the customer is a new one."
        ),
        read={"customer_no": row.customer_no},
        owner_name=row.teller_no,
    )


def _other(hand: DayInHand, found: CustomerDifference) -> Discrepancy:
    row, known = found.transaction, found.known
    booked = {"customer_name": row.customer_name, "id_no": _masked(row.id_no)}
    master = {"customer_name": known.name, "id_no": _masked(known.id_no)} if known else {}
    return discrepancy(
        hand,
        Kind.WRONG_CUSTOMER,
        row.serial_no,
        (),
        say(
            "Customer {number} is booked with another name or identity number than the customer master has.",
            number=row.customer_no,
        ),
        say(
            "Look at the paper: have the transaction booked for the right customer, or the master put right."
        ),
        read={name: booked[name] for name in found.differing},
        expected={name: master[name] for name in found.differing},
        owner_name=row.teller_no,
    )


def _masked(id_no: str) -> str:
    """An identity number as it may be shown: its last four characters (field policy, class ID)."""
    return f"…{id_no[-4:]}"
