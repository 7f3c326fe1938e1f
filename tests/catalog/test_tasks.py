"""Tasks in the catalog: entered whole with their log line, told by their acts, once."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from catalog import log
from catalog.catalog import Catalog
from catalog.log import LogEntry
from catalog.streams import DeliveredStream
from pipeline.errors import UserError
from pipeline.model import Transaction
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import ActKind, CaptureTask, TaskState

DAY = date(2026, 11, 19)
ASKED = {"need": "required", "medium": "paper", "fresh": False, "profile": "brokerage 1 B601"}
PAGE = {"page": "a", "delivery": "d", "name": "0001.jpg", "operator": "wang"}


def made(serial_no: str, code: str = "CASH_SLIP") -> Planned:
    return Planned(serial_no, code, ActKind.MADE, ASKED)


def settle(
    catalog: Catalog, *steps: Planned, branch: str = "3301", day: date = DAY
) -> tuple[CaptureTask, ...]:
    return catalog.tasks.settle(day, branch, lambda _: steps, "task.make", "wang")


def book(catalog: Catalog, row: Transaction) -> None:
    totals = {row.handling_branch: {"rows": "1", "amount": "0"}}
    stream = DeliveredStream(row.business_date, "s.csv", "0" * 64, "utf-8", [row], 0, totals)
    catalog.streams.book(stream, "wang")


def entries(catalog: Catalog) -> list[LogEntry]:
    with catalog._engine.connect() as connection:
        return list(log.entries(connection))


def test_tasks_are_kept_with_their_acts_and_one_log_line(catalog: Catalog) -> None:
    settle(catalog, made("s2"), made("s1", "ID_F"), made("s1", "ID_B"))
    settle(catalog, Planned("s1", "ID_B", ActKind.CAPTURED, {"pages": [PAGE]}))
    tasks = catalog.tasks.of_day(DAY, "3301")
    assert [(one.name, str(one.state)) for one in tasks] == [
        ("s1/ID_F", "pending"),
        ("s1/ID_B", "captured"),
        ("s2/CASH_SLIP", "pending"),
    ]
    assert [act.kind for act in tasks[1].acts] == ["made", "captured"]
    assert tasks[1].standing.profile == "brokerage 1 B601"
    assert catalog.tasks.of_day(DAY, states=(TaskState.CAPTURED,)) == tasks[1:2]
    told = [(entry.body["act"], entry.body["acts"]) for entry in entries(catalog)]
    assert told == [("task.make", {"made": 3}), ("task.make", {"captured": 1})]
    assert catalog.first_broken_log_entry() is None


def test_nothing_to_do_leaves_no_trace(catalog: Catalog) -> None:
    assert settle(catalog) == ()
    assert entries(catalog) == []


def test_an_act_that_is_not_allowed_undoes_the_whole_step(catalog: Catalog) -> None:
    settle(catalog, made("s1"))
    with pytest.raises(UserError, match="waiting for its paper, so it cannot be passed"):
        settle(catalog, made("s2"), Planned("s1", "CASH_SLIP", ActKind.PASSED, {}))
    assert [one.name for one in catalog.tasks.of_day(DAY)] == ["s1/CASH_SLIP"]
    assert len(entries(catalog)) == 1


def test_a_plan_is_made_of_what_stands_now(catalog: Catalog) -> None:
    settle(catalog, made("s1"))

    def plan(tasks: Iterable[CaptureTask]) -> Iterable[Planned]:
        return [made("s9")] if not list(tasks) else []

    assert len(catalog.tasks.settle(DAY, "3301", plan, "task.make", "wang")) == 1
    assert len(catalog.tasks.settle(DAY, "3302", plan, "task.make", "wang")) == 1


def test_a_shared_paper_that_is_gone_sets_back_what_it_served_wherever_that_is(
    catalog: Catalog,
) -> None:
    settle(catalog, made("s1", "ID_F"), made("s3", "ID_F"))
    captured = Planned("s1", "ID_F", ActKind.CAPTURED, {"pages": [PAGE]})
    [own, _] = settle(catalog, captured)
    link = {"from": own.id, "task": own.name, "business": "B402", "branch": "3301", "day": str(DAY)}
    share = Planned("s3", "ID_F", ActKind.SHARED, link)
    settle(catalog, share)
    settle(catalog, made("s2", "ID_F"), replace(share, serial_no="s2"), branch="3302")
    settle(catalog, Planned("s1", "ID_F", ActKind.REJECTED, {"reason": "blurred"}))
    for name, branch in (("s1", "3301"), ("s3", "3301"), ("s2", "3302")):
        task = catalog.tasks.named(name, "ID_F", DAY, branch)
        assert (task.state, task.standing.shared_from) == (TaskState.PENDING, None)
    assert [entry.body["act"] for entry in entries(catalog)][-2:] == ["task.release"] * 2
    assert catalog.first_broken_log_entry() is None


def test_what_is_captured_is_found_by_customer_and_type(
    catalog: Catalog, transaction: Transaction
) -> None:
    book(catalog, transaction)
    serial, customer = transaction.serial_no, (transaction.customer_no, transaction.id_no)
    settle(catalog, made(serial, "ID_F"), made(serial, "ID_B"))
    settle(catalog, Planned(serial, "ID_F", ActKind.CAPTURED, {"pages": [PAGE]}))

    def found(customer: tuple[str, str], types: set[str], until: date) -> list[str]:
        return [one.task.document_type for one in catalog.tasks.sources({customer}, types, until)]

    assert found(customer, {"ID_F", "ID_B"}, DAY) == ["ID_F"]
    assert found(customer, {"ID_B"}, DAY) == []
    assert found(customer, {"ID_F"}, date(2026, 11, 18)) == []
    assert found((customer[0], "another"), {"ID_F"}, DAY) == []
    [source] = catalog.tasks.sources({customer}, {"ID_F"}, DAY)
    assert (source.customer, source.business_code) == (customer, "B601")


def test_a_task_is_found_by_its_name_where_that_is_one(catalog: Catalog) -> None:
    settle(catalog, made("s1"))
    settle(catalog, made("s1"), branch="3302")
    with pytest.raises(UserError, match="There is no task s1/ID_F"):
        catalog.tasks.named("s1", "ID_F", None, None)
    with pytest.raises(UserError, match="name --branch and --day"):
        catalog.tasks.named("s1", "CASH_SLIP", DAY, None)
    assert catalog.tasks.named("s1", "CASH_SLIP", None, "3302").branch == "3302"


def test_what_is_tried_stands_for_its_own_branch_and_day_alone(
    catalog: Catalog, transaction: Transaction
) -> None:
    later, serial = date(2026, 11, 20), transaction.serial_no
    for branch, day in (("3301", DAY), ("3302", DAY), ("3301", later)):
        book(catalog, replace(transaction, handling_branch=branch, business_date=day))
        captured = Planned(serial, "CASH_SLIP", ActKind.CAPTURED, {"pages": [PAGE]})
        settle(catalog, made(serial), captured, branch=branch, day=day)
    customer = (transaction.customer_no, transaction.id_no)
    tried = catalog.foreseeing()

    def found() -> list[tuple[date, str]]:
        sources = tried.tasks.sources({customer}, {"CASH_SLIP"}, later)
        return sorted((one.task.day, one.task.branch) for one in sources)

    assert found() == [(DAY, "3301"), (DAY, "3302"), (later, "3301")]
    settle(tried, branch="3301", day=later)
    assert found() == [(DAY, "3301"), (DAY, "3302"), (later, "3301")], "told once"
    lost = Planned(serial, "CASH_SLIP", ActKind.LOST, {"reason": "page_gone"})
    settle(tried, lost, branch="3301", day=later)
    assert found() == [(DAY, "3301"), (DAY, "3302")]
    settle(tried, lost, branch="3302", day=DAY)
    assert found() == [(DAY, "3301")]


def test_what_is_tried_serves_or_serves_no_more_and_the_catalog_knows_nothing_of_it(
    catalog: Catalog, transaction: Transaction
) -> None:
    book(catalog, transaction)
    serial, customer = transaction.serial_no, (transaction.customer_no, transaction.id_no)
    captured = Planned(serial, "ID_F", ActKind.CAPTURED, {"pages": [PAGE]})
    settle(catalog, made(serial, "ID_F"), made(serial, "ID_B"), captured)
    tried = catalog.foreseeing()

    def found(of: Catalog) -> list[str]:
        sources = of.tasks.sources({customer}, {"ID_F", "ID_B"}, DAY)
        return [one.task.document_type for one in sources]

    settle(tried, Planned(serial, "ID_F", ActKind.LOST, {"reason": "page_gone"}))
    assert found(tried) == []
    settle(tried, replace(captured, document_type="ID_B"))
    assert found(tried) == ["ID_B"]
    assert found(catalog) == ["ID_F"]


def test_a_day_is_listed_by_name_piece_by_piece(catalog: Catalog) -> None:
    settle(catalog, made("20"), made("3"), made("20", "CASH-SLIP"), made("10"))
    settle(catalog, made("30"), branch="3302")
    first = catalog.tasks.behind("", DAY, "3301", 3)
    assert [task.name for task in first] == ["10/CASH_SLIP", "20/CASH-SLIP", "20/CASH_SLIP"]
    (last,) = catalog.tasks.behind("20/CASH_SLIP", DAY, "3301", 3)
    assert (last.name, last.state) == ("3/CASH_SLIP", TaskState.PENDING)
    assert catalog.tasks.behind(last.name, DAY, "3301", 3) == ()
