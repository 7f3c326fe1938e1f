"""The keying desk: what could not be read surely, keyed from its place on the page."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Form, Query
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from catalog.reports.wording import FIELDS
from flows.commands.keying_work import told_entry
from flows.commands.reasons import parsed_reason
from flows.keying_pictures import KeyingPictures
from flows.known_work import keying_for
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.keying.entry import checked_value
from pipeline.keying.tasks import KeyingTask, Unreadable
from pipeline.keying.wording import CAUSES, UNREADABLE
from pipeline.language import Message, say
from web.guarding import Section, Visiting, named_branch
from web.pages.choosing import branches_to_choose
from web.visit import NotSeen, Visit

section = Section()
_AT = "/keying/{branch}"
_TASK = _AT + "/{no}"
Answer = Annotated[str, Form(max_length=200)]


@section.get("/keying", Act.PAGE_KEY)
def choose(visit: Visiting) -> Response:
    """Go to one's branch's queue; who has several chooses."""
    branches = branches_to_choose(visit, Act.PAGE_KEY)
    if len(branches) == 1:
        return RedirectResponse(_next(branches[0][0]), 303)
    return visit.page("choose_branch.html.j2", branches=branches, to="/keying", day=None)


@section.get(_AT, Act.PAGE_KEY, named_branch)
def desk(visit: Visiting, branch: str, after: Annotated[int, Query(ge=0)] = 0) -> HTMLResponse:
    """Show the next task behind ``after`` that this person may key."""
    waiting = keying_for(visit.site.reading, visit.person.name, None, branch)
    task = next((one for one in waiting if one.no > after), waiting[0] if waiting else None)
    if task is not None:
        task = visit.site.parts.catalog.keying.look(task.no, visit.person.name)
    return _show(visit, branch, task, len(waiting))


@section.get(_TASK + "/picture", Act.PAGE_KEY, named_branch)
def picture(visit: Visiting, branch: str, no: int) -> Response:
    """Give the picture of a task's place."""
    task = _task(visit, branch, no)
    subject = Subject(branch, page=task.page_id)
    visit.guard.must_know(Act.PAGE_KEY, subject, visit.site.now())
    path = KeyingPictures(visit.site.parts, visit.site.at_need)(task)
    if path is None:
        raise NotSeen
    return FileResponse(path, media_type="image/png", headers={"cache-control": "private"})


@section.post(_TASK + "/enter", Act.PAGE_KEY, named_branch)
def enter(visit: Visiting, branch: str, no: int, value: Answer = "") -> Response:
    """Keep what was keyed, if it can be a value of its field."""
    task = _task(visit, branch, no)
    keying = visit.site.parts.catalog.keying
    try:
        grammar = visit.site.parts.settings.reading.serial_grammar
        keying.enter(no, visit.person.name, checked_value(task.field, value, grammar))
    except UserError as error:
        return _again(visit, branch, no, error.message, value)
    return RedirectResponse(_next(branch, no), 303)


@section.post(_TASK + "/cannot", Act.PAGE_KEY, named_branch)
def cannot(visit: Visiting, branch: str, no: int, reason: Answer) -> Response:
    """Keep that the person cannot read it, and why."""
    _task(visit, branch, no)
    why = parsed_reason(reason, Unreadable)
    try:
        visit.site.parts.catalog.keying.cannot(no, visit.person.name, why)
    except UserError as error:
        return _again(visit, branch, no, error.message)
    return RedirectResponse(_next(branch, no), 303)


@section.post(_AT + "/undo", Act.PAGE_KEY, named_branch)
def undo(visit: Visiting, branch: str) -> Response:
    """Take one's own last entry back and key it anew."""
    task = visit.site.parts.catalog.keying.undo(visit.person.name)
    return RedirectResponse(_next(branch, task.no - 1), 303)


def _next(branch: str, after: int = 0) -> str:
    return f"/keying/{quote(branch)}?after={after}"


def _task(visit: Visit, branch: str, no: int) -> KeyingTask:
    """The task of a number, where it is the branch's."""
    try:
        task = visit.site.reading.catalog.keying.task(no)
    except UserError as error:
        raise NotSeen from error
    if task.branch != branch:
        raise NotSeen
    return task


def _again(visit: Visit, branch: str, no: int, message: Message, value: str = "") -> HTMLResponse:
    """Show the task once more with what is wrong; another person may have been quicker."""
    waiting = keying_for(visit.site.reading, visit.person.name, None, branch)
    task = next((one for one in waiting if one.no == no), None)
    return _show(visit, branch, task, len(waiting), message=message, value=value, code=422)


def _show(
    visit: Visit, branch: str, task: KeyingTask | None, waiting: int, **more: Any
) -> HTMLResponse:
    shown = {"message": None, "value": "", "code": 200, **more}
    entries = task.shown_to(visit.person.name) if task else ()
    today = datetime.combine(visit.today, time.min, ZONE)
    last = visit.site.reading.catalog.keying.undoable(visit.person.name, today)
    return visit.page(
        "keying.html.j2",
        branch=branch,
        task=task,
        waiting=waiting,
        field=FIELDS[task.field] if task else say("Field"),
        cause=CAUSES[task.cause] if task else None,
        entries=[(told_entry(one), one.person) for one in entries],
        may_undo=last is not None and last.branch == branch,
        reasons=[(str(reason), told) for reason, told in UNREADABLE.items()],
        **shown,
    )
