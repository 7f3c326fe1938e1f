from datetime import date

from flows.calendar_year import changed_days, months_of
from pipeline.calendar import CalendarNotice, TradingCalendar
from pipeline.clocks import SlaRules


def test_a_year_s_months_have_their_days() -> None:
    months = months_of(2026, TradingCalendar(), SlaRules())
    assert [one.number for one in months] == list(range(1, 13))
    assert sum(len(one.days) for one in months) == 365
    for one in months:
        assert one.trading <= one.working <= set(one.days)
    october = months[9]
    assert date(2026, 10, 1) in october.weekdays_off
    assert all(day.weekday() >= 5 and day in october.working for day in october.working_weekends)


def test_a_notice_s_days_are_told_before_it_is_kept() -> None:
    known = TradingCalendar()
    off, worked = date(2027, 2, 5), date(2027, 2, 14)
    notice = CalendarNotice(2027, "示例", date(2026, 11, 25), frozenset({off}), frozenset({worked}))
    assert changed_days(2027, known, (), notice) == (off, worked)
    assert changed_days(2026, known, (), notice) == ()
    assert changed_days(2027, TradingCalendar([notice]), [notice], notice) == ()
