"""The work list of discrepancies: what closings left to people, given to somebody, explained, settled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from catalog.reports.build import value_pairs
from catalog.reports.wording import KINDS, sides
from flows.settling import Settling
from flows.worklist import STANDINGS, Filters, Standing, leaf, work_item, workers, worklist
from pipeline.access.acts import Act
from pipeline.access.masking import Sight, masked
from pipeline.balance import DiscrepancyKind
from pipeline.errors import UserError
from pipeline.language import Message
from pipeline.settling import PROOFS, SETTLING, ProofKind, WorkItem
from pipeline.staff import ROLES
from web.guarding import Section, Visiting, named_branch
from web.pages.choosing import OR_NONE, branches_to_choose
from web.visit import NotSeen, Visit

section = Section()
_ITEM = "/worklist/{branch}/{day}/{item}"
_AT_ONCE = 50
_DAYS = timedelta(days=30)
Chosen = Annotated[str, Query(max_length=80)]
Day = Annotated[date | None, OR_NONE, Query()]
Text = Annotated[str, Form(max_length=2000)]
Seen = Annotated[int, Form(ge=0)]


@dataclass(frozen=True)
class Choice:
    """What of the list is asked for."""

    branch: Chosen = ""
    first: Day = None
    last: Day = None
    kind: Annotated[DiscrepancyKind | None, OR_NONE, Query()] = None
    standing: Annotated[Standing | None, OR_NONE, Query()] = Standing.WAITING
    to: Chosen = ""

    def days(self, visit: Visit) -> tuple[date, date]:
        """The first and the last day."""
        until = self.last or visit.today
        return self.first or until - _DAYS, until

    def items(self, visit: Visit, act: Act) -> list[WorkItem]:
        """What is asked for, of the branches at which the person may do an act."""
        filters = Filters(self.kind, self.standing, self.to.strip() or None)
        every = worklist(visit.site.reading, *self.days(visit), _branches(visit, self.branch, act))
        return [one for one in every if filters.let(one, visit.site.now())]


Choosing = Annotated[Choice, Depends()]


@section.get("/worklist", Act.MISMATCH_VIEW)
def show(
    visit: Visiting, choice: Choosing, after: Annotated[str, Query(max_length=500)] = ""
) -> HTMLResponse:
    """Show the list, a leaf at a time."""
    found = choice.items(visit, Act.MISMATCH_VIEW)
    (since, until), now = choice.days(visit), visit.site.now()
    shown, behind = leaf(found, after, _AT_ONCE)
    asked = {
        "branch": choice.branch,
        "first": since,
        "last": until,
        "kind": choice.kind or "",
        "standing": choice.standing or "",
        "to": choice.to,
    }
    return visit.page(
        "worklist.html.j2",
        items=shown,
        count=len(found),
        overdue=sum(one.is_overdue(now) for one in found),
        now=now,
        asked=asked,
        start=f"/worklist?{urlencode(asked)}" if after else None,
        following=f"/worklist?{urlencode({**asked, 'after': behind})}" if behind else None,
        earlier=visit.site.reading.catalog.days.left_before(
            since, _branches(visit, choice.branch, Act.MISMATCH_VIEW)
        ),
        taken_out=urlencode(asked) if visit.may(Act.REPORT_EXPORT) else None,
        branches=branches_to_choose(visit, Act.MISMATCH_VIEW),
        kinds=KINDS,
        standings=STANDINGS,
        roles=ROLES,
    )


@section.get(_ITEM, Act.MISMATCH_VIEW, named_branch)
def show_item(visit: Visiting, branch: str, day: date, item: str) -> HTMLResponse:
    """Show one discrepancy with its pages, its values and what was done about it."""
    return _shown(visit, _item(visit, branch, day, item), Typed())


@section.post(_ITEM + "/assign", Act.MISMATCH_RESOLVE, named_branch)
def assign(
    visit: Visiting, branch: str, day: date, item: str, seen: Seen = 0, to: Text = ""
) -> Response:
    """Give it to a person."""
    typed = Typed("assign")
    return _done(
        visit, branch, day, item, typed, lambda desk, one, at: desk.assign(one, to, seen, at)
    )


@section.post(_ITEM + "/explain", Act.MISMATCH_EXPLAIN, named_branch)
def explain(
    visit: Visiting, branch: str, day: date, item: str, seen: Seen = 0, text: Text = ""
) -> Response:
    """Say why it is there."""
    typed = Typed("explain", text)
    return _done(
        visit, branch, day, item, typed, lambda desk, one, at: desk.explain(one, text, seen, at)
    )


@section.post(_ITEM + "/resolve", Act.MISMATCH_RESOLVE, named_branch)
def resolve(
    visit: Visiting,
    branch: str,
    day: date,
    item: str,
    proof: Annotated[ProofKind, Form()] = ProofKind.NOTE,
    seen: Seen = 0,
    reference: Text = "",
    text: Text = "",
) -> Response:
    """Settle it by a proof."""
    typed = Typed("resolve", text, proof, reference)

    def settle(desk: Settling, one: WorkItem, at: datetime) -> None:
        desk.resolve(one, proof, reference, text, seen, at)

    return _done(visit, branch, day, item, typed, settle)


@section.post(_ITEM + "/reopen", Act.MISMATCH_RESOLVE, named_branch)
def reopen(
    visit: Visiting, branch: str, day: date, item: str, seen: Seen = 0, text: Text = ""
) -> Response:
    """Take its settling back, with the reason."""
    typed = Typed("reopen", text)
    return _done(
        visit, branch, day, item, typed, lambda desk, one, at: desk.take_back(one, text, seen, at)
    )


@dataclass(frozen=True)
class Typed:
    """What somebody wrote into a form; shown again where it could not be done."""

    act: str = ""
    text: str = ""
    proof: ProofKind = ProofKind.PAGE
    reference: str = ""


def _branches(visit: Visit, branch: str, act: Act) -> frozenset[str] | None:
    """The branches of the list: the chosen one, else all at which the person may do an act; None: all."""
    allowed = visit.branches(act)
    if not branch:
        return allowed
    if allowed is not None and branch not in allowed:
        raise NotSeen
    return frozenset({branch})


def _item(visit: Visit, branch: str, day: date, item: str) -> WorkItem:
    found = work_item(visit.site.reading, day, branch, item)
    if found is None:
        raise NotSeen
    return found


def _done(
    visit: Visit,
    branch: str,
    day: date,
    item: str,
    typed: Typed,
    act: Callable[[Settling, WorkItem, datetime], None],
) -> Response:
    """Do an act and show the item anew; who cannot sees why, and what others did meanwhile."""
    desk = Settling(visit.site.parts, visit.person.name, visit.person.session)
    try:
        act(desk, _item(visit, branch, day, item), visit.site.now())
    except UserError as error:
        return _shown(visit, _item(visit, branch, day, item), typed, error.message)
    return RedirectResponse(f"/worklist/{quote(branch)}/{day}/{item}", 303)


def _shown(
    visit: Visit, item: WorkItem, typed: Typed, fault: Message | None = None
) -> HTMLResponse:
    branch = item.key.branch
    sees_pages = visit.may(Act.PAGE_WORK, branch)
    sight = Sight.FULL if sees_pages else Sight.MASKED
    return visit.page(
        "worklist_item.html.j2",
        422 if fault else 200,
        item=item,
        fault=fault,
        typed=typed,
        now=visit.site.now(),
        values=_values(item, sight, visit.lang),
        sides=sides(item.key.kind),
        workers=workers(visit.site.reading, branch),
        sees_pages=sees_pages,
        opens_pages=visit.may(Act.STATION_VIEW, branch),
        may_explain=visit.may(Act.MISMATCH_EXPLAIN, branch),
        may_settle=visit.may(Act.MISMATCH_RESOLVE, branch),
        kinds=KINDS,
        words=SETTLING,
        proofs=PROOFS,
        roles=ROLES,
    )


def _values(item: WorkItem, sight: Sight, lang: str) -> list[Any]:
    """The values of both sides, masked for who does not work on pages."""
    return [
        pair
        for one in item.found
        for pair in value_pairs(_seen(one.read, sight), _seen(one.expected, sight), lang)
    ]


def _seen(values: Any, sight: Sight) -> dict[str, Any]:
    if sight is Sight.FULL:
        return dict(values)
    return {name: masked(name, str(value), sight) for name, value in values.items()}
