"""Paperproof's own sheets as pages to print: A4, black on white, in either language."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.language import Message, say
from pipeline.model import Pixels
from pipeline.sheets import Cover, OwnSheet, Separator
from pipeline.specimens.fonts import find_font
from pipeline.specimens.ink import Mask
from pipeline.specimens.marks import CODE128, QR, code_ink
from pipeline.specimens.sheet import A4, Sheet

PRINT_DPI = 600
_MIDDLE = A4.width_mm / 2
_QR_MM, _BAR_MM, _BAR_HEIGHT_MM = 2.0, 0.45, 22.0
"""Narrowest square and bar: 15 and 3.5 pixels at 200 dpi, twice and more what decoders need."""
_QR_TOP, _BAR_TOP, _BAR_FOOT = 88.0, 48.0, 240.0


@dataclass(frozen=True)
class SheetText:
    """What stands on a sheet for people."""

    title: Message
    lines: Sequence[tuple[Message, str]]
    """Name and value, one a line."""
    advice: Sequence[Message]


def separator_text() -> SheetText:
    """Return what a separator tells people."""
    return SheetText(
        Separator.title,
        (),
        (
            say("Put this sheet between two vouchers when a voucher has more than one page."),
            say("All pages up to the next separator are one voucher. The sheet may be used again."),
        ),
    )


def cover_text(cover: Cover, *, branch: str, day: str, batch: str, operator: str) -> SheetText:
    """Return what a batch's cover tells people."""
    return SheetText(
        Cover.title,
        (
            (say("Branch"), branch),
            (say("Business date"), day),
            (say("Batch"), batch),
            (say("Vouchers"), str(cover.vouchers)),
            (say("Pages"), str(cover.pages)),
            (say("Operator"), operator),
        ),
        (
            say("Scan this sheet as the first page of its batch."),
            say("Pages: those with writing on them; cover and separators are not counted."),
        ),
    )


def draw_sheet(
    sheet: OwnSheet, text: SheetText, lang: str, *, dpi: int = PRINT_DPI, font: Path | None = None
) -> Pixels:
    """Draw a sheet, one QR code and two Code 128 lines around it, 3 channels.

    Raises UserError when the Chinese typeface is missing.
    """
    paper = Sheet(A4, font or find_font(), dpi)
    paper.label(_MIDDLE, 28, text.title.in_language(lang), 13, bold=True, anchor="ms")
    paper.rule(20, 36, A4.width_mm - 20, 36, 1.2)
    for row, (name, value) in enumerate(text.lines):
        down = 166 + 8.5 * row
        paper.label(_MIDDLE - 4, down, name.in_language(lang), 5, anchor="rs")
        paper.label(_MIDDLE + 4, down, _fitting(value), 5.5, bold=True)
    for row, line in enumerate(text.advice):
        paper.label(_MIDDLE, 222 + 7 * row, line.in_language(lang), 4.2, anchor="ms")
    paper.label(_MIDDLE, 284, sheet.text, 3.6, anchor="ms")
    ink = paper.form_ink().copy()
    bars = code_ink(sheet.text, CODE128, dpi, module_mm=_BAR_MM, height_mm=_BAR_HEIGHT_MM)
    square = code_ink(sheet.text, QR, dpi, module_mm=_QR_MM, ec_level="H")
    for code, top in ((bars, _BAR_TOP), (square, _QR_TOP), (bars, _BAR_FOOT)):
        _put(ink, code, paper.px(_MIDDLE), paper.px(top))
    return np.repeat((255 - ink)[:, :, None], 3, axis=2)


def as_pdf(page: Pixels, *more: Pixels, dpi: int = PRINT_DPI, copies: int = 1) -> bytes:
    """Return drawn sheets as a PDF, ``copies`` times, black and white at their true size."""
    first, *others = [
        Image.fromarray(one).convert("L").point(lambda level: 255 * (level > 127), "1")
        for one in (page, *more) * copies
    ]
    written = io.BytesIO()
    first.save(
        written,
        "PDF",
        resolution=dpi,
        save_all=True,
        append_images=others,
        title="Paperproof",
    )
    return written.getvalue()


def _put(ink: Mask, code: Mask, middle: int, top: int) -> None:
    left = middle - code.shape[1] // 2
    ink[top : top + code.shape[0], left : left + code.shape[1]] = code


def _fitting(value: str) -> str:
    """A value no longer than its line holds."""
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


_LONGEST = 28
