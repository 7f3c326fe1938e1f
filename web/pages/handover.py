"""The hand-over at day's end: what a handler gives, and item by item what the archivist finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.archives import materials
from flows.handover import Stock, by_customer_number, left_by_handler, stock_of
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.handover import STATES, Handover, ItemState, VoucherPapers
from pipeline.language import Message, say
from pipeline.staff import person_key
from web.guarding import Section, Visiting, named_branch
from web.pages.choosing import OR_NONE, branches_to_choose
from web.visit import NotSeen, Visit

section = Section()
_AT = "/handover/{branch}"
_GIVE = _AT + "/{day}/give/{handler}"
_LIST = _AT + "/lists/{no}"


@section.get("/handover", Act.HANDOVER_VIEW)
def choose(visit: Visiting) -> Response:
    """Go to one's branch's hand-overs; who has several chooses."""
    branches = branches_to_choose(visit, Act.HANDOVER_VIEW)
    if len(branches) == 1:
        return RedirectResponse(f"/handover/{quote(branches[0][0])}", 303)
    return visit.page("choose_branch.html.j2", branches=branches, to="/handover", day=None)


@section.get(_AT, Act.HANDOVER_VIEW, named_branch)
def show(
    visit: Visiting, branch: str, day: Annotated[date | None, OR_NONE, Query()] = None
) -> HTMLResponse:
    """Show what is left to give of a day, its hand-overs, and those of all days that wait."""
    on, parts = day or visit.today, visit.site.reading
    every = parts.catalog.handovers.all(None, branch)
    stock, fault = _stock(visit, on, branch)
    left = left_by_handler(parts, on, branch) if stock else {}
    return visit.page(
        "handover.html.j2",
        branch=branch,
        day=on,
        stock=stock,
        fault=fault,
        left=left,
        of_day=[one for one in every if one.day == on],
        waiting=[one for one in every if one.day != on and one.of(ItemState.GIVEN)],
        may_give=visit.may(Act.HANDOVER_GIVE, branch),
    )


@section.get(_GIVE, Act.HANDOVER_GIVE, named_branch)
def offer(visit: Visiting, branch: str, day: date, handler: str) -> HTMLResponse:
    """Show what a handler has left to give, item by item."""
    return _offered(visit, branch, day, handler)


@section.post(_GIVE, Act.HANDOVER_GIVE, named_branch)
async def give(request: Request, visit: Visiting, branch: str, day: date, handler: str) -> Response:
    """Hand a handler's papers over; differences are explained."""
    form = await request.form()
    typed = {name: str(value) for name, value in form.items()}
    parts = visit.site.parts
    try:
        vouchers = left_by_handler(parts, day, branch).get(handler, ())
        _must_be_left(typed, vouchers)
        papers = {one.serial_no: _number(typed[f"papers:{one.serial_no}"]) for one in vouchers}
        why = {one.serial_no: typed.get(f"why:{one.serial_no}", "") for one in vouchers}
        given = parts.catalog.handovers.give(
            day, branch, handler, vouchers, papers, why, visit.person.name
        )
    except UserError as error:
        return _offered(visit, branch, day, handler, typed, error.message)
    return RedirectResponse(f"/handover/{quote(branch)}/lists/{given.no}", 303)


@section.get(_LIST, Act.HANDOVER_VIEW, named_branch)
def one_list(visit: Visiting, branch: str, no: int) -> HTMLResponse:
    """Show a hand-over item by item; who may receive it decides of each."""
    return _listed(visit, _one(visit, branch, no))


@section.post(_LIST + "/receive", Act.HANDOVER_RECEIVE, named_branch)
async def receive(request: Request, visit: Visiting, branch: str, no: int) -> Response:
    """Take into store what was found, refuse what is missing."""
    form = await request.form()
    typed = {name: str(value) for name, value in form.items()}
    found = _one(visit, branch, no)
    try:
        refused = _refused(found, typed)
        counted = _number(typed.get("counted", ""))
        of = materials(visit.site.parts, found)
        visit.site.parts.catalog.handovers.receive(no, refused, counted, of, visit.person.name)
    except UserError as error:
        return _listed(visit, _one(visit, branch, no), typed, error.message)
    return RedirectResponse(f"/handover/{quote(branch)}/lists/{no}", 303)


def _stock(visit: Visit, day: date, branch: str) -> tuple[Stock | None, Message | None]:
    try:
        return stock_of(visit.site.reading, day, branch), None
    except UserError as error:
        return None, error.message


def _offered(
    visit: Visit,
    branch: str,
    day: date,
    handler: str,
    typed: Mapping[str, str] | None = None,
    fault: Message | None = None,
) -> HTMLResponse:
    stock, open_day = _stock(visit, day, branch)
    left = left_by_handler(visit.site.reading, day, branch) if stock else {}
    return visit.page(
        "handover_give.html.j2",
        422 if fault else 200,
        branch=branch,
        day=day,
        handler=handler,
        vouchers=left.get(handler, ()),
        typed=typed or {},
        fault=fault or open_day,
    )


def _listed(
    visit: Visit,
    found: Handover,
    typed: Mapping[str, str] | None = None,
    fault: Message | None = None,
) -> HTMLResponse:
    may = visit.may(Act.HANDOVER_RECEIVE, found.branch)
    return visit.page(
        "handover_list.html.j2",
        422 if fault else 200,
        handover=found,
        items=by_customer_number(visit.site.reading, found),
        waiting=found.of(ItemState.GIVEN),
        may_receive=may and person_key(found.giver) != visit.person.key,
        states=STATES,
        typed=typed or {},
        fault=fault,
    )


def _one(visit: Visit, branch: str, no: int) -> Handover:
    found = [one for one in visit.site.reading.catalog.handovers.all(None, branch) if one.no == no]
    if not found:
        raise NotSeen
    return found[0]


def _refused(found: Handover, typed: Mapping[str, str]) -> dict[str, str]:
    """Serial number -> why, of what is missing; raises UserError while an item is not decided on."""
    refused = {}
    for item in found.of(ItemState.GIVEN):
        match typed.get(f"is:{item.serial_no}"):
            case "found":
                pass
            case "missing":
                refused[item.serial_no] = typed.get(f"why:{item.serial_no}", "")
            case _:
                raise UserError(
                    say(
                        "Say of {serial} whether it is there; nothing was received.",
                        serial=item.serial_no,
                    )
                )
    return refused


def _must_be_left(typed: Mapping[str, str], vouchers: Sequence[VoucherPapers]) -> None:
    """Raise UserError when what was counted is not what is left any more, as when it was sent twice."""
    shown = {name.removeprefix("papers:") for name in typed if name.startswith("papers:")}
    if shown != {one.serial_no for one in vouchers}:
        raise UserError(say("What is left to hand over has changed; count what is shown now."))


def _number(told: str) -> int:
    clean = told.strip()
    if not (clean.isascii() and clean.isdigit() and len(clean) <= 5):
        raise UserError(say("“{text}” is no number of pages.", text=told[:20]))
    return int(clean)
