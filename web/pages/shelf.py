"""The shelf list: whose papers lie where, to look at, to print, and to move bags by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pipeline.access.acts import Act
from pipeline.access.masking import Sight, masked
from pipeline.archive import Archive
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.shelf import KINDS, Container, ContainerKind, Containers, path_of
from web.guarding import Section, Visiting, named_branch
from web.pages.choosing import branches_to_choose
from web.visit import NotSeen, Visit

section = Section()
_AT = "/shelf/{branch}"
_AT_ONCE = 200
"""Bags on a leaf: four printed pages."""
Named = Annotated[str, Query(max_length=40)]
Text = Annotated[str, Form(max_length=200)]


@section.get("/shelf", Act.SHELF_VIEW)
def choose(visit: Visiting) -> Response:
    """Go to one's branch's shelves; who has several chooses."""
    branches = branches_to_choose(visit, Act.SHELF_VIEW)
    if len(branches) == 1:
        return RedirectResponse(f"/shelf/{quote(branches[0][0])}", 303)
    return visit.page("choose_branch.html.j2", branches=branches, to="/shelf", day=None)


@section.get(_AT, Act.SHELF_VIEW, named_branch)
def show(visit: Visiting, branch: str, place: Named = "", after: Named = "") -> HTMLResponse:
    """Show bags by customer number (CG-17.1a); ``place``: what stands in it, ``after``: behind this bag."""
    return _shown(visit, branch, place, after)


@section.post(_AT + "/move", Act.ARCHIVE_FILE, named_branch)
def move(
    visit: Visiting, branch: str, number: Text = "", into: Text = "", reason: Text = ""
) -> Response:
    """Move a bag, volume, box or cabinet; earlier moves stay."""
    typed = {"number": number, "into": into, "reason": reason}
    try:
        _move(visit, branch, number.strip(), into.strip(), " ".join(reason.split()))
    except UserError as error:
        return _shown(visit, branch, fault=error.message, typed=typed)
    return RedirectResponse(f"/shelf/{quote(branch)}?{urlencode({'place': into.strip()})}", 303)


def _move(visit: Visit, branch: str, number: str, into: str, reason: str) -> None:
    shelf = visit.site.parts.catalog.shelf
    known = shelf.all()
    for one in (number, into):
        if one not in known or known[one].branch != branch:
            raise UserError(
                say("Branch {branch} has no bag or place {number}.", branch=branch, number=one[:40])
            )
    if not reason or not reason.isprintable():
        raise UserError(say("Say why it is moved."))
    if known[number].inside != into:  # sent twice it is moved once
        shelf.move(number, into, reason, visit.person.name)


def _shown(
    visit: Visit,
    branch: str,
    place: str = "",
    after: str = "",
    fault: Message | None = None,
    typed: Mapping[str, str] | None = None,
) -> HTMLResponse:
    catalog = visit.site.reading.catalog
    containers = {
        number: one for number, one in catalog.shelf.all().items() if one.branch == branch
    }
    if place and place not in containers:
        raise NotSeen
    archives = [one for one in catalog.archives.all(branch) if _lies_in(one, place, containers)]
    bags = [one.bag for one in archives]
    start = bags.index(after) + 1 if after in bags else 0
    shown = archives[start : start + _AT_ONCE]
    sight = Sight.FULL if visit.may(Act.PAGE_WORK, branch) else Sight.MASKED
    at = f"/shelf/{quote(branch)}?{urlencode({'place': place})}"
    return visit.page(
        "shelf.html.j2",
        422 if fault else 200,
        branch=branch,
        place=place,
        rows=[
            (one, masked("customer_no", one.customer_no, sight), _path(one.bag, containers))
            for one in shown
        ],
        count=len(archives),
        places=[(one, _path(one.number, containers)) for one in _places(containers)],
        volumes=[one for one in containers.values() if one.kind is ContainerKind.VOLUME],
        kinds=KINDS,
        start=at if start else None,
        following=f"{at}&{urlencode({'after': shown[-1].bag})}"
        if start + _AT_ONCE < len(archives)
        else None,
        may_move=visit.may(Act.ARCHIVE_FILE, branch),
        fault=fault,
        typed=typed or {},
    )


def _lies_in(one: Archive, place: str, containers: Containers) -> bool:
    return not place or any(each.number == place for each in path_of(one.bag, containers))


def _path(number: str, containers: Containers) -> str:
    """What something stands in, the room first."""
    return " / ".join(one.number for one in path_of(number, containers)[:-1])


def _places(containers: Containers) -> list[Container]:
    """Rooms, cabinets and boxes, as they stand in one another."""
    kinds = (ContainerKind.ROOM, ContainerKind.CABINET, ContainerKind.BOX)
    found = [one for one in containers.values() if one.kind in kinds]
    return sorted(found, key=lambda one: [each.number for each in path_of(one.number, containers)])
