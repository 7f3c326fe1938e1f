"""Split a delivered file into its pages; meant to run inside the sandbox (``pipeline.sandbox``).

A file that is one image is its own page, byte for byte. Pages of containers are cut out without
loss: TIFF frames as TIFF, scans in a PDF by ``pipeline.pdf``. The same bytes in give the same
bytes out, so that a page's digest is stable however often the container is delivered.
"""

from __future__ import annotations

import io

from PIL import Image

from pipeline.decode import load_completely, opened, recorded_dpi
from pipeline.kinds import DecodeLimits, Kind, recognise
from pipeline.model import SplitPage
from pipeline.pdf import count_pdf_pages, cut_pdf_page
from pipeline.refusals import Refusal, Why
from pipeline.tiff import count_frames


def split(content: bytes, name: str, limits: DecodeLimits) -> list[SplitPage]:
    """Return the pages of ``content`` in order; ``name`` (the delivered file's) only names it to people.

    Raises ``Refusal`` (Q01) for the whole container: one page that cannot be cut out spoils it, or
    the page count of the delivery would be wrong (Q11).
    """
    try:
        count = count_pages(content, limits)
        return [cut_page(content, number, limits) for number in range(1, count + 1)]
    except Refusal as refusal:
        raise Refusal(refusal.why, name, **refusal.numbers) from refusal


def count_pages(content: bytes, limits: DecodeLimits) -> int:
    """Return how many pages ``content`` holds, without decoding any.

    Raises ``Refusal`` (Q01) for what is no page format, more than ``limits.max_pages`` pages, a PDF
    that is protected, broken or empty.
    """
    kind = recognise(content, limits)
    if kind is Kind.PDF:
        count = count_pdf_pages(content)
    elif kind is Kind.TIFF:
        count = count_frames(content, limits.max_pages)
    else:
        count = 1
    if count > limits.max_pages:
        raise Refusal(Why.TOO_MANY_PAGES, limit=limits.max_pages)
    return count


def cut_page(content: bytes, page_no: int, limits: DecodeLimits) -> SplitPage:
    """Return page ``page_no`` (from 1) of ``content`` as a master of its own."""
    kind = recognise(content, limits)
    if kind is Kind.PDF:
        cut, kind = cut_pdf_page(content, page_no, limits)
        return SplitPage(page_no, cut, kind.suffix)
    if kind is Kind.TIFF and count_frames(content, limits.max_pages) > 1:
        return SplitPage(page_no, _cut_frame(content, page_no, limits), kind.suffix)
    return SplitPage(page_no, content, kind.suffix)


def _cut_frame(content: bytes, page_no: int, limits: DecodeLimits) -> bytes:
    """Return one frame as a TIFF of its own: same pixels, mode, dpi and colour profile."""
    cut = io.BytesIO()
    with opened(content, Kind.TIFF, limits) as image:
        image.seek(page_no - 1)
        if image.size[0] * image.size[1] > limits.max_pixels:
            raise Refusal(Why.TOO_MANY_PIXELS, limit=limits.max_pixels // 10**6)
        dpi = recorded_dpi(image, Kind.TIFF)
        load_completely(content, Kind.TIFF, image)
        frame = Image.Image()._new(
            image.im
        )  # pixels alone: tags of the old file do not fit the new
        if image.mode in ("P", "PA"):
            frame.putpalette(image.getpalette() or [])
        frame.save(
            cut,
            "TIFF",
            compression="group4" if image.mode == "1" else "tiff_adobe_deflate",
            dpi=dpi,
            icc_profile=image.info.get("icc_profile"),
        )
    return cut.getvalue()
