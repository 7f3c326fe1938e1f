"""T+1 and the monthly deadlines against days known from the State Council's and the exchanges' notices."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calendar import DayKind, Deadline, TradingCalendar, load_notices
from pipeline.errors import UserError

TRADING, WORKING = DayKind.TRADING, DayKind.WORKING
NOTICE_2027 = {
    "year": 2027,
    "source": "invented for this test",
    "published": "2026-11-25",
    "days_off": ["2027-01-01", "2027-01-04", "2027-02-05", "2027-02-06"],
    "working_weekends": ["2027-01-09"],
    "exchange_closures": ["2027-01-08"],
    "whole_year": True,
}


@pytest.fixture
def calendar() -> TradingCalendar:
    return TradingCalendar()


@pytest.mark.parametrize(
    ("month", "working", "trading"),
    [
        *((1, 8, 9), (2, 6, 6), (3, 6, 6), (4, 8, 8), (5, 11, 12), (6, 5, 5)),
        *((7, 7, 7), (8, 7, 7), (9, 7, 7), (10, 13, 14), (11, 6, 6), (12, 7, 7)),
    ],
)
def test_fifth_days_of_2026(
    calendar: TradingCalendar, month: int, working: int, trading: int
) -> None:
    assert calendar.nth_of_month(2026, month, 5, WORKING) == Deadline(
        date(2026, month, working), provisional=False
    )
    assert calendar.nth_of_month(2026, month, 5, TRADING) == Deadline(
        date(2026, month, trading), provisional=False
    )


def test_make_up_days_of_2026_are_working_days_without_trading(calendar: TradingCalendar) -> None:
    days = [date(2026, 1, 1) + timedelta(n) for n in range(365)]
    make_up = [d for d in days if calendar.is_working_day(d) and not calendar.is_trading_day(d)]
    told = [f"{day:%m-%d}" for day in make_up]
    assert told == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 11, 19), date(2026, 11, 20)),
        (date(2026, 11, 20), date(2026, 11, 23)),  # over a weekend
        (date(2026, 1, 4), date(2026, 1, 5)),  # business on a make-up Sunday (setting K5)
        (date(2026, 2, 13), date(2026, 2, 24)),  # over the Spring Festival and its make-up Saturday
        (date(2026, 9, 30), date(2026, 10, 8)),
        (date(2024, 2, 8), date(2024, 2, 19)),  # New Year's Eve: a working day, the exchange closed
    ],
)
def test_t_plus_1_is_the_next_trading_day(calendar: TradingCalendar, day: date, due: date) -> None:
    assert calendar.nth_after(day, 1, TRADING) == Deadline(due, provisional=False)


def test_t_plus_1_by_working_days_counts_make_up_days(calendar: TradingCalendar) -> None:
    assert calendar.nth_after(date(2026, 2, 13), 1, WORKING).date == date(2026, 2, 14)
    assert calendar.nth_after(date(2024, 2, 8), 1, WORKING).date == date(2024, 2, 9)
    assert not calendar.is_trading_day(date(2024, 2, 9))


def test_an_unpublished_year_is_provisional_never_silent() -> None:
    year = next(y for y in range(2027, 2100) if not TradingCalendar().is_published(y))
    calendar = TradingCalendar()
    due = calendar.nth_after(date(year - 1, 12, 31), 1, TRADING)
    assert due.provisional
    assert due.date > date(year, 1, 1)
    assert calendar.nth_of_month(year, 3, 5, WORKING).provisional
    assert not calendar.is_working_day(date(year, 10, 1))


def test_an_imported_year_is_no_longer_provisional() -> None:
    calendar = TradingCalendar(load_notices(json.dumps([NOTICE_2027])))
    assert calendar.is_published(2027)
    assert calendar.nth_after(date(2026, 12, 31), 1, TRADING) == Deadline(date(2027, 1, 5), False)
    assert calendar.nth_after(date(2027, 1, 7), 1, TRADING) == Deadline(date(2027, 1, 11), False)
    assert calendar.nth_after(date(2027, 1, 7), 1, WORKING).date == date(2027, 1, 8)
    assert calendar.is_working_day(date(2027, 1, 9))
    assert not calendar.is_trading_day(date(2027, 1, 9))


def test_the_latest_notice_wins() -> None:
    later = {**NOTICE_2027, "published": "2026-12-20", "days_off": ["2027-01-01"]}
    calendar = TradingCalendar(load_notices(json.dumps([later, NOTICE_2027])))
    assert calendar.nth_after(date(2026, 12, 31), 1, TRADING).date == date(2027, 1, 4)


def test_the_closures_of_a_holiday_make_no_working_day() -> None:
    """An exchange's notice lists its holidays too; they must stay holidays."""
    notice = {**NOTICE_2027, "exchange_closures": ["2027-01-01", "2027-01-02"]}
    calendar = TradingCalendar(load_notices(json.dumps([notice])))
    assert not calendar.is_working_day(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"days_off": ["2027-02-30"]}, "day is out of range"),
        ({"days_off": ["2028-01-03"]}, "2028-01-03"),
        ({"days_off": ["2026-01-03"]}, "2026-01-03"),
        ({"working_weekends": ["2027-01-05"]}, "2027-01-05"),
        ({"holidays": []}, "unknown: holidays"),
        ({"days_off": 5}, "Notice 1"),
        ({"published": None}, "Notice 1"),
    ],
)
def test_a_wrong_notice_is_refused(changed: dict[str, object], told: str) -> None:
    with pytest.raises(UserError, match=told):
        load_notices(json.dumps([{**NOTICE_2027, **changed}]))


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[{}]", "2027"])
def test_what_is_no_calendar_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        load_notices(text)


def test_outside_its_range_the_calendar_refuses(calendar: TradingCalendar) -> None:
    with pytest.raises(UserError, match="from 2007 to 2999"):
        calendar.is_trading_day(date(2006, 12, 29))
    with pytest.raises(UserError, match="from 2007 to 2999"):
        calendar.nth_after(date(2999, 12, 31), 1, WORKING)
    with pytest.raises(UserError, match="no day number 24"):
        calendar.nth_of_month(2026, 6, 24, TRADING)
    with pytest.raises(UserError, match="no day number 0"):
        calendar.nth_of_month(2026, 6, 0, WORKING)
    assert calendar.nth_of_month(2007, 1, 1, TRADING).date == date(2007, 1, 4)


@given(st.dates(date(2007, 1, 1), date(2035, 12, 31)))
def test_t_plus_1_is_later_and_nothing_trades_between(day: date) -> None:
    calendar = TradingCalendar()
    due = calendar.nth_after(day, 1, TRADING).date
    assert day < due <= day + timedelta(days=13)
    assert calendar.is_trading_day(due)
    between = [day + timedelta(n) for n in range(1, (due - day).days)]
    assert not any(map(calendar.is_trading_day, between))
