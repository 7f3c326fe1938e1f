"""The first page: where a person may go."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from flows.sample_due import reminders
from web.guarding import Section, Visiting

section = Section()


@section.get("/", None)
def first_page(visit: Visiting) -> HTMLResponse:
    """Show the places that are open to the person, and what waits for them alone."""
    now = visit.site.now()
    waits = [
        (told, due, due.delay(now) is not None)
        for told, due in reminders(visit.site.reading, visit.person, now)
    ]
    return visit.page("home.html.j2", waits=waits)
