"""Working days and trading days of mainland China: T+1 and the monthly deadlines.

Working days come from the ``chinesecalendar`` package, which is exact for the years the State Council
has published and knows none beyond. Trading day = Monday to Friday and a working day, less the
exchange's own closures (equal to the exchange's sessions on every day of 2007 to 2026). Days of a
year that is not published yet follow the weekdays and the holidays with a fixed date; every
deadline that rests on one is marked provisional.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import chinese_calendar

from pipeline.errors import UserError
from pipeline.language import say

FIRST_YEAR = 2007
"""2004 to 2006 have seven more exchange closures that are not listed here (calendar fact 2)."""
LAST_YEAR = 2999
"""Further days are a slip of the pen; deadlines are never counted into them."""
_FIXED_HOLIDAYS = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
"""Statutory holidays with a date of their own; the others follow the moon or the sun."""


class DayKind(StrEnum):
    """Which days are counted (setting K5)."""

    TRADING = "trading_day"
    WORKING = "working_day"


@dataclass(frozen=True)
class Deadline:
    """A day by which something is due."""

    date: datetime.date
    provisional: bool
    """True where a year was passed through whose holidays are not published yet."""


@dataclass(frozen=True)
class CalendarNotice:
    """A published notice about one year's days; it overrides what is known from elsewhere."""

    year: int
    source: str
    """Who published it, for the administrator who checks."""
    published: datetime.date
    days_off: frozenset[datetime.date] = frozenset()
    """Holidays and the days given for them; weekends may be listed too."""
    working_weekends: frozenset[datetime.date] = frozenset()
    """Saturdays and Sundays of work (调休): working days, never trading days."""
    exchange_closures: frozenset[datetime.date] = frozenset()
    """Days without trading; needed for those only that are working days, others may be listed."""
    whole_year: bool = False
    """True where the notice lists every exception of the year, which then is no longer provisional."""


class TradingCalendar:
    """Working and trading days; ``notices`` come on top of what the product ships.

    The latest published wins; of several of one day, the first given.
    """

    def __init__(self, notices: Iterable[CalendarNotice] = ()) -> None:
        known = [*notices, *_shipped_notices()]
        self._notices = sorted(known, key=lambda notice: notice.published, reverse=True)

    def is_published(self, year: int) -> bool:
        """Whether the year's holidays are known; where not, its days are provisional."""
        if any(notice.whole_year and notice.year == year for notice in self._notices):
            return True
        return _package_says(datetime.date(year, 1, 1)) is not None

    def is_working_day(self, day: datetime.date) -> bool:
        """Whether ``day`` is one of work (工作日), make-up days among them; provisional where unpublished."""
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise UserError(
                say(
                    "The calendar goes from {first} to {last}; {day} lies outside it.",
                    first=FIRST_YEAR,
                    last=LAST_YEAR,
                    day=day,
                )
            )
        for notice in self._notices:
            if day in notice.working_weekends:
                return True
            if day in notice.days_off:
                return False
            if notice.whole_year and notice.year == day.year:
                return day.weekday() < 5
        said = _package_says(day)
        if said is None:
            return day.weekday() < 5 and (day.month, day.day) not in _FIXED_HOLIDAYS
        return said

    def is_trading_day(self, day: datetime.date) -> bool:
        """Whether the exchanges trade on ``day`` (交易日); provisional where the year is unpublished."""
        closed = any(day in notice.exchange_closures for notice in self._notices)
        return self.is_working_day(day) and day.weekday() < 5 and not closed

    def is_counted(self, day: datetime.date, kind: DayKind) -> bool:
        """Whether ``day`` is of a kind."""
        return self.is_trading_day(day) if kind is DayKind.TRADING else self.is_working_day(day)

    def nth_after(self, day: datetime.date, nth: int, kind: DayKind) -> Deadline:
        """Return T+``nth`` for business of ``day``, counted in days of a kind; T itself for 0."""
        found = day
        for _ in range(nth):
            found += datetime.timedelta(days=1)
            while not self.is_counted(found, kind):
                found += datetime.timedelta(days=1)
        published = self.is_published(found.year) and self.is_published(day.year)
        return Deadline(found, nth > 0 and not published)

    def nth_of_month(self, year: int, month: int, nth: int, kind: DayKind) -> Deadline:
        """Return the month's ``nth`` day of a kind, 1 for the first; raises UserError when it has none."""
        before = datetime.date(year, month, 1) - datetime.timedelta(days=1)
        found = self.nth_after(before, nth, kind) if nth > 0 else None
        if found is None or (found.date.year, found.date.month) != (year, month):
            raise UserError(
                say(
                    "Month {year}-{month:02d} has no day number {nth} of that kind; choose a smaller number.",
                    year=year,
                    month=month,
                    nth=nth,
                )
            )
        return Deadline(found.date, not self.is_published(year))


