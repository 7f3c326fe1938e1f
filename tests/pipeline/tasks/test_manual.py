"""What people do to tasks by hand: always for a reason, with what was before, and never against its life."""

from datetime import date
from functools import reduce

import pytest

from pipeline.errors import UserError
from pipeline.tasks.businesses import Need
from pipeline.tasks.manual import Asked, added, changed, manual_acts, voided
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import ActKind, CaptureTask, Medium, TaskAct, TaskState

from .test_planning import DAY, after_planning, row

PAGE = {"page": "a", "delivery": "d", "name": "0001.jpg", "operator": "wang"}
[SLIP] = after_planning([row(1)]).values()


def done(task: CaptureTask, *steps: Planned) -> CaptureTask:
    acts = (TaskAct(one.kind, "li", one.content) for one in steps)
    return reduce(CaptureTask.with_act, acts, task)


def test_a_paper_is_added_as_its_row_comes() -> None:
    for channel, medium in (("counter", Medium.PAPER), ("online_hall", Medium.ELECTRONIC)):
        step = added(None, row(1, channel=channel), "BANKCARD", Asked(Need.OPTIONAL), "bank asks")
        standing = done(CaptureTask(DAY, "3301", "s1", "BANKCARD"), step).standing
        assert (standing.medium, standing.need, standing.by_hand) == (medium, Need.OPTIONAL, True)


def test_a_voided_paper_is_asked_for_again_by_adding_it() -> None:
    void = done(SLIP, voided(SLIP, "booked twice"))
    assert void.state is TaskState.VOID
    with pytest.raises(UserError, match="is there already and is waiting"):
        added(SLIP, row(1), "CASH_SLIP", Asked(), "x")
    again = done(void, added(void, row(1), "CASH_SLIP", Asked(), "was right"))
    assert (again.state, len(again.acts)) == (TaskState.PENDING, 3)


@pytest.mark.requirement("CG-16.3d", "B1-19")
def test_a_change_keeps_both_sides() -> None:
    step = changed(SLIP, Asked(Need.OPTIONAL, fresh=False), "customer abroad")
    assert step.content == {
        "before": {"need": "required"},
        "after": {"need": "optional"},
        "reason": "customer abroad",
    }
    assert not done(SLIP, step).is_missing
    with pytest.raises(UserError, match="would change"):
        changed(SLIP, Asked(Need.REQUIRED), "x")


def test_of_a_reviewed_paper_only_the_last_valid_day_may_be_told() -> None:
    acts = [TaskAct(ActKind.CAPTURED, "wang", {"pages": [PAGE]}), TaskAct(ActKind.PASSED, "bo")]
    reviewed = reduce(CaptureTask.with_act, acts, SLIP)
    told = done(reviewed, changed(reviewed, Asked(expires=date(2030, 1, 1)), "read on the card"))
    assert (told.standing.expires, told.state) == (date(2030, 1, 1), TaskState.REVIEWED)
    with pytest.raises(UserError, match="only its last valid day"):
        changed(reviewed, Asked(Need.OPTIONAL), "x")
    with pytest.raises(UserError, match="cannot be voided"):
        done(reviewed, voided(reviewed, "x"))


@pytest.mark.requirement("CG-16.3d")
@pytest.mark.parametrize("reason", ["", "  "])
def test_nothing_is_done_without_a_reason(reason: str) -> None:
    with pytest.raises(UserError, match="--reason"):
        added(None, row(1), "TAX", Asked(), reason)
    with pytest.raises(UserError, match="--reason"):
        changed(SLIP, Asked(Need.OPTIONAL), reason)
    with pytest.raises(UserError, match="--reason"):
        voided(SLIP, reason)


@pytest.mark.requirement("CG-16.3d")
def test_the_report_tells_what_was_done_by_hand_alone() -> None:
    task = done(SLIP, changed(SLIP, Asked(Need.OPTIONAL), "a"))
    [one] = manual_acts((task,))
    assert (one.before, one.after) == ({"need": "required"}, {"need": "optional"})
    told = one.as_json("zh")
    assert (told["act_name"], told["person"], told["reason"]) == ("调整", "li", "a")
