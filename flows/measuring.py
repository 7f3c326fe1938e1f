"""Every figure that is watched, taken from the catalog: it is the truth, and whoever asks gets the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from importlib.metadata import version
from math import inf
from pathlib import Path

from sqlalchemy.engine import make_url

from catalog.connection import newest_version
from catalog.monitor import BranchDayCounts
from catalog.watch import LATELY, BranchAndDay
from flows.kept import Kept
from flows.last_tested import last_tested
from flows.long_looks import LongLooks
from flows.monthly import branch_months
from flows.parts import Parts
from flows.sample_due import samples_to_answer, samples_to_draw
from flows.stations import seen_stations
from pipeline import metrics as m
from pipeline.clocks import ZONE, deadlines
from pipeline.errors import PaperproofError
from pipeline.metrics import Sample, moment
from pipeline.monthly import Month, Progress

_GOOD_FOR = timedelta(seconds=20)
"""Figures may be three times as old: Prometheus asks every 15 to 60 seconds, and several may ask."""
_SLOW_GOOD_FOR = timedelta(seconds=300)
"""What goes over all days or a whole month costs more than all else and changes slowly."""


@dataclass(frozen=True)
class Figures:
    """All figures, taken at most every some seconds."""

    looks: LongLooks
    _all: Kept[tuple[Sample, ...]] = field(default_factory=lambda: Kept(_GOOD_FOR))
    _months: Kept[tuple[Sample, ...]] = field(default_factory=lambda: Kept(_SLOW_GOOD_FOR))
    _open: Kept[frozenset[BranchAndDay]] = field(default_factory=lambda: Kept(_SLOW_GOOD_FOR))

    def at(self, now: datetime) -> tuple[Sample, ...]:
        """Give every sample, metric by metric; a catalog that does not answer is a figure too."""
        return self._all.get(None, now, lambda: self._taken(now))

    def _taken(self, now: datetime) -> tuple[Sample, ...]:
        told = Sample(m.INFO, 1, (version("paperproof"), newest_version()))
        try:
            known = self._open.get(None, now, lambda: self.looks.ask(_open_ever))
            found = self.looks.ask(_figures, now, known)
            months = self._months.get(None, now, lambda: self.looks.ask(_slow_figures, now))
        except PaperproofError:
            return told, Sample(m.UP, 0)
        return (told, Sample(m.UP, 1), *found, *months)


def _figures(parts: Parts, now: datetime, open_ever: frozenset[BranchAndDay]) -> tuple[Sample, ...]:
    parts.catalog.must_answer()
    of = _At(parts, now, open_ever)
    return tuple(one for figure in _FIGURES for one in figure(of))


def _slow_figures(parts: Parts, now: datetime) -> tuple[Sample, ...]:
    parts.catalog.must_answer()
    return (*_uploads(parts, now), *_samples(parts, now))


@dataclass(frozen=True)
class _At:
    """Takes figures at one moment."""

    parts: Parts
    now: datetime
    open_ever: frozenset[BranchAndDay]

    @cached_property
    def first(self) -> date:
        """The first of the last days."""
        return self.now.astimezone(ZONE).date() - timedelta(days=self.parts.settings.watch.days)

    @cached_property
    def days(self) -> tuple[BranchDayCounts, ...]:
        """What is in of the last days."""
        return self.parts.catalog.monitor.counts(self.first, self.now.astimezone(ZONE).date(), None)

    @cached_property
    def open(self) -> frozenset[BranchAndDay]:
        """Branches and days that have pages or a stream and that no closing balanced."""
        lately = {(one.branch, one.day): one.closed for one in self.days}
        named = {*self.open_ever, *lately}
        return frozenset(one for one in named if not lately.get(one, False))


def _open_ever(parts: Parts) -> frozenset[BranchAndDay]:
    parts.catalog.must_answer()
    return frozenset((branch, day) for day, branch in parts.catalog.days.open(changed=False))


def _pages(of: _At) -> Iterator[Sample]:
    for one in of.days:
        named = (one.branch, one.day.isoformat())
        yield Sample(m.PAGES, one.pages, (*named, "taken_in"))
        yield Sample(m.PAGES, one.refused, (*named, "refused"))
    read = of.parts.catalog.watch.readings(of.first, frozenset(day for _, day in of.open))
    for branch, day in sorted(read.keys() & of.open):
        for state, count in zip(("read", "unread"), read[branch, day], strict=True):
            yield Sample(m.PAGES, count, (branch, day.isoformat(), state))


def _tasks(of: _At) -> Iterator[Sample]:
    for one in of.days:
        for state, count in one.tasks.items():
            yield Sample(m.TASKS, count, (one.branch, one.day.isoformat(), state.value))


def _open_days(of: _At) -> Iterator[Sample]:
    sla, calendar = of.parts.settings.sla, of.parts.calendar
    due = {day: deadlines(day, sla, calendar).review_by for day in {day for _, day in of.open}}
    for branch, day in sorted(of.open, key=lambda one: one[::-1]):
        yield from moment(m.DAY_DUE, due[day].before, branch, day.isoformat())


def _chunks(of: _At) -> Iterator[Sample]:
    left = of.parts.catalog.watch.chunks_left(of.now)
    yield Sample(m.CHUNKS, left.count)
    if of.parts.settings.watch.workers:
        yield from moment(m.CHUNKS_ALONE, left.alone_since)


def _debts(of: _At) -> Iterator[Sample]:
    owed = of.parts.catalog.watch.owed(of.now - LATELY)
    yield Sample(m.DEBT_OBJECTS, owed.objects)
    yield Sample(m.DEBT_BYTES, owed.byte_count)
    yield Sample(m.DEBT_NEW, owed.new)
    yield from moment(m.DEBT_OLDEST, owed.oldest)


def _copies(of: _At) -> Iterator[Sample]:
    catalog = of.parts.catalog
    for (place, state), count in catalog.watch.bad_copies().items():
        yield Sample(m.BAD_COPIES, count, (place.value, state.value))
    yield Sample(m.LOST_OBJECTS, len(catalog.verifications.lost()))
    within = timedelta(days=of.parts.settings.verify.within_days)
    for place, at in catalog.watch.longest_unread().items():
        yield from moment(m.VERIFY_DUE, at + within, place.value)


def _locks(of: _At) -> Iterator[Sample]:
    for one in last_tested(of.parts.settings, of.parts.catalog):
        if one.lock_wanted and one.test:
            yield Sample(m.LOCKS_HOLD, one.test.locks_hold, (one.place.value,))
            yield from moment(m.LOCKS_TESTED, one.test.at, one.place.value)


def _drill(of: _At) -> Iterator[Sample]:
    rules, catalog = of.parts.settings.drill, of.parts.catalog
    last = catalog.drills.last()
    since = last.at if last else catalog.watch.first_batch()
    if since:
        yield from moment(m.DRILL_DUE, since + timedelta(days=rules.within_days))
    if last:
        yield from moment(m.DRILL_AT, last.at)
        yield Sample(m.DRILL_PASSED, last.passed)
        yield Sample(m.DRILL_RTO, last.seconds / (rules.rto_hours * 3600))
        yield Sample(m.DRILL_RPO, last.behind_seconds / (rules.rpo_hours * 3600))


def _log(of: _At) -> Iterator[Sample]:
    found = of.parts.catalog.watch.unsigned()
    yield Sample(m.LOG_UNSIGNED, found.entries)
    yield from moment(m.LOG_SIGNED, found.signed_at)
    if found.since:
        within = timedelta(minutes=of.parts.settings.watch.sign_within_minutes)
        yield from moment(m.LOG_SIGN_DUE, found.since + within)


def _bundles(of: _At) -> Iterator[Sample]:
    found = of.parts.catalog.bundles.unbundled()
    yield Sample(m.OUTBOX, found.changes)
    yield from moment(m.BUNDLED, found.last_at)
    if found.changes and found.last_at:
        yield from moment(
            m.BUNDLE_DUE, found.last_at + timedelta(hours=of.parts.settings.drill.rpo_hours)
        )


def _disks(of: _At) -> Iterator[Sample]:
    for place, free, room in free_room(of.parts):
        yield Sample(m.DISK_FREE, free, (place,))
        if room != inf:
            yield Sample(m.DISK_ROOM, room, (place,))


def free_room(parts: Parts) -> Iterator[tuple[str, int, float]]:
    """Give (place, free bytes, multiples of what must be left) of the disks that work is done on."""
    places = {"spool": parts.workspace.spool, "catalog": _catalog_folder(parts)}
    least = parts.settings.least_free_mb << 20
    for place, folder in places.items():
        if folder is not None and folder.exists():
            free = shutil.disk_usage(folder).free
            yield place, free, free / least if least else inf


def _catalog_folder(parts: Parts) -> Path | None:
    """Where the catalog's file lies; None: a server has it, and watches its own disk."""
    url = make_url(parts.workspace.catalog_url(parts.settings))
    return (
        Path(url.database).parent if url.get_backend_name() == "sqlite" and url.database else None
    )


