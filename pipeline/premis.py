"""A page's history as PREMIS 3.0 XML: the object, what happened to it, and who did it.

Names of events are those of the Library of Congress (id.loc.gov/vocabulary/preservation/eventType); an
address is given where the code of the vocabulary is known for sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from xml.etree import ElementTree as Xml

from pipeline.model import identity

NAMESPACE = "http://www.loc.gov/premis/v3"
_SCHEMA = "https://www.loc.gov/standards/premis/premis.xsd"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_VOCABULARY = "http://id.loc.gov/vocabulary/preservation/eventType"
_PROGRAM = "Paperproof"


class EventType(StrEnum):
    """What happened, in the words of the vocabulary."""

    CAPTURE = "capture"
    INGESTION = "ingestion"
    DIGEST = "message digest calculation"
    VALIDATION = "validation"
    FORMAT = "format identification"
    EXTRACTION = "metadata extraction"
    MODIFICATION = "metadata modification"
    REVIEW = "quality review"
    REPLICATION = "replication"
    FIXITY = "fixity check"
    CREATION = "creation"
    DISSEMINATION = "dissemination"
    DELETION = "deletion"


_CODES = {
    EventType.CAPTURE: "cap",
    EventType.INGESTION: "ing",
    EventType.DIGEST: "mes",
    EventType.VALIDATION: "val",
    EventType.EXTRACTION: "mee",
    EventType.REPLICATION: "rep",
    EventType.FIXITY: "fix",
    EventType.CREATION: "cre",
    EventType.DELETION: "del",
}


@dataclass(frozen=True)
class PremisObject:
    """A file of the archive."""

    sha256: str
    byte_count: int
    format: str
    """Its name, as JPEG or TIFF."""
    original_name: str
    places: Sequence[str]
    """Where copies of it lie."""


@dataclass(frozen=True)
class PremisEvent:
    """One thing that happened to it."""

    kind: EventType
    at: datetime
    detail: str
    outcome: str
    """Empty: it went as it should."""
    person: str
    """Empty: the program."""


def premis_xml(of: PremisObject, events: Iterable[PremisEvent]) -> bytes:
    """Return object, events and agents as one document; the same bytes for the same history."""
    Xml.register_namespace("premis", NAMESPACE)
    Xml.register_namespace("xsi", _INSTANCE)
    root = Xml.Element(
        _name("premis"),
        {"version": "3.0", f"{{{_INSTANCE}}}schemaLocation": f"{NAMESPACE} {_SCHEMA}"},
    )
    told = sorted(events, key=lambda one: one.at)
    numbers = [identity(of.sha256, no, one.kind, one.at) for no, one in enumerate(told)]
    _object(root, of, numbers)
    for number, event in zip(numbers, told, strict=True):
        _event(root, of, number, event)
    for person in sorted({one.person for one in told}):
        _agent(root, person)
    Xml.indent(root, " ")
    written: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _object(root: Xml.Element, of: PremisObject, events: Iterable[str]) -> None:
    made = _in(root, "object")
    made.set(f"{{{_INSTANCE}}}type", "premis:file")
    _identified(made, "objectIdentifier", "SHA-256", of.sha256)
    about = _in(made, "objectCharacteristics")
    fixity = _in(about, "fixity")
    _in(fixity, "messageDigestAlgorithm", "SHA-256")
    _in(fixity, "messageDigest", of.sha256)
    _in(fixity, "messageDigestOriginator", _PROGRAM)
    _in(about, "size", str(of.byte_count))
    _in(_in(_in(about, "format"), "formatDesignation"), "formatName", of.format)
    _in(made, "originalName", of.original_name)
    for place in of.places:
        _in(_in(made, "storage"), "storageMedium", place)
    for number in events:
        _identified(made, "linkingEventIdentifier", "SHA-256", number)


def _event(root: Xml.Element, of: PremisObject, number: str, event: PremisEvent) -> None:
    made = _in(root, "event")
    _identified(made, "eventIdentifier", "SHA-256", number)
    kind = _in(made, "eventType", str(event.kind))
    kind.set("authority", "eventType")
    kind.set("authorityURI", _VOCABULARY)
    if event.kind in _CODES:
        kind.set("valueURI", f"{_VOCABULARY}/{_CODES[event.kind]}")
    _in(made, "eventDateTime", event.at.isoformat())
    _in(_in(made, "eventDetailInformation"), "eventDetail", event.detail)
    _in(_in(made, "eventOutcomeInformation"), "eventOutcome", event.outcome or "success")
    _identified(made, "linkingAgentIdentifier", "name", event.person or _PROGRAM)
    _identified(made, "linkingObjectIdentifier", "SHA-256", of.sha256)


def _agent(root: Xml.Element, person: str) -> None:
    made = _in(root, "agent")
    _identified(made, "agentIdentifier", "name", person or _PROGRAM)
    _in(made, "agentName", person or _PROGRAM)
    _in(made, "agentType", "person" if person else "software")


def _identified(parent: Xml.Element, name: str, kind: str, value: str) -> None:
    made = _in(parent, name)
    _in(made, f"{name}Type", kind)
    _in(made, f"{name}Value", value)


def _in(parent: Xml.Element, name: str, text: str | None = None) -> Xml.Element:
    made = Xml.SubElement(parent, _name(name))
    if text is not None:
        made.text = "".join(sign if sign.isprintable() else "�" for sign in text)
    return made


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
