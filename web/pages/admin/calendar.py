"""The calendar: a year's working and trading days, the notices on which it rests, and further ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.calendar_year import changed_days, months_of
from pipeline.access.acts import Act
from pipeline.calendar import FIRST_YEAR, CalendarNotice, load_notices, notice_as_json
from pipeline.clocks import unpublished
from pipeline.errors import UserError
from pipeline.language import Message
from web.guarding import Section, Visiting
from web.pages.admin.places import NONE_CHOSEN, admin_page
from web.visit import Visit

section = Section("/admin")
_LAST_YEAR = 2100
Year = Annotated[int | None, Query(ge=FIRST_YEAR, le=_LAST_YEAR), NONE_CHOSEN]
Days = Annotated[str, Form(max_length=5_000)]
_FIELDS = ("source", "published", "days_off", "working_weekends", "exchange_closures", "whole_year")


@section.get("/calendar", Act.SETTINGS_VIEW)
def calendar(visit: Visiting, year: Year = None, done: bool = False) -> HTMLResponse:
    """Show a year, day by day, and the notices about it."""
    return _shown(visit, year or visit.today.year, done=done)


@section.post("/calendar/look", Act.CALENDAR_IMPORT)
def look(
    visit: Visiting,
    year: Annotated[int, Form(ge=FIRST_YEAR, le=_LAST_YEAR)],
    source: Annotated[str, Form(max_length=300)],
    published: Annotated[date, Form()],
    days_off: Days = "",
    working_weekends: Days = "",
    exchange_closures: Days = "",
    whole_year: Annotated[bool, Form()] = False,
) -> HTMLResponse:
    """Show which days a notice would change; nothing is kept yet."""
    told = {
        "year": year,
        "source": source,
        "published": str(published),
        "days_off": days_off.split(),
        "working_weekends": working_weekends.split(),
        "exchange_closures": exchange_closures.split(),
        "whole_year": whole_year,
    }
    try:
        (notice,) = load_notices(json.dumps([told]))
    except UserError as error:
        return _shown(visit, year, message=error.message, given=told)
    return _shown(visit, year, notice=notice, given=told)


@section.post("/calendar", Act.CALENDAR_IMPORT)
def keep(visit: Visiting, notice: Annotated[str, Form(max_length=50_000)]) -> Response:
    """Import the notice that was looked at."""
    notices = load_notices(notice)
    parts = visit.site.parts
    visit.guard.require(Act.CALENDAR_IMPORT)
    parts.catalog.notices.keep(notices, visit.person.name)
    year = notices[0].year if notices else visit.today.year
    return RedirectResponse(f"/admin/calendar?year={year}&done=true", 303)


def _shown(
    visit: Visit,
    year: int,
    *,
    notice: CalendarNotice | None = None,
    message: Message | None = None,
    given: Mapping[str, object] | None = None,
    done: bool = False,
) -> HTMLResponse:
    parts = visit.site.reading
    known, kept = parts.calendar, parts.catalog.notices.all()
    return admin_page(
        visit,
        "admin_calendar.html.j2",
        422 if message else 200,
        year=year,
        today=visit.today,
        months=months_of(year, known, parts.settings.sla),
        is_published=known.is_published(year),
        lacking=unpublished(visit.today, known),
        kept=[one for one in kept if one.notice.year == year],
        notice=json.dumps([notice_as_json(notice)], ensure_ascii=False) if notice else None,
        changed=changed_days(year, known, [one.notice for one in kept], notice) if notice else (),
        given=given or dict.fromkeys(_FIELDS, ""),
        message=message,
        done=done,
    )
