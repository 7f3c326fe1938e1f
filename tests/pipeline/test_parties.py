"""Payer and payee found by their labels, on the layouts that banks print."""

from __future__ import annotations

import pytest

from pipeline.fields import PageFields
from pipeline.labels import LabelBook
from pipeline.model import Box, FieldName, Reading, TextLine
from pipeline.parties import Part, Side, parties_of
from pipeline.slips import SlipField, slip_of
from pipeline.stance import on_page

PAYER, PAYEE = "成都蜀锦纺织进出口有限公司", "罗建鹏"
ACCOUNTS = ("9575930086766214904", "780886986413417")
BANKS = ("中国银行武汉光谷支行", "平安银行西安高新支行")
NAMES = (PAYER, PAYEE)

Printed = list[tuple[str, int, int]]


def lines(printed: Printed, angle: float = 0) -> tuple[TextLine, ...]:
    boxes = (Box(left, top, left + 24 * len(text), top + 40) for text, left, top in printed)
    return tuple(
        TextLine(text, 0.999, on_page(box, angle), angle)
        for (text, _, _), box in zip(printed, boxes, strict=True)
    )


def found(printed: Printed) -> dict[tuple[Side, Part], str]:
    page = PageFields(lines(printed), "none", LabelBook())
    return {key: one.value for key, one in parties_of(page).items()}


EVERYTHING = {
    (side, part): value
    for part, values in ((Part.NAME, NAMES), (Part.ACCOUNT, ACCOUNTS), (Part.BANK, BANKS))
    for side, value in zip(Side, values, strict=True)
}

SIDED: Printed = [
    (f"收款账号：{ACCOUNTS[1]}", 100, 100),
    (f"收款人：{PAYEE}", 900, 100),
    (f"收款开户行：{BANKS[1]}", 100, 160),
    (f"付款账号：{ACCOUNTS[0]}", 100, 220),
    (f"付款人：{PAYER}", 900, 220),
    (f"付款开户行：{BANKS[0]}", 100, 280),
]


def block(left: int, heading: str, party: int) -> Printed:
    rows = zip(("全称", "账号", "开户行"), (NAMES, ACCOUNTS, BANKS), strict=True)
    printed = [(heading, left, 160)] if heading else []
    for n, (label, values) in enumerate(rows):
        printed += [(label, left + 100, 100 + 60 * n), (values[party], left + 250, 100 + 60 * n)]
    return printed


STACKED: Printed = [
    (f"付款人户名：{PAYER}", 100, 100),
    (f"账号：{ACCOUNTS[0]}", 100, 160),
    (f"开户行：{BANKS[0]}", 100, 220),
    (f"收款人户名：{PAYEE}", 100, 320),
    (f"账号：{ACCOUNTS[1]}", 100, 380),
    (f"开户行：{BANKS[1]}", 100, 440),
]


@pytest.mark.parametrize(
    "printed",
    [
        SIDED,
        [*block(0, "付款人", 0), *block(1000, "收款人", 1)],
        [*block(0, "收款人", 1), *block(1000, "付款人", 0)],
        [*block(0, "", 0), *block(1000, "收款人", 1)],
        [*block(0, "付款人", 0), *block(1000, "", 1)],
        [*block(0, "", 0), *block(1000, "", 1)],
        STACKED,
    ],
    ids=["sided", "blocks", "payee first", "one heading", "other heading", "none", "stacked"],
)
def test_each_party_gets_its_name_account_and_bank(printed: Printed) -> None:
    assert found(printed) == EVERYTHING


def test_a_heading_takes_no_words_from_below_its_block() -> None:
    words = ("(大写)人民币捌佰伍拾捌万元整", 0, 290)
    assert found([*block(0, "付款人", 0), *block(1000, "收款人", 1), words]) == EVERYTHING


def test_a_page_without_parties_is_no_slip() -> None:
    reading = Reading((), {}, lines([("客户名称：余玲", 100, 100)]), "none 1", 0, 0)
    assert slip_of(reading) is None


@pytest.mark.parametrize("angle", [0, -98])
def test_a_slip_has_its_voucher_fields_and_parties_on_the_page_as_it_came(angle: float) -> None:
    printed = [*SIDED, ("交易流水：989663032077", 100, 340), ("交易日期：2023-03-05", 900, 340)]
    seen = lines(printed, angle)
    fields = PageFields(seen, "none", LabelBook()).fields()
    slip = slip_of(Reading((), fields, seen, "none 1", 0, 0, ("words_differ_from_figures",)))
    assert slip is not None
    assert slip.text(SlipField.NUMBER) == fields[FieldName.SERIAL_NO].value == "989663032077"
    assert slip.text(SlipField.DATE) == "2023-03-05"
    assert slip.text(SlipField.AMOUNT) is None
    assert slip.doubts == ("words_differ_from_figures",)
    payee, line = slip.fields[SlipField.PAYEE], seen[1]
    assert payee.angle == angle
    assert line.box.left - 2 <= payee.box.left < payee.box.right <= line.box.right + 2
