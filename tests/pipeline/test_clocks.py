"""What is due when: over weekends, holidays, the year's end, midnight and time zones; by each setting."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipeline.calendar import DayKind, TradingCalendar, load_notices
from pipeline.clocks import (
    ZONE,
    Due,
    Rule,
    SlaRules,
    deadlines,
    told_delay,
    unpublished,
    upload_by,
)

CALENDAR = TradingCalendar()
WORKING = DayKind.WORKING


def review(day: date, **settings: object) -> str:
    return str(deadlines(day, replace(SlaRules(), **settings), CALENDAR).review_by)  # type: ignore[arg-type]


@pytest.mark.requirement("CG-16.4b")
@pytest.mark.parametrize(
    ("day", "trading", "working"),
    [
        (date(2026, 11, 19), "2026-11-20 24:00", "2026-11-20 24:00"),
        (date(2026, 11, 20), "2026-11-23 24:00", "2026-11-23 24:00"),  # over a weekend
        (date(2026, 2, 12), "2026-02-13 24:00", "2026-02-13 24:00"),
        (date(2026, 2, 13), "2026-02-24 24:00", "2026-02-14 24:00"),  # Spring Festival, make-up
        (date(2026, 2, 14), "2026-02-24 24:00", "2026-02-24 24:00"),  # T on a make-up Saturday
        (date(2026, 9, 30), "2026-10-08 24:00", "2026-10-08 24:00"),  # National Day
        (date(2026, 10, 9), "2026-10-12 24:00", "2026-10-10 24:00"),  # make-up Saturday after it
        (date(2026, 1, 4), "2026-01-05 24:00", "2026-01-05 24:00"),  # T on a make-up Sunday (K5)
        (date(2024, 2, 8), "2024-02-19 24:00", "2024-02-09 24:00"),  # exchange closed, others not
    ],
)
def test_review_is_due_by_the_next_day_of_the_calendar(
    day: date, trading: str, working: str
) -> None:
    assert review(day) == trading
    assert review(day, calendar=WORKING) == working


@pytest.mark.requirement("CG-16.4b")
def test_before_t_plus_1_means_the_end_of_t_in_strict_mode() -> None:
    assert review(date(2026, 2, 13), inclusive=False) == "2026-02-13 24:00"
    assert review(date(2026, 2, 13), review_deadline="T+2", inclusive=False) == "2026-02-24 24:00"
    assert review(date(2026, 2, 13), review_deadline="T") == "2026-02-13 24:00"


@pytest.mark.requirement("CG-16.4a")
def test_capture_is_due_by_the_end_of_t_and_its_cutoff_is_a_setting() -> None:
    due = deadlines(date(2026, 11, 19), SlaRules(), CALENDAR).capture_by
    assert due == Due(datetime(2026, 11, 20, tzinfo=ZONE))
    assert due.day == date(2026, 11, 19)
    early = SlaRules(capture_cutoff="18:30")
    assert str(deadlines(date(2026, 11, 19), early, CALENDAR).capture_by) == "2026-11-19 18:30"
    later = SlaRules(capture="T+1", capture_cutoff="09:00")
    assert str(deadlines(date(2026, 11, 20), later, CALENDAR).capture_by) == "2026-11-23 09:00"


@pytest.mark.parametrize(
    ("moment", "late"),
    [
        (datetime(2026, 11, 19, 15, 59, 59, tzinfo=UTC), None),  # 23:59:59 in Shanghai
        (
            datetime(2026, 11, 19, 16, 0, tzinfo=UTC),
            timedelta(),
        ),  # midnight belongs to the next day
        (datetime(2026, 11, 20, 2, 30, tzinfo=ZONE), timedelta(hours=2, minutes=30)),
        (datetime(2026, 11, 19, 12, tzinfo=timezone(timedelta(hours=-8))), timedelta(hours=4)),
    ],
)
def test_lateness_is_told_in_any_time_zone(moment: datetime, late: timedelta | None) -> None:
    due = deadlines(date(2026, 11, 19), SlaRules(), CALENDAR).capture_by
    assert due.delay(moment) == late


def test_over_the_years_end_a_deadline_is_provisional_until_the_year_is_published() -> None:
    year = next(y for y in range(2027, 2100) if not CALENDAR.is_published(y))
    last = date(year - 1, 12, 31)
    guessed = deadlines(last, SlaRules(), CALENDAR)
    assert guessed.review_by.provisional
    assert not guessed.capture_by.provisional  # T itself rests on no calendar
    closed = (date(year, 1, 1) + timedelta(n) for n in range(3))
    notice = {
        "year": year,
        "source": "invented for this test",
        "published": f"{year - 1}-11-25",
        "days_off": [day.isoformat() for day in closed],
        "whole_year": True,
    }
    known = deadlines(
        last, SlaRules(), TradingCalendar(load_notices(json.dumps([notice])))
    ).review_by
    assert not known.provisional
    assert known.day > date(year, 1, 3)


def test_the_missing_year_is_an_alarm_from_december_on() -> None:
    year = next(y for y in range(2027, 2100) if not CALENDAR.is_published(y))
    assert unpublished(date(year - 1, 11, 30), CALENDAR) is None
    assert unpublished(date(year - 1, 12, 1), CALENDAR) == year
    assert unpublished(date(year, 1, 1), CALENDAR) == year
    assert unpublished(date(2025, 12, 31), CALENDAR) is None


def test_uploads_are_due_on_the_fifth_working_day_of_the_month() -> None:
    strict = SlaRules(upload_inclusive=False)
    trading = SlaRules(upload_day_kind=DayKind.TRADING)
    assert upload_by(2026, 10, SlaRules(), CALENDAR).day == date(2026, 10, 13)
    assert upload_by(2026, 10, strict, CALENDAR).day == date(2026, 10, 12)
    assert upload_by(2026, 10, trading, CALENDAR).day == date(2026, 10, 14)


def test_days_to_rectify_are_counted_on_the_calendar() -> None:
    refused = datetime(2026, 9, 28, 17, tzinfo=UTC)  # the 29th in Shanghai
    due = deadlines(date(2026, 9, 25), SlaRules(), CALENDAR)
    assert due.rectify_by(refused).day == date(2026, 10, 9)
    four = SlaRules(calendar=WORKING, rectify_days=4)
    due = deadlines(date(2026, 9, 25), four, CALENDAR)
    assert due.rectify_by(refused).day == date(2026, 10, 10)


def test_each_rule_has_its_deadline() -> None:
    due = deadlines(date(2026, 11, 19), SlaRules(), CALENDAR)
    refused = datetime(2026, 11, 24, 2, tzinfo=UTC)
    of_their_own = {Rule.RETURN, Rule.SAMPLE}  # a paper that is read, a month that is sampled
    of_days = [rule for rule in Rule if rule not in of_their_own]
    days = {rule: due.of(rule, refused).day.day for rule in of_days}
    assert days == {Rule.CAPTURE: 19, Rule.REVIEW: 20, Rule.RECTIFY: 27, Rule.ANSWER: 23}
    assert due.of(Rule.RECTIFY).day.day == 20  # of a day closed before refusals had their moment


@pytest.mark.parametrize(
    "wrong",
    [
        {"capture_cutoff": "24:01"},
        {"capture_cutoff": "9:00"},
        {"review_deadline": "T-1"},
        {"calendar": "moon"},
        {"rectify_days": 0},
        {"review": "T+1"},
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(SlaRules).validate_python(wrong)


def test_a_delay_is_told_in_words() -> None:
    assert str(told_delay(timedelta(days=2, hours=3, minutes=59))) == "2 d 3 h"
    assert str(told_delay(timedelta(hours=23, minutes=59))) == "23 h 59 min"


days = st.dates(date(2007, 1, 1), date(2035, 12, 31))
rules = st.builds(
    SlaRules,
    capture=st.sampled_from(["T", "T+1", "T+2"]),
    capture_cutoff=st.sampled_from(["00:00", "09:30", "23:59", "24:00"]),
    review_deadline=st.sampled_from(["T", "T+1", "T+3"]),
    inclusive=st.booleans(),
    calendar=st.sampled_from(DayKind),
)


@given(days, rules)
def test_nothing_is_due_before_its_day_and_the_strict_mode_is_never_later(
    day: date, sla: SlaRules
) -> None:
    due = deadlines(day, sla, CALENDAR)
    assert due.capture_by.before >= datetime.combine(day, datetime.min.time(), ZONE)
    assert due.review_by.day >= day
    strict = deadlines(day, replace(sla, inclusive=False), CALENDAR).review_by
    assert strict.before <= due.review_by.before
    if due.review_by.day != day:
        assert CALENDAR.is_counted(due.review_by.day, sla.calendar)


@given(days, days, rules)
def test_a_later_day_is_never_due_earlier(one: date, other: date, sla: SlaRules) -> None:
    first, second = (deadlines(day, sla, CALENDAR) for day in sorted((one, other)))
    assert first.capture_by.before <= second.capture_by.before
    assert first.review_by.before <= second.review_by.before


@given(days, rules, st.datetimes(datetime(2007, 1, 1), datetime(2036, 1, 1)), st.integers(-12, 14))
def test_a_moment_is_as_late_in_every_time_zone(
    day: date, sla: SlaRules, moment: datetime, hours: int
) -> None:
    due = deadlines(day, sla, CALENDAR).review_by
    told = moment.replace(tzinfo=UTC)
    assert due.delay(told) == due.delay(told.astimezone(timezone(timedelta(hours=hours))))
    assert (due.delay(told) is None) == (told < due.before)
