"""Where a task stands follows from its acts alone, and only the moves of its life are allowed."""

from datetime import date
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.tasks.businesses import Need
from pipeline.tasks.states import (
    MOVES,
    ActKind,
    CaptureTask,
    Medium,
    TaskAct,
    TaskState,
    task_id,
)

DAY = date(2026, 11, 19)
PAGES = [{"page": "a", "delivery": "d", "name": "0001.jpg", "operator": "wang"}]
CONTENT: dict[ActKind, dict[str, Any]] = {
    ActKind.MADE: {"need": "required", "medium": "paper", "fresh": False, "profile": "b 1 B601"},
    ActKind.ADDED: {"need": "required", "medium": "paper", "reason": "bank"},
    ActKind.CHANGED: {"before": {"need": "required"}, "after": {"need": "optional"}},
    ActKind.CAPTURED: {"pages": PAGES},
    ActKind.SHARED: {"from": "t1"},
    ActKind.REOPENED: {"pages": PAGES, "from": None},
    ActKind.DELIVERED: {"package": "p1"},
}


def act(kind: ActKind) -> TaskAct:
    return TaskAct(kind, "wang", CONTENT.get(kind, {"reason": "x"}))


def task(*kinds: ActKind) -> CaptureTask:
    bare = CaptureTask(DAY, "3301", "s1", "CASH_SLIP")
    return reduce(CaptureTask.with_act, map(act, kinds), bare)


LIFE = (ActKind.MADE, ActKind.CAPTURED, ActKind.PASSED, ActKind.UPLOADED)


def test_a_task_lives_from_pending_to_uploaded() -> None:
    states = [task(*LIFE[: n + 1]).state for n in range(4)]
    assert states == ["pending", "captured", "reviewed", "uploaded"]


@pytest.mark.requirement("CG-16.3a")
@pytest.mark.parametrize(
    "kinds",
    [
        (ActKind.CAPTURED,),
        (ActKind.MADE, ActKind.PASSED),
        (ActKind.MADE, ActKind.UPLOADED),
        (ActKind.MADE, ActKind.CAPTURED, ActKind.UPLOADED),
        (ActKind.MADE, ActKind.ADDED),
        (ActKind.MADE, ActKind.VOIDED, ActKind.CAPTURED),
        (ActKind.MADE, ActKind.LOST),
        (*LIFE, ActKind.VOIDED),
        (*LIFE, ActKind.REJECTED),
        (ActKind.MADE, ActKind.VOIDED, ActKind.CHANGED),
    ],
)
def test_an_illegal_move_is_refused_in_a_sentence(kinds: tuple[ActKind, ...]) -> None:
    with pytest.raises(UserError, match=r"Task s1/CASH_SLIP is .*cannot be"):
        task(*kinds)


@pytest.mark.requirement("CG-16.3a")
@given(st.lists(st.sampled_from(ActKind), max_size=12))
def test_whatever_is_tried_a_task_only_moves_as_allowed_and_keeps_its_history(
    kinds: list[ActKind],
) -> None:
    one = CaptureTask(DAY, "3301", "s1", "CASH_SLIP")
    taken = []
    for kind in kinds:
        before = one.standing.state
        try:
            one = one.with_act(act(kind))
        except UserError:
            assert before not in MOVES[kind] or kind is ActKind.REOPENED
            continue
        taken.append(kind)
        standing = one.standing
        assert standing.state is MOVES[kind][before]
        captures = standing.state in ("captured", "reviewed", "uploaded")
        assert bool(standing.pages or standing.shared_from) == captures
        assert not (standing.pages and standing.shared_from)
    assert [done.kind for done in one.acts] == taken
    assert CaptureTask(DAY, "3301", "s1", "CASH_SLIP", one.acts).standing == one.standing


def test_a_change_by_hand_keeps_what_it_does_not_tell() -> None:
    standing = task(ActKind.MADE, ActKind.CHANGED).standing
    assert (standing.need, standing.medium, standing.profile) == (
        Need.OPTIONAL,
        Medium.PAPER,
        "b 1 B601",
    )
    assert standing.by_hand


def test_the_last_valid_day_is_the_captured_paper_s_and_goes_with_it() -> None:
    told = TaskAct(ActKind.CHANGED, "li", {"before": {}, "after": {"expires": "2030-01-01"}})
    captured = task(ActKind.MADE, ActKind.CAPTURED).with_act(told)
    assert captured.standing.expires == date(2030, 1, 1)
    assert captured.with_act(act(ActKind.LOST)).standing.expires is None


def test_a_task_is_itself_by_day_branch_transaction_and_type_alone() -> None:
    assert task(ActKind.MADE).id == task(*LIFE).id == task_id(DAY, "3301", "s1", "CASH_SLIP")
    assert task_id(DAY, "3301", "s1", "ID_F") != task_id(DAY, "3301", "s1", "ID_B")


def test_only_paper_that_is_due_is_missing() -> None:
    assert task(ActKind.MADE).is_missing
    assert not task(ActKind.MADE, ActKind.CHANGED).is_missing  # optional now
    assert not task(ActKind.MADE, ActKind.CAPTURED).is_missing
    electronic = TaskAct(ActKind.MADE, "wang", {"medium": "electronic"})
    assert not CaptureTask(DAY, "3301", "s1", "ID_F", (electronic,)).is_missing
    assert task(ActKind.MADE, ActKind.VOIDED).state is TaskState.VOID
