"""Levels of secrecy: who may know what is secret, and how secret archives, pages and packages are."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.secrecy import Secrecy
from flows.secrecy_desk import SecrecyDesk
from pipeline.access.acts import Act
from pipeline.access.separation import ADMINISTRATORS
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.secrecy import ITEM_KINDS, LEVEL_ACTS, Item, ItemKind, LevelAct, LevelActKind
from pipeline.staff import ROLES, Role
from web.guarding import Section, Visiting, named_branch
from web.pages.choosing import branches_to_choose
from web.visit import NotSeen, Visit

section = Section("/secrecy")
_OF = "/of/{branch}"
Text = Annotated[str, Form(max_length=500)]
Named = Annotated[str, Query(max_length=80)]
READERS = tuple(one for one in Role if one not in ADMINISTRATORS)
"""Roles that an access list may name."""


@section.get("", Act.SECRECY_VIEW)
def lists(visit: Visiting) -> HTMLResponse:
    """Show the levels and their access lists."""
    return _lists(visit)


@section.post("/admit", Act.SECRECY_ADMIT)
def admit(
    visit: Visiting,
    level: Text = "",
    person: Text = "",
    role: Text = "",
    since: Annotated[date | None, Form()] = None,
    until: Annotated[date | None, Form()] = None,
    reason: Text = "",
) -> Response:
    """Put a person or a role on the access list of a level."""
    try:
        if bool(person.strip()) is bool(role):
            raise UserError(say("Name either a person or a role."))
        who = Role(role) if role in set(Role) else person
        of = Secrecy(visit.site.parts).ladder.of(level)
        _desk(visit).admit(of, who, (since or visit.today, until), reason, visit.site.now())
    except UserError as error:
        return _lists(visit, error.message)
    return RedirectResponse("/secrecy", 303)


@section.post("/{no}/end", Act.SECRECY_ADMIT)
def end(visit: Visiting, no: int, reason: Text = "") -> Response:
    """End a place on an access list."""
    try:
        _desk(visit).end(no, reason, visit.site.now())
    except UserError as error:
        return _lists(visit, error.message)
    return RedirectResponse("/secrecy", 303)


@section.get("/of", Act.SECRECY_SET)
def choose(visit: Visiting) -> Response:
    """Go to one's branch; who has several chooses."""
    branches = branches_to_choose(visit, Act.SECRECY_SET)
    if len(branches) == 1:
        return RedirectResponse(f"/secrecy/of/{quote(branches[0][0])}", 303)
    return visit.page("choose_branch.html.j2", branches=branches, to="/secrecy/of", day=None)


@section.get(_OF, Act.SECRECY_SET, named_branch)
def decisions(
    visit: Visiting, branch: str, kind: ItemKind = ItemKind.ARCHIVE, key: Named = ""
) -> HTMLResponse:
    """Show what was decided at a branch, what waits for another person, and the form."""
    return _decisions(visit, branch, kind, key)


@section.post(_OF, Act.SECRECY_SET, named_branch)
def decide(
    visit: Visiting,
    branch: str,
    kind: Annotated[ItemKind, Form()] = ItemKind.ARCHIVE,
    key: Text = "",
    level: Text = "",
    reason: Text = "",
) -> Response:
    """Raise a level, or ask to lower it."""
    try:
        item = _item(visit, branch, kind, key.strip())
        of = Secrecy(visit.site.parts).ladder.of(level)
        _desk(visit).set(item, of, reason, visit.site.now())
    except UserError as error:
        return _decisions(visit, branch, kind, key, error.message)
    return RedirectResponse(f"/secrecy/of/{quote(branch)}", 303)


@section.post(_OF + "/{no}/confirm", Act.SECRECY_SET, named_branch)
def confirm(visit: Visiting, branch: str, no: int, reason: Text = "") -> Response:
    """Confirm that a level is lowered, as another person."""
    return _settled(visit, branch, no, LevelActKind.CONFIRM, reason)


@section.post(_OF + "/{no}/refuse", Act.SECRECY_SET, named_branch)
def refuse(visit: Visiting, branch: str, no: int, reason: Text = "") -> Response:
    """Refuse that a level is lowered."""
    return _settled(visit, branch, no, LevelActKind.REFUSE, reason)


def _settled(visit: Visit, branch: str, no: int, kind: LevelActKind, reason: str) -> Response:
    try:
        if visit.site.parts.catalog.secrecy.one(no).item.branch != branch:
            raise NotSeen
        _desk(visit).settle(no, kind, reason, visit.site.now())
    except UserError as error:
        return _decisions(visit, branch, fault=error.message)
    return RedirectResponse(f"/secrecy/of/{quote(branch)}", 303)


def _item(visit: Visit, branch: str, kind: ItemKind, key: str) -> Item:
    """The thing that a form names; another branch's looks like one that is not there."""
    desk = _desk(visit)
    of_kind = {
        ItemKind.ARCHIVE: desk.archive,
        ItemKind.PAGE: desk.page,
        ItemKind.PACKAGE: desk.package,
    }
    item = of_kind[kind](key)
    if item.branch != branch:
        raise UserError(say("Branch {branch} has nothing of this number.", branch=branch))
    return item


def _desk(visit: Visit) -> SecrecyDesk:
    return SecrecyDesk(visit.guard)


def _lists(visit: Visit, fault: Message | None = None) -> HTMLResponse:
    secrecy, register = Secrecy(visit.site.parts), visit.site.parts.catalog.secrecy
    return visit.page(
        "secrecy.html.j2",
        422 if fault else 200,
        fault=fault,
        ladder=secrecy.ladder,
        types=[
            (
                level,
                [
                    kind
                    for kind in secrecy.parts.profile.types.values()
                    if kind.secrecy == level.code
                ],
            )
            for level in secrecy.ladder.levels
        ],
        readers=register.readers(),
        roles=ROLES,
        choices=READERS,
        may_admit=visit.may(Act.SECRECY_ADMIT),
    )


def _decisions(
    visit: Visit,
    branch: str,
    kind: ItemKind = ItemKind.ARCHIVE,
    key: str = "",
    fault: Message | None = None,
) -> HTMLResponse:
    register = visit.site.parts.catalog.secrecy

    def here(acts: tuple[LevelAct, ...]) -> list[LevelAct]:
        return [one for one in acts if one.item.branch == branch]

    return visit.page(
        "secrecy_branch.html.j2",
        422 if fault else 200,
        branch=branch,
        fault=fault,
        kind=kind,
        key=key,
        ladder=Secrecy(visit.site.parts).ladder,
        kinds=ITEM_KINDS,
        words=LEVEL_ACTS,
        acts=here(register.all())[::-1],
        waiting=here(register.waiting()),
    )
