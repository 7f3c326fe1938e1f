"""The report on the copies: figures, what is faulty and who is to act, verifications, drills."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.catalog import Catalog
from catalog.debts import Debt
from catalog.drills import Drill
from catalog.reports.html import render
from catalog.reports.plain import BYTE_ORDER_MARK, disarmed
from catalog.storage_status import StorageStatus
from catalog.verifications import CopyEvent, Run
from pipeline.clocks import ZONE
from pipeline.copies import PLACES, CopyState, size
from pipeline.language import Message, say
from pipeline.signature import KnownKeys, Verdict

_LAST = 30
"""Runs, events and debts that are shown."""

KINDS: Mapping[str, Message] = {
    "obj": say("Pages, and the files they came in"),
    "text": say("Searchable pages"),
    "digital": say("Born-digital files"),
    "package": say("Whose born-digital packages are"),
    "receipt": say("Receipts of deliveries"),
    "decision": say("Decisions of closings"),
    "keying": say("Keyed values"),
    "tasks": say("Acts on capture tasks"),
    "profile": say("Published profiles"),
    "catalog": say("The catalog, bundle by bundle"),
    "audit": say("The log: entries and signed checkpoints"),
}
STATES: Mapping[CopyState, Message] = {
    CopyState.INTACT: say("read and whole"),
    CopyState.LISTED: say("not read yet"),
    CopyState.OWED: say("owed"),
    CopyState.REMOVED: say("removed as approved"),
    CopyState.DAMAGED: say("damaged"),
    CopyState.MISSING: say("missing"),
}
EVENTS: Mapping[str, Message] = {
    "healed": say("repaired"),
    "paid": say("debt paid"),
    "damaged": say("damaged"),
    "missing": say("missing"),
    "rescanned": say("settled"),
}
SIGNATURES: Mapping[str, Message] = {
    Verdict.HOLDS: say("holds"),
    Verdict.OTHER_KEY: say("signed with another key"),
    Verdict.BROKEN: say("does not hold"),
}
SCOPES: Mapping[str, Message] = {
    "all": say("everything"),
    "day": say("one day"),
    "sample": say("sample"),
    "rolling": say("longest not read"),
    "sweep": say("gaps of the sweep"),
    "carrier": say("put back from a carrier"),
}


@dataclass(frozen=True)
class StorageReport:
    """The report, in one language."""

    institution: str
    lang: str
    generated_at: datetime
    status: StorageStatus
    runs: tuple[Run, ...]
    events: tuple[CopyEvent, ...]
    debts: tuple[Debt, ...]
    drills: tuple[Drill, ...]
    keys: KnownKeys
    """The keys that drills were signed with here."""
    rto_hours: float
    locks: tuple[Message, ...]
    """What keeps the objects of each store from being deleted."""

    @property
    def verdict(self) -> Message:
        """One sentence before all figures."""
        status = self.status
        if status.lost:
            return say("{count} objects have no good copy: act now.", count=len(status.lost))
        if status.in_volumes_only:
            return say(
                "{count} objects are left in cold volumes only: fetch the carriers.",
                count=len(status.in_volumes_only),
            )
        faulty = sum(one.faulty for one in status.places)
        if faulty:
            return say("{count} copies are owed, damaged or missing.", count=faulty)
        if status.overdue:
            return say("All copies are there; some were not read for too long.")
        return say("All copies are there and were read in time.")


def storage_report(
    catalog: Catalog,
    status: StorageStatus,
    *,
    institution: str,
    lang: str,
    generated_at: datetime,
    rto_hours: float,
    locks: tuple[Message, ...],
    keys: KnownKeys,
) -> StorageReport:
    """Gather the report from the catalog; no store is opened."""
    return StorageReport(
        institution=institution,
        lang=lang,
        generated_at=generated_at,
        status=status,
        runs=catalog.verifications.runs(_LAST),
        events=catalog.verifications.events(_LAST),
        debts=catalog.debts.all()[:_LAST],
        drills=catalog.drills.all()[:_LAST],
        rto_hours=rto_hours,
        locks=locks,
        keys=keys,
    )


def as_html(report: StorageReport) -> str:
    """Return the report as one self-contained page."""
    return render(
        "storage.html.j2",
        report.lang,
        report=report,
        places=_in_language(PLACES, report.lang),
        kinds=_in_language(KINDS, report.lang),
        states=_in_language(STATES, report.lang),
        events=_in_language(EVENTS, report.lang),
        scopes=_in_language(SCOPES, report.lang),
        signatures=_in_language(SIGNATURES, report.lang),
        size=size,
        moment=_moment,
    )


def as_csv(report: StorageReport) -> str:
    """Return objects and bytes by copy, kind and state as CSV, opening with a byte order mark."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    lines = csv.writer(out)
    heads = (say("Copy"), say("Kind of object"), say("State"), say("Objects"), say("Bytes"))
    lines.writerow(head.in_language(report.lang) for head in heads)
    for one in report.status.kinds:
        words = (PLACES[one.place], KINDS.get(one.kind), STATES[one.state])
        told = [word.in_language(report.lang) if word else one.kind for word in words]
        lines.writerow([*map(disarmed, told), one.objects, one.byte_count])
    return out.getvalue()


def _in_language(words: Mapping[Any, Message], lang: str) -> dict[Any, str]:
    return {name: word.in_language(lang) for name, word in words.items()}


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}" if at else "–"
