"""A customer's archive: transactions, pages, all that happened to a page; each showing for a purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import Form
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from catalog.dossier import Dossier, PageDossier
from catalog.reports.values import shown
from catalog.reports.wording import FIELDS
from flows.page_history import history
from flows.pictures import Pictures
from flows.secrecy import Secrecy
from pipeline.access.acts import Act
from pipeline.access.masking import Sight, masked
from pipeline.access.policy import Because, NotAllowed
from pipeline.access.requests import Subject
from pipeline.archive import LINE_KINDS, Archive
from pipeline.copies import size
from pipeline.digital import ORIGINS, FiledPackage, PlaceKind
from pipeline.errors import UserError
from pipeline.handover import STATES as PAPER_STATES
from pipeline.language import Message, say
from pipeline.shelf import path_of
from web.guarding import Section, Visiting, named_branch
from web.pages.choosing import branches_to_choose
from web.visit import NotSeen, Visit

section = Section()
_AT = "/archive/{branch}"
_TRANSACTION = _AT + "/{day}/{serial}"
_PAGE = _TRANSACTION + "/{page}"
_AT_ONCE = 50
_SHOWING = timedelta(minutes=15)
"""So long the picture belongs to a showing that was entered: a page is opened anew after it."""
Text = Annotated[str, Form(max_length=500)]
Ticked = Annotated[bool, Form()]


@section.get("/archive", Act.CUSTOMER_VIEW)
def choose(visit: Visiting) -> Response:
    """Go to one's branch's archive; who has several chooses."""
    branches = branches_to_choose(visit, Act.CUSTOMER_VIEW)
    if len(branches) == 1:
        return RedirectResponse(f"/archive/{branches[0][0]}", 303)
    return visit.page("choose_branch.html.j2", branches=branches, to="/archive", day=None)


@section.get(_AT, Act.CUSTOMER_VIEW, named_branch)
def ask(visit: Visiting, branch: str) -> HTMLResponse:
    """Ask whose archive, and what for."""
    return _asked(visit, branch)


@section.post(_AT, Act.CUSTOMER_VIEW, named_branch)
def show(
    visit: Visiting,
    branch: str,
    number: Text = "",
    purpose: Text = "",
    full: Ticked = False,
    before_day: Annotated[date | None, Form()] = None,
    before_serial: Text = "",
) -> HTMLResponse:
    """Show a customer's transactions at the branch; the number is sent in the body: no address holds it."""
    wanted = _customer(visit, branch, number.strip())
    if not wanted:
        return _asked(visit, branch, say("Type the customer's number."), purpose=purpose)
    try:
        sight = _view(visit, Act.CUSTOMER_VIEW, Subject(branch, wanted), purpose, full=full)
    except UserError as error:
        return _asked(visit, branch, _if_lacking(error), number=wanted, purpose=purpose)
    catalog = visit.site.reading.catalog
    before = (before_day, before_serial) if before_day else None
    rows = catalog.dossiers.of_customer(wanted, branch, before, _AT_ONCE + 1)
    known = catalog.customers.of_numbers([wanted]).get(wanted)
    if not rows and (known is None or known.owner_branch != branch):
        return _asked(visit, branch, _UNKNOWN, number=wanted, purpose=purpose)
    return visit.page(
        "archive_customer.html.j2",
        branch=branch,
        number=wanted,
        purpose=purpose,
        full=full,
        person=_person(wanted, known, rows, sight),
        known=known,
        rows=rows[:_AT_ONCE],
        more=len(rows) > _AT_ONCE,
        archive=_archive(visit, branch, wanted),
        level=Secrecy(visit.site.reading).of(Subject(branch, wanted)),
        ladder=visit.site.reading.profile.ladder,
        digital=_known(
            visit,
            [one for one in catalog.digital.of_customer(wanted) if one.package.branch == branch],
        ),
        **_DIGITAL,
        containers=catalog.shelf.all(),
        path_of=path_of,
        line_kinds=LINE_KINDS,
        seen=catalog.viewings.of_customer(wanted)[:20],
    )


@section.get(_TRANSACTION, Act.CUSTOMER_VIEW, named_branch)
@section.get(_PAGE, Act.CUSTOMER_VIEW, named_branch)
def ask_again(branch: str) -> Response:
    """Nothing is shown for its address alone: who reloads it, or changes the language, is asked what for."""
    return RedirectResponse(f"/archive/{branch}", 303)


@section.post(_TRANSACTION, Act.CUSTOMER_VIEW, named_branch)
def transaction(
    visit: Visiting, branch: str, day: date, serial: str, purpose: Text = "", full: Ticked = False
) -> HTMLResponse:
    """Show a transaction with its pages and where its paper is."""
    dossier = _dossier(visit, branch, day, serial)
    subject = Subject(branch, dossier.transaction["customer_no"])
    try:
        sight = _view(visit, Act.CUSTOMER_VIEW, subject, purpose, full=full)
    except UserError as error:
        return _asked(visit, branch, _if_lacking(error))
    pages = [one.sha256 for one in dossier.pages]
    values = {
        name: shown(name, masked(name, str(value), sight), visit.lang)
        for name, value in dossier.transaction.items()
        if name in FIELDS and name != "occur_at"
    }
    return visit.page(
        "archive_transaction.html.j2",
        branch=branch,
        day=day,
        dossier=dossier,
        ladder=visit.site.reading.profile.ladder,
        marks=Secrecy(visit.site.reading).marks(visit.person, pages, branch, visit.site.now()),
        digital=_known(
            visit, visit.site.reading.catalog.digital.of_transaction(day, branch, serial)
        ),
        **_DIGITAL,
        values=values,
        fields=FIELDS,
        purpose=purpose,
        full=full,
        paper_states=PAPER_STATES,
        parsed=datetime.fromisoformat,
    )


