"""The text layer: found, copied and marked where it stands, and all of it valid as PDF/A-2u."""

import io
import re
import zlib
from collections.abc import Sequence

import pikepdf
import pypdf
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.kinds import DecodeLimits
from pipeline.model import Box, TextLine
from pipeline.searchable.pdfa import searchable_page, text_of
from pipeline.searchable.picture import Packing, PagePicture, page_picture
from pipeline.stance import on_page
from pipeline.values import half_width
from tests import pdfa

DPI = 144
POINTS = 72 / DPI


def picture(mode: str = "RGB", form: str = "JPEG") -> PagePicture:
    written = io.BytesIO()
    Image.new(mode, (220, 300), "white").save(written, form, dpi=(DPI, DPI))
    return page_picture(written.getvalue(), DecodeLimits())


PICTURE = picture()
LINES = (
    TextLine("证券业务受理凭证", 0.99, Box(30, 20, 190, 40)),
    TextLine("金额小写 ¥581,956,000.41", 0.98, Box(20, 100, 200, 116)),
    TextLine("𠮷野家(Ⅷ)", 0.9, Box(20, 200, 120, 220)),
)


def made(lines: Sequence[TextLine] = LINES) -> bytes:
    return searchable_page(PICTURE, lines, master="ab" * 32)


def marked(pdf: bytes, text: str) -> tuple[float, float, float, float]:
    """Where Chromium's own engine marks ``text``, in pixels of the page as it lies in the PDF."""
    page = pypdfium2.PdfDocument(pdf)[0]
    view = page.get_textpage()
    start, count = view.search(text).get_next()
    view.count_rects(start, count)
    left, bottom, right, top = view.get_rect(0)
    height = page.get_mediabox()[3]
    return left / POINTS, (height - top) / POINTS, right / POINTS, (height - bottom) / POINTS


def test_two_readers_find_the_same_text() -> None:
    pdf = made()
    for text in (
        pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text(),
        pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range(),
    ):
        assert [line.strip() for line in text.splitlines()] == [line.text for line in LINES]
    assert text_of(pdf) == "\n".join(half_width(line.text) for line in LINES)


@pytest.mark.parametrize("line", LINES[:2])
def test_a_found_line_is_marked_where_it_stands(line: TextLine) -> None:
    assert marked(made(), line.text) == pytest.approx(line.box, abs=1)


def test_a_word_within_a_line_is_marked_in_its_place() -> None:
    line = TextLine(
        "客户名称ABCD", 0.9, Box(20, 100, 140, 120)
    )  # four wide signs, four narrow ones
    assert marked(made([line]), "ABCD") == pytest.approx((100, 100, 140, 120), abs=1)


@pytest.mark.parametrize("quarters", range(4))
def test_text_on_a_turned_page_is_marked_where_it_stands(quarters: int) -> None:
    box = Box(40, 60, 60, 180) if quarters % 2 else Box(60, 40, 180, 60)
    pdf = made([TextLine("营业部成都", 0.9, box, 90.0 * quarters)])
    assert marked(pdf, "营业部成都") == pytest.approx(box, abs=1)
    assert pypdfium2.PdfDocument(pdf)[0].get_rotation() == -90 * quarters % 360
    text = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert text.strip() == "营业部成都"


@pytest.mark.parametrize("angle", [-90.0, -12.0, 7.5, 97.0, 188.0])
def test_text_that_runs_askew_is_marked_around_its_place(angle: float) -> None:
    turned = on_page(Box(-50, -8, 50, 8), angle)
    box = Box(turned.left + 110, turned.top + 150, turned.right + 110, turned.bottom + 150)
    pdf = made([TextLine("营业部成都", 0.9, box, angle)])
    assert marked(pdf, "营业部成都") == pytest.approx(box, abs=3)


def test_a_line_that_runs_down_an_upright_page_is_marked_whole() -> None:
    box = Box(40, 60, 60, 180)
    assert marked(made([TextLine("骑缝章处", 0.9, box)]), "骑缝章处") == pytest.approx(box, abs=1)


def test_the_same_page_gives_the_same_bytes() -> None:
    assert made() == made()
    assert made() != made(LINES[:1])


def test_text_is_never_seen() -> None:
    without, with_text = (
        pypdfium2.PdfDocument(made(lines))[0].render(scale=2).to_numpy() for lines in ((), LINES)
    )
    assert (without == with_text).all()


