"""The first page of administration."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from web.guarding import Section, Visiting
from web.pages.admin.places import admin_page

section = Section("/admin")


@section.get("", None)
def entrance(visit: Visiting) -> HTMLResponse:
    """Show the places of administration that are open to the person."""
    return admin_page(visit, "admin.html.j2")