@section.post(_PAGE, Act.PAGE_VIEW, named_branch)
def page_history(
    visit: Visiting, branch: str, day: date, serial: str, page: str, purpose: Text = ""
) -> HTMLResponse:
    """Show a page and all that ever happened to it."""
    dossier = _dossier(visit, branch, day, serial)
    found = _of(dossier, page)
    try:
        _view(visit, Act.PAGE_VIEW, _subject(dossier, page), purpose)
    except UserError as error:
        return _asked(visit, branch, _if_lacking(error))
    return visit.page(
        "archive_page.html.j2",
        branch=branch,
        day=day,
        dossier=dossier,
        page=found,
        level=Secrecy(visit.site.reading).of(_subject(dossier, page)),
        ladder=visit.site.reading.profile.ladder,
        purpose=purpose,
        events=history(visit.site.parts, dossier, found),
    )


@section.get(_PAGE + "/picture", Act.PAGE_VIEW, named_branch)
def picture(visit: Visiting, branch: str, day: date, serial: str, page: str) -> Response:
    """Give a page's picture to who has just been shown the page; the showing is entered already."""
    dossier = _dossier(visit, branch, day, serial)
    found = _of(dossier, page)
    since = visit.site.now() - _SHOWING
    showings = visit.site.reading.catalog.viewings.of_page(page)
    if not any(one.key == visit.person.key and one.at >= since for one in showings):
        raise NotSeen
    guard = visit.guard
    guard.must_know(Act.PAGE_VIEW, _subject(dossier, page), visit.site.now())
    shown = (visit.site.reading.catalog.arrivals.one(one["id"]) for one in found.deliveries)
    arrived = next((one for one in shown if one and one.branch == branch), None)
    path = Pictures(visit.site.parts, visit.site.at_need).large(arrived) if arrived else None
    if path is None:
        raise NotSeen
    return FileResponse(path, media_type="image/jpeg", headers={"cache-control": "no-store"})


_DIGITAL: Mapping[str, Any] = {"origins": ORIGINS, "place_kinds": tuple(PlaceKind), "size": size}
"""What the table of born-digital packages is written with."""
_UNKNOWN = say("The branch has nothing of a customer of this number; look at it once more.")


def _known(visit: Visit, filed: Sequence[FiledPackage]) -> list[FiledPackage]:
    """The packages whose level of secrecy the person may know."""
    return Secrecy(visit.site.reading).known_packages(visit.person, filed, visit.site.now())


def _archive(visit: Visit, branch: str, number: str) -> Archive | None:
    """The archive under a customer's, bag's or entry's number, where it is this branch's."""
    try:
        found = visit.site.reading.catalog.archives.one(number)
    except UserError:
        return None
    return found if found.branch == branch else None


def _customer(visit: Visit, branch: str, number: str) -> str:
    """Whose number it is: the customer's own, or that of the customer's bag."""
    found = _archive(visit, branch, number)
    return found.customer_no if found else number


def _asked(
    visit: Visit, branch: str, fault: Message | None = None, number: str = "", purpose: str = ""
) -> HTMLResponse:
    return visit.page(
        "archive.html.j2",
        422 if fault else 200,
        branch=branch,
        fault=fault,
        number=number,
        purpose=purpose,
    )


def _view(visit: Visit, act: Act, subject: Subject, purpose: str, *, full: bool = False) -> Sight:
    """Enter a showing before anything is shown, and another where sensitive fields are shown in full."""
    guard = visit.guard
    guard.view(act, subject, purpose, visit.site.now())
    if not full:
        return Sight.MASKED
    guard.view(Act.FIELD_UNMASK, subject, purpose, visit.site.now())
    return Sight.FULL


def _if_lacking(error: UserError) -> Message:
    """The sentence of a refusal that the person can do something about; raises every other."""
    if isinstance(error, NotAllowed) and error.reason not in (Because.PURPOSE, Because.APPROVAL):
        if error.reason == Because.BRANCH:
            raise NotSeen from error
        raise error
    return error.message


def _dossier(visit: Visit, branch: str, day: date, serial: str) -> Dossier:
    dossiers = visit.site.reading.catalog.dossiers
    found = dossiers.transactions(serial, day, branch)
    if not found:
        raise NotSeen
    return dossiers.of(found[0])


def _of(dossier: Dossier, page: str) -> PageDossier:
    found = next((one for one in dossier.pages if one.sha256 == page), None)
    if found is None:
        raise NotSeen
    return found


def _subject(dossier: Dossier, page: str) -> Subject:
    return Subject(dossier.branch, dossier.transaction["customer_no"], page)


def _person(
    number: str, known: Any, rows: Sequence[Mapping[str, Any]], sight: Sight
) -> dict[str, str]:
    """Name and numbers as the master has them, else as they were booked last."""
    told = {"customer_no": number}
    if known is not None:
        told |= {"customer_name": known.name, "id_type": known.id_type, "id_no": known.id_no}
    elif rows:
        told |= {name: rows[0][name] for name in ("customer_name", "id_type", "id_no")}
    return {name: masked(name, value, sight) for name, value in told.items()}
