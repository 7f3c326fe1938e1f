"""Evidence packs from the site: one transaction, one signed file."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import Form
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, HTMLResponse, Response

from flows.commands.session import parsed_day
from flows.evidence import Making, find_transaction, make_evidence
from flows.log_signing import public_key
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import Message
from pipeline.signature import Signer
from web.guarding import Section, Visiting
from web.visit import Visit

section = Section()
Text = Annotated[str, Form(max_length=500)]


class Unwatched:
    """The work of a request, which nobody watches step by step."""

    def total(self, count: int) -> None:
        """Tell nobody."""

    def step(self, note: Message) -> None:
        """Tell nobody."""


@section.get("/evidence", Act.EVIDENCE_MAKE)
def ask(visit: Visiting, serial: str = "", branch: str = "", day: str = "") -> HTMLResponse:
    """Ask for which transaction and what for."""
    return _form(visit, serial, branch, day)


@section.post("/evidence", Act.EVIDENCE_MAKE)
def make(
    visit: Visiting, serial: Text = "", purpose: Text = "", branch: Text = "", day: Text = ""
) -> Response:
    """Make the pack and give it; that it was made stands in the log."""
    try:
        path = _made(visit, serial.strip(), purpose.strip(), branch.strip(), day)
    except UserError as error:
        return _form(visit, serial, branch, day, purpose, error.message)
    away = BackgroundTask(shutil.rmtree, path.parent, ignore_errors=True)
    return FileResponse(path, media_type="application/zip", filename=path.name, background=away)


def _made(visit: Visit, serial: str, purpose: str, branch: str, day: str) -> Path:
    """Make the pack in a folder of its own, which is left to whoever sends it."""
    site = visit.site
    dossier = find_transaction(
        site.parts, serial, parsed_day(day) if day else None, branch or None, _places(visit)
    )
    stores, _ = site.at_need()
    making = Making(
        site.parts,
        stores.vault,
        Signer.of(site.parts.workspace.signing_key),
        public_key(site.parts),
        visit.guard,
        purpose,
        site.now(),
        Unwatched(),
    )
    folder = Path(tempfile.mkdtemp(prefix="evidence-"))
    try:
        path = folder / f"evidence-{dossier.serial_no}.zip"
        make_evidence(making, dossier, path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return path


def _places(visit: Visit) -> frozenset[str] | None:
    """The branches whose transactions the person may learn of: by role, or by a request."""
    places = visit.branches(Act.EVIDENCE_MAKE)
    if places is None:
        return None
    asked = visit.site.reading.catalog.access_requests.of(visit.person.name)
    return places | {one.asked.branch for one in asked if Act.EVIDENCE_MAKE in one.asked.acts}


def _form(
    visit: Visit,
    serial: str,
    branch: str,
    day: str,
    purpose: str = "",
    message: Message | None = None,
) -> HTMLResponse:
    return visit.page(
        "evidence_form.html.j2",
        422 if message else 200,
        serial=serial,
        branch=branch,
        day=day,
        purpose=purpose,
        message=message,
    )
