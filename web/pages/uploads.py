"""How far each branch's month is with headquarters, by its deadline (CG-16.4c)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import HTMLResponse

from flows.monthly import branch_months
from pipeline.access.acts import Act
from pipeline.monthly import PROGRESS, Month, Progress
from web.guarding import Section, Visiting

section = Section()
Wanted = Annotated[str | None, Query(pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$")]


@section.get("/uploads", Act.MONITOR_VIEW)
def show(visit: Visiting, month: Wanted = None) -> HTMLResponse:
    """Show a month, the one before this one unless told otherwise."""
    now = visit.site.now()
    of = Month.read(month) if month else Month(visit.today.year, visit.today.month).before
    found = tuple(branch_months(visit.site.reading, of, visit.branches(Act.MONITOR_VIEW)))
    counts = {one: sum(branch.progress is one for branch in found) for one in Progress}
    return visit.page(
        "uploads.html.j2",
        month=of,
        found=found,
        names=visit.site.reading.catalog.branches.names(),
        late=[one.branch for one in found if one.is_late(now)],
        counts=counts,
        progress=PROGRESS,
    )
