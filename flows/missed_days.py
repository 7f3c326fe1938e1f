"""Which days are to be closed: the catalog is asked, never the clock of whoever runs flows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from flows.close_day import Closing
from flows.parts import Parts
from flows.progress import Progress
from pipeline.balance import BranchDay
from pipeline.errors import PaperproofError
from pipeline.language import Message, say

Close = Callable[[Closing, date, tuple[str, ...], Progress], tuple[BranchDay, ...]]
"""Closes one day of several branches, see ``flows.nightly.close_day``."""
_LOOK_BACK = 30
"""Days in which a trading day without anything in is told; earlier ones were."""


@dataclass(frozen=True)
class DayDue:
    """One day that is not closed, or changed since."""

    day: date
    branches: tuple[str, ...]
    """Those that can be closed."""
    without_stream: tuple[str, ...] = ()
    """Those of which pages are in, and no transactions."""


@dataclass(frozen=True)
class Night:
    """What came of closing all that was due."""

    closed: tuple[BranchDay, ...]
    notes: tuple[Message, ...]
    """What keeps days from being closed."""
    fault: PaperproofError | None
    """The first fault; everything else that was due was tried all the same."""


def days_due(parts: Parts, today: date) -> tuple[DayDue, ...]:
    """Give the days up to today that are in and not closed, the oldest first."""
    by_day: dict[date, list[str]] = {}
    for day, branch in parts.catalog.days.open():
        if day <= today:
            by_day.setdefault(day, []).append(branch)
    found = []
    for day, branches in sorted(by_day.items()):
        booked = frozenset(parts.catalog.streams.branches_of_day(day))
        found.append(
            DayDue(
                day,
                tuple(one for one in branches if one in booked),
                tuple(one for one in branches if one not in booked),
            )
        )
    return tuple(found)


def close_due(
    closing: Closing, today: date, close: Close, progress: Progress, write: Callable[..., object]
) -> Night:
    """Close every day that is due, the oldest first; a day's fault keeps no other from being closed.

    ``write`` is given (closing, results, day, branch) of each closed day, see ``write_reports``.
    """
    closed: list[BranchDay] = []
    notes = list(_silent(closing.parts, today))
    faults: list[PaperproofError] = []
    for due in days_due(closing.parts, today):
        notes += [_no_stream(due)] if due.without_stream else []
        try:
            if due.branches:
                results = close(closing, due.day, due.branches, progress)
                write(closing, results, due.day, None)
                closed += results
        except PaperproofError as error:
            faults.append(error)
    notes += [message for one in closing.packed for message in (*one.notes, *one.left)]
    return Night(tuple(closed), tuple(dict.fromkeys(notes)), faults[0] if faults else None)


def _silent(parts: Parts, today: date) -> Iterator[Message]:
    """Name the trading days before today of which nothing at all is in, since something first was."""
    catalog, calendar = parts.catalog, parts.calendar
    earlier = [today - timedelta(days=ago) for ago in range(_LOOK_BACK, 0, -1)]
    known = [
        day
        for day in earlier
        if catalog.streams.branches_of_day(day) or catalog.pages.branches_of_day(day)
    ]
    for day in earlier:
        if known and day > known[0] and day not in known and calendar.is_trading_day(day):
            yield say(
                "Neither stream nor pages of the trading day {day} are in; import and take them in, then "
                "close the day.",
                day=day,
            )


def _no_stream(due: DayDue) -> Message:
    return say(
        "{day} waits for the transaction stream of branch {branch}; import it with “paperproof stream import "
        "FILE --day {day}”.",
        day=due.day,
        branch=", ".join(due.without_stream),
    )
