"""A page as a searchable PDF/A-2u (ISO 19005-2): its picture unaltered, its text invisible above it.

The text never changes the picture, the picture never goes through a decoder here, and the same page and
text give the same bytes each time, so that a derivative can be named by its own SHA-256.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import closing
from functools import cache

import pikepdf
import pypdfium2 as pdfium
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import ImageCms

from pipeline.model import TextLine
from pipeline.searchable.blank_font import ASCENT, DESCENT, EM, NAME, WIDE, blank_font
from pipeline.searchable.picture import Packing, PagePicture
from pipeline.searchable.text_layer import Scale, Signs, drawn_lines
from pipeline.values import half_width

_POINTS_PER_INCH = 72
_ASSUMED_DPI = 300.0
"""Of a master that records no resolution; it only sets the size of the sheet."""
_LEAST_SIDE, _MOST_SIDE = 3, 14400
"""Points that a side of a page may have (ISO 32000-1, annex C)."""
_FONT, _PICTURE = "/F0", "/Im0"
_ICC_DATE = slice(24, 36)
_SYMBOLIC, _MONOSPACED = 4, 1


def searchable_page(picture: PagePicture, lines: Sequence[TextLine], *, master: str) -> bytes:
    """Return the page as PDF/A-2u.

    ``lines``: text with places in pixels of the page as people see it; ``master``: SHA-256 of the page's
    master, named inside. A page on its side or upside down is shown with its text upright.
    """
    width, height = _page_size(picture)
    signs = Signs(lines)
    with Pdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(width, height))
        page.Rotate = -90 * round(lines[0].angle / 90) % 360 if lines else 0
        page.Resources = Dictionary(XObject=Dictionary({_PICTURE: _image(pdf, picture)}))
        drawn = f"q {_picture_matrix(picture.orientation, width, height)} cm {_PICTURE} Do Q\n"
        if signs.widths():
            page.Resources.Font = Dictionary({_FONT: _font(pdf, signs)})
            drawn += drawn_lines(lines, signs, _scale(picture, width, height), _FONT)
        page.Contents = pdf.make_stream(drawn.encode("ascii"))
        pdf.Root.OutputIntents = Array([_output_intent(pdf)])
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as told:
            told["pdfaid:part"], told["pdfaid:conformance"] = "2", "U"
            told["dc:format"], told["dc:source"] = "application/pdf", f"sha256:{master}"
            told["xmp:CreatorTool"] = "Paperproof"
        written = io.BytesIO()
        pdf.save(written, min_version="1.7", deterministic_id=True)
    return written.getvalue()


def text_of(content: bytes) -> str:
    """Return the text of a page that ``searchable_page`` made, line by line, as a viewer finds it."""
    with closing(pdfium.PdfDocument(content)) as pdf:
        lines: list[str] = pdf[0].get_textpage().get_text_range().splitlines()
    return "\n".join(half_width(line) for line in lines if line.strip())


def _page_size(picture: PagePicture) -> tuple[float, float]:
    """Return the page's width and height in points, as people see it."""
    across, down = picture.dpi or (_ASSUMED_DPI, _ASSUMED_DPI)
    width, height = (
        min(max(pixels / dpi * _POINTS_PER_INCH, _LEAST_SIDE), _MOST_SIDE)
        for pixels, dpi in ((picture.width, across), (picture.height, down))
    )
    return (height, width) if picture.orientation >= 5 else (width, height)


def _scale(picture: PagePicture, width: float, height: float) -> Scale:
    across, down = picture.width, picture.height
    if picture.orientation >= 5:
        across, down = down, across
    return Scale(height, width / across, height / down)


def _picture_matrix(orientation: int, width: float, height: float) -> str:
    """Return the matrix that lays the picture on the page, turned and mirrored as ``orientation`` says."""

    def laid(across: float, up: float) -> tuple[float, float]:
        down = 1 - up
        if orientation >= 5:
            across, down = down, across
        if orientation in (2, 3, 6, 7):
            across = 1 - across
        if orientation in (3, 4, 7, 8):
            down = 1 - down
        return across * width, (1 - down) * height

    (x, y), right, up = laid(0, 0), laid(1, 0), laid(0, 1)
    return " ".join(f"{n:.4f}" for n in (right[0] - x, right[1] - y, up[0] - x, up[1] - y, x, y))


def _image(pdf: Pdf, picture: PagePicture) -> pikepdf.Stream:
    image = pdf.make_stream(
        picture.packed,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=picture.width,
        Height=picture.height,
        ColorSpace=Name.DeviceRGB if picture.channels == 3 else Name.DeviceGray,
        BitsPerComponent=picture.bits,
        Filter=Name(f"/{picture.packing}"),
    )
    if picture.packing is Packing.PNG_ROWS:
        image.DecodeParms = Dictionary(
            Predictor=15,
            Colors=picture.channels,
            BitsPerComponent=picture.bits,
            Columns=picture.width,
        )
    return image


def _font(pdf: Pdf, signs: Signs) -> Dictionary:
    program = pdf.make_stream(blank_font(), Length1=len(blank_font()))
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(f"/{NAME}"),
        Flags=_SYMBOLIC | _MONOSPACED,
        FontBBox=[0, DESCENT, WIDE, ASCENT],
        ItalicAngle=0,
        Ascent=ASCENT,
        Descent=DESCENT,
        CapHeight=ASCENT,
        StemV=0,
        FontFile2=program,
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(f"/{NAME}"),
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=EM,
        W=[1, signs.widths()],
        CIDToGIDMap=pdf.make_stream(signs.glyphs()),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name(f"/{NAME}"),
            Encoding=Name("/Identity-H"),
            DescendantFonts=[pdf.make_indirect(descendant)],
            ToUnicode=pdf.make_stream(signs.to_unicode()),
        )
    )


def _output_intent(pdf: Pdf) -> Dictionary:
    return Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier="sRGB",
        Info="sRGB IEC61966-2.1",
        DestOutputProfile=pdf.make_stream(_srgb(), N=3),
    )


@cache
def _srgb() -> bytes:
    """Return the ICC profile of sRGB, its date taken out: it would differ each time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_ICC_DATE] = (2026).to_bytes(2, "big") + b"\0\1\0\1" + bytes(6)
    return bytes(profile)
