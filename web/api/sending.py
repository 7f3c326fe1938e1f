"""Stations behind thin lines: files in pieces, how far each is, and what a station still has to send."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from anyio import to_thread
from fastapi import Path, Query
from pydantic import AwareDatetime, BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

from catalog.stations import StationReport
from flows.pieces import FileStanding, SentFile, receive_piece, standing_of
from flows.stations import seen_stations
from pipeline.access.acts import Act
from pipeline.sending import MOST_PIECE, Standing
from web.api.listing import Branch, Day
from web.api.pages import BatchName, Digest, FileName, ToldPage, told_page
from web.guarding import Section, Visiting, named_branch
from web.rates import Rate
from web.scans import batch_of, require_scan
from web.visit import Visit

section = Section("/api/v1", Rate.API)
_FILE = "/branches/{branch}/stations/{station}/days/{day}/batches/{batch}/files/{sha256}"
_MOST = 2**40
Station = Annotated[str, Path(min_length=1, max_length=80)]
Offset = Annotated[int, Path(ge=0, le=_MOST, description="Where the piece begins, in bytes.")]
Size = Annotated[int, Query(ge=1, le=_MOST, description="Bytes of the whole file.")]
Count = Annotated[int, Field(ge=0, le=10**9)]
_PIECE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ToldStanding(BaseModel):
    """How far a file is."""

    standing: Standing
    received: int = Field(description="Bytes that are here; go on from there.")
    pages: list[ToldPage] = Field(description="Its pages and their verdicts, once it is taken in.")


class Report(BaseModel):
    """What a station still has to send."""

    agent: str = Field(min_length=1, max_length=64, description="The agent's own identity.")
    version: str = Field(max_length=40)
    clock: AwareDatetime = Field(description="The station's clock, with its zone.")
    files: Count = Field(description="Not archived yet.")
    byte_count: int = Field(ge=0, le=_MOST)
    oldest_seconds: float = Field(ge=0, le=10**9, description="Age of the oldest of them.")
    refused: Count = Field(description="In the station's quarantine.")


class Answer(BaseModel):
    """What a station is told."""

    now: datetime
    shared: bool = Field(description="Another agent reports under this station's name.")


class ToldStation(BaseModel):
    """A station as it reported last."""

    branch: str
    station: str
    at: datetime
    silent: bool
    late: bool = Field(description="What it has to send has waited too long.")
    files: int
    byte_count: int
    oldest_at: datetime | None
    refused: int
    skew_seconds: float = Field(description="By so much its clock is ahead.")
    version: str


@section.get(_FILE, Act.PAGE_SUBMIT, named_branch)
def standing(
    visit: Visiting,
    branch: Branch,
    station: Station,
    day: Day,
    batch: BatchName,
    sha256: Digest,
    name: FileName,
) -> ToldStanding:
    """Tell how far a file is: how much of it is here, or what became of its pages."""
    sent = SentFile(batch_of(visit, branch, day, batch, station), name, sha256)
    return _told(standing_of(visit.site.reading, visit.site.intake.uploads, sent), visit)


@section.put(_FILE + "/pieces/{offset}", Act.PAGE_SUBMIT, named_branch, openapi_extra=_PIECE)
async def piece(
    request: Request,
    visit: Visiting,
    branch: Branch,
    station: Station,
    day: Day,
    batch: BatchName,
    sha256: Digest,
    offset: Offset,
    name: FileName,
    size: Size,
) -> ToldStanding:
    """Take a piece of a file, at most a mebibyte; the last one has the file proved and taken in.

    A piece that does not begin where the file ends so far is not kept; the answer says where that is.
    """
    require_scan(request, name)
    sent = SentFile(batch_of(visit, branch, day, batch, station), name, sha256)
    visit.site.reading.catalog.branches.require(branch, day=day)
    content = await _content(request)
    found = await to_thread.run_sync(_receive, visit, sent, size, offset, content)
    return _told(found, visit)


@section.post("/branches/{branch}/stations/{station}/report", Act.PAGE_SUBMIT, named_branch)
def report(visit: Visiting, branch: Branch, station: Station, told: Report) -> Answer:
    """Tell what a station still has to send; the answer has the time by which its clock is set."""
    now = visit.site.now()
    visit.site.reading.catalog.branches.require(branch)
    oldest = now - timedelta(seconds=told.oldest_seconds) if told.files else None
    given = StationReport(
        branch=branch,
        station=station,
        agent=told.agent,
        person=visit.person.name,
        at=now,
        files=told.files,
        byte_count=told.byte_count,
        oldest_at=oldest,
        refused=told.refused,
        skew_seconds=(told.clock - now).total_seconds(),
        version=told.version,
    )
    return Answer(now=now, shared=visit.site.parts.catalog.stations.report(given))


@section.get("/stations", Act.MONITOR_VIEW)
def stations(visit: Visiting) -> list[ToldStation]:
    """List the stations that ever reported, with what they still have to send."""
    found = seen_stations(visit.site.reading, visit.branches(Act.MONITOR_VIEW), visit.site.now())
    return [
        ToldStation(
            branch=one.report.branch,
            station=one.report.station,
            at=one.report.at,
            silent=one.is_silent,
            late=one.is_late,
            files=one.report.files,
            byte_count=one.report.byte_count,
            oldest_at=one.report.oldest_at,
            refused=one.report.refused,
            skew_seconds=one.report.skew_seconds,
            version=one.report.version,
        )
        for one in found
    ]


async def _content(request: Request) -> bytes:
    """Read a piece; raises 413 when it is larger than one may be."""
    content = bytearray()
    async for block in request.stream():
        content += block
        if len(content) > MOST_PIECE:
            raise HTTPException(413)
    return bytes(content)


def _receive(visit: Visit, sent: SentFile, size: int, offset: int, content: bytes) -> FileStanding:
    """What is known is not taken again; what is whole now is taken in."""
    uploads = visit.site.intake.uploads
    known = standing_of(visit.site.reading, uploads, sent)
    if known.standing in (Standing.ARCHIVED, Standing.OWED):
        return known
    found = receive_piece(uploads, sent, size, offset, content)
    if found.standing is Standing.WAITING:
        visit.site.intake.ask(sent.batch)
    return found


def _told(found: FileStanding, visit: Visit) -> ToldStanding:
    return ToldStanding(
        standing=found.standing,
        received=found.received,
        pages=[told_page(one, visit) for one in found.pages],
    )
