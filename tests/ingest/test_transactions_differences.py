"""A re-import says what it would change, and shows no personal values."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from ingest.stream_differences import FieldChange, StreamDifferences, differences
from pipeline.model import Transaction

ONE = Transaction(
    business_date=date(2026, 11, 19),
    serial_no="1",
    handling_branch="3301",
    occur_at=datetime(2026, 11, 19, 1, 29, tzinfo=UTC),
    owner_branch="3301",
    customer_no="940117",
    customer_name="余示例",
    id_type="居民身份证",
    id_no="11010119900101001X",
    business_code="B101",
    business_name="资金取出",
    channel="counter",
    teller_no="10009",
    amount=Decimal("100.50"),
)


def test_the_same_transactions_do_not_differ() -> None:
    rewritten = replace(ONE, amount=Decimal("100.500"))
    assert differences([ONE], [rewritten]) == StreamDifferences()
    assert differences([ONE], [rewritten]).describe() == []


def test_added_removed_and_changed_fields_are_told() -> None:
    changed = replace(ONE, amount=Decimal("7.00"), id_no="110101198502020022", remark="更正")
    elsewhere = replace(ONE, handling_branch="3302")
    told = differences([ONE, replace(ONE, serial_no="2")], [changed, elsewhere])
    assert [one.serial_no for one in told.removed] == ["2"]
    assert told.added == (elsewhere,)
    assert told.changed[0].changes == (
        FieldChange("id_no", "11010119900101001X", "110101198502020022"),
        FieldChange("amount", Decimal("100.50"), Decimal("7.00")),
        FieldChange("remark", None, "更正"),
    )
    assert [str(line) for line in told.describe()] == [
        "The new stream file removes 1, changes 1 and adds 1 transactions.",
        "Transaction 2 of branch 3301 is no longer there.",
        "Transaction 1 of branch 3301 changes in identity number (personal, not shown).",
        'Transaction 1 of branch 3301 changes in amount from "100.50" to "7.00".',
        'Transaction 1 of branch 3301 changes in remark from "" to "更正".',
        "Transaction 1 of branch 3302 is new.",
    ]


def test_a_long_list_is_cut() -> None:
    told = differences([], [replace(ONE, serial_no=str(n)) for n in range(30)])
    lines = told.describe(limit=5)
    assert len(lines) == 7
    assert str(lines[-1]) == "And 25 more differences."


def test_amounts_in_another_unit_and_times_in_china_are_told() -> None:
    old = [replace(ONE, serial_no=number) for number in "12"]
    fen = [replace(one, amount=one.amount * 100) for one in old if one.amount]
    told = [line.in_language("en") for line in differences(old, fen).describe()]
    assert "Every changed amount is 100 times" in told[1]
    assert not any("Every" in str(line) for line in differences(old[:1], fen[:1]).describe())
    later = replace(ONE, occur_at=datetime(2026, 11, 19, 17, 0, tzinfo=UTC))
    assert any(
        "2026-11-20 01:00:00+08:00" in str(d) for d in differences([ONE], [later]).describe()
    )
