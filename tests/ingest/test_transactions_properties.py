"""What holds for every stream file, whatever its transactions."""

import csv
import io
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.stream_columns import CHANNELS
from ingest.stream_differences import differences
from ingest.transactions import read_stream
from pipeline.errors import StreamRefused
from pipeline.model import Transaction

DAY = date(2026, 11, 19)
COLUMNS = [column.name for column in fields(Transaction)]

MODERATE = settings(max_examples=120, deadline=None)
codes = st.from_regex(r"[0-9A-Za-z_-]{1,32}", fullmatch=True)
texts = st.text(
    st.one_of(
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
        st.sampled_from("余曹A9 ,\"';=+-@#·|\u3000"),
    ),
    min_size=1,
    max_size=12,
).filter(lambda text: text == text.strip())
money = st.decimals(-(10**15), 10**15, places=2, allow_nan=False, allow_infinity=False)
# Half of a file's characters at least are common ones, as in life: else it is no plausible Chinese.
business = st.just("资金取出") | st.just("证券账户开户")
transactions = st.builds(
    Transaction,
    business_date=st.just(DAY),
    serial_no=codes,
    handling_branch=st.sampled_from(["3301", "3302", "3303"]),
    occur_at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    owner_branch=codes,
    customer_no=texts,
    customer_name=texts,
    id_type=st.just("居民身份证,中华人民共和国发给的身份证件"),
    id_no=codes,
    business_code=codes,
    business_name=business,
    channel=st.sampled_from(CHANNELS),
    teller_no=codes,
    amount=st.none() | money.map(abs),
    quantity=st.none() | st.decimals(0, 10**9, places=4),
    voucher_count=st.none() | st.integers(0, 99),
    agent_name=st.none() | texts,
    remark=st.none() | texts | st.just("two\nlines"),
)
streams = st.lists(
    transactions, min_size=1, max_size=6, unique_by=lambda one: (one.handling_branch, one.serial_no)
)


def write(many: Sequence[Transaction], columns: Sequence[str] = COLUMNS) -> tuple[list[str], str]:
    """Return the lines of header and rows, and the trailers, as a business system would write them."""
    lines = [",".join(columns) + "\r\n"]
    for one in many:
        line = io.StringIO()
        values = [getattr(one, column) for column in columns]
        csv.writer(line).writerow("" if value is None else f"{value}" for value in values)
        lines.append(line.getvalue())
    trailers = ""
    for branch in {one.handling_branch for one in many}:
        amounts = [one.amount or Decimal(0) for one in many if one.handling_branch == branch]
        trailers += f"#TRAILER,{branch},{len(amounts)},{sum(amounts)}\r\n"
    return lines, trailers


@MODERATE
@given(streams, st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]), st.randoms())
def test_what_was_written_is_read_back_in_any_column_order(
    many: list[Transaction], encoding: str, order: Random
) -> None:
    lines, trailers = write(many, order.sample(COLUMNS, len(COLUMNS)))
    read_back = read_stream(("".join(lines) + trailers).encode(encoding), day=DAY)
    assert read_back.rejects == ()
    assert list(read_back.transactions) == many
    assert read_back.encoding == encoding.removesuffix("-sig")
    assert all(branch.amount_proved for branch in read_back.branches)


@pytest.mark.requirement("CG-13d")
@MODERATE
@given(streams, st.data())
def test_a_missing_row_is_always_noticed(many: list[Transaction], data: st.DataObject) -> None:
    lines, trailers = write(many)
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    with pytest.raises(StreamRefused):
        read_stream(("".join(lines) + trailers).encode(), day=DAY)


@MODERATE
@given(streams, st.data())
def test_a_changed_digit_of_an_amount_is_always_noticed(
    many: list[Transaction], data: st.DataObject
) -> None:
    many[0] = replace(many[0], amount=many[0].amount or Decimal("10.00"))
    _, trailers = write(many)
    digits = list(str(many[0].amount))
    place = data.draw(st.sampled_from([i for i, digit in enumerate(digits) if digit.isdigit()]))
    digits[place] = data.draw(st.sampled_from("0123456789".replace(digits[place], "")))
    changed = replace(many[0], amount=Decimal("".join(digits)))
    lines, _ = write([changed, *many[1:]])
    with pytest.raises(StreamRefused, match="sum to"):
        read_stream(("".join(lines) + trailers).encode(), day=DAY)


@MODERATE
@given(st.binary(max_size=300), streams, st.data())
def test_whatever_arrives_is_read_or_refused(
    junk: bytes, many: list[Transaction], data: st.DataObject
) -> None:
    lines, trailers = write(many)
    content = ("".join(lines) + trailers).encode()
    place = data.draw(st.integers(0, len(content)))
    damaged = content[:place] + junk + content[place + data.draw(st.integers(0, 50)) :]
    try:
        read_back = read_stream(damaged, day=DAY)
    except StreamRefused as refused:
        assert str(refused)
    else:
        counted = sum(branch.rows for branch in read_back.branches)
        assert len(read_back.transactions) + len(read_back.rejects) == counted


@MODERATE
@given(streams, streams)
def test_differences_turn_the_old_import_into_the_new(
    old: list[Transaction], new: list[Transaction]
) -> None:
    told = differences(old, new)
    after = {one for one in old if one not in told.removed}
    after -= {changed.old for changed in told.changed}
    after |= {changed.new for changed in told.changed} | {*told.added}
    assert after == set(new)
    assert bool(told) == (set(old) != set(new))
    assert not differences(new, list(reversed(new)))
