"""Lists of destruction: who may do what when, and how a list stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.destruction import (
    Attendance,
    Decision,
    Item,
    ItemKind,
    ItemState,
    Method,
    Order,
    OrderState,
    list_digest,
)
from pipeline.destruction_rules import (
    DestructionRules,
    check_decision,
    check_presence,
    check_record,
    check_verification,
)
from pipeline.errors import UserError

AT = datetime(2047, 1, 5, 2, 0, tzinfo=UTC)
DAY = date(2047, 1, 5)
RULES = DestructionRules()
PAPER = Item(ItemKind.PAPER, "3301/2026-11-19/7", "ab" * 32, 2, "94", "CG-17.3b", date(2046, 1, 1))
LISTED = Order(1, "3301", "何静", AT, "cd" * 32, (ItemState(1, PAPER),))
APPROVED = replace(LISTED, decision=Decision(True, "8", "孙会", AT))


def with_people(*names: str, at: datetime = AT) -> Order:
    return replace(APPROVED, attendances=tuple(Attendance(name, at) for name in names))


@pytest.mark.requirement("CG-20c")
def test_two_who_watch_besides_the_one_who_does_it() -> None:
    assert check_presence(with_people("钱一", "赵二"), RULES, "吴敏", DAY) == ("钱一", "赵二")
    for names in (("钱一",), ("钱一", " 钱一"), ("钱一", "吴敏")):
        with pytest.raises(UserError, match="1 supervisors besides"):
            check_presence(with_people(*names), RULES, "吴敏", DAY)
    with pytest.raises(UserError, match="0 supervisors"):
        check_presence(with_people("钱一", "赵二"), RULES, "吴敏", date(2047, 1, 6))


def test_presence_is_of_the_day_in_shanghai() -> None:
    late = datetime(2047, 1, 4, 16, 30, tzinfo=UTC)
    assert len(check_presence(with_people("钱一", "赵二", at=late), RULES, "吴敏", DAY)) == 2


@pytest.mark.requirement("CG-20b")
def test_the_committee_waits_for_everybody() -> None:
    with pytest.raises(UserError, match="did not speak yet"):
        check_decision(LISTED, RULES, Decision(True, "8", "孙会", AT))
    with pytest.raises(UserError, match="--minutes"):
        check_decision(LISTED, RULES, Decision(False, " ", "孙会", AT))
    check_decision(LISTED, RULES, Decision(False, "8", "孙会", AT))
    check_decision(LISTED, replace(RULES, chain=()), Decision(True, "8", "孙会", AT))


@pytest.mark.requirement("CG-20d")
def test_a_list_is_closed_when_every_item_is_gone_or_taken_off() -> None:
    assert LISTED.state is OrderState.LISTED and APPROVED.state is OrderState.APPROVED
    with pytest.raises(UserError, match="1 items"):
        check_verification(APPROVED, "冯检")
    gone = replace(APPROVED, items=(ItemState(1, PAPER, AT, AT, done_by="吴敏"),))
    off = replace(APPROVED, items=(ItemState(1, PAPER, withdrawn="court"),))
    assert gone.state is off.state is OrderState.CARRIED_OUT
    check_verification(gone, "冯检")
    with pytest.raises(UserError, match="somebody else"):
        check_verification(gone, "吴敏")
    assert replace(gone, verified_at=AT).state is OrderState.VERIFIED


@given(st.sampled_from(["name", "sha256", "customer_no", "rule"]), st.text(min_size=1, max_size=5))
def test_a_list_that_differs_in_anything_has_another_digest(field: str, more: str) -> None:
    other = replace(PAPER, **{field: f"{getattr(PAPER, field)}{more}"})  # type: ignore[arg-type]
    assert list_digest("3301", [PAPER]) != list_digest("3301", [other])
    assert list_digest("3301", [PAPER]) != list_digest("3302", [PAPER])
    assert LISTED.code == "DESTROY-000001-cdcdcdcd"


@pytest.mark.requirement("DK-30")
@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ({"one": ItemState(1, replace(PAPER, name=" "))}, "the object"),
        ({"one": ItemState(1, replace(PAPER, sha256=""))}, "the object"),
        ({"method": None}, "the method"),
        ({"who": " "}, "who carries it out"),
        ({"supervisors": ()}, "who watches"),
        ({"supervisors": ("钱一", " ")}, "who watches"),
        ({"at": None}, "the time"),
    ],
)
def test_a_record_without_object_method_persons_or_time_is_refused(
    missing: dict[str, Any], told: str
) -> None:
    whole: dict[str, Any] = {
        "one": ItemState(1, PAPER),
        "method": Method.SHREDDED,
        "who": "吴敏",
        "supervisors": ("钱一", "赵二"),
        "at": AT,
    }
    check_record(**whole)
    with pytest.raises(UserError, match=f"lacks {told}"):
        check_record(**whole | missing)
