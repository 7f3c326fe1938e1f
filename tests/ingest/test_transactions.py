"""A stream file is read whole, proved by its control totals, or refused in one sentence."""

import csv
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.stream_columns import ColumnMapping
from ingest.stream_totals import BranchTotals
from ingest.transactions import RejectedRow, StreamFile, read_stream, write_rejects
from pipeline.errors import StreamRefused
from pipeline.language import say

DAY = date(2026, 11, 19)
HEADER = (
    "business_date,serial_no,occur_at,handling_branch,owner_branch,customer_no,customer_name,id_type,"
    "id_no,business_code,business_name,channel,teller_no,amount,reverse_of,remark"
)
GOOD = {
    "business_date": "2026-11-19",
    "occur_at": "2026-11-19T09:29:26+08:00",
    "handling_branch": "3301",
    "owner_branch": "3301",
    "customer_no": "940117",
    "customer_name": "余示例",
    "id_type": "居民身份证",
    "id_no": "11010119900101001X",
    "business_code": "B101",
    "business_name": "资金取出",
    "channel": "counter",
    "teller_no": "10009",
    "amount": "100.50",
    "reverse_of": "",
    "remark": "",
}


def row(serial: str, **changed: str) -> str:
    return ",".join({**GOOD, "serial_no": serial, **changed}[c] for c in HEADER.split(","))


def stream(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines, ""]).encode()


def read(*lines: str) -> StreamFile:
    return read_stream(stream(*lines), day=DAY)


def refusal(content: bytes) -> str:
    with pytest.raises(StreamRefused) as refused:
        read_stream(content, day=DAY)
    return str(refused.value)


def test_rows_become_transactions_in_the_order_of_the_file() -> None:
    read_back = read(row("2"), row("1", amount=""), "#TRAILER,3301,2,100.50")
    second, first = read_back.transactions
    assert [second.serial_no, first.serial_no] == ["2", "1"]
    assert (second.amount, first.amount) == (Decimal("100.50"), None)
    assert second.customer_name == "余示例"
    assert second.remark is None
    assert read_back.branches == (BranchTotals("3301", 2, Decimal("100.50"), True),)
    assert read_back.rejects == ()
    assert len(read_back.sha256) == 64


def test_a_time_without_a_zone_is_chinese_time() -> None:
    (one,) = read(row("1", occur_at="2026-11-19 23:30:00"), "#TRAILER,3301,1,100.5").transactions
    assert one.occur_at.utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("gbk", "gb18030")],
)
def test_encodings_are_told_apart(encoding: str, told: str) -> None:
    content = stream(row("1"), "#TRAILER,3301,1,100.50").decode().encode(encoding)
    read_back = read_stream(content, day=DAY)
    assert read_back.encoding == told
    assert read_back.transactions[0].business_name == "资金取出"


def test_a_mapping_may_forbid_an_encoding() -> None:
    content = stream(row("1"), "#TRAILER,3301,1,100.50").decode().encode("gb18030")
    with pytest.raises(StreamRefused, match="not in UTF-8;"):
        read_stream(content, day=DAY, mapping=ColumnMapping(encoding="utf-8"))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b",,,\n,,,\n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert "is empty" in refusal(content)


@pytest.mark.requirement("CG-13d")
@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["#TRAILER,3301,2,201"], "says 2 rows, but the stream file holds 1"),
        (["#TRAILER,3301,0,0"], "says 0 rows, but the stream file holds 1"),
        (["#TRAILER,3301,1,100.51"], "sum to 100.51, but those in the stream file sum to 100.50"),
        (["#TRAILER,3301,1,100.50"] * 2, "two trailers, on lines 3 and 4"),
        (["#TRAILER,3302,1,100.50"], "no trailer for branch 3301, which line 2 names"),
        ([], "no trailer line"),
        (["#TRAILER,3301,1"], "trailer on line 3 cannot be read"),
        (["#TRAILER,3301,one,100.50"], "trailer on line 3 cannot be read"),
        (["#TRAILER,3301,2,201.00", row("2")], "Line 4 of the stream file comes after its trailer"),
        (["#TRAILER,3301,1,100.50", "torn"], "Line 4 of the stream file comes after its trailer"),
        (['#TRAILER,3301,1,100.50,"'], "opened on line 3 of the stream file is never closed"),
    ],
)
def test_a_file_not_proved_whole_is_refused(lines: list[str], told: str) -> None:
    assert told in refusal(stream(row("1"), *lines))


