from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

import pytest

from pipeline.fields import AmountInWords, PageFields, find_fields
from pipeline.labels import LabelBook
from pipeline.layout import text_slope
from pipeline.model import Box, FieldName, FieldValue, TextLine

F = FieldName
HEIGHT = 50
Printed = tuple[str, int, int]
"""Text, left edge, middle of the row."""

RULED: tuple[Printed, ...] = (
    ("证券业务受理凭证", 930, 250),
    ("流水号：", 208, 430),
    ("202611193301602652", 401, 430),
    ("营业部：成都人民南路证券营业部", 1406, 430),
    ("客户编号", 215, 590),
    ("1744499002", 511, 590),
    ("客户名称", 1263, 590),
    ("曹博", 1548, 590),
    ("资金账号", 211, 715),
    ("82168028756031", 507, 715),
    ("证件类型", 1260, 715),
    ("居民身份证", 1552, 715),
    ("业务类型", 208, 840),
    ("证券账户开户", 496, 840),
    ("业务日期", 1249, 840),
    ("2026年11月19日", 1548, 840),
    ("金额小写", 208, 965),
    ("¥581,956,000.41", 500, 965),
    ("币种", 1252, 965),
    ("人民币", 1541, 965),
    ("金额大写", 204, 1090),
    ("伍亿捌仟壹佰玖拾伍万陆仟元肆角壹分", 500, 1090),
    ("股东账号", 200, 1215),
    ("A526523089", 493, 1215),
    ("成交金额", 1789, 1500),
    ("3,369,720.00", 1789, 1590),
    ("本人承诺所提供的身份证明文件、联系方式及客户名称、金额、日期真实、准确。", 160, 2600),
    ("打印日期：2026-11-20", 138, 3200),
)
TRUE = {
    F.SERIAL_NO: "202611193301602652",
    F.CUSTOMER_NO: "1744499002",
    F.FUND_ACCOUNT: "82168028756031",
    F.CUSTOMER_NAME: "曹博",
    F.BUSINESS_NAME: "证券账户开户",
    F.AMOUNT: "581956000.41",
    F.BUSINESS_DATE: "2026-11-19",
}


def lines(printed: Iterable[Printed], skew: float = 0.0, scale: float = 1.0) -> list[TextLine]:
    """Lay text out as an engine reports it: upright boxes around rows that fall by ``skew`` degrees."""
    fall = math.tan(math.radians(skew))
    found = []
    for text, left, middle in printed:
        width = sum(44 if sign > "\u2e80" else 24 for sign in text)
        centre = middle + fall * (left + width / 2)
        tall = HEIGHT + abs(fall) * width
        box = (left, centre - tall / 2, left + width, centre + tall / 2)
        found.append(TextLine(text, 0.99, Box(*(round(edge * scale) for edge in box))))
    return found


def values(found: dict[FieldName, FieldValue]) -> dict[FieldName, str]:
    return {name: field.value for name, field in found.items()}


@pytest.mark.parametrize("skew", [-3.0, -1.2, 0.0, 0.7, 3.0])
@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_a_ruled_form_gives_all_its_fields_however_skewed_and_sized(
    skew: float, scale: float
) -> None:
    found = find_fields(lines(RULED, skew, scale))
    assert values(found) == TRUE
    assert all(field.confidence > 0.95 and field.source == "rapidocr" for field in found.values())


def test_lines_may_come_in_any_order() -> None:
    assert values(find_fields(reversed(lines(RULED, 1.0)))) == TRUE


def test_the_box_is_the_values_own_place() -> None:
    found = find_fields(
        lines([("客户编号：1744499002", 100, 100), ("金额", 100, 300), ("¥8.00", 300, 300)])
    )
    assert found[F.CUSTOMER_NO].box.left == pytest.approx(100 + 4.5 * 44, abs=30)
    assert found[F.AMOUNT].box == Box(300, 275, 420, 325)


def test_two_pairs_in_one_line_are_parted() -> None:
    found = find_fields(lines([("客户编号：1744499002 客户名称：曹博", 100, 100)]))
    assert values(found) == {F.CUSTOMER_NO: "1744499002", F.CUSTOMER_NAME: "曹博"}


