from __future__ import annotations

import pytest

from pipeline.labels import LABELS, LabelBook, Other
from pipeline.model import FieldName

F = FieldName
BOOK = LabelBook()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("流水号:202611193301602652", [(F.SERIAL_NO, "流水号:")]),
        ("客户编号", [(F.CUSTOMER_NO, "客户编号")]),
        ("交易金额(小写):CNY 91,532.20", [(F.AMOUNT, "交易金额(小写):")]),
        ("交易金额(大写):人民币玖万元整", [(Other.WORDS, "交易金额(大写):")]),
        ("金 额(元):12.00", [(F.AMOUNT, "金 额(元):")]),
        ("(小写)¥8,581,762.74", [(F.AMOUNT, "(小写)")]),
        ("1.客户号: 12", [(F.CUSTOMER_NO, "客户号:")]),
        ("资金账号7607941939", [(F.FUND_ACCOUNT, "资金账号")]),
        (
            "客户编号:17444客户名称:曹博",
            [(F.CUSTOMER_NO, "客户编号:"), (F.CUSTOMER_NAME, "客户名称:")],
        ),
        ("户名:曹博账号:123", [(F.CUSTOMER_NAME, "户名:"), (Other.FOREIGN, "账号:")]),
        ("对方户名:宋霞瑞", [(Other.FOREIGN, "对方户名:")]),
        ("收款客户名称:张三", [(Other.FOREIGN, "收款客户名称:")]),
        ("原交易日期:2026-01-01", [(Other.FOREIGN, "原交易日期:")]),
        ("基金账号", [(Other.FOREIGN, "基金账号")]),
        ("客户签名", [(Other.FOREIGN, "客户签名")]),
        ("交易余额", [(Other.FOREIGN, "交易余额")]),
    ],
)
def test_labels_are_told_apart(line: str, expected: list[tuple[object, str]]) -> None:
    assert [(hit.meaning, line[hit.start : hit.end]) for hit in BOOK.find(line)] == expected


@pytest.mark.parametrize(
    "line",
    [
        "本人已认真阅读客户名称并理解",
        "客户应妥善保管账户密码",
        "证券账户开户",
        "机构资料变更",
        "佣金费率调整",
        "客户名称变更申请书",
        "客户签约",
        "¥54,930.33",
        "",
    ],
)
def test_words_inside_text_or_values_are_no_labels(line: str) -> None:
    assert BOOK.find(line) == ()


@pytest.mark.parametrize(
    ("line", "meaning"),
    [("客尸编号:12", F.CUSTOMER_NO), ("资全账号", F.FUND_ACCOUNT), ("交易目期:", F.BUSINESS_DATE)],
)
def test_one_misread_sign_is_forgiven_in_a_label_of_four(line: str, meaning: FieldName) -> None:
    (hit,) = BOOK.find(line)
    assert hit.meaning is meaning
    assert not hit.exact


@pytest.mark.parametrize("line", ["尸名:曹博", "证券账弓", "流水导:123456789"])
def test_short_and_foreign_labels_are_not_guessed(line: str) -> None:
    assert BOOK.find(line) == ()


def test_every_label_of_the_book_is_found_as_printed_with_a_colon() -> None:
    for meaning, synonyms in LABELS.items():
        for rank, label in enumerate(synonyms):
            (hit,) = BOOK.find(f"{label}: 1")
            assert hit.meaning is meaning, label
            assert hit.rank == rank or meaning is Other.FOREIGN, label


def test_the_labels_are_a_setting() -> None:
    book = LabelBook({F.AMOUNT: ("TOTAL",)})
    assert [hit.meaning for hit in book.find("TOTAL: 21.20")] == [F.AMOUNT]
