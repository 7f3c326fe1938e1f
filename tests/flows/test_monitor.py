"""The map of branches by days, gathered for the whole house and shown to each branch."""

from datetime import UTC, date, datetime, timedelta

from catalog.streams import DeliveredStream
from flows.monitor import heat_map
from flows.parts import Parts
from tests.flows.conftest import DAY, booked

SATURDAY = DAY + timedelta(days=2)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_branchs_part_of_the_whole_map_is_the_map_of_the_branch(parts: Parts) -> None:
    book(parts, DAY, "3301", "3302")
    book(parts, SATURDAY, "3302")
    parts.catalog.branches.add("3304", "登记而无业务", "总部甲")
    whole = heat_map(parts, SATURDAY, 5, None, NOW)
    assert SATURDAY in whole.days and whole.branches == ("3301", "3302", "3304")
    for branches in ({"3301"}, {"3302"}, {"3301", "3304"}, {"3304"}, {"3309"}, set[str]()):
        assert whole.of(branches) == heat_map(parts, SATURDAY, 5, branches, NOW)
    assert SATURDAY not in whole.of({"3301"}).days
    assert whole.of(None) is whole


def book(parts: Parts, day: date, *branches: str) -> None:
    rows = tuple(booked(1, business_date=day, handling_branch=one) for one in branches)
    totals = {one: {"rows": "1", "amount": "1.00"} for one in branches}
    parts.catalog.streams.book(DeliveredStream(day, "s", "1" * 64, "utf-8", rows, 0, totals), "t")