@pytest.mark.parametrize(
    ("label", "value", "name", "plain"),
    [
        ("凭证流水号", "202611193301602652", F.SERIAL_NO, "202611193301602652"),
        ("交易流水:", "162760558327", F.SERIAL_NO, "162760558327"),
        ("客户代码", "1744499002", F.CUSTOMER_NO, "1744499002"),
        ("资金帐户：", "82168028756031", F.FUND_ACCOUNT, "82168028756031"),
        ("户　名：", "曹博", F.CUSTOMER_NAME, "曹博"),
        ("业务种类", "银证转账", F.BUSINESS_NAME, "银证转账"),
        ("发生金额", "487.51", F.AMOUNT, "487.51"),
        ("金额（小写）", "￥487.51", F.AMOUNT, "487.51"),
        ("受理日期", "2026/11/19", F.BUSINESS_DATE, "2026-11-19"),
    ],
)
def test_synonyms_beside_and_in_one_line(
    label: str, value: str, name: FieldName, plain: str
) -> None:
    beside = find_fields(lines([(label, 100, 100), (value, 700, 100)]))
    together = find_fields(lines([(f"{label} {value}", 100, 100)]))
    assert values(beside) == values(together) == {name: plain}


@pytest.mark.parametrize(
    "printed",
    [
        [("对方账号：", 100, 100), ("6222259361108492136", 500, 100)],
        [("对方户名：宋霞瑞", 100, 100)],
        [("证件号码", 100, 100), ("46727051728724908X", 500, 100)],
        [("股东账号", 100, 100), ("A526523089", 500, 100)],
        [("经办人：史瑞", 100, 100)],
        [("打印日期：2026-11-20", 100, 100)],
        [("成交金额", 100, 100), ("3,369,720.00", 500, 100)],
        [("本人已知晓客户名称、金额及日期的填写要求。", 100, 100)],
    ],
)
def test_neighbouring_labels_are_not_taken(printed: list[Printed]) -> None:
    assert find_fields(lines(printed)) == {}


@pytest.mark.parametrize("pitch", [34, 60])
def test_an_empty_value_is_not_filled_from_its_neighbours(pitch: int) -> None:
    printed = [
        ("业务编号：", 100, 100),
        ("交易流水：162760558327", 700, 100),
        ("相关编号：", 100, 100 + pitch),
        ("客户编号：", 700, 100 + pitch),
        ("收款账号：40017639275091281", 100, 100 + 2 * pitch),
        ("收款人：唐丽霞", 760, 100 + 2 * pitch),
    ]
    assert values(find_fields(lines(printed))) == {F.SERIAL_NO: "162760558327"}


def test_narrow_rows_are_not_mixed() -> None:
    printed = [
        ("客户编号", 100, 100),
        ("1744499002", 500, 100),
        ("资金账号", 100, 134),
        ("82168028756031", 490, 134),
    ]
    found = find_fields(lines(printed))
    assert values(found) == {F.CUSTOMER_NO: "1744499002", F.FUND_ACCOUNT: "82168028756031"}


@pytest.mark.parametrize("skew", [-3.0, 3.0])
def test_values_far_from_their_labels_are_found_along_the_slope(skew: float) -> None:
    entries = [("客户编号", "1744499002"), ("资金账号", "82168028756031"), ("交易金额", "487.51")]
    printed = [
        (text, left, 500 + 66 * row)
        for row, entry in enumerate(entries)
        for text, left in zip(entry, (100, 1000), strict=True)
    ]
    assert list(values(find_fields(lines(printed, skew))).values()) == [
        value for _, value in entries
    ]


def test_a_value_printed_half_a_row_off_is_still_its_labels() -> None:
    printed = [
        ("客户编号", 100, 100),
        ("1744499002", 500, 128),
        ("客户名称", 1200, 100),
        ("曹博", 1500, 128),
    ]
    assert values(find_fields(lines(printed))) == {
        F.CUSTOMER_NO: "1744499002",
        F.CUSTOMER_NAME: "曹博",
    }


def test_a_value_in_pieces_is_joined() -> None:
    printed = [
        ("金额", 100, 100),
        ("¥", 300, 100),
        ("54,930.33", 360, 100),
        ("日期", 100, 200),
        ("2026年", 300, 200),
        ("11月", 520, 200),
        ("19日", 680, 200),
    ]
    assert values(find_fields(lines(printed))) == {
        F.AMOUNT: "54930.33",
        F.BUSINESS_DATE: "2026-11-19",
    }


