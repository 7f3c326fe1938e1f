"""The scan station's own scanners: which there are, and a run of one, started, followed and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Form, Query
from starlette.responses import JSONResponse

from flows.scanning import ScanJob
from ingest.scanner import Device
from pipeline.access.acts import Act
from pipeline.language import Message, say
from web.guarding import Section, Visiting, named_branch
from web.scanning import ScanRun
from web.scans import batch_of
from web.visit import NotSeen, Visit

section = Section()
BatchName = Annotated[str, Query(max_length=200)]


@section.get("/station/{branch}/{day}/scanners", Act.PAGE_SUBMIT, named_branch)
def scanners(visit: Visiting, branch: str, day: date) -> JSONResponse:  # noqa: ARG001 - of the path
    """List the scanners that can be reached now."""
    _must_serve(visit, branch)
    found = visit.site.scanners.desk.devices()
    return JSONResponse([{"name": one.name, "told": _told_device(one)} for one in found])


@section.post("/station/{branch}/{day}/scanner", Act.PAGE_SUBMIT, named_branch)
def start(
    visit: Visiting,
    branch: str,
    day: date,
    batch: Annotated[str, Form(max_length=200)],
    device: Annotated[str, Form(max_length=200)],
    paper: Annotated[str, Form(max_length=40)] = "",
    sides: Annotated[str, Form(pattern="^(glass|feeder|duplex)$")] = "glass",
) -> JSONResponse:
    """Begin to scan into a batch."""
    _must_serve(visit, branch)
    visit.site.reading.catalog.branches.require(branch, day=day)
    job = ScanJob(
        device,
        batch_of(visit, branch, day, batch),
        feeder=sides != "glass",
        duplex=sides == "duplex",
        paper=paper or None,
    )
    return JSONResponse(_told(visit.site.scanners.start(job), visit), 202)


@section.get("/station/{branch}/{day}/scanner", Act.PAGE_SUBMIT, named_branch)
def follow(visit: Visiting, branch: str, day: date, batch: BatchName) -> JSONResponse:
    """Tell how a batch's run stands."""
    _must_serve(visit, branch)
    return JSONResponse(_told(visit.site.scanners.of(batch_of(visit, branch, day, batch)), visit))


@section.post("/station/{branch}/{day}/scanner/stop", Act.PAGE_SUBMIT, named_branch)
def stop(
    visit: Visiting, branch: str, day: date, batch: Annotated[str, Form(max_length=200)]
) -> JSONResponse:
    """Stop a batch's run; pages that came stay."""
    _must_serve(visit, branch)
    asked = batch_of(visit, branch, day, batch)
    visit.site.scanners.stop(asked)
    return JSONResponse(_told(visit.site.scanners.of(asked), visit))


WORDS: Mapping[str, Message] = {
    "searching": say("Scanners are being looked for …"),
    "no_scanner": say("There is no scanner that can be reached; switch it on, look at its cable."),
    "scanning": say("{count} pages came, the scanner goes on …", count="{count}"),
    "scanned": say("{count} pages came; the scanner has ended.", count="{count}"),
}
"""What the page's script says."""


def _must_serve(visit: Visit, branch: str) -> None:
    """A branch that has no scanner here is told nothing of those of others."""
    if not visit.site.scanners.desk.serves(branch):
        raise NotSeen


def _told_device(one: Device) -> str:
    named = f"{one.vendor} {one.model}".strip()
    return f"{named} ({one.name})" if named else one.name


def _told(run: ScanRun | None, visit: Visit) -> dict[str, object]:
    fault = run.fault if run else None
    return {
        "running": run is not None and not run.ended.is_set(),
        "pages": list(run.names) if run else [],
        "fault": visit.told(fault) if fault else None,
    }
