"""Conditions: what each asks of a transaction, and what is no condition."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from pipeline.model import Transaction
from pipeline.tasks.conditions import parsed

DAY = date(2026, 11, 19)
BOOKED = Transaction(
    business_date=DAY,
    serial_no="1",
    handling_branch="3301",
    occur_at=datetime.fromisoformat("2026-11-19T09:30:00+08:00"),
    owner_branch="3301",
    customer_no="c1",
    customer_name="余玲",
    id_type="居民身份证",
    id_no="11990119611120123X",
    business_code="B502",
    business_name="产品申购",
    channel="counter",
    teller_no="10009",
    amount=Decimal("50000.00"),
    remark="申购私募产品",
)


@pytest.mark.parametrize(
    ("told", "changes", "holds"),
    [
        ("agent", {}, False),
        ("agent", {"agent_name": "王强"}, True),
        ("institution", {}, False),
        ("institution", {"id_type": "营业执照"}, True),
        ("institution", {"id_type": "营业执照（三证合一）"}, True),
        ("asked", {"agent_name": "王强"}, False),
        ({"amount_at_least": 50000}, {}, True),
        ({"amount_at_least": 50000.01}, {}, False),
        ({"amount_at_least": None}, {}, False),
        ({"amount_at_least": 1}, {"amount": None}, False),
        ({"age_at_least": 65}, {}, False),  # 65 only tomorrow
        ({"age_at_least": 65}, {"id_no": "119901196111191234"}, True),
        ({"age_at_least": 65}, {"id_no": "G1234567"}, False),
        ({"remark_has": ["公募", "私募"]}, {}, True),
        ({"remark_has": ["公募"]}, {}, False),
        ({"remark_has": ["私募"]}, {"remark": None}, False),
        ({"customer_name_has": ["计划"]}, {"customer_name": "望川一号资管计划"}, True),
        ({"same_day_business": ["B107"]}, {}, True),
        ({"same_day_business": ["B103"]}, {}, False),
        ({"any_of": ["agent", {"remark_has": ["私募"]}]}, {}, True),
        ({"any_of": ["agent", "institution"]}, {}, False),
    ],
)
def test_a_condition_holds_for_the_transactions_it_means(
    told: object, changes: dict[str, object], holds: bool
) -> None:
    condition = parsed(told)
    booked = replace(BOOKED, **changes)  # type: ignore[arg-type]
    assert condition.holds(booked, {"B107", "B502"}) is holds


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("by_agent", "no condition by_agent"),
        (65, "no condition 65"),
        (None, "no condition None"),
        ({}, "no condition"),
        ({"agent": True}, "agent takes no value"),
        ("age_at_least", "age_at_least takes a value"),
        ({"age_at_least": "old"}, "old is no number"),
        ({"age_at_least": True}, "True is no number"),
        ({"amount_at_least": -1}, "-1 is no number"),
        ({"amount_at_least": "NaN"}, "NaN is no number"),
        ({"remark_has": "私募"}, "a list of texts"),
        ({"remark_has": []}, "a list of texts"),
        ({"remark_has": [""]}, "a list of texts"),
        ({"any_of": []}, "a list of conditions"),
        ({"any_of": ["agent", "never"]}, "no condition never"),
        ({"agent": None, "institution": None}, "no condition"),
    ],
)
def test_what_is_no_condition_is_told(told: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parsed(told)


def test_a_condition_tells_itself_and_the_businesses_it_names() -> None:
    told = {"any_of": [{"age_at_least": 65}, {"same_day_business": ["B107", "B108"]}]}
    assert str(parsed(told)) == "age_at_least 65 | same_day_business B107/B108"
    assert parsed(told).codes == ("B107", "B108")
    assert str(parsed("agent")) == "agent"
