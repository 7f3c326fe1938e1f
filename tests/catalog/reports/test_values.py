"""Single values: legible, comparable, harmless."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.reports.values import Piece, amount_of, compared, printable, shown
from pipeline.language import say


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("amount", "54930.33", "54,930.33"),
        ("amount", "54930.3", "54,930.30"),
        ("amount", Decimal("-1234567.895"), "-1,234,567.895"),
        ("amount", "五万", "五万"),
        ("amount", "\uff15\uff10", "\uff15\uff10"),
        ("serial_no", "202611193301999357", "202611193301999357"),
        ("business_date", date(2026, 11, 19), "2026-11-19"),
        ("occur_at", datetime(2026, 11, 19, 9, 29, 26, tzinfo=UTC), "2026-11-19 09:29:26+00:00"),
        ("amount", None, ""),
        ("other", say("The page is blank."), "该页为空白页。"),
        ("among", ("a", None, "b"), "a; ; b"),
        ("nested", {"amount": "1000"}, "amount 1,000.00"),
    ],
)
def test_shown(name: str, value: object, told: str) -> None:
    assert shown(name, value, "zh") == told


def test_an_amount_is_told_from_what_is_none() -> None:
    assert amount_of("12.50") == Decimal("12.50")
    assert [amount_of(each) for each in (None, "", "1E5", "NaN", "1,000")] == [None] * 5


def test_the_differing_characters_are_marked() -> None:
    read, expected = compared("54,930.33", "54,030.33")
    assert read == (Piece("54,", False), Piece("9", True), Piece("30.33", False))
    assert expected == (Piece("54,", False), Piece("0", True), Piece("30.33", False))


def test_unlike_values_are_marked_whole_and_one_alone_is_not_marked() -> None:
    assert compared("余玲", "曹博") == ((Piece("余玲", True),), (Piece("曹博", True),))
    assert compared("", "曹博") == ((), (Piece("曹博", False),))


@given(st.text(max_size=30), st.text(max_size=30))
def test_pieces_make_up_the_values(read: str, expected: str) -> None:
    left, right = compared(read, expected)
    assert "".join(piece.text for piece in left) == read
    assert "".join(piece.text for piece in right) == expected


def test_hostile_characters_are_replaced() -> None:
    assert printable("a\x00b\nc\udcffd\u202egpj.exe\uffff") == "a�b�c�d�gpj.exe�"
    assert printable("凭证 0001（副本）.jpg") == "凭证 0001（副本）.jpg"


@given(st.text(st.characters()))
def test_what_is_printable_can_be_written(text: str) -> None:
    printable(text).encode("utf-8")
