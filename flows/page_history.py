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
from pipeline.copies import HELD, PLACES, CopyState
from pipeline.digital import ORIGINS
from pipeline.handover import STATES as PAPER_STATES
from pipeline.keying.tasks import ActKind as Keyed
from pipeline.language import Message, Named, say
from pipeline.media import Format
from pipeline.premis import EventType, PremisEvent, PremisObject, premis_xml
from pipeline.settling import SETTLING
from pipeline.tasks.states import ACTS

_KEYED: Mapping[str, Message] = {
    Keyed.VALUE: say("keyed"),
    Keyed.CANNOT: say("said to be unreadable"),
    Keyed.UNDO: say("entry taken back"),
    Keyed.REOPEN: say("keying reopened"),
    Keyed.CLOSE: say("keying no longer needed"),
}
_FORMATS = {form.suffix: form.value for form in Format}
_REVIEWS = ("passed", "rejected", "reopened")
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
    kind: EventType | None = None
    """What PREMIS calls it; None: it happened to the paper, not to the file."""


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


def as_premis(parts: Parts, dossier: Dossier, page: PageDossier) -> bytes:
    """Give a page's history as PREMIS 3.0 XML, in English; what happened to its paper alone is not in it."""

    def told(event: Event) -> str:
        notes = [_in_english(note) for note in event.notes if note]
        return "; ".join([event.what.in_language("en"), *notes])

    first = page.deliveries[0]["name"] if page.deliveries else page.sha256
    copies = [copy for kept in page.objects for copy in kept["copies"]]
    there = {one["place"] for one in copies if one["state"] in HELD}
    of = PremisObject(
        sha256=page.sha256,
        byte_count=page.page.get("byte_count", 0),
        format=_FORMATS.get(page.page.get("suffix", ""), "unknown"),
        original_name=first,
        places=sorted(PLACES[place].in_language("en") for place in there),
    )
    events = [
        PremisEvent(one.kind, one.at, told(one), "", one.who)
        for one in history(parts, dossier, page)
        if one.kind is not None
    ]
    return premis_xml(of, events)


def _in_english(note: Message | Named | str) -> str:
    return note if isinstance(note, str) else note.in_language("en")


def _arrived(parts: Parts, page: PageDossier) -> Iterator[Event]:
    for one in page.deliveries:
        batch, arrived = one["batch"], parts.catalog.arrivals.one(one["id"])
        scanned = say(
            "scanned at {station}, batch {batch}", station=batch["station"], batch=batch["name"]
        )
        findings = tuple(found.message for found in arrived.findings) if arrived else ()
        at, checked = _moment(one["at"]), _ARRIVED.get(one["state"], say("checked"))
        yield Event(at, scanned, batch["operator"], (one["name"],), EventType.CAPTURE)
        yield Event(at, checked, "", findings, EventType.VALIDATION)


def _read(page: PageDossier) -> Iterator[Event]:
    if page.reading:
        count = len(page.reading["content"].get("fields", ()))
        read = say("read: {count} fields", count=count)
        yield Event(_moment(page.reading["at"]), read, kind=EventType.EXTRACTION)
    if page.text:
        made = say("its whole text laid into a PDF/A")
        yield Event(_moment(page.text["at"]), made, kind=EventType.CREATION)
    for task in page.keying:
        for act in task["acts"]:
            if act["kind"] in _KEYED:
                field = FIELDS.get(task["field"], say("Field"))
                at, what = _moment(act["at"]), _KEYED[act["kind"]]
                yield Event(at, what, act["person"], (field,), EventType.MODIFICATION)


def _tasks(parts: Parts, dossier: Dossier, page: PageDossier) -> Iterator[Event]:
    """Acts of the tasks that the page captured at any time."""
    types = parts.profile_on(dossier.day).types
    for task in dossier.tasks:
        pages = {one.get("page") for act in task["acts"] for one in act["content"].get("pages", ())}
        if page.sha256 in pages:
            for act in task["acts"]:
                kind = types.get(task["document_type"])
                named = kind.name if kind else task["document_type"]
                review = act["kind"] in _REVIEWS
                told = EventType.REVIEW if review else EventType.MODIFICATION
                at, what = _moment(act["at"]), ACTS[act["kind"]]
                yield Event(at, what, act["person"], (named,), told)


def _matched(parts: Parts, dossier: Dossier, page: PageDossier) -> Iterator[Event]:
    match = dossier.match
    if match is None or page.sha256 not in {one["page_id"] for one in match["pages"]}:
        return
    for left in parts.catalog.days.left(dossier.day, dossier.branch):
        how = HOW.get(match["how"], say("matched"))
        what = say("matched with transaction {no}", no=dossier.serial_no)
        yield Event(left.at, what, "", (how,), EventType.MODIFICATION)


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
                EventType.REVIEW,
            )


def _kept(page: PageDossier) -> Iterator[Event]:
    """When it was stored, each copy, and when that was last read in full."""
    if page.page:
        at = _moment(page.page["stored_at"])
        yield Event(at, say("SHA-256 computed"), kind=EventType.DIGEST)
        yield Event(at, say("stored"), kind=EventType.INGESTION)
    for one in (copy for kept in page.objects for copy in kept["copies"]):
        place = PLACES[one["place"]]
        state = STATES[one["state"]]
        if one.get("verified_at"):
            read = say("copy read in full: {place}", place=place)
            yield Event(_moment(one["verified_at"]), read, "", (state,), EventType.FIXITY)
        else:
            copied = say("copy: {place}", place=place)
            gone = (
                EventType.DELETION if one["state"] == CopyState.REMOVED else EventType.REPLICATION
            )
            yield Event(_moment(one["since"]), copied, "", (state,), gone)
    for one in (event for kept in page.objects for event in kept["events"]):
        what = EVENTS.get(one["what"], one["what"])
        copied = say("copy: {place}", place=PLACES[one["place"]])
        repaired = one["what"] in ("healed", "paid")
        kind = EventType.REPLICATION if repaired else EventType.FIXITY
        yield Event(_moment(one["at"]), copied, "", (what,), kind)


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
        what, notes = PROTECTED[one.act], (one.purpose, *request)
        yield Event(one.at, what, one.person, notes, EventType.DISSEMINATION)


def _moment(at: Any) -> datetime:
    return datetime.fromisoformat(at)
