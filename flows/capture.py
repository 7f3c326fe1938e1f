"""Capture tasks over a branch and day: made from its stream, captured from its matching."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from flows.keying import pages_in_hand
from flows.parts import Parts
from pipeline.balance import CatalogedPage
from pipeline.matching import Matching
from pipeline.model import Transaction
from pipeline.profile import Profile
from pipeline.tasks.day import DayTasks
from pipeline.tasks.laying import Laid, Papers, captured, lay
from pipeline.tasks.planning import Planned, due, planned, undefined
from pipeline.tasks.states import CaptureTask
from pipeline.vouchers import leaders


def make_tasks(parts: Parts, day: date, branch: str, who: str) -> tuple[CaptureTask, ...]:
    """Bring a branch and day's tasks to what its stream asks for; give all of them.

    May be run again: what is there stays as it is.
    """
    rows = parts.catalog.streams.of_day(day, branch)
    wanted = tuple(due(rows, parts.profile))
    serials = frozenset(row.serial_no for row in rows)

    def plan(tasks: Iterable[CaptureTask]) -> Iterable[Planned]:
        return planned(tasks, wanted, serials)

    return parts.catalog.tasks.settle(day, branch, plan, "task.make", who)


def capture_tasks(parts: Parts, day: date, branch: str, matching: Matching, who: str) -> DayTasks:
    """Lay the matched pages on the tasks of a branch and day; give the tasks, and what fits none."""
    tasks = make_tasks(parts, day, branch, who)
    rows = parts.catalog.streams.of_day(day, branch)
    pages = pages_in_hand(parts, day, branch)
    operators = parts.catalog.pages.operators_of_day(day, branch)
    laid = _laid(parts.profile, rows, pages, matching, tasks)

    def plan(standing: Iterable[CaptureTask]) -> Iterable[Planned]:
        return captured(standing, laid, operators)

    return DayTasks(
        tasks=parts.catalog.tasks.settle(day, branch, plan, "task.capture", who),
        wrong=laid.wrong,
        undefined=undefined([row for row in rows if row.expects_paper], parts.profile),
        names={code: kind.name for code, kind in parts.profile.types.items()},
    )


def _laid(
    profile: Profile,
    rows: Iterable[Transaction],
    pages: Sequence[CatalogedPage],
    matching: Matching,
    tasks: Sequence[CaptureTask],
) -> Laid:
    principal = {
        row.serial_no: asked[1].required[0]
        for row in rows
        if (asked := profile.tasks_in_force(row.business_code, row.business_date))
    }
    return lay(matching.matches, tasks, Papers(profile, principal, leaders(pages)))
