"""A second person reviews; what is rejected counts as refused until somebody takes that back."""

from datetime import date
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.balance import CatalogedPage
from pipeline.errors import UserError
from pipeline.tasks.planning import Planned
from pipeline.tasks.review import (
    RejectReason,
    may_review,
    passed,
    rejected,
    rejections,
    taken_back,
    without_rejected,
)
from pipeline.tasks.states import ActKind, CaptureTask, TaskAct, TaskState

PAGES = [{"page": "a", "delivery": "d", "name": "0001.jpg", "operator": "Wang Wei"}]
ASKED = {"need": "required", "medium": "paper", "fresh": False, "profile": "b 1 B601"}


def task(*more: TaskAct) -> CaptureTask:
    made = CaptureTask(date(2026, 11, 19), "3301", "s1", "CASH_SLIP")
    acts = (
        TaskAct(ActKind.MADE, "t", ASKED),
        TaskAct(ActKind.CAPTURED, "t", {"pages": PAGES}),
        *more,
    )
    return reduce(CaptureTask.with_act, acts, made)


def done(before: CaptureTask, planned: Planned, person: str) -> CaptureTask:
    return before.with_act(TaskAct(planned.kind, person, planned.content))


def page(sha256: str = "a") -> CatalogedPage:
    return CatalogedPage(sha256, f"d-{sha256}", "0001.jpg", "3301", 1, "admitted")


@pytest.mark.requirement("CG-14")
@pytest.mark.parametrize("name", ["Wang Wei", "wang wei", "ＷＡＮＧ　Wei"])
def test_who_scanned_may_not_review(name: str) -> None:
    assert not may_review(task(), name)
    with pytest.raises(UserError, match="another person must review"):
        passed(task(), name)
    with pytest.raises(UserError, match="another person must review"):
        rejected(task(), name, RejectReason.UNREADABLE, "")


@pytest.mark.requirement("CG-14")
def test_a_second_person_passes_and_takes_it_back() -> None:
    reviewed = done(task(), passed(task(), "Li"), "Li")
    assert reviewed.state is TaskState.REVIEWED
    assert not may_review(reviewed, "Zhao")
    again = done(reviewed, taken_back(reviewed, "Li"), "Li")
    assert (again.state, again.standing.pages) == (TaskState.CAPTURED, task().standing.pages)


def test_what_is_rejected_is_refused_until_it_is_taken_back() -> None:
    bad = done(task(), rejected(task(), "Li", RejectReason.NOT_SIGNED, "second box"), "Li")
    assert bad.state is TaskState.PENDING
    assert bad.is_missing
    (found,) = without_rejected([page()], rejections([bad]))
    assert found.state == "refused"
    assert "not signed" in found.findings[0].message.in_language("en")
    assert "second box" in found.findings[0].message.in_language("en")
    back = done(bad, taken_back(bad, "Li"), "Li")
    assert (back.state, back.standing.pages) == (TaskState.CAPTURED, task().standing.pages)
    assert without_rejected([page()], rejections([back])) == (page(),)


def test_only_ones_own_last_review_is_taken_back() -> None:
    bad = done(task(), rejected(task(), "Li", RejectReason.EXPIRED, ""), "Li")
    for other in (bad, task()):
        with pytest.raises(UserError, match="no review by Zhao"):
            taken_back(other, "Zhao")
    rescanned = bad.with_act(TaskAct(ActKind.CAPTURED, "t", {"pages": [PAGES[0] | {"page": "b"}]}))
    with pytest.raises(UserError, match="no review by Li"):
        taken_back(rescanned, "Li")
    assert set(rejections([rescanned])) == {"a"}  # the old version stays rejected


def test_another_reason_needs_words() -> None:
    with pytest.raises(UserError, match="--note"):
        rejected(task(), "Li", RejectReason.OTHER, " ")


@given(st.lists(st.sampled_from(["pass", "reject", "back", "scan"]), max_size=12))
def test_a_page_is_refused_exactly_while_its_rejection_stands(steps: list[str]) -> None:
    one, refused = task(), set[str]()
    for number, step in enumerate(steps):
        before = one.standing.pages
        try:
            if step == "pass":
                one = done(one, passed(one, "Li"), "Li")
            elif step == "reject":
                one = done(one, rejected(one, "Li", RejectReason.EXPIRED, ""), "Li")
                refused |= {each.page_id for each in before}
            elif step == "back":
                one = done(one, taken_back(one, "Li"), "Li")
                refused -= {each.page_id for each in one.standing.pages}
            else:
                scanned = [PAGES[0] | {"page": f"p{number}"}]
                one = one.with_act(TaskAct(ActKind.CAPTURED, "t", {"pages": scanned}))
        except UserError:
            continue
        assert set(rejections([one])) == refused
