"""Reports on access: viewings that stand out, and the table of rules for a spreadsheet."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query
from starlette.responses import HTMLResponse, Response

from catalog.reports.plain import BYTE_ORDER_MARK
from flows.viewing_report import standing_out
from pipeline.access.acts import Act
from pipeline.access.matrix import matrix_as_csv
from pipeline.access.unusual import UNUSUAL
from web.guarding import Section, Visiting

section = Section()
_DAYS_BACK = timedelta(days=30)
Day = Annotated[date | None, Query()]


@section.get("/access", Act.ACCESS_REPORT)
def show(visit: Visiting, since: Day = None, until: Day = None) -> HTMLResponse:
    """Show which viewings stand out, and lead to the other reports."""
    last = until or visit.today
    first = since or last - _DAYS_BACK
    viewings, unusual = standing_out(visit.site.reading, first, last)
    return visit.page(
        "access.html.j2",
        since=first,
        until=last,
        viewings=viewings,
        unusual=unusual,
        kinds=UNUSUAL,
        may_see_table=visit.may(Act.STAFF_VIEW),
    )


@section.get("/access/matrix.csv", Act.ACCESS_REPORT)
def matrix(visit: Visiting) -> Response:
    """Give the table of rules for a spreadsheet."""
    headers = {"content-disposition": 'attachment; filename="access-matrix.csv"'}
    text = BYTE_ORDER_MARK + matrix_as_csv(visit.lang)
    return Response(text, media_type="text/csv", headers=headers)
