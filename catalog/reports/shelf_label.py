"""Labels of bags, volumes, boxes and cabinets: 14 on a sheet of A4 (99.1 x 38.1 mm), each with a barcode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fpdf import FPDF

from catalog.reports.form import bars_of
from catalog.reports.form_pdf import Sheet, draw_bars, face
from catalog.reports.values import printable

_ACROSS, _DOWN = 2, 7
_WIDTH, _HEIGHT, _GAP = 99.1, 38.1, 2.5
_LEFT, _TOP, _PAD = 4.65, 15.15, 4.0
"""The sheet of labels that offices have (two columns of seven)."""


@dataclass(frozen=True)
class ShelfLabel:
    """What stands on one label."""

    institution: str
    kind: str
    number: str
    """Also what the barcode says; found with “paperproof archive show”."""
    lines: Sequence[str]
    """At most four."""


def labels_pdf(labels: Sequence[ShelfLabel], made_at: datetime, font: Path | None = None) -> bytes:
    """Return the labels as sheets of PDF/A; raises UserError when the Chinese typeface is missing."""
    pdf = Sheet()
    pdf.set_creation_date(made_at)
    pdf.set_title("Paperproof")
    pdf.set_margins(0, 0)
    pdf.set_auto_page_break(False)
    face(pdf, font)
    for number, label in enumerate(labels):
        place = number % (_ACROSS * _DOWN)
        if place == 0:
            pdf.add_page()
        left = _LEFT + (place % _ACROSS) * (_WIDTH + _GAP)
        _draw(pdf, label, left + _PAD, _TOP + (place // _ACROSS) * _HEIGHT + _PAD)
    return bytes(pdf.output())


def _draw(pdf: FPDF, label: ShelfLabel, left: float, top: float) -> None:
    wide = _WIDTH - 2 * _PAD
    _write(pdf, left, top, wide, 7.5, f"{label.institution} · {label.kind}")
    _write(pdf, left, top + 4.5, wide, 17, label.number)
    draw_bars(pdf, bars_of(label.number), left + 1, top + 12.5, 8.0)
    for row, line in enumerate(label.lines):
        column, down = divmod(row, 2)
        _write(pdf, left + column * wide * 0.42, top + 22 + 4 * down, wide * 0.58, 8.5, line)


def _write(pdf: FPDF, left: float, top: float, wide: float, size: float, text: str) -> None:
    """Write one line, smaller where it would not fit."""
    told = printable(text)
    pdf.set_font(size=size)
    if (needed := pdf.get_string_width(told) + 2) > wide:
        pdf.set_font(size=size * wide / needed)
    pdf.set_xy(left, top)
    pdf.cell(wide, size * 0.45, told)
