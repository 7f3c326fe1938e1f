"""Pages of a PDF as images: a scan in a PDF is taken out as it is, anything else is rendered.

A page rendered finer than it was scanned would pass the resolution check (Q02) that its scan
fails. So a page that is one picture keeps that picture's own pixels, with the dpi that the page's
size gives them, and is rendered at 300 dpi only where it holds text or drawing of its own.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image, ImageChops

from pipeline.decode import opened, recorded_dpi, require_size
from pipeline.kinds import DecodeLimits, Kind
from pipeline.refusals import Refusal, Why

RENDER_DPI = 300
_MOST_DPI = 600  # what Q02 allows
_POINTS_PER_INCH = 72
_EMBEDDED = {"DCTDecode": Kind.JPEG, "JPXDecode": Kind.JPEG2000}
_SAME_DPI = 0.01  # as Q02 asks of x and y
_LOOK_DPI = 72
_LOOK_BLOCK = 8  # pixels at _LOOK_DPI: about 3 mm, the least mark worth seeing
_LOOK_TOLERANCE = 32  # grey levels of 255; decoders and resampling differ by less


def count_pdf_pages(content: bytes) -> int:
    """Return the number of pages; raises ``Refusal`` for a protected, empty or broken PDF."""
    with _opened_pdf(content) as pdf:
        return len(pdf)


def cut_pdf_page(content: bytes, page_no: int, limits: DecodeLimits) -> tuple[bytes, Kind]:
    """Return page ``page_no`` (from 1) as a JPEG, JPEG 2000 or PNG that records its true dpi."""
    with _opened_pdf(content) as pdf:
        try:
            page = pdf[page_no - 1]
            require_size([side / _POINTS_PER_INCH * _LOOK_DPI for side in page.get_size()], limits)
            return _cut(page, page_no, limits)
        except (Refusal, MemoryError):
            raise
        except Exception as fault:  # decoders raise nearly anything on hostile bytes
            raise Refusal(Why.BROKEN_PDF_PAGE, page_no=page_no) from fault


@contextlib.contextmanager
def _opened_pdf(content: bytes) -> Iterator[pdfium.PdfDocument]:
    try:
        pdf = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as fault:
        raise Refusal(_why_closed(content)) from fault
    with contextlib.closing(pdf):
        yield pdf


def _why_closed(content: bytes) -> Why:
    """Ask again why a PDF does not open: one without pages leaves the last error as it was."""
    handle = pdfium_c.FPDF_LoadMemDocument64(content, len(content), None)
    if handle:
        pdfium_c.FPDF_CloseDocument(handle)
        return Why.NO_PAGES
    protected = pdfium_c.FPDF_GetLastError() == pdfium_c.FPDF_ERR_PASSWORD
    return Why.PASSWORD if protected else Why.BROKEN_PDF


def _cut(page: pdfium.PdfPage, page_no: int, limits: DecodeLimits) -> tuple[bytes, Kind]:
    pictures, drawn = _contents(page, page_no)
    if drawn or not pictures:
        return _png(_rendered(page, RENDER_DPI, limits), (RENDER_DPI, RENDER_DPI)), Kind.PNG
    largest = max(pictures, key=lambda picture: math.prod(picture.get_px_size()))
    if len(pictures) == 1:
        taken = _taken_out(page, largest, limits)
        if taken:
            return taken
    dpi = min(max(min(_picture_dpi(largest)), _LOOK_DPI), _MOST_DPI)
    return _png(_rendered(page, dpi, limits), (dpi, dpi)), Kind.PNG


def _contents(page: pdfium.PdfPage, page_no: int) -> tuple[list[pdfium.PdfImage], bool]:
    """Return the page's pictures, and whether it shows text, lines or notes besides."""
    pictures = []
    drawn = pdfium_c.FPDFPage_GetAnnotCount(page) > 0
    for thing in page.get_objects():
        if thing.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            pictures.append(thing)
        elif thing.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
            if _is_hidden(thing):
                continue  # the text layer that scanners lay under a scan
            _require_font(thing, page_no)
            drawn = True
        elif thing.type != pdfium_c.FPDF_PAGEOBJ_FORM:  # a form's own parts come by themselves
            drawn = True
    return pictures, drawn