def _stations(of: _At) -> Iterator[Sample]:
    """What waits at the stations behind thin lines; one that is off says nothing new, and its debt ages."""
    for one in seen_stations(of.parts, None, of.now):
        named = (one.report.branch, one.report.station)
        yield Sample(m.STATION_FILES, one.report.files, named)
        yield from moment(m.STATION_DUE, one.due, *named)


def _uploads(parts: Parts, now: datetime) -> Iterator[Sample]:
    """The branches whose last month is late; a month that was late once and is complete needs nobody."""
    today = now.astimezone(ZONE).date()
    for one in branch_months(parts, Month(today.year, today.month).before, None):
        if one.progress is not Progress.COMPLETE and one.is_late(now):
            yield from moment(m.UPLOAD_DUE, one.due.before, one.branch, str(one.month))


def _samples(parts: Parts, now: datetime) -> Iterator[Sample]:
    """The blind samples that are late: to be drawn, or to be answered at a branch."""
    for month, due in samples_to_draw(parts, now):
        if due.delay(now) is not None:
            yield from moment(m.SAMPLE_DRAW_DUE, due.before, f"{month:%Y-%m}")
    for one in samples_to_answer(parts, None):
        if one.due.delay(now) is not None:
            yield from moment(m.SAMPLE_DUE, one.due.before, one.branch, f"{one.month:%Y-%m}")


_FIGURES: tuple[Callable[[_At], Iterator[Sample]], ...] = (
    *(
        _pages,
        _tasks,
        _open_days,
        _chunks,
        _debts,
        _copies,
        _locks,
        _drill,
        _log,
        _bundles,
        _stations,
    ),
    _disks,
)