def load_notices(text: str) -> tuple[CalendarNotice, ...]:
    """Read calendar notices from JSON (a list, fields as CalendarNotice's); UserError names the fault."""
    try:
        told = json.loads(text)
    except ValueError as error:
        raise UserError(
            say("The calendar is not JSON ({error}); correct it.", error=str(error))
        ) from error
    if not isinstance(told, list):
        raise UserError(say("The calendar must be a list of notices; put it in square brackets."))
    return tuple(_notice(one, position) for position, one in enumerate(told, 1))


def notice_as_json(notice: CalendarNotice) -> dict[str, Any]:
    """Return a notice as ``load_notices`` reads it, days in order: the same notice, the same values."""
    return {
        "year": notice.year,
        "source": notice.source,
        "published": notice.published.isoformat(),
        "days_off": _in_order(notice.days_off),
        "working_weekends": _in_order(notice.working_weekends),
        "exchange_closures": _in_order(notice.exchange_closures),
        "whole_year": notice.whole_year,
    }


def _in_order(days: frozenset[datetime.date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]


def _notice(told: Any, position: int) -> CalendarNotice:
    try:
        rest = dict(told)
        notice = CalendarNotice(
            year=int(rest.pop("year")),
            source=str(rest.pop("source")),
            published=datetime.date.fromisoformat(rest.pop("published")),
            days_off=_days(rest.pop("days_off", [])),
            working_weekends=_days(rest.pop("working_weekends", [])),
            exchange_closures=_days(rest.pop("exchange_closures", [])),
            whole_year=rest.pop("whole_year", False) is True,
        )
        if rest:
            raise ValueError(f"unknown: {', '.join(rest)}")
        _check_days(notice)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            say(
                "Notice {position} of the calendar cannot be used ({error}); correct it.",
                position=position,
                error=str(error),
            )
        ) from error
    return notice


def _days(told: list[str]) -> frozenset[datetime.date]:
    return frozenset(datetime.date.fromisoformat(day) for day in told)


def _check_days(notice: CalendarNotice) -> None:
    """A slip of the pen in a calendar moves deadlines silently: each day must fit its kind and year."""
    named = notice.days_off | notice.working_weekends | notice.exchange_closures
    # A notice may give back the last days of the year before it (2018-12-31 was such a day).
    span = (datetime.date(notice.year - 1, 12, 1), datetime.date(notice.year, 12, 31))
    wrong = {day for day in named if not span[0] <= day <= span[1]}
    wrong |= {day for day in notice.working_weekends if day.weekday() < 5}
    wrong |= notice.working_weekends & notice.days_off
    if wrong:
        raise ValueError(", ".join(sorted(day.isoformat() for day in wrong)))


@cache
def _shipped_notices() -> tuple[CalendarNotice, ...]:
    return load_notices((files("pipeline") / "calendar_cn.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=10_000)
def _package_says(day: datetime.date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None
