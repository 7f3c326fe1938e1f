"""The first page: where a person may go."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from web.guarding import Section, Visiting

section = Section()


@section.get("/", None)
def first_page(visit: Visiting) -> HTMLResponse:
    """Show the places that are open to the person."""
    return visit.page("home.html.j2")
