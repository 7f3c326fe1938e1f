"""Transactions are booked whole, come back equal, and every change is on record."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from catalog.catalog import Catalog
from catalog.streams import DeliveredStream
from catalog.tables import stream_change
from pipeline.model import Transaction

DAY = date(2026, 11, 19)


def delivered(transactions: Sequence[Transaction], name: str = "stream.csv") -> DeliveredStream:
    return DeliveredStream(
        DAY, name, "0" * 64, "utf-8", transactions, 0, {"3301": {"rows": "1", "amount": "1.00"}}
    )


def test_a_booked_transaction_comes_back_equal(catalog: Catalog, transaction: Transaction) -> None:
    other = replace(
        transaction,
        serial_no="202611193301000002",
        amount=None,
        quantity=Decimal("12.3456"),
        agent_name="赵英璟",
    )
    catalog.streams.book(delivered([transaction, other]), "tester")
    assert catalog.streams.of_day(DAY, "3301") == (transaction, other)
    assert catalog.streams.of_day(DAY, "3302") == ()
    assert catalog.streams.branches_of_day(DAY) == ("3301",)


def test_a_replaced_row_is_kept_as_it_was(catalog: Catalog, transaction: Transaction) -> None:
    catalog.streams.book(delivered([transaction]), "tester")
    changed = replace(transaction, amount=Decimal("54930.33"))
    catalog.streams.book(delivered([changed]), "tester")
    assert catalog.streams.of_day(DAY) == (changed,)
    with catalog._engine.connect() as connection:
        kept = connection.execute(select(stream_change)).one()
    assert (kept.before["amount"], kept.after["amount"]) == ("54030.33", "54930.33")


def test_a_removed_row_is_kept_as_it_was(catalog: Catalog, transaction: Transaction) -> None:
    catalog.streams.book(delivered([transaction]), "tester")
    catalog.streams.book(delivered([]), "tester")
    assert catalog.streams.of_day(DAY) == ()
    with catalog._engine.connect() as connection:
        kept = connection.execute(select(stream_change)).one()
    assert kept.before["serial_no"] == transaction.serial_no
    assert kept.after is None