def test_trailers_of_several_branches_anywhere_below_their_rows() -> None:
    read_back = read(
        row("1"),
        "#TRAILER,3301,1,100.50,,,,",
        row("1", handling_branch="3302"),
        "#TRAILER,3303,0,0.00",
        "#TRAILER,3302,1,100.50",
    )
    assert [one.handling_branch for one in read_back.transactions] == ["3301", "3302"]
    assert [(b.branch, b.rows) for b in read_back.branches] == [
        ("3301", 1),
        ("3303", 0),
        ("3302", 1),
    ]


@pytest.mark.requirement("DK-24")
def test_missing_columns_are_named() -> None:
    content = b"business_date,serial_no\n2026-11-19,1\n"
    told = refusal(content)
    assert "lacks the required columns handling_branch, occur_at" in told
    assert "serial_no" not in told
    assert "not a header" in refusal(row("1").encode())


def test_a_column_given_twice_is_refused() -> None:
    assert "amount more than once" in refusal(f"{HEADER},amount\n".encode())


def test_a_file_of_another_day_is_refused() -> None:
    other = row("1", business_date="2026-11-18")
    told = refusal(stream(other, "#TRAILER,3301,1,100.50"))
    assert "is of 2026-11-18, not 2026-11-19" in told


@pytest.mark.requirement("CG-04a", "DK-24")
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"business_date": "19.11.2026"}, 'business_date holds "19.11.2026", which is no date'),
        ({"business_date": "2026-02-30"}, "which is no date"),
        ({"business_date": "2026-11-18"}, "is of 2026-11-18 in a file of 2026-11-19"),
        ({"occur_at": "2026-11-19"}, "which is no date and time"),
        ({"customer_no": " "}, "customer_no is empty"),
        ({"serial_no": "2.02611E+17"}, 'serial_no holds "2.02611E+17"'),
        ({"serial_no": "../../etc"}, "serial_no holds"),
        ({"serial_no": "1" * 33}, "at most 32"),
        ({"channel": "柜面"}, 'channel holds "柜面", which is none of counter'),
        ({"amount": "12.345"}, "which is no amount"),
        ({"amount": "-0.50"}, "amount is negative in a row that reverses nothing"),
        ({"customer_name": "余\0示例"}, "customer_name holds the unreadable character U+0000"),
        ({"customer_name": "余\u202e示例"}, "U+202E"),
        ({"customer_name": "余\ue000"}, "U+E000"),
        ({"customer_name": "余\ufffd"}, "U+FFFD"),
        ({"customer_name": '"余\n示例"'}, "U+000A"),
        ({"customer_name": "余" * 501}, "501 characters"),
        ({"customer_name": "余,示例"}, "17 columns where the header has 16"),
        ({"customer_name": '"余"示例'}, "quotation marks of this row"),
        ({"customer_name": "余" * 200_000}, "longer than any field"),
    ],
)
def test_a_bad_row_is_rejected_and_the_others_go_on(changed: dict[str, str], reason: str) -> None:
    bad = row("2", **changed)
    amounts = 201 + float(changed.get("amount", "100.50"))
    read_back = read(row("1"), bad, row("3"), f"#TRAILER,3301,3,{amounts:.2f}")
    assert [one.serial_no for one in read_back.transactions] == ["1", "3"]
    (reject,) = read_back.rejects
    assert reject.line_no == 3
    assert reject.text == bad
    assert reason in str(reject.reason)


@pytest.mark.parametrize("unreadable", ["1,234.50", "12.345", "12x", "1e3", "NaN", "１２"])
def test_an_unreadable_amount_leaves_the_sum_unproved(unreadable: str) -> None:
    read_back = read(row("1"), row("2", amount=f'"{unreadable}"'), "#TRAILER,3301,2,999.00")
    assert len(read_back.transactions) == len(read_back.rejects) == 1
    assert not read_back.branches[0].amount_proved
    assert "says 3 rows" in refusal(
        stream(row("1"), row("2", amount="12x"), "#TRAILER,3301,3,100.50")
    )


