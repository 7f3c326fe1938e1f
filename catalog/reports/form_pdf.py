"""A form as PDF/A-2u (ISO 19005-2): the typeface embedded, text that can be searched, bars as lines."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from fpdf import FPDF, FontFace
from fpdf.enums import DocumentCompliance, XPos, YPos
from fpdf.fonts import TTFFont

from catalog.reports.form import Bars, Form
from catalog.reports.values import printable
from pipeline.specimens.fonts import REGULAR, find_font

_FACE = "han"
_LACKING = "〓"
"""What Chinese and Japanese printers set for a sign that they have not (U+3013)."""
_LEFT, _TOP, _FOOT = 13.0, 12.0, 16.0
_WIDTH = 184.0
BAR_MM, _BAR_HEIGHT_MM = 0.33, 12.0
"""Narrowest bar: 2.6 pixels at 200 dpi; what a hand scanner's manual asks for (GS1: 0.25 to 0.5 mm)."""
_LINE_MM = 5.0
_NAME_MM, _FACT_MM = 25.0, 6.0
SIGN_ACROSS = 4
_INK, _GREY, _SHADE = 17, 70, 235


class Sheet(FPDF):
    """A4 as PDF/A-2u, on which no sign is left out because the typeface lacks it."""

    def __init__(self) -> None:
        super().__init__(format="A4", enforce_compliance=DocumentCompliance.PDFA_2U)

    def normalize_text(self, text: str) -> str:
        """Put the trade's mark in the place of a sign that the typeface lacks, as of a rare name."""
        face = self.fonts[_FACE]
        known = face.cmap if isinstance(face, TTFFont) else {}
        told: str = super().normalize_text(text)
        return "".join(sign if sign == "\n" or ord(sign) in known else _LACKING for sign in told)


