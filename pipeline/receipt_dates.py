"""Dates as shops print them: in figures or with the month's name, the day first unless that cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_YEAR, _END = r"(?P<year>20\d\d|\d\d)", r"(?:(?![\d/-])|(?=\d\d:))"
_BETWEEN = r"[\s/.,'’–-]{0,3}"
_NAMED = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 2018-03-19, 2018年3月19日
        r"(?<!\d)(?P<year>20\d\d)\s?[年/.–-]\s?(?P<month>\d{1,2})\s?[月/.–-]\s?(?P<day>\d{1,2})(?:日|(?!\d)|(?=\d\d:))",
        # 19/03/2018, 19.3.18
        rf"(?<![\d/-])(?P<day>\d{{1,2}}) ?(?P<split>[/.–-]) ?(?P<month>\d{{1,2}}) ?(?P=split) ?{_YEAR}{_END}",
        # 19 Mar 18, 19-MAR-2018
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_BETWEEN}{_NAMED}{_BETWEEN}{_YEAR}(?!\d)",
        # March 19, 2018
        rf"\b{_NAMED}{_BETWEEN}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_BETWEEN}(?P<year>20\d\d)(?!\d)",
        # 19/03 18, one stroke too faint
        rf"(?<![\d/-])(?P<day>\d\d)[/–-](?P<month>\d\d) {_YEAR}(?![\d/:-])",
        rf"(?<![\d/-])(?P<day>\d\d) (?P<month>\d\d)[/–-]{_YEAR}(?![\d/:-])",
        # 20180319
        r"(?<!\d)(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)(?!\d)",
    )
)
_LABEL = re.compile(r"date|日期|时间|tarikh", re.IGNORECASE)
_NOT_OF_THE_PURCHASE = re.compile(r"expir|valid|until|due|since|有效|截止|到期", re.IGNORECASE)
_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}")
_LABELLED, _WITH_A_CLOCK, _OTHER_PURPOSE = 2, 1, -3


def dates_in(text: str, row: str) -> Iterator[tuple[int, date]]:
    """Give the dates in a line's text with how likely each is the purchase's; ``row``: all of its row."""
    for pattern in _PATTERNS:
        found = [day for one in pattern.finditer(text) if (day := _day(one.groupdict()))]
        if found:
            likely = (
                _LABELLED * bool(_LABEL.search(row))
                + _WITH_A_CLOCK * bool(_CLOCK.search(row))
                + _OTHER_PURPOSE * bool(_NOT_OF_THE_PURCHASE.search(row))
            )
            yield from ((likely, day) for day in found)
            return


def _day(parts: dict[str, str | None]) -> date | None:
    """Return the day of a match; day and month change places where only that makes a day."""
    year, day = parts["year"] or "", int(parts["day"] or 0)
    name = parts.get("name")
    month = _MONTHS[name.lower()] if name else int(parts.get("month") or 0)
    if month > 12 >= day and not name:
        day, month = month, day
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    except ValueError:
        return None
