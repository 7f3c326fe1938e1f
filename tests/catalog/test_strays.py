"""Pages and transactions that found nothing are told where they belong and what to do; nothing is matched."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.balance import CatalogedPage, Discrepancy, DiscrepancyKind
from pipeline.matching import match_day
from pipeline.model import FieldName, Transaction
from pipeline.strays import Elsewhere

from .branch_day import DAY, closed, page


def found(
    transactions: Sequence[Transaction],
    pages: Sequence[CatalogedPage],
    elsewhere: Elsewhere | None = None,
) -> tuple[Discrepancy, ...]:
    return closed(transactions, pages, elsewhere=elsewhere or Elsewhere()).discrepancies


def said_only(scan: CatalogedPage, *names: FieldName) -> CatalogedPage:
    return replace(scan, fields={name: scan.fields[name] for name in names})


CUSTOMER = (FieldName.CUSTOMER_NO, FieldName.CUSTOMER_NAME, FieldName.AMOUNT)
YESTERDAY = DAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("changed", "reason", "remedy"),
    [
        ({"handling_branch": "3302"}, "booked at branch 3302 that day", "to branch 3302"),
        ({"business_date": YESTERDAY}, "booked on 2026-11-18", "--day 2026-11-18"),
        (
            {"business_date": YESTERDAY, "handling_branch": "3302"},
            "booked at branch 3302 on 2026-11-18",
            "for 2026-11-18",
        ),
    ],
)
def test_a_page_that_is_booked_elsewhere_is_sent_there_and_not_matched(
    transaction: Transaction, changed: dict[str, object], reason: str, remedy: str
) -> None:
    owner = replace(transaction, **changed)  # type: ignore[arg-type]
    elsewhere = Elsewhere({owner.serial_no: [owner]})
    (told,) = found([], [page(1, owner)], elsewhere)
    assert told.kind is DiscrepancyKind.SURPLUS_IMAGE
    assert reason in str(told.reason)
    assert remedy in str(told.remedy)


def test_a_number_that_only_happens_to_be_booked_elsewhere_sends_nobody(
    transaction: Transaction,
) -> None:
    stranger = replace(
        transaction,
        handling_branch="3302",
        customer_no="11111111",
        customer_name="司马相如",
        fund_account="22222222",
        business_name="撤销指定交易",
        amount=None,
    )
    (told,) = found([], [page(1, transaction)], Elsewhere({stranger.serial_no: [stranger]}))
    assert "No transaction of this branch and day" in str(told.reason)


def test_a_row_that_a_later_file_withdrew_is_named(transaction: Transaction) -> None:
    elsewhere = Elsewhere(withdrawn={transaction.serial_no: "late.csv"})
    (told,) = found([], [page(1, transaction)], elsewhere)
    assert "late.csv no longer has it" in str(told.reason)


def test_a_row_that_came_with_a_later_file_is_named(transaction: Transaction) -> None:
    (told,) = found([transaction], [], Elsewhere(added={transaction.serial_no: "late.csv"}))
    assert told.kind is DiscrepancyKind.MISSING_IMAGE
    assert "only with stream file late.csv" in str(told.reason)


def test_two_papers_with_one_number_are_told_apart(transaction: Transaction) -> None:
    other = replace(
        transaction,
        customer_no="11111111",
        customer_name="司马相如",
        fund_account="22222222",
        business_name="撤销指定交易",
        amount=transaction.amount and transaction.amount + 17,
    )
    (told,) = found([transaction], [page(1, transaction), page(2, other)])
    assert told.kind is DiscrepancyKind.SURPLUS_IMAGE
    assert "stands on 0001.jpg too" in str(told.reason)


def test_a_long_voucher_beside_a_transaction_without_a_page_is_named(
    transaction: Transaction,
) -> None:
    forgotten = replace(
        transaction,
        serial_no="202611193301000002",
        occur_at=transaction.occur_at + timedelta(minutes=5),
    )
    unread = replace(page(2, transaction, voucher=1), fields={})
    (told,) = found([transaction, forgotten], [page(1, transaction, voucher=1), unread])
    assert told.serial_no == forgotten.serial_no
    assert "0001.jpg to 0002.jpg, has 2 pages where 1 are usual" in str(told.reason)
    other_teller = replace(forgotten, teller_no="99999")
    (told,) = found([transaction, other_teller], [page(1, transaction, voucher=1), unread])
    assert "No page in hand belongs" in str(told.reason)


def test_a_voucher_that_is_as_long_as_others_hints_at_nothing(transaction: Transaction) -> None:
    booked = [
        replace(
            transaction,
            serial_no=f"20261119330100000{n}",
            customer_no=f"94093501{n}7",
            occur_at=transaction.occur_at + timedelta(minutes=n),
        )
        for n in range(1, 5)
    ]
    pages = [
        one
        for n, of in enumerate(booked[:3])
        for one in (page(2 * n, of, voucher=n), replace(page(2 * n + 1, of, voucher=n), fields={}))
    ]
    (told,) = found(booked, pages)
    assert told.serial_no == booked[3].serial_no
    assert "No page in hand belongs" in str(told.reason)


def test_serial_numbers_of_what_is_left_are_looked_up(transaction: Transaction) -> None:
    blank = replace(page(2, transaction), page_id="2", delivery_id="2", fields={})
    matching = match_day([], [page(1, transaction), blank])
    assert matching.serials_left == {transaction.serial_no}
    assert FieldName.SERIAL_NO not in blank.fields


def test_a_page_that_two_transactions_fit_alike_names_both(transaction: Transaction) -> None:
    twin = replace(transaction, serial_no="202611193301000007")
    told = found([transaction, twin], [said_only(page(1, transaction), *CUSTOMER)])
    (surplus,) = [one for one in told if one.kind is DiscrepancyKind.SURPLUS_IMAGE]
    assert f"fits {transaction.serial_no}, {twin.serial_no} alike" in str(surplus.reason)
    assert "key work" in str(surplus.remedy)


def test_a_page_that_is_not_sure_enough_names_what_it_comes_near(transaction: Transaction) -> None:
    told = found([transaction], [said_only(page(1, transaction), FieldName.AMOUNT)])
    (surplus,) = [one for one in told if one.kind is DiscrepancyKind.SURPLUS_IMAGE]
    assert f"comes near {transaction.serial_no}" in str(surplus.reason)
