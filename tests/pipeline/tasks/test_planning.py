"""Tasks follow from rows and profile; planning twice gives nothing new, and what people did stays."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Transaction
from pipeline.profile import shipped_profile
from pipeline.tasks.day import TERMS, counted
from pipeline.tasks.planning import NOT_ASKED, ROW_WITHDRAWN, due, planned, undefined
from pipeline.tasks.states import ActKind, CaptureTask, TaskAct, TaskState

DAY = date(2026, 11, 19)
PROFILE = shipped_profile()
Known = dict[tuple[str, str], CaptureTask]


def row(number: int, code: str = "B601", **values: Any) -> Transaction:
    plain = Transaction(
        business_date=DAY,
        serial_no=f"s{number}",
        handling_branch="3301",
        occur_at=datetime.fromisoformat("2026-11-19T09:30:00+08:00"),
        owner_branch="3301",
        customer_no=f"c{number}",
        customer_name="余玲",
        id_type="居民身份证",
        id_no="46727051728724908X",
        business_code=code,
        business_name="业务",
        channel="counter",
        teller_no="10009",
    )
    return replace(plain, **values)


def after_planning(rows: Iterable[Transaction], known: Known | None = None) -> Known:
    rows = tuple(rows)
    tasks = dict(known or {})
    serials = frozenset(one.serial_no for one in rows)
    for step in planned(tasks.values(), due(rows, PROFILE), serials):
        key = (step.serial_no, step.document_type)
        task = tasks.get(key) or CaptureTask(DAY, "3301", *key)
        tasks[key] = task.with_act(TaskAct(step.kind, "wang", step.content))
    return tasks


def states(known: Known) -> dict[str, str]:
    return {task.document_type: str(task.state) for task in known.values()}


@pytest.mark.requirement("CG-16.2b")
def test_a_business_s_papers_become_tasks_with_the_profile_s_version() -> None:
    tasks = after_planning([row(1, "B104")])
    assert [key[1] for key in tasks] == ["CHG_APP", "ID_F", "ID_B", "RECEIPT"]
    assert {task.standing.profile for task in tasks.values()} == {"brokerage 1 B104"}


@pytest.mark.requirement("CG-16.2b")
def test_conditional_papers_are_due_where_the_row_says_so() -> None:
    assert ("s1", "POA") not in after_planning([row(1, "B101")])
    assert ("s1", "POA") in after_planning([row(1, "B101", agent_name="王强")])
    custody = row(2, "B107", customer_no="c1")
    assert ("s1", "CUST3") in after_planning([row(1, "B101"), custody])
    assert ("s1", "CUST3") not in after_planning(
        [row(1, "B101"), replace(custody, customer_no="c2")]
    )


@pytest.mark.requirement("CG-13c")
@pytest.mark.parametrize("channel", ["online_open", "online_hall", "phone", "batch"])
def test_online_rows_ask_for_packages_never_for_paper(channel: str) -> None:
    tasks = after_planning([row(1, "B101", channel=channel)])
    assert {task.standing.medium for task in tasks.values()} == {"electronic"}
    assert not any(task.is_missing for task in tasks.values())


def test_a_reversal_asks_for_its_own_voucher_and_leaves_the_original_s() -> None:
    original = row(1)
    tasks = after_planning(
        [original, row(2, reverse_of="2026-11-19:s1")], after_planning([original])
    )
    assert states(tasks) == {"CASH_SLIP": "pending"}
    assert sorted(key[0] for key in tasks) == ["s1", "s2"]


def test_a_withdrawn_row_voids_its_tasks_and_a_row_that_comes_back_revives_them() -> None:
    first = after_planning([row(1)])
    gone = after_planning([], first)
    [task] = gone.values()
    assert task.state is TaskState.VOID
    assert task.acts[-1].content == {"reason": ROW_WITHDRAWN}
    [back] = after_planning([row(1)], gone).values()
    assert (back.state, len(back.acts)) == (TaskState.PENDING, 3)


def test_a_row_that_changed_makes_anew_what_it_asks_otherwise() -> None:
    first = after_planning([row(1, "B101", agent_name="王强")])
    online = after_planning([row(1, "B101", channel="online_open")], first)
    assert states(online)["POA"] == "void"
    assert online["s1", "POA"].acts[-1].content == {"reason": NOT_ASKED}
    assert online["s1", "OPEN_APP"].standing.medium == "electronic"


def test_what_a_person_did_to_a_task_outlasts_the_stream() -> None:
    tasks = after_planning([row(1)])
    key = ("s1", "CASH_SLIP")
    tasks[key] = tasks[key].with_act(TaskAct(ActKind.VOIDED, "li", {"reason": "booked twice"}))
    added = CaptureTask(DAY, "3301", "s1", "BANKCARD")
    tasks["s1", "BANKCARD"] = added.with_act(TaskAct(ActKind.ADDED, "li", {"reason": "bank"}))
    assert after_planning([row(1)], tasks) == tasks


def test_what_is_captured_stays_while_its_row_stands() -> None:
    tasks = after_planning([row(1, "B101", agent_name="王强")])
    page = {"page": "a", "delivery": "d", "name": "1.jpg", "operator": "wang"}
    tasks["s1", "POA"] = tasks["s1", "POA"].with_act(
        TaskAct(ActKind.CAPTURED, "wang", {"pages": [page]})
    )
    assert states(after_planning([row(1, "B101")], tasks))["POA"] == "captured"


def test_a_business_that_the_profile_does_not_know_is_named_once() -> None:
    rows = [row(1, "B999"), row(2, "B999"), row(3)]
    assert undefined(rows, PROFILE) == {"B999": "s1"}
    assert [key[0] for key in after_planning(rows)] == ["s3"]
    assert undefined(rows, PROFILE.model_copy(update={"businesses": {}})) == {}


rows_ = st.lists(
    st.builds(
        row,
        st.integers(1, 6),
        st.sampled_from([*PROFILE.businesses, "B999"]),
        channel=st.sampled_from(["counter", "witness", "online_open"]),
        agent_name=st.sampled_from([None, "王强"]),
        remark=st.sampled_from([None, "私募", "等级调整"]),
    ),
    unique_by=lambda one: one.serial_no,
    max_size=6,
)


@given(rows_, rows_)
def test_planning_twice_changes_nothing_and_a_changed_stream_is_met(
    first: list[Transaction], second: list[Transaction]
) -> None:
    tasks = after_planning(second, after_planning(first))
    assert after_planning(second, tasks) == tasks
    asked = {(one.serial_no, one.document_type) for one in due(second, PROFILE)}
    standing = {key for key, task in tasks.items() if task.state is not TaskState.VOID}
    assert standing == asked
    counts = counted(tasks.values())
    assert counts["tasks"] == sum(counts[f"tasks_{term}"] for term in TERMS) == len(tasks)
