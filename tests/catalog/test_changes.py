"""A day on which something came in or was done since its closing is open again, until it is closed anew."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from catalog.catalog import Catalog
from catalog.streams import DeliveredStream
from catalog.tables import day_close
from pipeline.balance import BranchDay
from pipeline.model import Transaction
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import ActKind, CaptureTask

ASKED = {"need": "required", "medium": "paper", "fresh": False, "profile": "b 1 B601"}


def result(transaction: Transaction) -> BranchDay:
    return BranchDay(transaction.business_date, transaction.handling_branch, True, {}, (), ())


def closed(catalog: Catalog, transaction: Transaction) -> tuple[bool, bool]:
    day, branch = transaction.business_date, transaction.handling_branch
    (kept,) = catalog.days.results(day, branch)
    assert ((day, branch) in catalog.days.open()) is not kept.closed
    last = catalog.days.last_closing(day, branch)
    assert last and (last.closed, last.changed) == (kept.closed, kept.changed)
    return kept.closed, kept.changed


def book(catalog: Catalog, *rows: Transaction) -> None:
    day, branch = rows[0].business_date, rows[0].handling_branch
    totals = {branch: {"rows": str(len(rows)), "amount": "0"}}
    catalog.streams.book(DeliveredStream(day, "s", "0" * 64, "utf-8", rows, 0, totals), "t")


def act(catalog: Catalog, transaction: Transaction, kind: ActKind) -> None:
    def plan(_: tuple[CaptureTask, ...]) -> list[Planned]:
        return [Planned(transaction.serial_no, "CASH_SLIP", kind, ASKED | {"reason": "x"})]

    catalog.tasks.settle(transaction.business_date, transaction.handling_branch, plan, "t", "li")


def test_a_stream_file_and_an_act_by_hand_open_the_day_again(
    catalog: Catalog, transaction: Transaction
) -> None:
    book(catalog, transaction)
    act(catalog, transaction, ActKind.MADE)
    catalog.days.keep(result(transaction), "decision/1", "t")
    assert closed(catalog, transaction) == (True, False)
    act(catalog, transaction, ActKind.VOIDED)
    assert closed(catalog, transaction) == (False, True)
    catalog.days.keep(result(transaction), "decision/1", "t")  # closed again, with the same result
    assert closed(catalog, transaction) == (True, False)
    book(catalog, transaction)
    assert closed(catalog, transaction) == (False, True)


def test_what_the_closing_does_itself_changes_nothing(
    catalog: Catalog, transaction: Transaction
) -> None:
    book(catalog, transaction)
    catalog.days.keep(result(transaction), "decision/1", "t")
    act(catalog, transaction, ActKind.MADE)
    assert closed(catalog, transaction) == (True, False)


def test_what_comes_in_while_a_closing_is_at_work_opens_the_day_again(
    catalog: Catalog, transaction: Transaction
) -> None:
    book(catalog, transaction)
    act(catalog, transaction, ActKind.MADE)
    seen = catalog.days.seen(transaction.business_date, transaction.handling_branch)
    act(catalog, transaction, ActKind.VOIDED)
    catalog.days.keep(result(transaction), "decision/1", "t", seen)
    assert closed(catalog, transaction) == (False, True)
    catalog.days.keep(result(transaction), "decision/1", "t", seen)  # still not looked at
    assert closed(catalog, transaction) == (False, True)


@pytest.mark.parametrize("minutes", [-10, 10])
def test_the_clock_of_the_host_that_closes_decides_nothing(
    catalog: Catalog, transaction: Transaction, minutes: int
) -> None:
    book(catalog, transaction)
    act(catalog, transaction, ActKind.MADE)
    catalog.days.keep(result(transaction), "decision/1", "t")
    with catalog._engine.begin() as connection:
        (at,) = connection.execute(select(day_close.c.at)).one()
        connection.execute(update(day_close).values(at=at + timedelta(minutes=minutes)))
    assert closed(catalog, transaction) == (True, False)
    act(catalog, transaction, ActKind.VOIDED)
    assert closed(catalog, transaction) == (False, True)


def test_a_closing_of_before_changes_were_counted_goes_by_the_moment(
    catalog: Catalog, transaction: Transaction
) -> None:
    book(catalog, transaction)
    act(catalog, transaction, ActKind.MADE)
    catalog.days.keep(result(transaction), "decision/1", "t")
    with catalog._engine.begin() as connection:
        connection.execute(update(day_close).values(seen=None))
    assert closed(catalog, transaction) == (True, False)
    act(catalog, transaction, ActKind.VOIDED)
    assert closed(catalog, transaction) == (False, True)


def test_what_comes_in_of_another_branch_or_day_changes_nothing(
    catalog: Catalog, transaction: Transaction
) -> None:
    book(catalog, transaction)
    catalog.days.keep(result(transaction), "decision/1", "t")
    assert catalog.days.last_closing(transaction.business_date, "3302") is None
    book(catalog, replace(transaction, handling_branch="3302", serial_no="202611193302000001"))
    book(catalog, replace(transaction, business_date=transaction.business_date + timedelta(days=1)))
    assert closed(catalog, transaction) == (True, False)
    book(catalog, transaction)
    assert closed(catalog, transaction) == (False, True)


def test_the_open_days_of_a_window_are_those_of_all_that_lie_in_it(
    catalog: Catalog, transaction: Transaction
) -> None:
    first = transaction.business_date
    rows = [
        replace(transaction, business_date=first + timedelta(days=days), handling_branch=branch)
        for days in range(4)
        for branch in ("3301", "3302")
    ]
    for row in rows:
        book(catalog, row)
        catalog.days.keep(result(row), "decision/1", "t")
    for row in rows[1:8:2]:
        book(catalog, row)  # changed since
    every = catalog.days.open()
    assert every == sorted((row.business_date, row.handling_branch) for row in rows[1:8:2])
    last = first + timedelta(days=2)
    assert catalog.days.open(first, last=last) == [one for one in every if one[0] <= last]
    assert catalog.days.open(first, "3301", last=last) == []
    assert catalog.days.open(first, last=last, changed=False) == []
    assert catalog.days.open(first) == every[:1]
