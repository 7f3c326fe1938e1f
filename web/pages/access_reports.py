"""Reports on access: who may what, that administration and business never meet, viewings that stand out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query
from starlette.responses import HTMLResponse, Response

from catalog.reports.plain import BYTE_ORDER_MARK
from flows.viewing_report import standing_out
from pipeline.access.acts import ACTS, Act
from pipeline.access.matrix import besides, listed, matrix_as_csv, who
from pipeline.access.policy import RULES
from pipeline.access.separation import SIDES, holdings
from pipeline.access.unusual import UNUSUAL
from pipeline.staff import ROLES
from web.guarding import Section, Visiting

section = Section()
_DAYS_BACK = timedelta(days=30)
Day = Annotated[date | None, Query()]


@section.get("/access", Act.ACCESS_REPORT)
def show(visit: Visiting, since: Day = None, until: Day = None) -> HTMLResponse:
    """Show separation of roles, what stands out, and the table of rules."""
    parts, last = visit.site.reading, until or visit.today
    first = since or last - _DAYS_BACK
    viewings, unusual = standing_out(parts, first, last)
    people = holdings(parts.catalog.staff.appointments())
    return visit.page(
        "access.html.j2",
        people=people,
        conflicts=sum(one.conflict is not None for one in people),
        sides=SIDES,
        roles=ROLES,
        listed=lambda several: listed(several, visit.lang),
        since=first,
        until=last,
        viewings=viewings,
        unusual=unusual,
        kinds=UNUSUAL,
        rules=[
            (act, ACTS[act], besides(rule, visit.lang), who(rule, visit.lang))
            for act, rule in RULES.items()
        ],
    )


@section.get("/access/matrix.csv", Act.ACCESS_REPORT)
def matrix(visit: Visiting) -> Response:
    """Give the table of rules for a spreadsheet."""
    headers = {"content-disposition": 'attachment; filename="access-matrix.csv"'}
    text = BYTE_ORDER_MARK + matrix_as_csv(visit.lang)
    return Response(text, media_type="text/csv", headers=headers)
