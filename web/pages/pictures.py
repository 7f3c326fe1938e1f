"""Pictures of pages: made once from the master, kept in the workspace's cache, told by the delivery."""

from __future__ import annotations

from starlette.responses import FileResponse, Response

from flows.parts import Parts
from flows.pictures import Pictures
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from web.guarding import Section, Visiting
from web.visit import NotSeen

section = Section()
_ANEW = "private, no-cache"
"""A page never changes, but who may see it does: it is asked at each reading (BM-01)."""


def branch_of_delivery(parts: Parts, path: dict[str, str]) -> str | None:
    """The branch that a page was delivered by."""
    found = parts.catalog.arrivals.one(path["delivery"])
    return found.branch if found else None


@section.get("/pages/{delivery}/thumbnail", Act.PAGE_WORK, branch_of_delivery)
def thumbnail(visit: Visiting, delivery: str) -> Response:
    """Give the small picture of a page."""
    return _picture(visit, delivery, small=True)


@section.get("/pages/{delivery}/picture", Act.PAGE_WORK, branch_of_delivery)
def picture(visit: Visiting, delivery: str) -> Response:
    """Give the large picture of a page."""
    return _picture(visit, delivery, small=False)


def _picture(visit: Visiting, delivery: str, *, small: bool) -> Response:
    one = visit.site.reading.catalog.arrivals.one(delivery)
    if one is None:
        raise NotSeen
    subject = Subject(one.branch, page=one.page_id)
    visit.guard.must_know(Act.PAGE_WORK, subject, visit.site.now())
    pictures = Pictures(visit.site.reading, visit.site.at_need)
    path = pictures.small(one) if small else pictures.large(one)
    if path is None:
        return Response(_NO_PICTURE, media_type="image/svg+xml")
    return FileResponse(path, media_type="image/jpeg", headers={"cache-control": _ANEW})


_NO_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 80">'
    '<rect width="60" height="80" fill="#e7ecea"/>'
    '<path d="M18 28l24 24M42 28L18 52" stroke="#a3211d" stroke-width="4"/></svg>'
)
"""Shown for a page that cannot be opened."""
