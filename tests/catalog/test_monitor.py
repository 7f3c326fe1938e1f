"""What is counted of a branch's day: papers due alone, the last stream file, days and branches apart."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import insert

from catalog.catalog import Catalog
from catalog.monitor import BranchDayCounts
from catalog.streams import DeliveredStream
from catalog.tables import batch, capture_task, delivery
from pipeline.balance import BranchDay
from pipeline.tasks.states import TaskState
from tests.catalog.conftest import DAY

NOW = datetime.now(UTC)
NEXT = DAY + timedelta(days=1)
_numbers = count(1)


def stream(catalog: Catalog, day: date, **rows: int) -> None:
    totals = {branch[1:]: {"rows": str(number), "amount": "0"} for branch, number in rows.items()}
    catalog.streams.book(DeliveredStream(day, "s", "0" * 64, "utf-8", (), 0, totals), "t")


def pages(catalog: Catalog, day: date, branch: str, *states: str) -> None:
    name = f"batch-{next(_numbers)}"
    scanned = {"id": name, "branch": branch, "business_date": day, "station": "s", "operator": "o"}
    with catalog._engine.begin() as connection:
        connection.execute(insert(batch).values(**scanned, name=name, opened_at=NOW))
        for number, state in enumerate(states):
            come = {"id": f"{name}-{number}", "batch_id": name, "sequence": number, "page_no": 1}
            came = {**come, "name": "1.jpg", "sha256": "0" * 64, "state": state, "at": NOW}
            connection.execute(insert(delivery).values(**came))


def task(
    catalog: Catalog, day: date, branch: str, state: str, need: str = "required", on: str = "paper"
) -> None:
    number = str(next(_numbers))
    made = {"id": number, "business_date": day, "branch": branch, "serial_no": number}
    asked = {"need": need, "medium": on, "fresh": False, "profile_version": "b", "state": state}
    values = {**made, **asked, "document_type": "CASH_SLIP", "made_at": NOW}
    with catalog._engine.begin() as connection:
        connection.execute(insert(capture_task).values(values))


@pytest.fixture
def counted(catalog: Catalog) -> Catalog:
    stream(catalog, DAY, b3301=7, b3302=5)
    stream(catalog, DAY, b3301=8)
    stream(catalog, NEXT, b3301=9)
    pages(catalog, DAY, "3301", "admitted", "blank", "refused")
    pages(catalog, DAY, "3301", "admitted")
    pages(catalog, DAY, "3302", "refused")
    for state in ("pending", "captured", "captured"):
        task(catalog, DAY, "3301", state)
    task(catalog, DAY, "3301", "captured", "conditional")
    task(catalog, DAY, "3301", "captured", "optional")
    task(catalog, DAY, "3301", "captured", on="electronic")
    task(catalog, NEXT, "3302", "reviewed")
    catalog.days.keep(BranchDay(DAY, "3301", True, {"images": 4}, (), ()), "decision/1", "t")
    catalog.days.keep(BranchDay(NEXT, "3301", False, {"images": 0}, (), ()), "decision/2", "t")
    return catalog


def test_one_day_of_one_branch(counted: Catalog) -> None:
    (one,) = counted.monitor.counts(DAY, DAY, {"3301"})
    assert (one.day, one.branch, one.transactions) == (DAY, "3301", 8)
    assert one.tasks == {TaskState.PENDING: 1, TaskState.CAPTURED: 3}
    assert (one.pages, one.refused) == (3, 1)
    assert (one.closed, one.counts) == (True, {"images": 4})
    assert one.closed_at is not None
    assert NOW - timedelta(hours=1) < one.closed_at < NOW + timedelta(hours=1)


def test_all_of_a_window_by_branch_and_day(counted: Catalog) -> None:
    found = counted.monitor.counts(DAY, NEXT, None)
    assert [(one.branch, one.day) for one in found] == [
        *(("3301", DAY), ("3301", NEXT), ("3302", DAY), ("3302", NEXT))
    ]
    assert [one.transactions for one in found] == [8, 9, 5, 0]
    assert [one.closed for one in found] == [True, False, False, False]
    assert found[2] == BranchDayCounts(DAY, "3302", transactions=5, refused=1)
    assert found[3].tasks == {TaskState.REVIEWED: 1}


def test_a_batch_without_pages_is_nothing_that_is_in(catalog: Catalog) -> None:
    pages(catalog, DAY, "3301")
    pages(catalog, DAY, "3302", "blank", "refused", "refused")
    assert catalog.monitor.counts(DAY, DAY, None) == (
        BranchDayCounts(DAY, "3302", pages=1, refused=2),
    )


def test_who_sees_no_branch_sees_nothing(counted: Catalog) -> None:
    assert counted.monitor.counts(DAY, NEXT, frozenset()) == ()
    assert counted.monitor.counts(NEXT, NEXT, {"3309"}) == ()