def test_a_stamps_remains_before_a_number_are_skipped_at_a_price() -> None:
    clean = [("客户编号", 100, 100), ("1744499002", 700, 100)]
    found = find_fields(lines([*clean, ("专用", 500, 100)]))
    assert found[F.CUSTOMER_NO].value == "1744499002"
    assert found[F.CUSTOMER_NO].confidence < find_fields(lines(clean))[F.CUSTOMER_NO].confidence


def test_headings_over_their_values() -> None:
    printed = [
        ("客户编号", 100, 100),
        ("客户名称", 500, 100),
        ("交易金额", 900, 100),
        ("1744499002", 100, 180),
        ("曹博", 500, 180),
        ("487.51", 900, 180),
    ]
    found = find_fields(lines(printed))
    assert values(found) == {
        F.CUSTOMER_NO: "1744499002",
        F.CUSTOMER_NAME: "曹博",
        F.AMOUNT: "487.51",
    }
    assert all(field.confidence < 0.9 for field in found.values())


def test_the_first_synonym_wins_and_equal_labels_that_disagree_cost_confidence() -> None:
    printed = [("日期：2026-11-18", 100, 100), ("业务日期：2026-11-19", 100, 200)]
    assert find_fields(lines(printed))[F.BUSINESS_DATE].value == "2026-11-19"
    disagreeing = find_fields(
        lines([("客户号：11111111", 100, 100), ("客户号：22222222", 100, 200)])
    )
    assert disagreeing[F.CUSTOMER_NO].confidence < 0.8


def test_a_misread_label_and_one_without_a_sign_behind_it_cost_confidence() -> None:
    misread = find_fields(lines([("客尸编号：1744499002", 100, 100)]))[F.CUSTOMER_NO]
    run_on = find_fields(lines([("客户名称曹博", 100, 100)]))[F.CUSTOMER_NAME]
    assert (misread.value, misread.confidence < 0.95) == ("1744499002", True)
    assert (run_on.value, run_on.confidence < 0.8) == ("曹博", True)


def test_a_value_that_begins_like_a_label_is_a_value() -> None:
    printed = [("业务类型", 100, 100), ("客户名称变更", 500, 100)]
    assert values(find_fields(lines(printed))) == {F.BUSINESS_NAME: "客户名称变更"}


def test_the_only_date_of_a_page_counts_without_a_label_but_two_do_not() -> None:
    (found,) = find_fields(lines([("2026年11月19日", 900, 100)])).values()
    assert (found.value, found.confidence < 0.8) == ("2026-11-19", True)
    assert find_fields(lines([("2026年11月19日", 900, 100), ("2026-11-20", 100, 500)])) == {}


def test_a_misread_date_is_not_given() -> None:
    assert find_fields(lines([("交易日期：2026年13月19日", 100, 100)])) == {}


@pytest.mark.parametrize("slope", [-0.052, -0.01, 0.0, 0.02, 0.052])
def test_the_text_slope_is_measured(slope: float) -> None:
    found = lines(RULED, math.degrees(math.atan(slope)))
    assert text_slope([line.box for line in found]) == pytest.approx(slope, abs=0.003)


def test_nothing_makes_no_slope_and_no_fields() -> None:
    assert text_slope([]) == 0.0
    assert find_fields([]) == {}


def words(*printed: Printed) -> AmountInWords | None:
    return PageFields(lines(printed), "rapidocr", LabelBook()).amount_in_words()


def test_the_amount_in_words_is_found_with_and_without_a_label() -> None:
    labelled = words(("金额大写", 100, 100), ("捌佰陆拾壹元叁角陆分", 500, 100))
    in_line = words(("(大写)人民币捌佰陆拾壹元叁角陆分", 100, 100))
    alone = words(("人民币捌佰陆拾壹元叁角陆分", 100, 100))
    for found in (labelled, in_line, alone):
        assert found is not None
        assert found.amount == Decimal("861.36")
    assert words(("大写：壹佰元整", 100, 100), ("大写：贰佰元整", 100, 200)) is None
