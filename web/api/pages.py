"""Pages: sent in by their digest, their verdicts, and what is known of one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from anyio import to_thread
from fastapi import Path, Query, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from catalog.arrivals import Arrival
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.model import Batch
from web.api.listing import After, Branch, Day, Limit, Listed, listed
from web.guarding import Section, Visiting, named_branch
from web.pages.pictures import branch_of_delivery
from web.rates import Rate
from web.scans import batch_of, require_scan
from web.visit import NotSeen, Visit

section = Section("/api/v1", Rate.API)
_BATCH = "/branches/{branch}/days/{day}/batches/{batch}"
BatchName = Annotated[str, Path(max_length=80)]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the file's bytes.")]
FileName = Annotated[str, Query(min_length=1, max_length=400)]
_SCAN = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ToldFile(BaseModel):
    """A file that was sent in."""

    name: str
    sha256: str
    taken_in: bool = Field(description="False: it is received and waits.")


class ToldFinding(BaseModel):
    """What a check found on a page."""

    check: str
    severity: str
    text: str


class ToldPage(BaseModel):
    """One delivery of a page and its verdict."""

    delivery: str
    sequence: int = Field(description="Order within the batch.")
    name: str
    sha256: str
    state: str = Field(description="“admitted”, “blank”, “sheet” or “refused”.")
    at: datetime
    branch: str
    day: date
    batch: str
    operator: str
    is_read: bool
    findings: list[ToldFinding]


class PageSeen(BaseModel):
    """Somebody saw a page."""

    person: str
    act: str
    purpose: str
    at: datetime


class PageHistory(BaseModel):
    """A page with its scans and, for those who see access requests, everybody who saw it."""

    page: ToldPage
    scans: list[ToldPage] = Field(
        description="Every scan under its name in its batch, oldest first."
    )
    seen: list[PageSeen] | None = Field(description="The newest first; null: not for you.")


@section.put(_BATCH + "/files/{sha256}", Act.PAGE_SUBMIT, named_branch, openapi_extra=_SCAN)
async def send(
    request: Request,
    response: Response,
    visit: Visiting,
    branch: Branch,
    day: Day,
    batch: BatchName,
    sha256: Digest,
    name: FileName,
) -> ToldFile:
    """Send a file whole; one that is here already is not sent again (200), a new one is taken in (201)."""
    require_scan(request, name)
    asked = batch_of(visit, branch, day, batch)
    visit.site.reading.catalog.branches.require(branch, day=day)
    known = await to_thread.run_sync(_known, visit, asked, sha256, name)
    if known is not None:
        return known
    received = await visit.site.intake.uploads.receive(asked, name, request.stream(), sha256)
    visit.site.intake.ask(asked)
    response.status_code = 201
    return ToldFile(name=received.name, sha256=received.sha256, taken_in=False)


@section.get(_BATCH + "/files/{sha256}", Act.PAGE_SUBMIT, named_branch)
def sent(
    visit: Visiting, branch: Branch, day: Day, batch: BatchName, sha256: Digest, name: FileName
) -> ToldFile:
    """Tell whether a file is here, so that sending a folder can go on where it broke off; 404: send it."""
    known = _known(visit, batch_of(visit, branch, day, batch), sha256, name)
    if known is None:
        raise NotSeen
    return known


@section.get(_BATCH + "/pages", Act.STATION_VIEW, named_branch)
def verdicts(
    visit: Visiting,
    branch: Branch,
    day: Day,
    batch: BatchName,
    after: After = "",
    limit: Limit = 100,
) -> Listed[ToldPage]:
    """List a batch's pages with their verdicts, in the order of the scans."""
    asked = batch_of(visit, branch, day, batch)
    begin = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    found = visit.site.reading.catalog.arrivals.of_batch(asked.id, begin, limit + 1)
    return listed(found, limit, lambda one: str(one.sequence), lambda one: told_page(one, visit))


@section.get("/pages/{delivery}", Act.PAGE_WORK, branch_of_delivery)
def page(visit: Visiting, delivery: str) -> PageHistory:
    """Tell what is known of a page: its verdict, its other scans, who saw it."""
    catalog = visit.site.reading.catalog
    one = catalog.arrivals.one(delivery)
    if one is None:
        raise NotSeen
    subject = Subject(one.branch, page=one.page_id)
    visit.guard.must_know(Act.PAGE_WORK, subject, visit.site.now())
    scans = catalog.arrivals.as_named(one.batch_id, one.name)
    seen = None
    if visit.may(Act.ACCESS_LIST, one.branch):
        seen = [
            PageSeen(person=each.person, act=str(each.act), purpose=each.purpose, at=each.at)
            for each in catalog.viewings.of_page(one.page_id)
        ]
    return PageHistory(
        page=told_page(one, visit), scans=[told_page(each, visit) for each in scans], seen=seen
    )


def _known(visit: Visit, batch: Batch, sha256: str, name: str) -> ToldFile | None:
    if (name, sha256) in visit.site.reading.catalog.pages.delivered(batch.id):
        return ToldFile(name=name, sha256=sha256, taken_in=True)
    if visit.site.intake.uploads.holds(batch, name, sha256):
        return ToldFile(name=name, sha256=sha256, taken_in=False)
    return None


def told_page(one: Arrival, visit: Visit) -> ToldPage:
    """Tell a delivery of a page and its verdict."""
    return ToldPage(
        delivery=one.delivery_id,
        sequence=one.sequence,
        name=one.name,
        sha256=one.page_id,
        state=one.state,
        at=one.at,
        branch=one.branch,
        day=one.day,
        batch=one.batch,
        operator=one.operator,
        is_read=one.is_read,
        findings=[
            ToldFinding(
                check=found.check,
                severity=str(found.severity),
                text=found.message.in_language(visit.lang),
            )
            for found in one.findings
        ],
    )
