"""The log for whoever audits: searched, its signing seen, an entry certified as file and on paper."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from catalog.audit import KeptCheckpoint, Wanted
from catalog.log import LogEntry
from flows.commands.session import parsed_day
from flows.log_certificates import Certificates
from flows.log_signing import public_key
from pipeline.access.acts import Act
from pipeline.audit.certificate import Certificate
from pipeline.audit.note import LogKey
from pipeline.audit.sheet import draw_certificate
from pipeline.audit.wording import DETAILS, KINDS, NAMES, name_of
from pipeline.errors import PaperproofError, UserError
from pipeline.language import say
from pipeline.sheet_print import as_pdf
from web.guarding import Section, Visiting
from web.visit import NotSeen, Visit

section = Section()
_AT_ONCE = 50
_PLAIN = frozenset({"alg", "seq", "prev", "at", "who", "act", "subject", "ok"})
"""What an entry's page tells in words of its own; the rest is listed by name."""


class Search(BaseModel):
    """What is searched for, as the form says it; empty: anything."""

    who: str = ""
    act: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None

    def query(self, before: int) -> str:
        """The address of the older entries."""
        given = {name: value for name, value in self.model_dump().items() if value}
        return urlencode({**given, "before": before})


@dataclass(frozen=True)
class Signed:
    """How far the log is signed."""

    size: int
    """Entries there are."""
    checkpoint: KeptCheckpoint | None
    key: LogKey | None

    @property
    def waiting(self) -> int:
        """Entries that no checkpoint covers yet."""
        return self.size - (self.checkpoint.size if self.checkpoint else 0)

    def covers(self, seq: int) -> bool:
        """Whether an entry can be certified."""
        return self.key is not None and self.checkpoint is not None and seq <= self.checkpoint.size


@section.get("/audit", Act.AUDIT_READ)
def show(
    visit: Visiting,
    who: str = "",
    act: str = "",
    subject: str = "",
    since: str = "",
    until: str = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> HTMLResponse:
    """Search the log, the newest entries first, and show how far it is signed."""
    search = Search(
        who=who.strip(), act=act, subject=subject.strip(), since=_day(since), until=_day(until)
    )
    wanted = Wanted.of_days(search.who, act, search.subject, search.since, search.until)
    found = visit.site.reading.catalog.audit.find(wanted, before=before, limit=_AT_ONCE)
    return visit.page(
        "audit.html.j2",
        search=search,
        acts=_choices(visit.lang),
        found=found,
        older=search.query(found[-1].seq) if len(found) == _AT_ONCE else None,
        before=before,
        signed=_signed(visit),
        **_words(),
    )


@section.get("/audit/checkpoint.txt", Act.AUDIT_READ)
def checkpoint(visit: Visiting) -> Response:
    """Give the newest checkpoint, to be kept elsewhere."""
    newest = visit.site.reading.catalog.audit.newest_checkpoint()
    if newest is None:
        raise UserError(say("The log was not signed yet; have “paperproof audit sign” run."))
    return _file(newest.note, "text/plain; charset=utf-8", f"checkpoint-{newest.size}.txt")


@section.get("/audit/{seq}", Act.AUDIT_READ)
def entry(visit: Visiting, seq: int) -> HTMLResponse:
    """Show one entry whole."""
    found = _entry(visit, seq)
    return visit.page(
        "audit_entry.html.j2",
        entry=found,
        details={name: _text(found.body[name]) for name in found.body if name not in _PLAIN},
        names=DETAILS,
        signed=_signed(visit),
        **_words(),
    )


@section.get("/audit/{seq}/certificate.json", Act.AUDIT_READ)
def certificate(visit: Visiting, seq: int) -> Response:
    """Give an entry with the proof that it stands in the signed log."""
    made, _ = _certificate(visit, seq)
    return _file(made.as_json(), "application/json", f"log-entry-{seq}.json")


@section.get("/audit/{seq}/certificate.pdf", Act.AUDIT_READ)
def printed(visit: Visiting, seq: int) -> Response:
    """Give the same on paper."""
    made, key = _certificate(visit, seq)
    proved = made.proved_by(key)
    if proved is None:
        raise PaperproofError(say("The certificate does not hold; run “paperproof audit verify”."))
    pages = draw_certificate(made, proved, visit.lang)
    return _file(as_pdf(*pages), "application/pdf", f"log-entry-{seq}.pdf")


def _certificate(visit: Visit, seq: int) -> tuple[Certificate, LogKey]:
    key = public_key(visit.site.reading)
    if key is None:
        raise UserError(
            say(
                "Nobody signs the log yet; have the audit administrator run “paperproof audit key make”."
            )
        )
    _entry(visit, seq)
    return Certificates(visit.site.reading.catalog.audit, key).of(seq), key


def _entry(visit: Visit, seq: int) -> LogEntry:
    row = next(visit.site.reading.catalog.audit.rows(seq - 1, seq), None)
    if row is None:
        raise NotSeen
    return LogEntry(row.seq, json.loads(row.body), row.sha256)


def _signed(visit: Visit) -> Signed:
    audit = visit.site.reading.catalog.audit
    return Signed(audit.size(), audit.newest_checkpoint(), public_key(visit.site.reading))


def _choices(lang: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The acts to choose from, by kind: (kind, its name, its acts)."""
    return [
        (
            kind,
            told.in_language(lang),
            [
                (act, name.in_language(lang))
                for act, name in NAMES.items()
                if act.startswith(f"{kind}.")
            ],
        )
        for kind, told in KINDS.items()
    ]


def _words() -> dict[str, Any]:
    return {"name_of": name_of, "at_of": lambda body: datetime.fromisoformat(body["at"])}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _day(given: str) -> date | None:
    """The day of a form's field, which a browser sends empty when none is chosen."""
    return parsed_day(given) if given else None


def _file(content: bytes, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)
