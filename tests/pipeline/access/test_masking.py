"""Sensitive fields are masked by class; what holds one is sensitive as a whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.access.masking import (
    CLASS_OF,
    FieldClass,
    Protection,
    Sight,
    masked,
    protection_of,
)


@pytest.mark.requirement("B2-01", "B2-02")
@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("customer_name", "余玲", "余*"),
        ("customer_name", "欧阳修文", "欧***"),
        ("agent_name", "王", "王*"),
        ("id_no", "46727051728724908X", "**************908X"),
        ("fund_account", "7607941939", "*******939"),
        ("customer_no", "12", "**"),
        ("phone", "13812345678", "138****5678"),
        ("phone", "1234567", "*****67"),
        ("address", "浙江省杭州市西湖区某某路一号二单元", "浙江省杭州市***"),
        ("address", "某某路一号", "***"),
        ("amount", "54030.33", "54030.33"),
        ("business_date", "2026-11-19", "2026-11-19"),
        ("remark", "客户电话 13812345678", "***"),
        ("no such field", "x", "***"),
        ("remark", "", ""),
    ],
)
def test_each_class_is_masked_in_its_way(field: str, value: str, shown: str) -> None:
    assert masked(field, value, Sight.MASKED) == shown
    assert masked(field, value, Sight.FULL) == value


@pytest.mark.requirement("B2-03")
@pytest.mark.parametrize("field", ["credit_line", "loan", "repayment", "授信额度", "申请额度"])
def test_credit_is_hidden_whole(field: str) -> None:
    assert CLASS_OF[field] is FieldClass.CREDIT
    assert masked(field, "500000.00", Sight.MASKED) == "***"
    assert masked(field, "500000.00", Sight.FULL) == "500000.00"
    assert protection_of(["business_date", field]) is Protection.SENSITIVE


@pytest.mark.requirement("B2-04")
@pytest.mark.parametrize("field", ["amount", "quantity", "instrument", "price"])
def test_trades_are_seen_at_work_and_make_sensitive_what_holds_them(field: str) -> None:
    assert CLASS_OF[field] is FieldClass.TRADE
    assert masked(field, "600000", Sight.MASKED) == "600000"
    assert protection_of(["business_date", field]) is Protection.SENSITIVE


@pytest.mark.requirement("B2-08")
@given(st.sampled_from(sorted(CLASS_OF)), st.text("0123456789甲乙丙", min_size=2, max_size=40))
def test_a_masked_value_never_gives_the_value(field: str, value: str) -> None:
    shown = masked(field, value, Sight.MASKED)
    open_to_all = CLASS_OF[field] in (FieldClass.GENERAL, FieldClass.TRADE)
    assert (shown == value) == open_to_all


@pytest.mark.requirement("B2-07", "B2-09")
def test_what_holds_one_sensitive_field_is_sensitive() -> None:
    assert protection_of(["business_date", "serial_no"]) is Protection.GENERAL
    assert protection_of(["business_date", "id_no"]) is Protection.SENSITIVE
    assert protection_of(["whatever"]) is Protection.SENSITIVE
    assert protection_of([]) is Protection.GENERAL
