"""A year of the calendar, month by month: what is worked and traded, and when uploads are due."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.calendar import CalendarNotice, TradingCalendar
from pipeline.clocks import Due, SlaRules, upload_by


@dataclass(frozen=True)
class Month:
    """One month."""

    number: int
    days: tuple[date, ...]
    working: frozenset[date]
    trading: frozenset[date]
    upload_by: Due
    """When the month before is due at headquarters."""

    @property
    def working_weekends(self) -> tuple[date, ...]:
        """Saturdays and Sundays of work (调休)."""
        return tuple(day for day in self.days if day in self.working and day.weekday() >= 5)

    @property
    def weekdays_off(self) -> tuple[date, ...]:
        """Weekdays without trading, whether worked or not."""
        return tuple(day for day in self.days if day.weekday() < 5 and day not in self.trading)


def months_of(year: int, known: TradingCalendar, rules: SlaRules) -> tuple[Month, ...]:
    """Give the twelve months of a year."""
    return tuple(_month(year, number, known, rules) for number in range(1, 13))


def changed_days(
    year: int, known: TradingCalendar, kept: Iterable[CalendarNotice], notice: CalendarNotice
) -> tuple[date, ...]:
    """Give the days of a year that a notice would make other days, beside those that are ``kept``."""
    after = TradingCalendar((notice, *kept))
    first = date(year, 1, 1)
    return tuple(
        day
        for day in (first + timedelta(n) for n in range(365 + calendar.isleap(year)))
        if (known.is_working_day(day), known.is_trading_day(day))
        != (after.is_working_day(day), after.is_trading_day(day))
    )


def _month(year: int, number: int, known: TradingCalendar, rules: SlaRules) -> Month:
    first = date(year, number, 1)
    days = tuple(first + timedelta(n) for n in range(calendar.monthrange(year, number)[1]))
    return Month(
        number,
        days,
        frozenset(day for day in days if known.is_working_day(day)),
        frozenset(day for day in days if known.is_trading_day(day)),
        upload_by(year, number, rules, known),
    )
