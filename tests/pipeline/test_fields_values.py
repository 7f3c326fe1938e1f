from __future__ import annotations

import pytest

from pipeline.model import FieldName
from pipeline.values import plain_value

F = FieldName


@pytest.mark.parametrize(
    ("name", "printed", "plain"),
    [
        (F.AMOUNT, "¥54,930.33", "54930.33"),
        (F.AMOUNT, "￥５４，９３０．３３", "54930.33"),
        (F.AMOUNT, "CNY 91,532.20", "91532.20"),
        (F.AMOUNT, "人民币 1,000元整", "1000.00"),
        (F.AMOUNT, "54 930.33", "54930.33"),
        (F.AMOUNT, "-861.36", "-861.36"),
        (F.AMOUNT, "861.3", "861.30"),
        (F.AMOUNT, "5万元", None),
        (F.AMOUNT, "12,34", "12.34"),
        (F.AMOUNT, "数量", None),
        (F.BUSINESS_DATE, "2026年11月19日", "2026-11-19"),
        (F.BUSINESS_DATE, "2026 年 11 月 9 日", "2026-11-09"),
        (F.BUSINESS_DATE, "2026-11-19 10:22:33", "2026-11-19"),
        (F.BUSINESS_DATE, "2026-11-1910:22:33", "2026-11-19"),
        (F.BUSINESS_DATE, "2026/1/9", "2026-01-09"),
        (F.BUSINESS_DATE, "2026.11.19", "2026-11-19"),
        (F.BUSINESS_DATE, "20261119", "2026-11-19"),
        (F.BUSINESS_DATE, "2026-02-30", None),
        (F.BUSINESS_DATE, "202611193301999357", None),
        (F.CUSTOMER_NO, "7607 9419 39", "7607941939"),
        (F.CUSTOMER_NO, "C00123456", "C00123456"),
        (F.CUSTOMER_NO, "曹博", None),
        (F.SERIAL_NO, "2026 1119 3301 999357", "202611193301999357"),
        (F.SERIAL_NO, "12345", None),
        (F.CUSTOMER_NAME, "杭州 华信（集团）有限公司", "杭州华信(集团)有限公司"),
        (F.CUSTOMER_NAME, "Wang Xiao Ming", "Wang Xiao Ming"),
        (F.CUSTOMER_NAME, "无", None),
        (F.CUSTOMER_NAME, "1744499002", None),
        (F.BUSINESS_NAME, "银证转账(银行转证券)", "银证转账(银行转证券)"),
        (F.BUSINESS_NAME, "本人承诺属实。特此", None),
    ],
)
def test_a_printed_value_has_one_plain_form(
    name: FieldName, printed: str, plain: str | None
) -> None:
    value = plain_value(name, printed)
    assert (value.text if value else None) == plain


@pytest.mark.parametrize(
    ("name", "misread", "right"),
    [
        (F.CUSTOMER_NO, "76O794l939", "7607941939"),
        (F.SERIAL_NO, "2O2611193301999357", "202611193301999357"),
        (F.AMOUNT, "54.930.33", "54930.33"),
        (F.AMOUNT, "54,930,33", "54930.33"),
        (F.AMOUNT, "l,234.5O", "1234.50"),
    ],
)
def test_a_sign_that_cannot_be_right_is_put_right_and_costs_confidence(
    name: FieldName, misread: str, right: str
) -> None:
    value = plain_value(name, misread)
    assert value is not None
    assert value.text == right
    assert value.keeps < 1


def test_a_letter_that_may_be_a_prefix_is_left_and_costs_confidence() -> None:
    value = plain_value(F.CUSTOMER_NO, "S0012345")
    assert value is not None
    assert (value.text, value.keeps < 1) == ("S0012345", True)


def test_the_serial_grammar_is_a_setting() -> None:
    assert plain_value(F.SERIAL_NO, "A-17", "[A-Z]-[0-9]+") is not None
    assert plain_value(F.SERIAL_NO, "202611193301999357", "[A-Z]-[0-9]+") is None


def test_an_amount_that_cannot_be_booked_is_none() -> None:
    assert plain_value(FieldName.AMOUNT, "9999999999999999.99")
    assert plain_value(FieldName.AMOUNT, "9" * 17) is None
    assert plain_value(FieldName.AMOUNT, "9" * 40) is None
