"""Accounts: the system administrator makes and ends them, the security administrator takes factors away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.account_acts import AccountActs
from flows.account_list import STANDINGS, AccountLine, Standing, account_lines
from pipeline.access.accounts import AccountActKind
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import ROLES, person_key
from web.guarding import Section, Visiting
from web.pages.admin.places import NONE_CHOSEN, admin_page
from web.visit import NotSeen, Visit

section = Section("/admin")
_A_PAGE = 100
Text = Annotated[str, Form(min_length=1, max_length=500)]
Asked = Annotated[str, Query(max_length=200)]

_DONE: Mapping[str, Message] = {
    AccountActKind.LOCK: say("The account is locked; its sessions have ended."),
    AccountActKind.UNLOCK: say("The account is open again."),
    AccountActKind.END: say("The account is ended; its record stays."),
    AccountActKind.FACTOR: say("The second factor is taken away; the person enrols another."),
}


@section.get("/accounts", Act.ACCOUNT_LIST)
def accounts(
    visit: Visiting,
    name: Asked = "",
    standing: Annotated[Standing | None, Query(), NONE_CHOSEN] = None,
    after: Asked = "",
) -> HTMLResponse:
    """List accounts by name."""
    return _list(visit, name=name, standing=standing, after=after)


@section.post("/accounts", Act.ACCOUNT_ADD)
def add(visit: Visiting, person: Text) -> HTMLResponse:
    """Make an account and show its one-time password, this once."""
    try:
        password = _acts(visit).add(person, visit.site.now())
    except UserError as error:
        return _list(visit, message=error.message, person=person)
    return _once(visit, person, password)


@section.get("/accounts/person", Act.ACCOUNT_LIST)
def account(visit: Visiting, name: Asked = "", done: Asked = "") -> Response:
    """Show one account, and what may be done to it."""
    if not name:
        return RedirectResponse("/admin/accounts", 303)
    return _one(visit, name, done=_DONE.get(done))


@section.post("/accounts/person", Act.ACCOUNT_CHANGE)
def change(
    visit: Visiting, person: Text, kind: Annotated[AccountActKind, Form()], reason: Text
) -> Response:
    """Lock, unlock, reset or end an account."""
    acts, now = _acts(visit), visit.site.now()
    changes: Mapping[AccountActKind, Callable[..., None]] = {
        AccountActKind.LOCK: acts.lock,
        AccountActKind.UNLOCK: acts.unlock,
        AccountActKind.END: acts.end,
    }
    try:
        if kind is AccountActKind.RESET:
            return _once(visit, person, acts.reset(person, reason, now))
        if kind not in changes:
            raise NotSeen
        changes[kind](person, reason, now)
    except UserError as error:
        return _one(visit, person, message=error.message)
    return _back(person, kind)


@section.post("/accounts/factor", Act.FACTOR_RESET)
def take_factor_away(visit: Visiting, person: Text, reason: Text) -> Response:
    """Take a lost second factor away."""
    try:
        _acts(visit).take_factor_away(person, reason, visit.site.now())
    except UserError as error:
        return _one(visit, person, message=error.message)
    return _back(person, AccountActKind.FACTOR)


def _acts(visit: Visit) -> AccountActs:
    return AccountActs(visit.guard, visit.site.accounts.hasher)


def _back(person: str, kind: AccountActKind) -> RedirectResponse:
    asked = urlencode({"name": person, "done": kind.value})
    return RedirectResponse(f"/admin/accounts/person?{asked}", 303)


def _once(visit: Visit, person: str, password: str) -> HTMLResponse:
    return admin_page(visit, "admin_password.html.j2", person=person, password=password)


def _list(
    visit: Visit,
    name: str = "",
    standing: Standing | None = None,
    after: str = "",
    message: Message | None = None,
    person: str = "",
) -> HTMLResponse:
    lines = account_lines(visit.site.parts.catalog, visit.site.now())
    wanted = [one for one in lines if person_key(name) in one.account.key]
    shown = sorted(
        (one for one in wanted if standing in (None, one.standing) and one.account.key > after),
        key=lambda one: one.account.key,
    )
    following = _following(shown, name, standing) if len(shown) > _A_PAGE else None
    return admin_page(
        visit,
        "admin_accounts.html.j2",
        422 if message else 200,
        lines=shown[:_A_PAGE],
        counts={one: sum(line.standing is one for line in lines) for one in Standing},
        standings=STANDINGS,
        roles=ROLES,
        name=name,
        standing=standing,
        after=after,
        following=following,
        message=message,
        person=person,
    )


def _following(shown: list[AccountLine], name: str, standing: Standing | None) -> str:
    after = shown[_A_PAGE - 1].account.key
    asked = {"name": name, "after": after, **({"standing": standing.value} if standing else {})}
    return f"/admin/accounts?{urlencode(asked)}"


def _one(
    visit: Visit, name: str, *, message: Message | None = None, done: Message | None = None
) -> HTMLResponse:
    key = person_key(name)
    lines = account_lines(visit.site.parts.catalog, visit.site.now())
    line = next((one for one in lines if one.account.key == key), None)
    if line is None:
        raise NotSeen
    return admin_page(
        visit,
        "admin_account.html.j2",
        422 if message else 200,
        line=line,
        standings=STANDINGS,
        roles=ROLES,
        own=key == visit.person.key,
        message=message,
        done=done,
    )
