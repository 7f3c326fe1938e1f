"""The review desk: one captured task after the other, decided with one key."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Form
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from catalog.reports.wording import FIELDS
from flows.commands.reasons import parsed_reason
from flows.review import Review
from flows.review_desk import ALL_REVIEWED, OnDesk, ShownField, nothing_waits, on_desk
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.language import Message, say
from pipeline.tasks.review import REJECT_REASONS, RejectReason
from pipeline.tasks.states import CaptureTask
from web.guarding import Section, Visiting, named_branch
from web.pages.choosing import branches_to_choose
from web.visit import Visit

section = Section()
_TASK = "/review/{branch}/{day}/tasks/{serial}/{kind}"


@section.get("/review", Act.TASK_REVIEW)
def choose(visit: Visiting) -> Response:
    """Go to one's branch's day; who has several chooses."""
    branches = branches_to_choose(visit, Act.TASK_REVIEW)
    if len(branches) == 1:
        return RedirectResponse(f"/review/{quote(branches[0][0])}/{visit.today}", 303)
    return visit.page("choose_branch.html.j2", branches=branches, to="/review", day=visit.today)


@section.get("/review/{branch}", Act.TASK_REVIEW, named_branch)
def other_day(branch: str, day: date) -> RedirectResponse:
    """Go to the day that was chosen."""
    return RedirectResponse(f"/review/{quote(branch)}/{day}", 303)


@section.get("/review/{branch}/{day}", Act.TASK_REVIEW, named_branch)
def desk(visit: Visiting, branch: str, day: date) -> HTMLResponse:
    """Show the desk; its script fetches task after task."""
    review = Review(visit.site.reading, visit.person.name)
    waiting = review.waiting(day, branch, visit.person)
    none = ALL_REVIEWED if waiting else nothing_waits(visit.site.reading, day, branch)
    words = {**_WORDS, "none": none}
    return visit.page(
        "review.html.j2",
        branch=branch,
        day=day,
        waiting=[[task.serial_no, task.document_type] for task in waiting],
        reasons=[[reason.value, told.in_language(visit.lang)] for reason, told in _REASONS],
        words={name: one.in_language(visit.lang) for name, one in words.items()},
    )


@section.get(_TASK, Act.TASK_REVIEW, named_branch)
def task(visit: Visiting, branch: str, day: date, serial: str, kind: str) -> JSONResponse:
    """Tell what lies on the desk for one task."""
    asked = _named(visit, branch, day, serial, kind)
    pages = [one.page_id for one in asked.standing.pages]
    guard = visit.guard
    guard.must_know(Act.TASK_REVIEW, Subject(branch), visit.site.now(), pages)
    found = on_desk(visit.site.reading, asked)
    return JSONResponse(_told(found, visit))


@section.post(_TASK + "/pass", Act.TASK_REVIEW, named_branch)
def pass_(visit: Visiting, branch: str, day: date, serial: str, kind: str) -> JSONResponse:
    """Pass a task."""
    return _state(_review(visit).pass_(_named(visit, branch, day, serial, kind)))


@section.post(_TASK + "/reject", Act.TASK_REVIEW, named_branch)
def reject(
    visit: Visiting,
    branch: str,
    day: date,
    serial: str,
    kind: str,
    reason: Annotated[str, Form()],
    note: Annotated[str, Form(max_length=500)] = "",
) -> JSONResponse:
    """Reject a task's pages; the operator is told why."""
    why = parsed_reason(reason, RejectReason)
    return _state(
        _review(visit).reject(_named(visit, branch, day, serial, kind), why, note.strip())
    )


@section.post(_TASK + "/undo", Act.TASK_REVIEW, named_branch)
def undo(visit: Visiting, branch: str, day: date, serial: str, kind: str) -> JSONResponse:
    """Take one's own last decision back."""
    return _state(_review(visit).take_back(_named(visit, branch, day, serial, kind)))


_REASONS = tuple(REJECT_REASONS.items())
_WORDS = {
    "left": say("{left} to go, {done} done", left="{left}", done="{done}"),
    "passed": say("{task} passed", task="{task}"),
    "rejected": say("{task} rejected", task="{task}"),
    "undone": say("{task} taken back", task="{task}"),
    "failed": say("The connection broke; try that again."),
    "ended": say("Your session has ended; log in again."),
    "agrees": say("agrees"),
    "near": say("nearly"),
    "differs": say("differs"),
    "not_read": say("not read"),
    "not_expected": say("not booked"),
    "page": say("page {number} of {count}", number="{number}", count="{count}"),
}
_MARKS = {"agrees": "good", "near": "warn", "differs": "bad", "not_read": "warn"}


def _review(visit: Visit) -> Review:
    return Review(visit.site.parts, visit.person.name)


def _named(visit: Visit, branch: str, day: date, serial: str, kind: str) -> CaptureTask:
    return visit.site.reading.catalog.tasks.named(serial, kind, day, branch)


def _state(task: CaptureTask) -> JSONResponse:
    return JSONResponse({"state": str(task.state)})


def _told(found: OnDesk, visit: Visit) -> dict[str, Any]:
    types = visit.site.reading.profile_on(found.task.day).types
    kind = types.get(found.task.document_type)
    return {
        "serial": found.task.serial_no,
        "kind": found.task.document_type,
        "title": kind.name.in_language(visit.lang) if kind else found.task.document_type,
        "business": found.booked.business_name if found.booked else "",
        "pages": [
            {
                "name": page.name,
                "operator": page.operator,
                "picture": f"/pages/{page.delivery_id}/picture",
            }
            for page in found.pages
        ],
        "fields": [_field(one, visit.lang) for one in found.fields],
    }


def _field(one: ShownField, lang: str) -> dict[str, Any]:
    title: Message = FIELDS.get(one.name, say("Field"))
    return {
        "title": title.in_language(lang),
        "booked": one.booked,
        "read": one.read,
        "verdict": one.verdict,
        "mark": _MARKS.get(one.verdict, ""),
        "page": one.page,
        "place": one.place,
    }
