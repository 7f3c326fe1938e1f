"""Access requests: asking to see a customer's papers, and deciding on what others ask (CG-19b)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Form, Query
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.access_requests import RequestDesk
from flows.parts import Parts
from pipeline.access.acts import ACTS, Act
from pipeline.access.requests import (
    ASKED_FOR,
    DECISIONS,
    REQUEST_STATES,
    AccessRequest,
    Asked,
    RequestActKind,
    RequestState,
)
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import person_key
from web.guarding import Section, Visiting
from web.visit import NotSeen, Visit

section = Section()
_AT_ONCE = 50
_WEEK = timedelta(days=6)
Text = Annotated[str, Form(max_length=500)]
MARKS = {
    RequestState.WAITING: "warn",
    RequestState.APPROVED: "good",
    RequestState.REFUSED: "bad",
    RequestState.REVOKED: "bad",
    RequestState.EXPIRED: "",
}


class Written(BaseModel):
    """The form as it was filled in."""

    branch: str = Field(default="", max_length=500)
    customer: str = Field(default="", max_length=500)
    pages: str = Field(default="", max_length=20_000)
    act: list[Act] = []
    purpose: str = Field(default="", max_length=500)
    since: date | None = None
    until: date | None = None

    def asked(self, today: date) -> Asked:
        """What the form asks for; a week from today where no days are named."""
        first = self.since or today
        return Asked(
            self.branch,
            self.customer.strip() or None,
            tuple(self.pages.split()),
            tuple(self.act),
            self.purpose.strip(),
            first,
            self.until or first + _WEEK,
        )


def branch_of_request(parts: Parts, path: dict[str, Any]) -> str | None:
    """The branch whose papers a request asks for; None where there is no such request."""
    try:
        return parts.catalog.access_requests.one(int(path["no"])).asked.branch
    except (UserError, ValueError, OverflowError):
        return None


@section.get("/requests", Act.ACCESS_REQUEST)
def show(visit: Visiting, before: Annotated[int | None, Query(ge=1)] = None) -> HTMLResponse:
    """Show what waits for this person's decision, and all requests that they may see."""
    desk, now = _desk(visit), visit.site.now()
    found = desk.visible(before=before, limit=_AT_ONCE)
    return visit.page(
        "requests.html.j2",
        waiting=desk.waiting(now) if before is None else (),
        found=found,
        older=found[-1].no if len(found) == _AT_ONCE else None,
        before=before,
        **_told(visit),
    )


@section.get("/requests/new", Act.ACCESS_REQUEST)
def ask(
    visit: Visiting,
    branch: str = "",
    customer: str = "",
    page: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI gives each request its own
    act: Annotated[list[Act], Query()] = [Act.PAGE_VIEW],  # noqa: B006
) -> HTMLResponse:
    """Show the form; what other pages know of the customer stands in it already."""
    return _form(visit, Written(branch=branch, customer=customer, pages="\n".join(page), act=act))


@section.post("/requests", Act.ACCESS_REQUEST)
def apply(visit: Visiting, written: Annotated[Written, Form()]) -> Response:
    """Enter a request; somebody else decides."""
    asked = written.asked(visit.today)
    try:
        visit.site.parts.catalog.branches.must_be_known(asked.branch)
        no = _desk(visit).apply(asked, visit.site.now())
    except UserError as error:
        return _form(visit, written, error.message)
    return RedirectResponse(f"/requests/{no}", 303)


@section.get("/requests/{no}", Act.ACCESS_REQUEST)
def one(visit: Visiting, no: int) -> HTMLResponse:
    """Show a request with what was decided on it, and what this person may still decide."""
    return _one(visit, _seen(visit, no))


@section.post("/requests/{no}/approve", Act.ACCESS_APPROVE, branch_of_request)
def approve(visit: Visiting, no: int, reason: Text = "") -> Response:
    """Approve a request of somebody else."""
    return _decided(visit, no, RequestActKind.APPROVE, reason)


@section.post("/requests/{no}/refuse", Act.ACCESS_APPROVE, branch_of_request)
def refuse(visit: Visiting, no: int, reason: Text = "") -> Response:
    """Refuse a request of somebody else, with a reason."""
    return _decided(visit, no, RequestActKind.REFUSE, reason)


@section.post("/requests/{no}/revoke", Act.ACCESS_APPROVE, branch_of_request)
def revoke(visit: Visiting, no: int, reason: Text = "") -> Response:
    """Take back what a request opens, as somebody who decides."""
    return _decided(visit, no, RequestActKind.REVOKE, reason)


@section.post("/requests/{no}/withdraw", Act.ACCESS_REQUEST)
def withdraw(visit: Visiting, no: int, reason: Text = "") -> Response:
    """Take one's own request back."""
    if not _is_own(visit, _seen(visit, no)):
        raise NotSeen
    return _decided(visit, no, RequestActKind.REVOKE, reason)


def _decided(visit: Visit, no: int, kind: RequestActKind, reason: str) -> Response:
    desk, now, why = _desk(visit), visit.site.now(), reason.strip()
    if not why and kind is not RequestActKind.APPROVE:
        missing = say("Say why, for the record.")
        return _one(visit, _seen(visit, no), missing)
    if kind is RequestActKind.APPROVE:
        desk.approve(no, why, now)
    elif kind is RequestActKind.REFUSE:
        desk.refuse(no, why, now)
    else:
        desk.revoke(no, why, now)
    return RedirectResponse(f"/requests/{no}", 303)


def _one(visit: Visit, request: AccessRequest, message: Message | None = None) -> HTMLResponse:
    desk, now = _desk(visit), visit.site.now()
    state = request.state_at(now)
    return visit.page(
        "request.html.j2",
        422 if message else 200,
        request=request,
        is_open=state in (RequestState.WAITING, RequestState.APPROVED),
        days=(request.asked.until - visit.today).days + 1,
        own=_is_own(visit, request),
        may_decide=desk.may_decide(request, now),
        may_revoke=desk.is_approver(request.asked.branch),
        done=DECISIONS,
        message=message,
        **_told(visit),
    )


def _form(visit: Visit, written: Written, message: Message | None = None) -> HTMLResponse:
    catalog = visit.site.reading.catalog
    names = catalog.branches.names()
    codes = sorted({one.code for one in catalog.branches.all()} | catalog.branches.in_hand())
    return visit.page(
        "request_new.html.j2",
        422 if message else 200,
        written=written,
        branches=[(code, names.get(code, "")) for code in codes],
        asked_for=ASKED_FOR,
        most=visit.site.parts.settings.access.request_days,
        since=written.since or visit.today,
        until=written.until or visit.today + _WEEK,
        message=message,
        **_told(visit),
    )


def _seen(visit: Visit, no: int) -> AccessRequest:
    request = _desk(visit).one(no)
    if request is None:
        raise NotSeen
    return request


def _is_own(visit: Visit, request: AccessRequest) -> bool:
    return person_key(request.applicant) == visit.person.key


def _desk(visit: Visit) -> RequestDesk:
    return RequestDesk(visit.guard)


def _told(visit: Visit) -> dict[str, Any]:
    """What the templates say states and acts with."""
    return {"now": visit.site.now(), "states": REQUEST_STATES, "marks": MARKS, "acts": ACTS}
