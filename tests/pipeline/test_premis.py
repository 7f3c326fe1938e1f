"""PREMIS 3.0: well-formed, its required elements in the order of the schema, the same bytes each time.

The schema itself is the Library of Congress's and is not shipped here; what it requires of the elements that
are written is told below.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as Xml

from hypothesis import given
from hypothesis import strategies as st

from pipeline.premis import NAMESPACE, EventType, PremisEvent, PremisObject, premis_xml

AT = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
ORDER = {
    "premis": ("object", "event", "agent"),
    "object": (
        *("objectIdentifier", "objectCharacteristics", "originalName", "storage"),
        "linkingEventIdentifier",
    ),
    "objectCharacteristics": ("fixity", "size", "format"),
    "fixity": ("messageDigestAlgorithm", "messageDigest", "messageDigestOriginator"),
    "event": (
        *("eventIdentifier", "eventType", "eventDateTime", "eventDetailInformation"),
        *("eventOutcomeInformation", "linkingAgentIdentifier", "linkingObjectIdentifier"),
    ),
    "agent": ("agentIdentifier", "agentName", "agentType"),
}
"""Children in the order of the schema's sequences."""
REQUIRED = {
    "object": {"objectIdentifier", "objectCharacteristics"},
    "objectCharacteristics": {"format"},
    "fixity": {"messageDigestAlgorithm", "messageDigest"},
    "event": {"eventIdentifier", "eventType", "eventDateTime"},
    "agent": {"agentIdentifier"},
}


def of(name: str = "0001.jpg") -> PremisObject:
    return PremisObject("ab" * 32, 318_000, "JPEG", name, ("primary", "replica"))


def require_premis(content: bytes) -> Xml.Element:
    root = Xml.fromstring(content)
    assert root.tag == f"{{{NAMESPACE}}}premis" and root.get("version") == "3.0"
    for element in root.iter():
        name = _local(element)
        children = [_local(one) for one in element]
        assert REQUIRED.get(name, set()) <= set(children), name
        if name in ORDER:
            places = [ORDER[name].index(child) for child in children]
            assert places == sorted(places), name
        if name.endswith("Identifier"):
            assert children == [f"{name}Type", f"{name}Value"]
            assert all(one.text for one in element)
    agents = {one.text for one in root.iterfind(f".//{{{NAMESPACE}}}agentName")}
    linked = f".//{{{NAMESPACE}}}linkingAgentIdentifierValue"
    assert {one.text for one in root.iterfind(linked)} <= agents
    return root


def test_every_kind_of_event_has_its_name_and_the_vocabulary_s_address() -> None:
    events = [
        PremisEvent(kind, AT + timedelta(hours=no), "x", "", "wang")
        for no, kind in enumerate(EventType)
    ]
    root = require_premis(premis_xml(of(), events))
    kinds = root.findall(f".//{{{NAMESPACE}}}eventType")
    assert [one.text for one in kinds] == [str(kind) for kind in EventType]
    known = {one.text: one.get("valueURI", "") for one in kinds}
    assert known["fixity check"].endswith("/eventType/fix")
    assert known["ingestion"].endswith("/eventType/ing")


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_a_name_holds_the_document_is_well_formed(name: str, detail: str) -> None:
    event = PremisEvent(EventType.CAPTURE, AT, detail, "", name)
    content = premis_xml(of(name), [event])
    require_premis(content)
    assert content == premis_xml(of(name), [event])


def _local(element: Xml.Element) -> str:
    return element.tag.rpartition("}")[2]