def test_a_row_too_damaged_to_name_its_branch_makes_up_for_one_row_only() -> None:
    other = row("1", handling_branch="3302")
    trailers = ["#TRAILER,3301,1,100.50", "#TRAILER,3302,2,201.00"]
    read_back = read(row("1"), other, "torn", *trailers)
    assert [b.amount_proved for b in read_back.branches] == [True, False]
    assert "2 rows, but the stream file holds 1 (and 0" in refusal(
        stream(row("1"), other, *trailers)
    )
    told = refusal(stream(row("1"), other, "torn", "torn", *trailers))
    assert "2 rows, but the stream file holds 1 (and 2" in told


def test_a_row_with_shifted_cells_names_no_branch() -> None:
    shifted = row("2").split(",", 2)[2]  # now the customer number stands in the branch's place
    read_back = read(row("1"), shifted, "#TRAILER,3301,2,201.00")
    assert [reject.line_no for reject in read_back.rejects] == [3]


def test_one_branchs_surplus_does_not_make_up_for_anothers_lack() -> None:
    trailers = ["#TRAILER,3301,2,201.00", "#TRAILER,3302,1,100.50"]
    rows = [row("1"), row("1", handling_branch="3302"), row("2", handling_branch="3302")]
    assert "branch 3302 says 1 rows, but the stream file holds 2" in refusal(
        stream(*rows, *trailers)
    )


def test_a_reversal_may_be_negative() -> None:
    back = row("2", amount="-100.50", reverse_of="2026-11-19 1")
    assert read(row("1"), back, "#TRAILER,3301,2,0.00").transactions[1].amount == Decimal("-100.50")


@pytest.mark.requirement("DK-23")
def test_identical_rows_are_imported_once() -> None:
    read_back = read(row("1"), row("1"), "#TRAILER,3301,2,201.00")
    assert len(read_back.transactions) == 1
    assert [reject.line_no for reject in read_back.rejects] == [3]
    assert "repeats line 2" in str(read_back.rejects[0].reason)


def test_contradicting_rows_are_all_rejected() -> None:
    read_back = read(
        row("1"), row("1"), row("1", amount="2.00"), row("2"), "#TRAILER,3301,4,303.50"
    )
    assert [one.serial_no for one in read_back.transactions] == ["2"]
    assert [reject.line_no for reject in read_back.rejects] == [2, 3, 4]
    assert "Lines 2, 3, 4 give different values" in str(read_back.rejects[0].reason)


def test_line_numbers_are_those_of_the_file() -> None:
    lines = [row("1", remark='"two\nlines, one ""field"""'), "", row("2", channel="post")]
    read_back = read(*lines, "#TRAILER,3301,2,201.00")
    assert read_back.transactions[0].remark == 'two\nlines, one "field"'
    assert read_back.rejects[0].line_no == 5


def test_formulas_stay_text_and_other_columns_are_ignored() -> None:
    content = stream(row("1", customer_name="=cmd|' /C calc'!A0"), "#TRAILER,3301,1,100.50")
    lines = [b"\0junk," + line if line[:1] == b"2" else line for line in content.splitlines()]
    lines[0] = b"internal," + lines[0]
    (one,) = read_stream(b"\r\n".join(lines), day=DAY).transactions
    assert one.customer_name == "=cmd|' /C calc'!A0"


def test_rejects_are_written_for_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    rejects = [
        RejectedRow(3, 'a,"two\nlines"', say("Correct the row.")),
        RejectedRow(5, "=cmd|' /C calc'!A0", say("Correct the row.")),
    ]
    write_rejects(path, rejects, "en")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["Line", "Reason", "Row as delivered"],
            ["3", "Correct the row.", 'a,"two\nlines"'],
            ["5", "Correct the row.", "'=cmd|' /C calc'!A0"],
        ]


@pytest.mark.parametrize("encode", [str.encode, lambda text: text.encode("gb18030")])
def test_a_hundred_thousand_rows_take_seconds(encode: Callable[[str], bytes]) -> None:
    """Measured on a fifth of them in CPU time, so that other work on the machine does not count."""
    count = 20_000
    content = stream(
        *map(row, map(str, range(count))), f"#TRAILER,3301,{count},{count * 100.5:.2f}"
    )
    begin = time.process_time()
    read_back = read_stream(encode(content.decode()), day=DAY)
    assert (
        time.process_time() - begin < 2
    )  # twice what 5 s for all would be: some machines are slower
    assert len(read_back.transactions) == count
