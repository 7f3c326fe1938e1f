"""Packages that leave the system: asked for by one, approved by another, made encrypted, handed over."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from flows.export_package import SUFFIX, Made, Making, make_package
from flows.exports import ExportDesk
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.exports import (
    CHANNELS,
    DONE,
    EXPORT_STATES,
    WHATS,
    Channel,
    Export,
    ExportActKind,
    ExportState,
    Wanted,
    What,
)
from pipeline.language import Message
from pipeline.staff import person_key
from web.guarding import Section, Visiting, named_branch
from web.pages.choosing import branches_to_choose
from web.pages.evidence import Unwatched
from web.visit import NotSeen, Visit

section = Section()
Text = Annotated[str, Form(max_length=500)]
MARKS = {
    ExportState.WAITING: "warn",
    ExportState.APPROVED: "warn",
    ExportState.MADE: "warn",
    ExportState.SENT: "good",
    ExportState.REFUSED: "bad",
    ExportState.EXPIRED: "",
}


class Written(BaseModel):
    """The form as it was filled in."""

    what: What = What.TRANSACTION
    names: str = Field(default="", max_length=20_000)
    purpose: str = Field(default="", max_length=500)
    recipient: str = Field(default="", max_length=200)
    package_by: Channel = Channel.EMAIL
    key_by: Channel = Channel.PHONE
    age_key: str = Field(default="", max_length=200)

    def wanted(self, branch: str) -> Wanted:
        """What the form asks for."""
        return Wanted(
            branch=branch,
            what=self.what,
            names=tuple(self.names.split()),
            purpose=self.purpose.strip(),
            recipient=self.recipient.strip(),
            package_by=self.package_by,
            key_by=self.key_by,
            age_key=self.age_key.strip(),
        )


def branch_of_export(parts: Parts, path: dict[str, Any]) -> str | None:
    """The branch whose papers an export holds; None where there is no such export."""
    try:
        return parts.catalog.exports.one(int(path["no"])).wanted.branch
    except (UserError, ValueError, OverflowError):
        return None


@section.get("/exports", Act.EXPORT_MAKE)
def show(visit: Visiting) -> HTMLResponse:
    """Show the exports of the branches this person may look at, the newest first."""
    return visit.page(
        "exports.html.j2",
        found=_desk(visit).visible(),
        branches=branches_to_choose(visit, Act.EXPORT_MAKE),
        **_told(visit),
    )


@section.get("/exports/of/{branch}/new", Act.EXPORT_MAKE, named_branch)
def ask(visit: Visiting, branch: str) -> HTMLResponse:
    """Show the form."""
    return _form(visit, branch, Written())


@section.post("/exports/of/{branch}", Act.EXPORT_MAKE, named_branch)
def apply(visit: Visiting, branch: str, written: Annotated[Written, Form()]) -> Response:
    """Enter what is asked for; somebody else decides."""
    try:
        one = _desk(visit).ask(written.wanted(branch), visit.site.now())
    except UserError as error:
        return _form(visit, branch, written, error.message)
    return RedirectResponse(f"/exports/{one.no}", 303)


@section.get("/exports/{no}", Act.EXPORT_MAKE, branch_of_export)
def one(visit: Visiting, no: int) -> HTMLResponse:
    """Show an export with what was done, and what this person may do."""
    return _one(visit, no)


@section.post("/exports/{no}/approve", Act.EXPORT_APPROVE, branch_of_export)
def approve(visit: Visiting, no: int, note: Text = "") -> Response:
    """Approve what somebody else asked for."""
    return _done(visit, no, ExportActKind.APPROVE, note)


@section.post("/exports/{no}/refuse", Act.EXPORT_APPROVE, branch_of_export)
def refuse(visit: Visiting, no: int, note: Text = "") -> Response:
    """Turn down what somebody else asked for."""
    return _done(visit, no, ExportActKind.REFUSE, note)


@section.post("/exports/{no}/make", Act.EXPORT_MAKE, branch_of_export)
def make(visit: Visiting, no: int) -> Response:
    """Make the package; its passphrase is on this page alone."""
    stores, opener = visit.site.at_need()
    making = Making(_desk(visit), stores.vault, opener, Unwatched(), visit.site.now())
    try:
        made = make_package(making, no)
    except UserError as error:
        return _one(visit, no, error.message)
    return _one(visit, no, made=made)


@section.get("/exports/{no}/package", Act.EXPORT_MAKE, branch_of_export)
def package(visit: Visiting, no: int) -> Response:
    """Give the encrypted package to whoever made it."""
    one = _found(visit, no)
    path = visit.site.parts.workspace.exports / f"{one.number}{SUFFIX}"
    if not _is_own(visit, one) or one.act(ExportActKind.MAKE) is None or not path.exists():
        raise NotSeen
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)


@section.post("/exports/{no}/package-sent", Act.EXPORT_MAKE, branch_of_export)
def package_sent(visit: Visiting, no: int, note: Text = "") -> Response:
    """Enter that the package was handed over."""
    return _done(visit, no, ExportActKind.SEND_PACKAGE, note)


@section.post("/exports/{no}/key-sent", Act.EXPORT_MAKE, branch_of_export)
def key_sent(visit: Visiting, no: int, note: Text = "") -> Response:
    """Enter that the key was handed over."""
    return _done(visit, no, ExportActKind.SEND_KEY, note)


def _done(visit: Visit, no: int, kind: ExportActKind, note: str) -> Response:
    desk, now = _desk(visit), visit.site.now()
    try:
        if kind is ExportActKind.APPROVE:
            desk.approve(no, note, now)
        elif kind is ExportActKind.REFUSE:
            desk.refuse(no, note, now)
        else:
            desk.sent(no, kind, note, now)
    except UserError as error:
        return _one(visit, no, error.message)
    return RedirectResponse(f"/exports/{no}", 303)


def _one(
    visit: Visit,
    no: int,
    fault: Message | None = None,
    made: Made | None = None,
) -> HTMLResponse:
    one, desk, now = _found(visit, no), _desk(visit), visit.site.now()
    state = one.state_at(now, desk.days)
    sends = state is ExportState.MADE and visit.may(Act.EXPORT_MAKE, one.wanted.branch)
    return visit.page(
        "export.html.j2",
        422 if fault else 200,
        one=one,
        may_decide=desk.may_decide(one, now),
        may_make=desk.may_make(one, now),
        may_fetch=_is_own(visit, one) and one.act(ExportActKind.MAKE) is not None,
        to_send=[
            (kind, path)
            for kind, path in (
                (ExportActKind.SEND_PACKAGE, "package-sent"),
                (ExportActKind.SEND_KEY, "key-sent"),
            )
            if sends and one.act(kind) is None
        ],
        made=made,
        fault=fault,
        **_told(visit),
    )


def _form(
    visit: Visit, branch: str, written: Written, fault: Message | None = None
) -> HTMLResponse:
    return visit.page(
        "export_new.html.j2",
        422 if fault else 200,
        branch=branch,
        written=written,
        fault=fault,
        **_told(visit),
    )


def _found(visit: Visit, no: int) -> Export:
    try:
        return visit.site.parts.catalog.exports.one(no)
    except UserError as error:
        raise NotSeen from error


def _is_own(visit: Visit, one: Export) -> bool:
    return visit.person.key == person_key(one.applicant)


def _desk(visit: Visit) -> ExportDesk:
    return ExportDesk(visit.guard)


def _told(visit: Visit) -> dict[str, Any]:
    """What the templates say states, channels and acts with."""
    return {
        "now": visit.site.now(),
        "days": visit.site.parts.settings.access.request_days,
        "states": EXPORT_STATES,
        "marks": MARKS,
        "channels": CHANNELS,
        "whats": WHATS,
        "done": DONE,
    }
