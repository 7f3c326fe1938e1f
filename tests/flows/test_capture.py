"""Tasks over a branch and day: made from its stream, captured by its closing, told at the command line."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.admit_page import Intake
from flows.capture import make_tasks
from flows.close_day import Closing, close_branch
from flows.parts import Parts
from flows.settings import Settings
from flows.stores import Stores
from pipeline.errors import UserError
from pipeline.model import Batch, FieldName
from pipeline.staff import Role
from storage.store import NoteKind
from tests.kept import notes

from .captured_day import book, ran, read, reading, take_in_typed
from .conftest import DAY, booked


@pytest.fixture
def hospital(parts: Parts) -> Parts:
    """The same workspace with the profile of another trade."""
    settings = Settings(profile="hospital", inbox={"quiet_seconds": 0}, least_free_mb=0)  # type: ignore[arg-type]
    return replace(parts, settings=settings)


def states(parts: Parts) -> dict[str, str]:
    return {task.name[-12:]: str(task.state) for task in parts.catalog.tasks.of_day(DAY, "3301")}


def test_a_hospital_s_day_closes_by_its_own_profile(
    hospital: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch, progress: Any
) -> None:
    """Nothing of the brokerage is wired in: other papers, other businesses, the same closing."""
    discharge = booked(1, business_code="DISCHARGE", business_name="出院结算")
    refund = booked(2, business_code="REFUND_OUT", business_name="退费")
    online = booked(3, business_code="ADMIT", business_name="入院登记", channel="online_hall")
    book(hospital, discharge, refund, online)
    at = replace(intake, parts=hospital)
    take_in_typed(at, scans, batch, progress, "SETTLEMENT", "0001.jpg")
    take_in_typed(at, scans, batch, progress, None, "0002.jpg")
    read(hospital, "0001.jpg", discharge)
    read(hospital, "0002.jpg", refund)
    result = close_branch(replace(closing, parts=hospital), DAY, "3301", progress)
    told = {
        (one.serial_no, one.kind, one.expected.get("document_type")) for one in result.discrepancies
    }
    assert (refund.serial_no, "MISSING_IMAGE", "OLD_RECEIPT") in told
    assert (refund.serial_no, "MISSING_IMAGE", "ID_CARD") in told  # 54 030 yuan are more than 1 000
    assert sum(kind == "MISSING_IMAGE" for _, kind, _ in told) == 2
    assert {name: n for name, n in result.counts.items() if name.startswith("tasks")} == {
        "tasks": 7, "tasks_captured": 2, "tasks_shared": 0, "tasks_missing": 2,
        "tasks_electronic": 2, "tasks_optional": 1, "tasks_void": 0,
    }  # fmt: skip
    assert (result.counts["matched"], result.counts["no_paper_due"]) == (2, 1)


@pytest.mark.requirement("CG-16.3a")
def test_closing_captures_each_task_once_and_tells_a_paper_that_was_not_asked_for(
    parts: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch, progress: Any
) -> None:
    book(parts, booked(1), booked(2))
    take_in_typed(intake, scans, batch, progress, None, "0001.jpg")
    take_in_typed(intake, scans, batch, progress, "TAX", "0002.jpg")
    read(parts, "0001.jpg", booked(1))
    read(parts, "0002.jpg", booked(2))
    first = close_branch(closing, DAY, "3301", progress)
    wrong, missing = sorted(
        (one for one in first.discrepancies if one.serial_no == booked(2).serial_no),
        key=lambda one: one.kind != "WRONG_TYPE",
    )[:2]
    assert (wrong.kind, wrong.read) == ("WRONG_TYPE", {"document_type": "TAX"})
    assert (missing.kind, missing.expected["document_type"]) == ("MISSING_IMAGE", "CASH_SLIP")
    tasks = parts.catalog.tasks.of_day(DAY, "3301")
    assert [str(one.state) for one in tasks] == ["captured", "pending"]
    assert tasks[0].standing.pages[0].operator == "wang"
    assert close_branch(closing, DAY, "3301", progress) == first
    assert parts.catalog.tasks.of_day(DAY, "3301") == tasks


@pytest.mark.requirement("CG-16.2c")
def test_one_paper_of_a_customer_serves_two_businesses(
    parts: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch, progress: Any
) -> None:
    first = booked(1, business_code="B201", customer_no="c1")
    second = booked(2, business_code="B202", customer_no="c1")
    other = booked(3, business_code="B201", customer_no="c2")
    book(parts, first, second, other)
    take_in_typed(intake, scans, batch, progress, "RISK_Q", "0001.jpg")
    [page] = parts.catalog.pages.of_day(DAY, "3301")
    customer_no = {FieldName.CUSTOMER_NO: reading(first).fields[FieldName.CUSTOMER_NO]}
    parts.catalog.readings.keep(page.page_id, replace(reading(first), fields=customer_no))
    result = close_branch(closing, DAY, "3301", progress)
    own, shared, foreign = (
        parts.catalog.tasks.named(row.serial_no, "RISK_Q", DAY, "3301")
        for row in (first, second, other)
    )
    assert [one.name for one in own.standing.pages] == ["0001.jpg"]
    assert shared.standing.shared_from == own.id
    assert foreign.is_missing  # never across customers
    assert (result.counts["tasks_captured"], result.counts["tasks_shared"]) == (1, 1)
    assert result.counts["surplus"] == 0
    fields = {task.field for task in parts.catalog.keying.tasks(DAY, "3301")}
    assert fields == {FieldName.CUSTOMER_NAME}  # a questionnaire has no serial number to key
    assert close_branch(closing, DAY, "3301", progress) == result
    _, told = ran(parts, "task", "show", f"{second.serial_no}/RISK_Q")
    assert f"from {first.serial_no}/RISK_Q of branch 3301" in " ".join(
        told.replace("│", " ").split()
    )


def test_a_replaced_stream_voids_what_it_withdrew(parts: Parts) -> None:
    book(parts, booked(1), booked(2))
    make_tasks(parts, DAY, "3301", "tester")
    book(parts, booked(2))
    make_tasks(parts, DAY, "3301", "tester")
    tasks = parts.catalog.tasks.of_day(DAY, "3301")
    assert [str(one.state) for one in tasks] == ["void", "pending"]


def test_tasks_are_listed_and_shown(parts: Parts) -> None:
    book(parts, booked(1), booked(2, business_code="B111", teller_no="10010"))
    make_tasks(parts, DAY, "3301", "tester")
    code, told = ran(parts, "task", "list", "--day", str(DAY))
    assert code == 3
    assert "CASH_SLIP" in told
    assert "RISK_Q" in told
    assert "2 = 0 captured + 0 shared + 2 missing" in told
    code, told = ran(parts, "task", "list", "--day", str(DAY), "--teller", "10010", lang="zh")
    assert "CASH_SLIP" not in told
    assert "缺件 1" in told
    code, told = ran(parts, "task", "list", "--day", "2026-11-18")
    assert code == 0
    assert "see that its stream is in" in told
    listed = json.loads(ran(parts, "task", "list", "--day", str(DAY), "--json")[1])
    assert [(one["document_type"], one["state"], one["teller"]) for one in listed] == [
        ("CASH_SLIP", "pending", "10009"),
        ("RISK_Q", "pending", "10010"),
    ]
    code, told = ran(parts, "task", "show", f"{booked(1).serial_no}/CASH_SLIP", lang="zh")
    assert code == 0
    assert "brokerage 1 B601" in told
    assert "由流水生成" in told


@pytest.mark.requirement("CG-16.3d")
def test_tasks_are_added_changed_and_voided_by_hand(parts: Parts) -> None:
    book(parts, booked(1), booked(2))
    make_tasks(parts, DAY, "3301", "tester")
    serial, at = booked(1).serial_no, ("--day", str(DAY), "--branch", "3301")
    by = ("--reason", "bank asks for it", "--as", "li")
    assert "waiting" in ran(parts, "task", "add", serial, "BANKCARD", *at, *by)[1]
    told = ran(parts, "task", "change", f"{serial}/BANKCARD", "--need", "optional", *by)[1]
    assert "was changed; it is now waiting" in told
    assert "was voided; it is now void" in ran(parts, "task", "void", f"{serial}/CASH_SLIP", *by)[1]
    make_tasks(parts, DAY, "3301", "tester")  # the stream does not undo it
    told = ran(parts, "task", "list", *at, lang="zh")[1]
    assert "3 = 已采集 0 + 共用 0 + 缺件 1 + 电子件 0 + 可选未采 1 + 已作废 1" in told
    acts = json.loads(ran(parts, "task", "changes", *at[:2], "--json")[1])
    assert [(one["act"], one["person"]) for one in acts] == [
        ("added", "li"), ("changed", "li"), ("voided", "li"),
    ]  # fmt: skip
    assert acts[1]["before"] == {"need": "required"}
    assert "3 acts by hand" in ran(parts, "task", "changes", *at)[1]


@pytest.mark.requirement("RC-06")
def test_what_people_did_to_tasks_is_kept_as_an_object_too(
    parts: Parts, closing: Closing, stores: Stores, progress: Any
) -> None:
    book(parts, booked(1))
    close_branch(closing, DAY, "3301", progress)
    assert list(notes(stores.vault, NoteKind.TASKS)) == []
    [task] = parts.catalog.tasks.of_day(DAY)
    ran(parts, "task", "void", task.name, "--reason", "booked twice", "--as", "li")
    result = close_branch(closing, DAY, "3301", progress)
    assert (result.counts["missing"], result.counts["no_paper_due"]) == (0, 1)
    [note] = notes(stores.vault, NoteKind.TASKS)
    [kept] = json.loads(note)
    assert [act["kind"] for act in kept["acts"]] == ["made", "voided"]


def test_only_who_is_registered_acts_by_hand_once_the_register_is_in_force(parts: Parts) -> None:
    book(parts, booked(1))
    [task] = make_tasks(parts, DAY, "3301", "tester")
    parts.catalog.staff.add("boss", Role.HEADQUARTERS, None, "boss")
    parts.catalog.staff.add("li", Role.TELLER, "3302", "boss")
    with pytest.raises(UserError, match="li is not registered"):
        ran(parts, "task", "void", task.name, "--reason", "x", "--as", "li")
    parts.catalog.staff.add("li", Role.TELLER, "3301", "boss")
    assert ran(parts, "task", "void", task.name, "--reason", "x", "--as", "li")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("add", "1", "TAX", "--branch", "3301", "--day", "2026-11-19", "--reason", "x"),
            "no transaction 1",
        ),
        (
            ("add", "1", "X", "--branch", "3301", "--day", "2026-11-19", "--reason", "x"),
            "no document type X",
        ),
        (("change", "1/TAX", "--need", "perhaps", "--reason", "x"), "There is no task"),
        (("show", "no-slash"), "names no task"),
        (("show", "1/CASH_SLIP"), "There is no task"),
        (("list", "--state", "lost"), "There is no state lost"),
    ],
)
def test_what_names_no_task_is_told(parts: Parts, arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(UserError, match=told):
        ran(parts, "task", *arguments)
