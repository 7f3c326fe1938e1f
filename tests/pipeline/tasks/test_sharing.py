"""One paper serves the same customer's other businesses while it is valid, and never another customer's."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document_types import DocumentType
from pipeline.profile import shipped_profile
from pipeline.tasks.sharing import Source, customer_of, months_later, serves, shared
from pipeline.tasks.states import ActKind, CaptureTask, TaskAct, TaskState

from .test_planning import DAY, PROFILE, row

PAGE = {"page": "a", "delivery": "d", "name": "0001.jpg", "operator": "wang"}
ASKED = {"need": "required", "medium": "paper", "fresh": False, "profile": "x"}


def waiting(code: str, serial: str = "s2", day: date = DAY, **asked: Any) -> CaptureTask:
    made = TaskAct(ActKind.MADE, "wang", {**ASKED, **asked})
    return CaptureTask(day, "3301", serial, code, (made,))


def source(
    code: str, day: date = DAY, customer: str = "c1", business: str = "B402", **asked: Any
) -> Source:
    task = waiting(code, "s1", day, **asked)
    captured = task.with_act(TaskAct(ActKind.CAPTURED, "wang", {"pages": [PAGE]}))
    return Source(captured, (customer, row(1).id_no), business)


ROW = row(2, "B501", customer_no="c1")


def after_sharing(task: CaptureTask, *sources: Source) -> CaptureTask:
    for step in shared([task], {"s2": ROW}, sources, PROFILE):
        task = task.with_act(TaskAct(step.kind, "closing", step.content))
    return task


@pytest.mark.requirement("CG-16.2c")
def test_a_paper_of_the_same_day_serves_and_the_link_names_its_business() -> None:
    one = source("ID_F")
    task = after_sharing(waiting("ID_F"), one)
    assert (task.state, task.standing.shared_from, task.standing.pages) == (
        TaskState.CAPTURED,
        one.task.id,
        (),
    )
    told = task.acts[-1].content
    assert (told["business"], told["task"], told["day"]) == ("B402", "s1/ID_F", str(DAY))
    assert after_sharing(task, one) == task


def test_a_paper_that_serves_no_longer_gives_way_to_another_or_to_none() -> None:
    old, new = source("RISK_Q", DAY - timedelta(days=30)), source("RISK_Q", DAY - timedelta(days=3))
    task = after_sharing(waiting("RISK_Q"), old)
    assert after_sharing(task, old, new) == task  # it goes on serving
    assert after_sharing(task, new).standing.shared_from == new.task.id
    gone = after_sharing(task)
    assert (gone.state, gone.acts[-1].kind) == (TaskState.PENDING, ActKind.LOST)
    assert after_sharing(waiting("RISK_Q"), old, new).standing.shared_from == new.task.id


@pytest.mark.parametrize(
    ("code", "days_before", "asked", "serves"),
    [
        ("RISK_Q", 700, {}, True),  # 24 months
        ("RISK_Q", 740, {}, False),
        ("AGR_BROK", 4000, {}, True),  # without end
        ("ID_F", 1, {}, False),  # its last day is not known
        ("ID_F", 1, {"expires": "2026-11-19"}, True),
        ("ID_F", 1, {"expires": "2026-11-18"}, False),
        ("RISK_Q", 740, {"expires": "2030-01-01"}, True),  # somebody read its last day
        ("PORTRAIT", 0, {}, True),
        ("PORTRAIT", 1, {}, False),
        ("KNOW_TEST", 0, {}, False),  # of another business
        ("CASH_SLIP", 0, {}, False),
        ("RISK_Q", -1, {}, False),  # of tomorrow
    ],
)
def test_a_paper_serves_as_long_as_its_type_says(
    code: str, days_before: int, asked: dict[str, Any], serves: bool
) -> None:
    one = source(code, DAY - timedelta(days=days_before), **asked)
    assert (after_sharing(waiting(code), one).standing.shared_from is not None) is serves


def test_what_must_be_new_or_comes_by_a_package_is_not_shared() -> None:
    for asked in ({"fresh": True}, {"medium": "electronic"}):
        assert after_sharing(waiting("ID_F", **asked), source("ID_F")).state is TaskState.PENDING


def test_a_customer_number_that_was_given_to_another_person_is_another_customer() -> None:
    other = replace(source("ID_F"), customer=("c1", "another identity number"))
    assert after_sharing(waiting("ID_F"), other).state is TaskState.PENDING


@pytest.mark.requirement("CG-16.2c")
@given(
    st.lists(
        st.builds(
            source,
            st.sampled_from(["ID_F", "RISK_Q", "TAX", "SUIT"]),
            st.dates(date(2023, 1, 1), date(2027, 12, 31)),
            st.sampled_from(["c1", "c2", "c3"]),
        ),
        max_size=8,
    ),
    st.sampled_from(["ID_F", "RISK_Q", "TAX", "SUIT"]),
)
def test_never_across_customers_types_or_time(sources: list[Source], code: str) -> None:
    task = after_sharing(waiting(code), *sources)
    used = [one for one in sources if one.task.id == task.standing.shared_from]
    good = [one for one in sources if serves(one, waiting(code), ROW, PROFILE.types[code])]
    if code == "SUIT":
        good = []
    assert bool(used) == bool(good)
    for one in good:
        assert one.customer == customer_of(ROW)
        assert one.task.document_type == code
        assert one.task.day <= DAY
    if good:
        assert max(one.task.day for one in good) == used[0].task.day
    assert after_sharing(task, *sources) == task


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 19), 24, date(2028, 11, 19)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
    ],
)
def test_months_later(day: date, months: int, then: date) -> None:
    assert months_later(day, months) == then


def test_every_shipped_rule_of_sharing_is_one_that_is_known() -> None:
    kinds: list[DocumentType] = [*shipped_profile().types.values()]
    assert sum(kind.share == "customer" for kind in kinds) == 17


def test_a_card_serves_until_the_day_that_the_master_tells() -> None:
    old = source("ID_F", DAY - timedelta(days=400))
    kind = PROFILE.types["ID_F"]
    assert not serves(old, waiting("ID_F"), ROW, kind)
    assert serves(old, waiting("ID_F"), ROW, kind, card_until=DAY)
    assert not serves(old, waiting("ID_F"), ROW, kind, card_until=DAY - timedelta(days=1))
    agent = source("AGENT_ID", DAY - timedelta(days=400))
    assert not serves(agent, waiting("AGENT_ID"), ROW, PROFILE.types["AGENT_ID"], card_until=DAY)