class _Page(Sheet):
    """With the form's name and page number at its foot."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form

    def footer(self) -> None:
        """Print at the foot which form it is, and page of pages."""
        self.set_y(-11)
        self.set_font(_FACE, size=8)
        self.set_text_color(_GREY)
        self.cell(
            _WIDTH / 2, 5, printable(f"{self._form.title} {self._form.code} · {self._form.care}")
        )
        self.cell(_WIDTH / 2, 5, f"{self.page_no()} / {{nb}}", align="R")


def form_pdf(form: Form, made_at: datetime, font: Path | None = None) -> bytes:
    """Return the form as PDF; raises UserError when the Chinese typeface is missing."""
    pdf = _Page(form)
    pdf.set_creation_date(made_at)
    pdf.set_lang("zh-CN" if form.lang == "zh" else "en")
    pdf.set_title(f"{form.title} {form.code}")
    pdf.set_producer("Paperproof")
    face(pdf, font)
    pdf.set_margins(_LEFT, _TOP)
    pdf.set_auto_page_break(True, _FOOT)
    pdf.add_page()
    _head(pdf, form)
    _facts(pdf, form)
    _table(pdf, form)
    _sign(pdf, form)
    return bytes(pdf.output())


def face(pdf: FPDF, font: Path | None) -> None:
    """Have a PDF set its text in the Chinese typeface, embedded; UserError: it is missing."""
    pdf.add_font(_FACE, fname=font or find_font(), collection_font_number=REGULAR)
    pdf.set_font(_FACE)


def draw_bars(pdf: FPDF, bars: Bars, left: float, top: float, height: float) -> float:
    """Draw a barcode, and return its width in millimetres."""
    pdf.set_fill_color(0)
    for start, bar in bars:
        pdf.rect(left + start * BAR_MM, top, bar * BAR_MM, height, style="F")
    return BAR_MM * sum(bars[-1])


def _head(pdf: FPDF, form: Form) -> None:
    width = BAR_MM * sum(form.bars[-1])
    left = _LEFT + _WIDTH - width
    draw_bars(pdf, form.bars, left, _TOP, _BAR_HEIGHT_MM)
    _text(pdf, 9, _GREY)
    pdf.set_xy(left, _TOP + _BAR_HEIGHT_MM)
    pdf.cell(width, 5, form.code, align="C")
    pdf.set_xy(_LEFT, _TOP)
    pdf.cell(left - _LEFT - 8, 5, printable(form.institution), new_x=XPos.LEFT, new_y=YPos.NEXT)
    _text(pdf, 19, _INK)
    pdf.cell(left - _LEFT - 8, 11, form.title)
    pdf.set_line_width(0.5)
    pdf.line(_LEFT, _TOP + 18, _LEFT + _WIDTH, _TOP + 18)
    pdf.set_xy(_LEFT, _TOP + 20)


def _facts(pdf: FPDF, form: Form) -> None:
    """Two facts in a row; one that is too long for half a row has whole lines of its own."""
    _text(pdf, 9, _GREY)
    names_mm = max([_NAME_MM, *(pdf.get_string_width(name) + 3 for name, _ in form.facts)])
    column = 0
    for name, value in form.facts:
        told = printable(value)
        _text(pdf, 10, _INK)
        long = pdf.get_string_width(told) > _WIDTH / 2 - names_mm - 2
        if long and column:
            column = _next_row(pdf)
        pdf.set_x(_LEFT + _WIDTH / 2 * column)
        _text(pdf, 9, _GREY)
        pdf.cell(names_mm, _FACT_MM, name)
        _text(pdf, 10, _INK)
        if long:
            room = _WIDTH - names_mm
            pdf.multi_cell(room, _FACT_MM, told, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        else:
            pdf.cell(_WIDTH / 2 - names_mm, _FACT_MM, told)
            column = _next_row(pdf) if column else 1
    if column:
        _next_row(pdf)
    pdf.set_xy(_LEFT, pdf.get_y() + 3)


def _next_row(pdf: FPDF) -> int:
    """Go to the beginning of the next row of facts; return its first column."""
    pdf.set_xy(_LEFT, pdf.get_y() + _FACT_MM)
    return 0


def _table(pdf: FPDF, form: Form) -> None:
    _text(pdf, 9, _INK)
    pdf.set_line_width(0.15)
    pdf.set_draw_color(_GREY)
    blank = [[" "] * len(form.columns)] * form.blank_rows
    with pdf.table(
        width=_WIDTH,
        col_widths=tuple(column.width for column in form.columns),
        text_align=tuple("RIGHT" if column.number else "LEFT" for column in form.columns),
        headings_style=FontFace(emphasis="", fill_color=_SHADE),
        line_height=_LINE_MM,
        padding=(0.8, 1.2),
    ) as table:
        for row in (form.heads, *form.rows, *blank):
            cells = table.row()
            for cell in row:
                cells.cell(printable(cell) or " ")
    pdf.ln(1.5)
    _text(pdf, 9, _GREY)
    pdf.multi_cell(_WIDTH, _LINE_MM, form.sums, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _sign(pdf: FPDF, form: Form) -> None:
    """Boxes for signatures, kept together on one page."""
    across = min(len(form.signatures), SIGN_ACROSS)
    height, width = 22.0, _WIDTH / across
    pdf.ln(3)
    if pdf.will_page_break(height * -(-len(form.signatures) // across)):
        pdf.add_page()
    top = pdf.get_y()
    _text(pdf, 8.5, _GREY)
    pdf.set_line_width(0.3)
    for number, name in enumerate(form.signatures):
        down, right = divmod(number, across)
        pdf.rect(_LEFT + right * width, top + down * height, width, height)
        pdf.set_xy(_LEFT + right * width, top + down * height + 1)
        pdf.multi_cell(width, 4.5, printable(name), align="L")


def _text(pdf: FPDF, size: float, grey: int) -> None:
    pdf.set_font(_FACE, size=size)
    pdf.set_text_color(grey)
