"""Access requests, and the entries of the log for the auditor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field

from catalog.audit import Wanted
from flows.access_requests import RequestDesk
from pipeline.access.acts import Act
from pipeline.access.requests import AccessRequest, Asked
from web.api.listing import Limit, Listed, listed
from web.guarding import Section, Visiting
from web.pages.requests import branch_of_request
from web.rates import Rate
from web.visit import NotSeen, Visit

section = Section("/api/v1", Rate.API)
_MOST_NUMBER = 2**53
Before = Annotated[
    int | None, Query(ge=1, le=_MOST_NUMBER, description="“next” of the last answer.")
]
No = Annotated[int, Path(ge=1, le=_MOST_NUMBER)]
Name = Annotated[str | None, Query(max_length=200)]


class Decision(BaseModel):
    """Why a request is decided on so."""

    reason: str = Field(default="", max_length=500)


class Application(BaseModel):
    """What is asked for."""

    branch: str = Field(max_length=32)
    customer: str | None = Field(default=None, max_length=64)
    pages: list[str] = Field(default=[], max_length=200)
    acts: list[Act]
    purpose: str = Field(max_length=500)
    since: date
    until: date


class ToldRequest(BaseModel):
    """An access request and how it stands."""

    no: int
    applicant: str
    asked: Application
    state: str
    at: datetime
    decided_by: list[str]


class Entry(BaseModel):
    """An entry of the log."""

    seq: int
    sha256: str
    body: dict[str, Any]


@section.get("/access-requests", Act.ACCESS_REQUEST)
def requests(visit: Visiting, before: Before = None, limit: Limit = 100) -> Listed[ToldRequest]:
    """List one's own requests and those of the branches that one may look at, the newest first."""
    found = _desk(visit).visible(before=before, limit=limit + 1)
    return listed(found, limit, lambda one: str(one.no), lambda one: _told(one, visit))


@section.post("/access-requests", Act.ACCESS_REQUEST, status_code=201)
def apply(visit: Visiting, asked: Application) -> ToldRequest:
    """Apply for access; somebody else decides."""
    given = Asked(
        asked.branch,
        asked.customer,
        tuple(asked.pages),
        tuple(asked.acts),
        asked.purpose,
        asked.since,
        asked.until,
    )
    return _now(visit, _desk(visit).apply(given, visit.site.now()))


@section.post("/access-requests/{no}/approve", Act.ACCESS_APPROVE, branch_of_request)
def approve(visit: Visiting, no: No, why: Decision) -> ToldRequest:
    """Approve a request of somebody else."""
    return _decided(visit, _desk(visit).approve, no, why)


@section.post("/access-requests/{no}/refuse", Act.ACCESS_APPROVE, branch_of_request)
def refuse(visit: Visiting, no: No, why: Decision) -> ToldRequest:
    """Refuse a request of somebody else."""
    return _decided(visit, _desk(visit).refuse, no, why)


@section.post("/access-requests/{no}/revoke", Act.ACCESS_REQUEST, branch_of_request)
def revoke(visit: Visiting, no: No, why: Decision) -> ToldRequest:
    """Take back one's own request, or one that one may decide on."""
    desk = _desk(visit)
    if not desk.may_revoke(no):
        raise NotSeen
    return _decided(visit, desk.revoke, no, why)


@section.get("/audit/entries", Act.AUDIT_READ)
def entries(
    visit: Visiting,
    before: Before = None,
    who: Name = None,
    act: Name = None,
    subject: Name = None,
    limit: Limit = 100,
) -> Listed[Entry]:
    """List the log's entries, the newest first; “act” up to a dot means every act that begins so."""
    wanted = Wanted(who, act, subject)
    found = visit.site.reading.catalog.audit.find(wanted, before=before, limit=limit + 1)
    return listed(
        found,
        limit,
        lambda one: str(one.seq),
        lambda one: Entry(seq=one.seq, sha256=one.sha256, body=one.body),
    )


def _desk(visit: Visit) -> RequestDesk:
    return RequestDesk(visit.guard)


def _decided(
    visit: Visit, decide: Callable[[int, str, datetime], None], no: int, why: Decision
) -> ToldRequest:
    decide(no, why.reason.strip(), visit.site.now())
    return _now(visit, no)


def _now(visit: Visit, no: int) -> ToldRequest:
    return _told(visit.site.parts.catalog.access_requests.one(no), visit)


def _told(one: AccessRequest, visit: Visit) -> ToldRequest:
    asked = one.asked
    return ToldRequest(
        no=one.no,
        applicant=one.applicant,
        asked=Application(
            branch=asked.branch,
            customer=asked.customer,
            pages=list(asked.pages),
            acts=list(asked.acts),
            purpose=asked.purpose,
            since=asked.since,
            until=asked.until,
        ),
        state=str(one.state_at(visit.site.now())),
        at=one.at,
        decided_by=[act.person for act in one.acts],
    )
