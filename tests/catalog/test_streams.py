"""Transactions are booked whole, come back equal, and every change is on record."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
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


def test_numbers_are_found_on_neighbouring_days_and_at_other_branches(
    catalog: Catalog, transaction: Transaction
) -> None:
    totals = {branch: {"rows": "1", "amount": "1.00"} for branch in ("3301", "3302")}
    there = replace(transaction, handling_branch="3302")
    catalog.streams.book(replace(delivered([transaction, there]), totals=totals), "tester")
    serial = transaction.serial_no
    found = catalog.streams.elsewhere(DAY, "3301", [serial, "unknown"])
    assert found.booked == {serial: [there]}
    next_day = catalog.streams.elsewhere(DAY + timedelta(days=1), "3302", [serial])
    assert {one.handling_branch for one in next_day.booked[serial]} == {"3301", "3302"}
    later = catalog.streams.elsewhere(DAY + timedelta(days=11), "3301", [serial])
    assert later.booked == {}


def test_rows_that_come_and_go_with_a_later_file_are_known_by_its_name(
    catalog: Catalog, transaction: Transaction
) -> None:
    second = replace(transaction, serial_no="202611193301000002")
    serials = (transaction.serial_no, second.serial_no)
    catalog.streams.book(delivered([transaction]), "tester")
    known = catalog.streams.elsewhere(DAY, "3301", serials)
    assert (known.added, known.withdrawn) == ({}, {}), "the first file adds nothing to another"
    catalog.streams.book(delivered([second], "late.csv"), "tester")
    known = catalog.streams.elsewhere(DAY, "3301", serials)
    assert known.withdrawn == {transaction.serial_no: "late.csv"}
    assert known.added == {second.serial_no: "late.csv"}
    catalog.streams.book(delivered([transaction], "last.csv"), "tester")
    known = catalog.streams.elsewhere(DAY, "3301", serials)
    assert known.added == {transaction.serial_no: "last.csv"}
    assert known.withdrawn == {second.serial_no: "last.csv"}
