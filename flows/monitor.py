"""What headquarters watches: each branch's days, how far they are and what is late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from catalog.monitor import BranchDayCounts, Branches, RecognisedDay
from flows.parts import Parts
from flows.worklist import waiting
from pipeline.clocks import Deadlines, deadlines
from pipeline.language import Message, say
from pipeline.recognition_causes import Cause


class Stage(StrEnum):
    """How far a branch and day is; it is in exactly one stage."""

    NO_STREAM = "no_stream"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    REVIEWED = "reviewed"
    DONE = "done"
    LATE = "late"


STAGES: Mapping[Stage, Message] = {
    Stage.NO_STREAM: say("pages without a stream"),
    Stage.CAPTURING: say("being captured"),
    Stage.CAPTURED: say("captured"),
    Stage.REVIEWED: say("reviewed"),
    Stage.DONE: say("closed and reviewed"),
    Stage.LATE: say("late"),
}


class Measure(StrEnum):
    """What the map's cells tell."""

    CAPTURED = "captured"
    REVIEWED = "reviewed"
    MATCHED = "matched"
    UPLOADED = "uploaded"


MEASURES: Mapping[Measure, Message] = {
    Measure.CAPTURED: say("captured"),
    Measure.REVIEWED: say("reviewed"),
    Measure.MATCHED: say("matched"),
    Measure.UPLOADED: say("uploaded"),
}


@dataclass(frozen=True)
class Cell:
    """A branch's day on the map."""

    counts: BranchDayCounts
    stage: Stage
    open: int
    """What waits on the list of discrepancies."""

    def share(self, measure: Measure) -> float | None:
        """How much is done of what is due, 0 to 1; None where nothing is due or known."""
        counts = self.counts
        if measure is Measure.MATCHED:
            due = counts.counts.get("transactions", 0) - counts.counts.get("no_paper_due", 0)
            return counts.counts.get("matched", 0) / due if due else None
        done = {
            Measure.CAPTURED: counts.captured,
            Measure.REVIEWED: counts.reviewed,
            Measure.UPLOADED: counts.uploaded,
        }[measure]
        return done / counts.due if counts.due else None


@dataclass(frozen=True)
class Map:
    """Branches by days."""

    days: tuple[date, ...]
    """Trading days, and others on which something is in, oldest first."""
    branches: tuple[str, ...]
    cells: Mapping[tuple[str, date], Cell]
    trading: frozenset[date]
    """Those of the days that are shown whether anything is in or not."""

    def of(self, branches: Branches) -> Map:
        """Give what ``heat_map`` gathers of ``branches``, gathered already; None: all."""
        if branches is None:
            return self
        own = {key: cell for key, cell in self.cells.items() if key[0] in branches}
        days = self.trading | {day for _, day in own}
        return replace(
            self,
            days=tuple(sorted(days)),
            branches=tuple(one for one in self.branches if one in branches),
            cells=own,
        )

    @property
    def stages(self) -> Counter[Stage]:
        """How many branches' days are in each stage."""
        return Counter(cell.stage for cell in self.cells.values())


def heat_map(parts: Parts, last: date, days: int, branches: Branches, now: datetime) -> Map:
    """Gather the map of the ``days`` trading days up to ``last``; ``branches``: whose, None: of all."""
    with parts.catalog.at_one_moment():
        return _gathered(parts, last, days, branches, now)


def _gathered(parts: Parts, last: date, days: int, branches: Branches, now: datetime) -> Map:
    shown = _trading_days(parts, last, days)
    found = parts.catalog.monitor.counts(shown[0], last, branches)
    registered = {one.code for one in parts.catalog.branches.all()}
    rows = {one.branch for one in found} | {
        code for code in registered if branches is None or code in branches
    }
    sla, calendar = parts.settings.sla, parts.calendar
    due = {day: deadlines(day, sla, calendar) for day in _days_of(found)}
    left = waiting(parts, found)
    return Map(
        tuple(sorted({*shown, *due})),
        tuple(sorted(rows)),
        {
            (one.branch, one.day): Cell(
                one, _stage(one, due[one.day], now), left[one.branch, one.day]
            )
            for one in found
        },
        frozenset(shown),
    )


def recognised_by_day(recognised: Sequence[RecognisedDay]) -> tuple[tuple[date, int, int], ...]:
    """Give (day, transactions for which paper was due, those recognised without a person)."""
    sums: dict[date, tuple[int, int]] = {}
    for one in recognised:
        due, automatic = sums.get(one.day, (0, 0))
        sums[one.day] = due + one.transactions, automatic + one.automatic
    return tuple((day, *sums[day]) for day in sorted(sums))


def causes_of(recognised: Sequence[RecognisedDay]) -> tuple[tuple[Cause, int], ...]:
    """Count why vouchers were not recognised without a person, the commonest first."""
    counted: Counter[Cause] = Counter()
    for one in recognised:
        counted.update(one.causes)
    return tuple(counted.most_common())


def _trading_days(parts: Parts, last: date, count: int) -> list[date]:
    calendar = parts.calendar
    found: list[date] = []
    day = last
    while len(found) < count:
        if calendar.is_trading_day(day):
            found.append(day)
        day -= timedelta(days=1)
    return found[::-1]


def _days_of(found: Sequence[BranchDayCounts]) -> set[date]:
    return {one.day for one in found}


def _stage(counts: BranchDayCounts, due: Deadlines, now: datetime) -> Stage:
    """A day is late when papers are missing after its end, or it is not done when its review was due."""
    if not counts.transactions and not counts.due:
        return Stage.NO_STREAM
    reviewed = counts.reviewed == counts.due
    if reviewed and counts.closed:
        return Stage.DONE
    captured = counts.captured == counts.due and counts.due > 0
    if due.review_by.delay(now) is not None or (
        not captured and due.capture_by.delay(now) is not None
    ):
        return Stage.LATE
    if captured and reviewed:
        return Stage.REVIEWED
    return Stage.CAPTURED if captured else Stage.CAPTURING
