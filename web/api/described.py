"""The API's description (OpenAPI), for whoever is logged in."""

from __future__ import annotations

from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from web.api import days, oversight, pages, sending
from web.guarding import Section, Visiting
from web.rates import Rate
from web.sessions import cookie_name

section = Section("/api/v1", Rate.API)
SECTIONS = (days.section, pages.section, sending.section, oversight.section)
_ABOUT = (
    "Every request is one of the acts that “paperproof access matrix” lists, under the same check as the "
    "site. A browser's session writes with its token in x-csrf-token. Lists go on with “after” or "
    "“before”. Errors are problem details (RFC 9457) whose “detail” is a sentence; 429 tells in Retry-After "
    "how long to wait."
)


@section.get("/openapi.json", None)
def description(visit: Visiting) -> dict[str, Any]:
    """Give the description that this is a part of."""
    routes = [route for one in SECTIONS for route in one.router.routes]
    told = get_openapi(title="Paperproof", version="1", description=_ABOUT, routes=routes)
    told["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": cookie_name(visit.site)},
        "machine": {"type": "http", "scheme": "bearer"},
    }
    told["security"] = [{"session": []}, {"machine": []}]
    for route in routes:
        if isinstance(route, APIRoute):
            of_path = told["paths"][route.path]
            for method in route.methods or ():
                _with_problems(of_path[method.lower()])
    return told


def _with_problems(operation: dict[str, Any]) -> None:
    """Every request may be answered so."""
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {
        "description": "A problem; “detail” says what to do.",
        "content": {"application/problem+json": {"schema": _PROBLEM}},
    }


_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request": {"type": "string"},
    },
}
