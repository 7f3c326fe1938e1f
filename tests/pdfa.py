"""What we write held against ISO 19005-2 (PDF/A-2, level u); the clause stands behind each line.

A list of our own, of all that our PDFs use. What it asks in common with PDF/A-1b a validator of the field
looks at too (``tests/compatibility/test_pdfa_by_validator.py``).
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pikepdf
from fontTools.ttLib import TTFont

_FORBIDDEN_IN_CATALOG = {"/AA", "/AcroForm", "/Collection", "/Requirements"}
_FILTERS = {"/FlateDecode", "/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"}
_SHOWS = {"Tj", "TJ", "'", '"'}
_WIDTH_TOLERANCE = 1.0


def require_pdfa_2u(content: bytes) -> None:
    """Hold a file against the clauses; an AssertionError is a clause that does not hold."""
    assert re.match(rb"%PDF-1\.[0-7]\s+%[\x80-\xff]{4}", content)  # 6.1.2
    assert content.rstrip(b"\r\n").endswith(b"%%EOF")  # 6.1.3
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert len(pdf.trailer.ID) == 2 and "/Encrypt" not in pdf.trailer  # 6.1.3
        assert not pdf.check_pdf_syntax()
        _require_catalog(pdf)
        for thing in pdf.objects:
            _require_object(thing)
        for page in pdf.pages:
            _require_page(page)


def _require_catalog(pdf: pikepdf.Pdf) -> None:
    assert not _FORBIDDEN_IN_CATALOG & set(pdf.Root.keys())  # 6.4.1, 6.5.2, 6.11
    assert isinstance(
        pdf.Root.get("/OpenAction", pikepdf.Array()), pikepdf.Array
    )  # a place, no act
    names: Any = pdf.Root.get("/Names", {})
    assert "/JavaScript" not in names and "/EmbeddedFiles" not in names  # 6.5.1, 6.8
    (intent,) = pdf.Root.OutputIntents  # 6.2.3
    profile = intent.DestOutputProfile.read_bytes()
    assert intent.S == "/GTS_PDFA1" and intent.DestOutputProfile.N == 3
    assert profile[16:20] == b"RGB " and profile[36:40] == b"acsp" and profile[8] <= 4  # 6.2.3
    assert "/Filter" not in pdf.Root.Metadata  # 6.6.2.1
    with pdf.open_metadata() as told:  # 6.6.4
        assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("2", "U")


def _require_object(thing: pikepdf.Object) -> None:
    if isinstance(thing, pikepdf.Stream):
        filters: Any = thing.get("/Filter", [])
        named = [filters] if isinstance(filters, pikepdf.Name) else list(filters)
        assert {str(one) for one in named} <= _FILTERS  # 6.1.7.2: no LZW, no Crypt
        assert not {"/F", "/FFilter", "/FDecodeParms"} & set(thing.keys())  # 6.1.7.1
        assert thing.get("/Subtype") != "/PS" and "/Ref" not in thing  # 6.2.9
        assert thing.get("/Interpolate", False) is False  # 6.2.8
        assert "/SMask" not in thing and "/OPI" not in thing  # we draw nothing transparent
    if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        action = thing.get("/S")
        assert action not in ("/JavaScript", "/Launch", "/Sound", "/Movie", "/ImportData")  # 6.5.1
        if thing.get("/Type") == "/ExtGState":
            assert not {"/TR", "/HTP"} & set(thing.keys())  # 6.2.5
            assert thing.get("/ca", 1) == 1 and thing.get("/CA", 1) == 1  # nothing transparent


def _require_page(page: pikepdf.Page) -> None:
    assert not {"/AA", "/PresSteps"} & set(page.obj.keys())  # 6.5.2, 6.10
    for note in page.obj.get("/Annots", []):
        assert note.get("/Subtype") in ("/Link",) and int(note.get("/F", 4)) & 4  # 6.3.1, 6.3.2
    used = _codes(page)
    fonts: Any = page.obj.Resources.get("/Font", {})
    assert set(used) <= set(fonts.keys())
    for name, codes in used.items():
        _require_font(fonts[name], codes)


def _require_font(font: pikepdf.Object, used: frozenset[int]) -> None:
    descendant = font.DescendantFonts[0]
    assert font.Subtype == "/Type0" and font.Encoding == "/Identity-H"  # 6.2.11.3.3
    assert descendant.Subtype == "/CIDFontType2"
    program = TTFont(io.BytesIO(descendant.FontDescriptor.FontFile2.read_bytes()))  # 6.2.11.4
    glyph_of = _glyphs(descendant)
    widths, mapped = _widths(descendant), _unicode(font)
    order, per_em = program.getGlyphOrder(), program["head"].unitsPerEm
    for code in used:
        glyph = glyph_of(code)
        assert 0 < glyph < len(order), f"code {code:04X} shows .notdef"  # 6.2.11.8
        drawn = program["hmtx"][order[glyph]][0] * 1000 / per_em
        assert abs(widths.get(code, float(descendant.get("/DW", 1000))) - drawn) <= _WIDTH_TOLERANCE
        assert mapped.get(code) and not set(mapped[code]) & {"\0", "\ufeff", "\ufffe"}  # 6.2.11.7.2


def _glyphs(descendant: pikepdf.Object):  # type: ignore[no-untyped-def]
    table = descendant.CIDToGIDMap  # 6.2.11.3.2
    if isinstance(table, pikepdf.Name):
        assert table == "/Identity"
        return lambda code: code
    raw = table.read_bytes()
    return lambda code: int.from_bytes(raw[2 * code : 2 * code + 2], "big")


def _widths(descendant: pikepdf.Object) -> Mapping[int, float]:
    found: dict[int, float] = {}
    told = list(descendant.get("/W", []))
    while told:
        first, second = int(told.pop(0)), told.pop(0)
        if isinstance(second, pikepdf.Array):
            found |= {first + at: float(width) for at, width in enumerate(second)}
        else:
            width = float(told.pop(0))
            found |= dict.fromkeys(range(first, int(second) + 1), width)
    return found


def _unicode(font: pikepdf.Object) -> Mapping[int, str]:
    """The text of each code, from single entries and ranges of its ToUnicode."""
    text = font.ToUnicode.read_bytes().decode("ascii", errors="replace")
    found: dict[int, str] = {}
    for part in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for code, told in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", part):
            found[int(code, 16)] = bytes.fromhex(told).decode("utf-16-be", errors="replace")
    for part in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for low, high, told in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", part):
            for at in range(int(low, 16), int(high, 16) + 1):
                found[at] = chr(int(told, 16) + at - int(low, 16))
    return found


def _codes(page: pikepdf.Page) -> Mapping[str, frozenset[int]]:
    """The codes of two bytes that each font shows."""
    codes: dict[str, set[int]] = defaultdict(set)
    font = ""
    for step in pikepdf.parse_content_stream(page):
        assert isinstance(step, pikepdf.ContentStreamInstruction)  # no inline image
        operator = str(step.operator)
        if operator == "Tf":
            font = str(step.operands[0])
        elif operator in _SHOWS:
            for shown in _strings(step.operands):
                codes[font] |= {
                    int.from_bytes(shown[at : at + 2], "big") for at in range(0, len(shown), 2)
                }
    return {name: frozenset(some) for name, some in codes.items()}


def _strings(operands: object) -> Iterator[bytes]:
    for one in operands:  # type: ignore[attr-defined]
        if isinstance(one, pikepdf.String):
            yield bytes(one)
        elif isinstance(one, pikepdf.Array):
            yield from _strings(one)
