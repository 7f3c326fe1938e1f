"""The customer master: whole or refused, bad rows rejected with a reason, the others taken over."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.customers import REQUIRED, CustomerFile
from ingest.customers import read_customers as read_on
from pipeline.customers import KnownCustomer
from pipeline.errors import StreamRefused

HEAD = "customer_no,customer_name,id_type,id_no,owner_branch,opened_on,closed_on,id_valid_until"
YU = "9409350117,余玲,居民身份证,46727051728724908X,3301,2019-03-04,,2036-03-01"

TODAY = date(2026, 11, 27)


def read_customers(content: bytes) -> CustomerFile:
    return read_on(content, TODAY)


def file_of(*rows: str, trailer: str | None = None) -> bytes:
    return "\n".join((HEAD, *rows, trailer or f"#TRAILER,{len(rows)}")).encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_customer_is_read_in_either_encoding(encoding: str) -> None:
    read = read_customers(file_of(YU).decode().encode(encoding))
    assert read.customers == (
        KnownCustomer(
            "9409350117", "余玲", "居民身份证", "46727051728724908X", "3301",
            date(2019, 3, 4), None, date(2036, 3, 1),
        ),
    )  # fmt: skip
    assert not read.rejects


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"customer_no,customer_name\n#TRAILER,0", "no column id_type"),
        (file_of(YU, trailer="#TRAILER,2"), "has 1 rows, its trailer tells 2"),
        (file_of(YU, trailer=YU), "does not end with"),
        (file_of(YU, trailer="#TRAILER,3301,1,54030.33"), "does not end with"),  # a stream's
        (b"PK\x03\x04xlsx", "workbook"),
    ],
)
def test_a_file_that_does_not_hold_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(StreamRefused, match=told):
        read_customers(content)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (YU.replace("余玲", ""), "customer_name must not be empty"),
        (YU.replace("3301", "../x"), "cannot be a branch number"),
        (YU.replace("2036-03-01", "2036-13-01"), "is not a day"),
        (YU.replace("余玲", "余" * 600), "too long"),
        (YU.replace("04,,", "04,2019-03-03,"), "opening (2019-03-04) lies behind closing"),
        (YU.replace("04,,", "04,2026-11-28,"), "closing (2026-11-28) lies behind today"),
        (YU.replace("04,,", "04,长期,"), "lies behind today"),
        (YU.replace("2019-03-04", "2026-11-28"), "lies behind today"),
        (YU.replace("46727051728724908X", "11010120200307123X"), "birth (2020-03-07) lies behind"),
    ],
)
def test_a_bad_row_is_rejected_and_the_others_go_on(row: str, told: str) -> None:
    read = read_customers(file_of(row, YU.replace("9409350117", "2")))
    assert [one.number for one in read.customers] == ["2"]
    assert told in read.rejects[0].reason.in_language("en")
    assert read.rejects[0].line_no == 2


def test_of_a_number_twice_none_is_taken_and_for_good_is_for_good() -> None:
    read = read_customers(file_of(YU, YU, "3,李,身份证,1,3301,,,长期"))
    assert [(one.number, one.id_valid_until) for one in read.customers] == [("3", date.max)]
    assert len(read.rejects) == 2


@given(st.lists(st.tuples(*[st.text("ab1-, ", max_size=6)] * len(REQUIRED)), max_size=8))
def test_rows_are_customers_plus_rejects(rows: list[tuple[str, ...]]) -> None:
    told = [",".join(f'"{cell}"' for cell in row) for row in rows if any(map(str.strip, row))]
    read = read_customers(file_of(*told))
    assert len(read.customers) + len(read.rejects) == len(told)
