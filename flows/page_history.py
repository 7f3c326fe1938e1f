"""Everything that happened to one page of a transaction, as one line of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.dossier import Dossier, PageDossier
from catalog.reports.storage import EVENTS, STATES
from catalog.reports.wording import FIELDS, HOW
from flows.parts import Parts
from pipeline.access.acts import ACTS as PROTECTED
from pipeline.copies import PLACES
from pipeline.digital import ORIGINS
from pipeline.handover import STATES as PAPER_STATES
from pipeline.keying.tasks import ActKind as Keyed
from pipeline.language import Message, Named, say
from pipeline.settling import SETTLING
from pipeline.tasks.states import ACTS

_KEYED: Mapping[str, Message] = {
    Keyed.VALUE: say("keyed"),
    Keyed.CANNOT: say("said to be unreadable"),
    Keyed.UNDO: say("entry taken back"),
    Keyed.REOPEN: say("keying reopened"),
    Keyed.CLOSE: say("keying no longer needed"),
}
_ARRIVED: Mapping[str, Message] = {
    "admitted": say("checked and admitted"),
    "refused": say("checked and refused"),
    "blank": say("checked: a blank page"),
    "sheet": say("checked: one of our own sheets"),
}


@dataclass(frozen=True)
class Event:
    """One thing that happened to a page, or to its paper."""

    at: datetime
    what: Message
    who: str = ""
    """Empty: the program."""
    notes: tuple[Message | Named | str, ...] = ()


def history(parts: Parts, dossier: Dossier, page: PageDossier) -> tuple[Event, ...]:
    """Give what happened to a page, oldest first, from its scan to who saw it; no customer's data."""
    found = [
        *_arrived(parts, page),
        *_read(page),
        *_tasks(parts, dossier, page),
        *_matched(parts, dossier, page),
        *_discrepancies(parts, dossier, page),
        *_kept(page),
        *_paper(dossier),
        *_packages(parts, dossier),
        *_seen(parts, page),
    ]
    return tuple(sorted(found, key=lambda event: event.at))


def _arrived(parts: Parts, page: PageDossier) -> Iterator[Event]:
    for one in page.deliveries:
        batch, arrived = one["batch"], parts.catalog.arrivals.one(one["id"])
        scanned = say(
            "scanned at {station}, batch {batch}", station=batch["station"], batch=batch["name"]
        )
        findings = tuple(found.message for found in arrived.findings) if arrived else ()
        yield Event(_moment(one["at"]), scanned, batch["operator"], (one["name"],))
        yield Event(_moment(one["at"]), _ARRIVED.get(one["state"], say("checked")), "", findings)


def _read(page: PageDossier) -> Iterator[Event]:
    if page.reading:
        count = len(page.reading["content"].get("fields", ()))
        yield Event(_moment(page.reading["at"]), say("read: {count} fields", count=count))
    if page.text:
        yield Event(_moment(page.text["at"]), say("its whole text laid into a PDF/A"))
    for task in page.keying:
        for act in task["acts"]:
            if act["kind"] in _KEYED:
                field = FIELDS.get(task["field"], say("Field"))
                yield Event(_moment(act["at"]), _KEYED[act["kind"]], act["person"], (field,))


def _tasks(parts: Parts, dossier: Dossier, page: PageDossier) -> Iterator[Event]:
    """Acts of the tasks that the page captured at any time."""
    types = parts.profile_on(dossier.day).types
    for task in dossier.tasks:
        pages = {one.get("page") for act in task["acts"] for one in act["content"].get("pages", ())}
        if page.sha256 in pages:
            for act in task["acts"]:
                kind = types.get(task["document_type"])
                named = kind.name if kind else task["document_type"]
                yield Event(_moment(act["at"]), ACTS[act["kind"]], act["person"], (named,))


def _matched(parts: Parts, dossier: Dossier, page: PageDossier) -> Iterator[Event]:
    match = dossier.match
    if match is None or page.sha256 not in {one["page_id"] for one in match["pages"]}:
        return
    for left in parts.catalog.days.left(dossier.day, dossier.branch):
        how = HOW.get(match["how"], say("matched"))
        yield Event(left.at, say("matched with transaction {no}", no=dossier.serial_no), "", (how,))


def _discrepancies(parts: Parts, dossier: Dossier, page: PageDossier) -> Iterator[Event]:
    """What people did to discrepancies of its transaction, or of the page itself."""
    subjects = {dossier.serial_no, *(one["id"] for one in page.deliveries)}
    day, branches = dossier.day, frozenset({dossier.branch})
    for key, acts in parts.catalog.discrepancy_acts.between(day, day, branches).items():
        for act in acts if key.subject in subjects else ():
            yield Event(
                act.at,
                say("discrepancy {what}", what=SETTLING[act.kind]),
                act.person,
                (act.text,),
            )


def _kept(page: PageDossier) -> Iterator[Event]:
    """When it was stored, each copy, and when that was last read in full."""
    if page.page:
        yield Event(_moment(page.page["stored_at"]), say("stored"))
    for one in (copy for kept in page.objects for copy in kept["copies"]):
        place = PLACES[one["place"]]
        state = STATES[one["state"]]
        if one.get("verified_at"):
            read = say("copy read in full: {place}", place=place)
            yield Event(_moment(one["verified_at"]), read, "", (state,))
        else:
            yield Event(_moment(one["since"]), say("copy: {place}", place=place), "", (state,))
    for one in (event for kept in page.objects for event in kept["events"]):
        what = EVENTS.get(one["what"], one["what"])
        yield Event(
            _moment(one["at"]), say("copy: {place}", place=PLACES[one["place"]]), "", (what,)
        )


def _paper(dossier: Dossier) -> Iterator[Event]:
    for entry in dossier.papers:
        yield Event(
            _moment(entry["at"]), say("paper register: {kind}", kind=entry["kind"]), entry["person"]
        )
    for given in dossier.handovers:
        no = given["no"]
        yield Event(
            _moment(given["at"]), say("paper given in hand-over {no}", no=no), given["person"]
        )
        for item in given["items"]:
            for act in item["acts"]:
                what = say("paper {state}, hand-over {no}", state=PAPER_STATES[act["state"]], no=no)
                yield Event(_moment(act["at"]), what, act["person"], (act["reason"],))


def _packages(parts: Parts, dossier: Dossier) -> Iterator[Event]:
    """Born-digital packages of its transaction."""
    digital = parts.catalog.digital
    for one in digital.of_transaction(dossier.day, dossier.branch, dossier.serial_no):
        taken = say("born-digital package {number} taken in", number=one.package.number)
        yield Event(one.at, taken, one.person, (ORIGINS[one.package.origin],))


def _seen(parts: Parts, page: PageDossier) -> Iterator[Event]:
    for one in parts.catalog.viewings.of_page(page.sha256):
        request = (say("request {no}", no=one.request),) if one.request else ()
        yield Event(one.at, PROTECTED[one.act], one.person, (one.purpose, *request))


def _moment(at: Any) -> datetime:
    return datetime.fromisoformat(at)
