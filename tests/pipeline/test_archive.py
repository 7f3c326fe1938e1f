"""What a customer's archive holds by its lines, and how vouchers are filed."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.archive import Archive, Line, LineKind, PaperRules, bound_as, by_customer, in_order
from pipeline.errors import UserError

AT = datetime(2026, 11, 27, tzinfo=UTC)
DAY = date(2026, 11, 19)


def line(number: int, kind: LineKind, pages: int = 1, of_line: int | None = None) -> Line:
    values = (None, "资金取出", "ASSET", pages, "BAG-000001", of_line, "", "何静", AT)
    return Line("9409350101", number, kind, "3301", DAY, *values)


def archive(*lines: Line, customer: str = "9409350101") -> Archive:
    return Archive(customer, "3301", "BAG-000001", "何静", AT, lines)


@pytest.mark.parametrize(
    ("day", "category", "bound"),
    [
        (date(2014, 12, 31), "AGENT", "B103"),
        (date(2015, 1, 1), "AGENT", None),
        (date(2014, 12, 31), "ASSET", None),
        (date(2014, 12, 31), "", None),
    ],
)
def test_agency_vouchers_before_the_boundary_are_bound_by_business(
    day: date, category: str, bound: str | None
) -> None:
    assert bound_as("B103", category, day, PaperRules()) == bound


def test_the_boundary_is_a_setting() -> None:
    rules = PaperRules(bag_since=date(2016, 1, 1), agency_categories=("CUST",))
    assert bound_as("B103", "CUST", date(2015, 6, 1), rules) == "B103"


def test_the_book_is_what_came_in_less_what_is_out() -> None:
    first = (
        line(1, LineKind.OPENED, 9),
        line(2, LineKind.RECEIVED, 2),
        line(3, LineKind.SUPPLEMENT, 3),
    )
    assert archive(*first).pages == 5
    gone = (*first, line(4, LineKind.OUT, 2, of_line=2))
    assert [one.number for one in archive(*gone).in_store] == [3]
    again = (*gone, line(5, LineKind.BACK, 2, of_line=2))
    assert archive(*again).pages == 5


def test_only_papers_in_store_go_out_and_only_those_out_come_back() -> None:
    held = archive(line(1, LineKind.OPENED), line(2, LineKind.RECEIVED))
    assert held.moved(2, LineKind.OUT).number == 2
    with pytest.raises(UserError, match="is in store"):
        held.moved(2, LineKind.BACK)
    with pytest.raises(UserError, match="no paper under line 1"):
        held.moved(1, LineKind.OUT)
    gone = archive(*held.lines, line(3, LineKind.OUT, of_line=2))
    with pytest.raises(UserError, match="out already"):
        gone.moved(2, LineKind.OUT)


@given(st.lists(st.sampled_from([LineKind.OUT, LineKind.BACK]), max_size=9))
def test_pages_in_store_and_out_are_all_that_came_in(acts: list[LineKind]) -> None:
    held = archive(line(1, LineKind.RECEIVED, 4), line(2, LineKind.RECEIVED, 3))
    for kind in acts:
        try:
            held.moved(1, kind)
        except UserError:
            continue
        held = archive(*held.lines, line(len(held.lines) + 1, kind, 4, of_line=1))
    moves = [one for one in held.lines if one.of_line]
    out = 4 if moves and moves[-1].kind is LineKind.OUT else 0
    assert held.pages + out == 7


def test_archives_stand_by_customer_number() -> None:
    numbers = ["10", "9", "100", "11"]
    assert [one.customer_no for one in in_order(archive(customer=n) for n in numbers)] == [
        *("9", "10", "11", "100")
    ]
    assert by_customer("9") < by_customer("10")
