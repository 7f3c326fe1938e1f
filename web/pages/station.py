"""The scan station: what is missing of the day, scans sent in, and each page's verdict."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from catalog.arrivals import Arrival
from catalog.reports.wording import KINDS
from flows.station import station_status
from pipeline.access.acts import Act
from pipeline.language import Message, say
from pipeline.sheet_print import as_pdf, cover_text, draw_sheet, separator_text
from pipeline.sheets import Separator, cover_of
from web.guarding import Section, Visiting, named_branch
from web.pages import scanner
from web.pages.choosing import branches_to_choose
from web.scans import batch_of, require_scan
from web.visit import NotSeen, Visit

section = Section()
_NEWEST = 60
"""Pages shown at once; a batch is scrolled, a day is searched."""


@section.get("/station", Act.STATION_VIEW)
def choose(visit: Visiting) -> Response:
    """Go to one's branch's day; who has several chooses."""
    branches = branches_to_choose(visit, Act.STATION_VIEW)
    if len(branches) == 1:
        return RedirectResponse(f"/station/{quote(branches[0][0])}/{visit.today}", 303)
    return visit.page("choose_branch.html.j2", branches=branches, to="/station", day=visit.today)


@section.get("/station/{branch}/{day}", Act.STATION_VIEW, named_branch)
def show(visit: Visiting, branch: str, day: date, batch: str = "") -> HTMLResponse:
    """Show a branch's day: what is missing, what to scan again, and the batches."""
    parts = visit.site.reading
    status = visit.site.looks.ask(station_status, day, branch, visit.person.name)
    batches = parts.catalog.arrivals.batches(day, branch)
    name = batch or (batches[0][1] if batches else "1")
    return visit.page(
        "station.html.j2",
        branch=branch,
        day=day,
        status=status,
        types=parts.profile_on(day).types,
        kinds={kind: visit.told(name) for kind, name in KINDS.items()},
        batches=[one[1] for one in batches],
        batch=name,
        may_send=visit.may(Act.PAGE_SUBMIT, branch),
        may_print=visit.may(Act.SHEET_PRINT, branch),
        limit=visit.site.intake.uploads.byte_limit >> 20,
        papers=_papers(visit, branch, day),
        paper=parts.settings.station.paper,
        words=_words(visit.lang),
    )


@section.get("/station/{branch}", Act.STATION_VIEW, named_branch)
def other_day(branch: str, day: date) -> RedirectResponse:
    """Go to the day that was chosen."""
    return RedirectResponse(f"/station/{quote(branch)}/{day}", 303)


@section.get("/station/{branch}/{day}/arrivals", Act.STATION_VIEW, named_branch)
def arrivals(
    visit: Visiting, branch: str, day: date, batch: str, after: Annotated[int, Query(ge=0)] = 0
) -> JSONResponse:
    """Tell what arrived in a batch behind a place in its order, and whether it is being worked on."""
    asked = batch_of(visit, branch, day, batch)
    desk = visit.site.intake
    found = visit.site.reading.catalog.arrivals.of_batch(asked.id, after, _NEWEST)
    fault = desk.fault(asked)
    return JSONResponse(
        {
            "pages": [_told(one, visit) for one in found],
            "waiting": len(desk.uploads.waiting(asked)),
            "busy": desk.is_busy(asked),
            "fault": visit.told(fault) if fault else None,
        }
    )


@section.put("/station/{branch}/{day}/scans", Act.PAGE_SUBMIT, named_branch)
async def send(
    request: Request, visit: Visiting, branch: str, day: date, batch: str, name: str, sha256: str
) -> JSONResponse:
    """Take one file, whole and as it was sent, and have it taken in."""
    require_scan(request, name)
    asked = batch_of(visit, branch, day, batch)
    visit.site.reading.catalog.branches.require(branch, day=day)
    received = await visit.site.intake.uploads.receive(asked, name, request.stream(), sha256)
    visit.site.intake.ask(asked)
    return JSONResponse({"name": received.name, "bytes": received.byte_count}, 201)


@section.get("/station/{branch}/{day}/pages/{delivery}", Act.STATION_VIEW, named_branch)
def show_page(visit: Visiting, branch: str, day: date, delivery: str) -> HTMLResponse:
    """Show one page large, with what was found on it, beside its earlier scans."""
    one = visit.site.reading.catalog.arrivals.one(delivery)
    if one is None or (one.branch, one.day) != (branch, day):
        raise NotSeen
    scans = visit.site.reading.catalog.arrivals.as_named(one.batch_id, one.name)
    return visit.page(
        "station_page.html.j2", page=one, scans=scans, branch=branch, day=day, states=STATES
    )


@section.get("/station/{branch}/{day}/cover.pdf", Act.SHEET_PRINT, named_branch)
def cover(
    visit: Visiting, branch: str, day: date, batch: str, vouchers: int, pages: int
) -> Response:
    """Give the sheet that opens a batch, to be printed."""
    sheet = cover_of(branch, day, batch, vouchers=vouchers, pages=pages)
    text = cover_text(
        sheet, branch=branch, day=day.isoformat(), batch=batch, operator=visit.person.name
    )
    return Response(as_pdf(draw_sheet(sheet, text, visit.lang)), media_type="application/pdf")


@section.get("/sheets/separator.pdf", Act.SHEET_PRINT)
def separator(visit: Visiting) -> Response:
    """Give the sheet that parts vouchers, to be printed."""
    page = draw_sheet(Separator(), separator_text(), visit.lang)
    return Response(as_pdf(page), media_type="application/pdf")


STATES: Mapping[str, Message] = {
    "admitted": say("Admitted"),
    "blank": say("Blank"),
    "sheet": say("Own sheet"),
    "refused": say("Refused"),
}
_MARKS = {"admitted": "good", "blank": "warn", "sheet": "", "refused": "bad"}
_WORDS: Mapping[str, Message] = {
    "waits": say("waits"),
    "sending": say("is being sent"),
    "received": say("received"),
    "failed": say("The connection broke; send it again."),
    "ended": say("Your session has ended; log in again in another tab, then send it again."),
    "again": say("Send again"),
    "sum": say(
        "{done} of {chosen} files received, {failed} not.",
        done="{done}",
        chosen="{chosen}",
        failed="{failed}",
    ),
    "checking": say("Pages are being checked and read …"),
    "checked": say("Everything that was sent is checked."),
    "none": say("Nothing yet."),
}


def _papers(visit: Visit, branch: str, day: date) -> tuple[str, ...]:
    """The papers that may be scanned from a device here; none where there is none for the branch."""
    desk = visit.site.scanners.desk
    return desk.papers(day) if desk.serves(branch) else ()


def _words(lang: str) -> dict[str, Any]:
    """What the page's scripts say."""
    told: dict[str, Any] = {
        name: one.in_language(lang) for name, one in {**_WORDS, **scanner.WORDS}.items()
    }
    told["states"] = {name: one.in_language(lang) for name, one in STATES.items()}
    return {**told, "marks": _MARKS}


def _told(one: Arrival, visit: Visit) -> dict[str, Any]:
    return {
        "id": one.delivery_id,
        "place": one.sequence,
        "name": one.name,
        "state": one.state,
        "at": one.at.isoformat(),
        "read": one.is_read,
        "findings": [
            {"severity": found.severity, "text": visit.told(found.message)}
            for found in one.findings
        ],
    }
