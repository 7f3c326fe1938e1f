"""Appointments: who holds which role where; the proof of their separation; who may what."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.commands.staff import parsed_teller
from pipeline.access.acts import ACTS, Act
from pipeline.access.policy import RULES, Scope
from pipeline.access.separation import SIDES, holdings
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import ROLES, Appointment, Role, checked_person, person_key
from web.guarding import Section, Visiting
from web.pages.admin.places import NONE_CHOSEN, admin_page
from web.visit import Visit

section = Section("/admin")
_A_PAGE = 100
Text = Annotated[str, Form(max_length=200)]
Asked = Annotated[str, Query(max_length=200)]
_DONE = {
    "appointed": say("The appointment stands."),
    "before": say("The person was appointed so already."),
    "ended": say("The appointment is ended; it stays on record."),
}


@section.get("/staff", Act.STAFF_VIEW)
def staff(
    visit: Visiting,
    name: Asked = "",
    role: Annotated[Role | None, Query(), NONE_CHOSEN] = None,
    branch: Asked = "",
    ended: bool = False,
    after: Asked = "",
    done: Asked = "",
) -> HTMLResponse:
    """List appointments by person."""
    return _list(visit, name, role, branch, ended=ended, after=after, done=_DONE.get(done))


@section.post("/staff", Act.STAFF_APPOINT)
def appoint(
    visit: Visiting,
    person: Text,
    role: Annotated[Role, Form()],
    branch: Text = "",
    teller: Text = "",
) -> Response:
    """Appoint a person; roles that may not meet are refused in a sentence, and the attempt is kept."""
    catalog = visit.site.parts.catalog
    try:
        named, at = checked_person(person), branch or None
        if at is not None:
            catalog.branches.require(at)
        number = parsed_teller(teller or None)
        new = catalog.staff.add(named, role, at, visit.person.name, number)
    except UserError as error:
        given = {"person": person, "role": role, "branch": branch, "teller": teller}
        return _list(visit, person, message=error.message, given=given)
    return _back(named, "appointed" if new else "before")


@section.post("/staff/end", Act.STAFF_APPOINT)
def end(
    visit: Visiting,
    person: Text,
    role: Annotated[Role, Form()],
    branch: Text = "",
    teller: Text = "",
) -> Response:
    """End an appointment."""
    staff = visit.site.parts.catalog.staff
    try:
        staff.end(person, role, branch or None, visit.person.name, teller or None)
    except UserError as error:
        return _list(visit, person, message=error.message)
    return _back(person, "ended")


@section.get("/separation", Act.ACCESS_REPORT)
def separation(visit: Visiting) -> HTMLResponse:
    """Show everybody who holds roles with the side they are of, and every conflict."""
    found = holdings(visit.site.reading.catalog.staff.appointments())
    return admin_page(
        visit,
        "admin_separation.html.j2",
        found=sorted(found, key=lambda one: one.conflict is None),
        conflicts=sum(one.conflict is not None for one in found),
        roles=ROLES,
        sides=SIDES,
    )


@section.get("/matrix", Act.STAFF_VIEW)
def matrix(visit: Visiting) -> HTMLResponse:
    """Show every protected act by role: the table that decides, as it is."""
    return admin_page(
        visit,
        "admin_matrix.html.j2",
        acts=ACTS,
        rules=RULES,
        roles=ROLES,
        to_all=(Scope.OWN, Scope.PUBLIC),
    )


def _back(person: str, done: str) -> RedirectResponse:
    return RedirectResponse(f"/admin/staff?{urlencode({'name': person, 'done': done})}", 303)


def _list(
    visit: Visit,
    name: str = "",
    role: Role | None = None,
    branch: str = "",
    *,
    ended: bool = False,
    after: str = "",
    message: Message | None = None,
    done: Message | None = None,
    given: dict[str, str] | None = None,
) -> HTMLResponse:
    catalog = visit.site.parts.catalog
    people: dict[str, list[Appointment]] = {}
    for one in catalog.staff.appointments():
        key = person_key(one.person)
        suits = person_key(name) in key and role in (None, one.role) and branch in ("", one.branch)
        if suits and key > after and (ended or one.until is None):
            people.setdefault(key, []).append(one)
    keys = sorted(people)
    asked = {"name": name, "branch": branch, **({"role": role.value} if role else {})}
    return admin_page(
        visit,
        "admin_staff.html.j2",
        422 if message else 200,
        shown=[one for key in keys[:_A_PAGE] for one in people[key]],
        following=_following(keys, asked | ({"ended": "true"} if ended else {})),
        without_archivist=catalog.staff.without_archivist(
            one.code for one in catalog.branches.all()
        ),
        branches=catalog.branches.all(),
        people=sorted({one.person for one in catalog.accounts.all()}),
        roles=ROLES,
        name=name,
        role=role,
        branch=branch,
        ended=ended,
        after=after,
        given=given or dict.fromkeys(("person", "role", "branch", "teller"), ""),
        message=message,
        done=done,
    )


def _following(keys: list[str], asked: dict[str, str]) -> str | None:
    if len(keys) <= _A_PAGE:
        return None
    return f"/admin/staff?{urlencode({**asked, 'after': keys[_A_PAGE - 1]})}"
