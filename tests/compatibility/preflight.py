"""What Apache PDFBox Preflight says of a PDF: the field's validator for PDF/A that Debian has.

It knows ISO 19005-1 (PDF/A-1b); we write ISO 19005-2 (PDF/A-2u), which adds to it and takes little away. It
is handed a copy that says "1b" of itself; what part 2 allows and part 1 did not is left out by name.
"""

from __future__ import annotations

import io
import subprocess
from collections import defaultdict
from pathlib import Path

import pikepdf
from lxml import etree
from lxml.etree import QName

_JARS = ("preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "javax.activation")
_CLASSES = ":".join(f"/usr/share/java/{name}.jar" for name in (*_JARS, "jaxb-api"))
_VALIDATOR = "org.apache.pdfbox.preflight.Validator_A1b"
_ALLOWED_SINCE_PART_2 = {
    "2.1.6 : Invalid graphics object, Invalid version of the ICCProfile": "6.2.3: up to version 4",
    "2.2.1 : Invalid graphics transparency, Group has a transparency S entry": "6.2.10",
    "3.1.11 : Invalid Font definition": "6.2.11.4.2: a CIDSet may be missing",
}
_ID = "http://www.aiim.org/pdfa/ns/id/"
_PREFIXES = {
    _ID: "pdfaid",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/pdf/1.3/": "pdf",
}
_PACKET = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>%s<?xpacket end="w"?>'
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def faults(content: bytes, folder: Path) -> list[str]:
    """Have the validator look at a PDF; return the clauses that it names, none if it is in order."""
    file = folder / "held.pdf"
    with pikepdf.open(io.BytesIO(content)) as pdf:
        if "/Metadata" in pdf.Root:
            pdf.Root.Metadata.write(_as_part_1(pdf.Root.Metadata.read_bytes()))
        pdf.save(file, object_stream_mode=pikepdf.ObjectStreamMode.disable)  # 6.1.7 of part 1
    command = ["java", "-cp", _CLASSES, _VALIDATOR, str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "is a valid PDF/A-1b file" in told or "error(s)" in told, told
    lines = [line for line in told.splitlines()[1:] if line.strip()]
    return [line for line in lines if not line.startswith(tuple(_ALLOWED_SINCE_PART_2))]


def _as_part_1(packet: bytes) -> bytes:
    """Say "1b" where the packet says "2u"; one description a schema, as the validator reads no other."""
    by_schema: dict[str, list[etree._Element]] = defaultdict(list)
    for description in etree.fromstring(packet).iter(f"{{{_RDF}}}Description"):
        for name, value in description.attrib.items():
            if QName(name).namespace != _RDF:
                by_schema[str(QName(name).namespace)].append(_property(str(name), str(value)))
        for one in description:
            by_schema[str(QName(one).namespace)].append(one)
    tree = etree.Element("{adobe:ns:meta/}xmpmeta", nsmap={"x": "adobe:ns:meta/"})
    rdf = etree.SubElement(tree, f"{{{_RDF}}}RDF", nsmap={"rdf": _RDF})
    for schema, properties in by_schema.items():
        within = etree.SubElement(rdf, f"{{{_RDF}}}Description", nsmap={_PREFIXES[schema]: schema})
        within.set(f"{{{_RDF}}}about", "")
        within.extend(properties)
    for name, value in (("part", "1"), ("conformance", "B")):
        for one in rdf.iter(f"{{{_ID}}}{name}"):
            one.text = value
    written: bytes = etree.tostring(tree, encoding="utf-8")
    return _PACKET % written


def _property(name: str, value: str) -> etree._Element:
    made = etree.Element(name)
    made.text = value
    return made