def _is_hidden(text: pdfium.PdfTextObj) -> bool:
    mode = pdfium_c.FPDFTextObj_GetTextRenderMode(text)
    return bool(mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE)


def _require_font(text: pdfium.PdfTextObj, page_no: int) -> None:
    """Refuse text in a font that is neither in the PDF nor built in: it would vanish silently."""
    font = text.get_font()
    if not font.is_embedded and font.get_base_name() not in font.STANDARD_FONTS:
        raise Refusal(Why.MISSING_FONTS, page_no=page_no)


def _picture_dpi(picture: pdfium.PdfImage) -> tuple[float, float]:
    told = picture.get_metadata()
    return float(told.horizontal_dpi), float(told.vertical_dpi)


def _taken_out(
    page: pdfium.PdfPage, picture: pdfium.PdfImage, limits: DecodeLimits
) -> tuple[bytes, Kind] | None:
    """Return the page's only picture without resampling, or None where the page shows it otherwise.

    Masks, turns, clips, margins and inverted colours all show in the comparison with the page.
    """
    require_size(picture.get_px_size(), limits)
    pixels = picture.get_bitmap().to_pil()
    pixels = pixels.convert("RGB" if pixels.mode in ("RGB", "RGBX", "RGBA") else "L")
    seen = _rendered(page, _LOOK_DPI, limits)
    if not _look_alike(pixels, seen):
        return None
    width, height = (side / _POINTS_PER_INCH for side in page.get_size())
    dpi = (pixels.width / width, pixels.height / height)
    embedded = _embedded(picture, dpi, seen, limits)
    if embedded:
        return embedded
    if picture.get_metadata().bits_per_pixel == 1:
        pixels = pixels.convert("1", dither=Image.Dither.NONE)
    return _png(pixels, dpi), Kind.PNG


def _embedded(
    picture: pdfium.PdfImage, dpi: tuple[float, float], seen: Image.Image, limits: DecodeLimits
) -> tuple[bytes, Kind] | None:
    """Return the embedded JPEG or JPEG 2000 as it is, if it records the page's dpi and looks like it."""
    kind = _EMBEDDED.get("/".join(picture.get_filters()))
    if kind is None:
        return None
    content = bytes(picture.get_data())
    try:
        with opened(content, kind, limits) as image:
            recorded = recorded_dpi(image, kind)
            image.draft("RGB", seen.size)
            if not recorded or not _look_alike(image.convert("RGB"), seen):
                return None
    except Refusal:
        return None
    agree = all(abs(told / true - 1) <= _SAME_DPI for told, true in zip(recorded, dpi, strict=True))
    return (content, kind) if agree else None


def _rendered(page: pdfium.PdfPage, dpi: float, limits: DecodeLimits) -> Image.Image:
    scale = dpi / _POINTS_PER_INCH
    require_size([side * scale for side in page.get_size()], limits)
    bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False)
    image: Image.Image = bitmap.to_pil().convert("RGB")
    red, green, blue = image.split()
    same = not ImageChops.difference(red, green).getbbox() and not (
        ImageChops.difference(green, blue).getbbox()
    )
    return red if same else image


def _look_alike(picture: Image.Image, seen: Image.Image) -> bool:
    """Tell whether ``picture`` shows what the page shows, no block of 3 mm differing."""
    blocks = (max(1, seen.width // _LOOK_BLOCK), max(1, seen.height // _LOOK_BLOCK))
    ours, pages = (
        np.asarray(image.convert("RGB").resize(blocks, Image.Resampling.BOX), np.int16)
        for image in (picture, seen)
    )
    return bool(np.abs(ours - pages).max() <= _LOOK_TOLERANCE)


def _png(image: Image.Image, dpi: tuple[float, float]) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG", dpi=dpi)
    return written.getvalue()
