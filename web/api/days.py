"""Branches' days: how far they are, their capture tasks, what does not agree, and the monitor's figures."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from flows.monitor import Cell, Measure, Stage, heat_map, recognised_by_day
from pipeline.access.acts import Act
from pipeline.balance import Discrepancy
from pipeline.tasks.states import CaptureTask
from web.api.listing import After, AskedDay, Branch, Day, Limit, Listed, listed
from web.guarding import Section, Visiting, named_branch
from web.pages.monitor import map_of
from web.rates import Rate
from web.visit import NotSeen, Visit

section = Section("/api/v1", Rate.API)
_DAY = "/branches/{branch}/days/{day}"
Days = Annotated[int, Query(ge=1, le=60, description="So many trading days up to the last.")]


class ToldDay(BaseModel):
    """A branch's day."""

    branch: str
    day: date
    stage: Stage
    transactions: int
    due: int = Field(description="Papers that are due.")
    captured: int
    reviewed: int
    uploaded: int
    pages: int
    refused: int
    closed: bool
    open: int = Field(description="What its last closing left to people.")


class ToldTask(BaseModel):
    """A capture task: one document type due for one transaction."""

    serial_no: str
    document_type: str
    state: str
    need: str
    medium: str
    pages: list[str] = Field(description="Deliveries of the pages that captured it.")


class ToldDiscrepancy(BaseModel):
    """Something that does not agree; booked and read values are not told."""

    kind: str
    serial_no: str | None
    pages: list[str] = Field(description="Deliveries of the pages.")
    reason: str
    remedy: str
    owner: str
    deadline: date


class Recognised(BaseModel):
    """How much of a day was recognised without a person."""

    day: date
    due: int
    automatic: int


class Figures(BaseModel):
    """The monitor."""

    days: list[date]
    branches: list[str]
    cells: list[ToldDay]
    shares: dict[str, dict[str, float | None]] = Field(
        description="“branch/day” → measure → share done, 0 to 1; null: nothing is due or known."
    )
    recognised: list[Recognised]


@section.get("/days", Act.MONITOR_VIEW)
def days(
    visit: Visiting, last: AskedDay, days: Days = 10, after: After = "", limit: Limit = 100
) -> Listed[ToldDay]:
    """List branches' days by date and branch."""
    found = map_of(visit, last, days)
    cells = sorted(found.cells.values(), key=_day_key)
    return listed((one for one in cells if _day_key(one) > after), limit, _day_key, _told_day)


@section.get(_DAY, Act.MONITOR_VIEW, named_branch)
def one_day(visit: Visiting, branch: Branch, day: Day) -> ToldDay:
    """Tell how far one branch's day is."""
    found = heat_map(visit.site.reading, day, 1, {branch}, visit.site.now())
    cell = found.cells.get((branch, day))
    if cell is None:
        raise NotSeen
    return _told_day(cell)


@section.get(_DAY + "/tasks", Act.TASK_VIEW, named_branch)
def tasks(
    visit: Visiting, branch: Branch, day: Day, after: After = "", limit: Limit = 100
) -> Listed[ToldTask]:
    """List a branch's day's capture tasks by serial number and document type."""
    found = visit.site.reading.catalog.tasks.behind(after, day, branch, limit + 1)
    return listed(found, limit, lambda one: one.name, _told_task)


@section.get(_DAY + "/discrepancies", Act.MISMATCH_VIEW, named_branch)
def discrepancies(
    visit: Visiting, branch: Branch, day: Day, after: After = "", limit: Limit = 100
) -> Listed[ToldDiscrepancy]:
    """List what the last closing of a branch's day found, in its order."""
    closings = visit.site.reading.catalog.days.left(day, branch)
    found = [one for closing in closings for one in closing.discrepancies]
    begin = int(after) if after.isascii() and after.isdigit() else 0
    numbered = list(enumerate(found, start=1))[begin:]
    return listed(
        numbered, limit, lambda one: str(one[0]), lambda one: _told_discrepancy(one[1], visit)
    )


@section.get("/monitor", Act.MONITOR_VIEW)
def monitor(visit: Visiting, last: AskedDay, days: Days = 10) -> Figures:
    """Tell the figures that the monitor shows."""
    branches = visit.branches(Act.MONITOR_VIEW)
    found = map_of(visit, last, days)
    monitor = visit.site.reading.catalog.monitor
    recognised = recognised_by_day(monitor.recognised(found.days[0], found.days[-1], branches))
    cells = sorted(found.cells.values(), key=_day_key)
    return Figures(
        days=list(found.days),
        branches=list(found.branches),
        cells=[_told_day(one) for one in cells],
        shares={
            f"{one.counts.branch}/{one.counts.day}": {
                str(measure): one.share(measure) for measure in Measure
            }
            for one in cells
        },
        recognised=[
            Recognised(day=day, due=due, automatic=automatic) for day, due, automatic in recognised
        ],
    )


def _day_key(cell: Cell) -> str:
    return f"{cell.counts.day}/{cell.counts.branch}"


def _told_day(cell: Cell) -> ToldDay:
    one = cell.counts
    return ToldDay(
        branch=one.branch,
        day=one.day,
        stage=cell.stage,
        transactions=one.transactions,
        due=one.due,
        captured=one.captured,
        reviewed=one.reviewed,
        uploaded=one.uploaded,
        pages=one.pages,
        refused=one.refused,
        closed=one.closed,
        open=cell.open,
    )


def _told_task(task: CaptureTask) -> ToldTask:
    standing = task.standing
    return ToldTask(
        serial_no=task.serial_no,
        document_type=task.document_type,
        state=str(task.state),
        need=str(standing.need),
        medium=str(standing.medium),
        pages=[page.delivery_id for page in standing.pages],
    )


def _told_discrepancy(one: Discrepancy, visit: Visit) -> ToldDiscrepancy:
    return ToldDiscrepancy(
        kind=str(one.kind),
        serial_no=one.serial_no,
        pages=[page.delivery_id for page in one.pages],
        reason=one.reason.in_language(visit.lang),
        remedy=one.remedy.in_language(visit.lang),
        owner=one.owner,
        deadline=one.deadline,
    )
