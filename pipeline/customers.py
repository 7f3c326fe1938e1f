"""Customers as the account system knows them (客户主数据), held against what is booked (CG-08a)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from pipeline.evidence import plain
from pipeline.identity_number import bearer_born
from pipeline.language import Message, say
from pipeline.model import Transaction


@dataclass(frozen=True)
class KnownCustomer:
    """One customer of the master."""

    number: str
    name: str
    id_type: str
    id_no: str
    owner_branch: str
    opened_on: date | None = None
    closed_on: date | None = None
    id_valid_until: date | None = None
    """Last day on which the identity document is valid; ``date.max``: for good; None: not told."""


def days_fault(one: KnownCustomer, today: date) -> Message | None:
    """Tell why a customer's days cannot be: birth, opening, closing and today follow one another.

    A closing that lies too early would end the time that papers must stay. None: they can be so.
    """
    told = (
        (say("birth"), bearer_born(one.id_no)),
        (say("opening"), one.opened_on),
        (say("closing"), one.closed_on),
        (say("today"), today),
    )
    known = [(name, day) for name, day in told if day is not None]
    for (before, early), (after, late) in pairwise(known):
        if late < early:
            return say(
                "{before} ({early}) lies behind {after} ({late}); have the account system look at the days.",
                before=before,
                early=early,
                after=after,
                late=late,
            )
    return None


@dataclass(frozen=True)
class CustomerDifference:
    """A transaction whose customer is not as the master has it."""

    transaction: Transaction
    known: KnownCustomer | None
    """None: the master has no such number."""
    differing: tuple[str, ...] = ()
    """Stream columns that differ: "customer_name", "id_no"."""


def customer_differences(
    transactions: Iterable[Transaction], customers: Mapping[str, KnownCustomer]
) -> Iterator[CustomerDifference]:
    """Give the transactions whose customer number is unknown, or whose name or identity number differs.

    Width, case and blanks make no difference.
    """
    for row in transactions:
        known = customers.get(row.customer_no)
        if known is None:
            yield CustomerDifference(row, None)
            continue
        told = {
            "customer_name": (row.customer_name, known.name),
            "id_no": (row.id_no, known.id_no),
        }
        differing = tuple(name for name, (a, b) in told.items() if plain(a) != plain(b))
        if differing:
            yield CustomerDifference(row, known, differing)