@settings(max_examples=60)
@given(st.lists(st.text(max_size=20), max_size=4))
def test_whatever_was_read_makes_a_valid_page(texts: list[str]) -> None:
    lines = [
        TextLine(text, 0.5, Box(10, 20 * row, 150, 20 * row + 15)) for row, text in enumerate(texts)
    ]
    require_pdfa_2u(made(lines))


@pytest.mark.parametrize("lines", [(), LINES, [TextLine("反", 0.5, Box(5, 5, 20, 20), 180.0)]])
def test_it_is_pdfa(lines: Sequence[TextLine]) -> None:
    require_pdfa_2u(made(lines))


def test_a_bitonal_page_is_pdfa() -> None:
    require_pdfa_2u(searchable_page(picture("1", "TIFF"), LINES, master="ab" * 32))


def test_a_sheet_of_any_size_is_one_that_a_pdf_can_have() -> None:
    tiny = PagePicture(zlib.compress(b"\0\0"), Packing.PNG_ROWS, 1, 1, 1, 1, 1, None)
    require_pdfa_2u(searchable_page(tiny, [TextLine("点", 0.5, Box(0, 0, 1, 1))], master="ab" * 32))


def require_pdfa_2u(content: bytes) -> None:
    """Hold a page against ISO 19005-2, and what it alone uses of PDF; the clause stands behind each line."""
    pdfa.require_pdfa_2u(content)
    assert re.match(rb"%PDF-1\.[0-7]\n%[\x80-\xff]{4}", content)  # 6.1.2
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert len(pdf.trailer.ID) == 2 and "/Encrypt" not in pdf.trailer  # 6.1.3
        assert "/Info" not in pdf.trailer
        assert not pdf.check_pdf_syntax()
        (intent,) = pdf.Root.OutputIntents  # 6.2.3
        profile = intent.DestOutputProfile.read_bytes()
        assert intent.S == "/GTS_PDFA1" and intent.DestOutputProfile.N == 3
        assert profile[16:20] == b"RGB " and profile[36:40] == b"acsp" and profile[8] <= 4
        with pdf.open_metadata() as told:  # 6.6.4
            assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("2", "U")
            assert told["dc:source"] == "sha256:" + "ab" * 32
        assert "/Filter" not in pdf.Root.Metadata
        assert not {"/OpenAction", "/AA", "/Names", "/AcroForm"} & set(pdf.Root.keys())  # 6.4, 6.5
        page = pdf.pages[0]
        image = page.Resources.XObject["/Im0"]
        assert "/Interpolate" not in image and "/SMask" not in image  # 6.2.8
        assert image.Filter in ("/DCTDecode", "/JPXDecode", "/FlateDecode")  # 6.1.7.2
        if "/Font" in page.Resources:
            require_font(page.Resources.Font["/F0"], _codes(page))
        else:
            assert not _codes(page)


def require_font(font: pikepdf.Object, used: set[int]) -> None:
    descendant = font.DescendantFonts[0]
    assert font.Encoding == "/Identity-H" and descendant.Subtype == "/CIDFontType2"
    program = TTFont(io.BytesIO(descendant.FontDescriptor.FontFile2.read_bytes()))  # 6.2.11.4
    glyphs = descendant.CIDToGIDMap.read_bytes()  # 6.2.11.3.2
    first, widths = descendant.W
    by_glyph = [program["hmtx"][name][0] for name in program.getGlyphOrder()]
    mapped = dict(
        re.findall(r"<([0-9A-F]{4})> <((?:[0-9A-F]{4})+)>", font.ToUnicode.read_bytes().decode())
    )
    for code in used:
        glyph = int.from_bytes(glyphs[2 * code : 2 * code + 2], "big")
        assert glyph != 0  # 6.2.11.8: never .notdef
        assert widths[code - int(first)] == by_glyph[glyph]  # 6.2.11.5
        assert mapped[f"{code:04X}"] not in ("0000", "FEFF", "FFFE")  # 6.2.11.7.2


def _codes(page: pikepdf.Page) -> set[int]:
    codes: set[int] = set()
    for step in pikepdf.parse_content_stream(page):
        assert isinstance(step, pikepdf.ContentStreamInstruction)  # no inline image
        if str(step.operator) == "Tr":
            assert step.operands[0] == 3
        if str(step.operator) == "Tj":
            shown = bytes(step.operands[0])
            codes |= {int.from_bytes(shown[at : at + 2], "big") for at in range(0, len(shown), 2)}
    return codes
