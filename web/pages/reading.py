"""The reading room: papers given to readers under an approved request, and taken back one by one."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.reading_room import ReadingDesk
from pipeline.access.acts import Act
from pipeline.access.requests import AccessRequest, RequestState
from pipeline.errors import UserError
from pipeline.language import Message
from pipeline.reading_room import PLACES, STATES
from web.guarding import Section, Visiting, named_branch
from web.pages.choosing import branches_to_choose
from web.visit import Visit

section = Section()
_AT = "/reading/{branch}"
_BACK = 20
"""Papers that came back last, shown for looking up; the whole register is the form."""
Text = Annotated[str, Form(max_length=200)]


@section.get("/reading", Act.SHELF_VIEW)
def choose(visit: Visiting) -> Response:
    """Go to one's branch's reading room; who has several chooses."""
    branches = branches_to_choose(visit, Act.SHELF_VIEW)
    if len(branches) == 1:
        return RedirectResponse(f"/reading/{quote(branches[0][0])}", 303)
    return visit.page("choose_branch.html.j2", branches=branches, to="/reading", day=None)


@section.get(_AT, Act.SHELF_VIEW, named_branch)
def show(visit: Visiting, branch: str) -> HTMLResponse:
    """Show what is with readers, and which approved requests papers may be given under."""
    return _shown(visit, branch)


@section.post(_AT + "/give", Act.ARCHIVE_FILE, named_branch)
def give(
    visit: Visiting,
    branch: str,
    request: Annotated[int, Form(ge=1)] = 0,
    entry: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI gives each request its own
) -> Response:
    """Give papers to the applicant of a request."""
    try:
        if request not in {one.no for one in _open_requests(visit, branch)}:
            return _shown(visit, branch, gone=True)
        _desk(visit).give(request, entry, visit.site.now())
    except UserError as error:
        return _shown(visit, branch, error.message)
    return RedirectResponse(f"/reading/{quote(branch)}", 303)


@section.post(_AT + "/back", Act.ARCHIVE_FILE, named_branch)
def take_back(
    visit: Visiting,
    branch: str,
    entry: Text = "",
    pages: Annotated[int, Form(ge=0, le=99999)] = 0,
    note: Text = "",
) -> Response:
    """Take one paper back with its pages counted."""
    out = {one.entry for one in visit.site.parts.catalog.reading_room.out(branch)}
    if entry in out:  # sent twice it comes back once
        try:
            _desk(visit).take_back({entry: pages}, note, visit.site.now())
        except UserError as error:
            return _shown(visit, branch, error.message)
    return RedirectResponse(f"/reading/{quote(branch)}", 303)


def _shown(
    visit: Visit, branch: str, fault: Message | None = None, gone: bool = False
) -> HTMLResponse:
    register = visit.site.reading.catalog.reading_room.all(branch)
    may_give, desk = visit.may(Act.ARCHIVE_FILE, branch), _desk(visit)
    requests = _open_requests(visit, branch) if may_give else ()
    return visit.page(
        "reading.html.j2",
        422 if fault or gone else 200,
        branch=branch,
        out=sorted((one for one in register if one.back is None), key=lambda one: one.due),
        back=[one for one in reversed(register) if one.back is not None][:_BACK],
        requests=[(one, desk.may_be_read(one)) for one in requests],
        may_give=may_give,
        now=visit.site.now(),
        places=PLACES,
        states=STATES,
        fault=fault,
        gone=gone,
    )


def _open_requests(visit: Visit, branch: str) -> tuple[AccessRequest, ...]:
    """The approved requests to read papers of a branch that hold today."""
    found = visit.site.parts.catalog.access_requests.listed((branch,), "", holding_on=visit.today)
    return tuple(
        one
        for one in found
        if Act.PAPER_READ in one.asked.acts
        and one.asked.branch == branch
        and one.asked.since <= visit.today
        and one.state_at(visit.site.now()) is RequestState.APPROVED
    )


def _desk(visit: Visit) -> ReadingDesk:
    return ReadingDesk(visit.guard)
