"""A filled voucher on paper: form and typing, codes, signature, stamp and punch holes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.model import Box, FieldName, Pixels
from pipeline.specimens.cases import Level
from pipeline.specimens.forms import Form
from pipeline.specimens.ink import BLACK, Colour, lay, ribbon_for, worn
from pipeline.specimens.marks import (
    PEN_BLUE,
    STAMP_RED,
    code_ink,
    punch_holes,
    signature_ink,
    stamp_ink,
)
from pipeline.specimens.people import FIRM
from pipeline.specimens.sheet import Sheet
from pipeline.specimens.vouchers import PrintedVoucher

_STAMPED_OVER = (
    FieldName.CUSTOMER_NAME,
    FieldName.AMOUNT,
    FieldName.BUSINESS_NAME,
    FieldName.BUSINESS_DATE,
)


@dataclass(frozen=True)
class DrawnVoucher:
    """A voucher on paper, before it is scanned."""

    pixels: Pixels
    places: Mapping[FieldName, Box]
    """Where each value stands on the unturned page, in pixels."""
    stamped: FieldName | None
    """The value that the stamp covers."""


def draw_voucher(
    form: Form,
    voucher: PrintedVoucher,
    rng: np.random.Generator,
    *,
    font: Path,
    level: Level = Level.EASY,
    codes: Sequence[str] = (),
    dpi: int = 300,
    signed: bool = True,
    stamped: bool | None = None,
) -> DrawnVoucher:
    """Draw a filled voucher: printed, stamped, signed and punched as its level has it.

    ``stamped`` says whether the stamp is there, None: as often as the level has it.
    """
    shift = {Level.EASY: 0.2, Level.MEDIUM: 0.6, Level.HARD: 1.0}[level]
    moved = (rng.uniform(-shift, shift), rng.uniform(-shift, shift))
    sheet = Sheet(form.paper, font, dpi, needles=form.needles, shift_mm=moved)
    form.fill(sheet, voucher, form.labels)
    width, height = form.paper.pixels(dpi)
    page = np.full((height, width, 3), 255, np.uint8)
    lay(page, sheet.form_ink(), form.ink)
    lay(page, worn(sheet.typed_ink(), ribbon_for(level, rng), rng, dpi), BLACK)
    for code in codes:
        x, y = form.codes_at[code]
        lay(
            page,
            code_ink(voucher.values[FieldName.SERIAL_NO], code, dpi),
            BLACK,
            sheet.px(x),
            sheet.px(y),
        )
    if signed:
        _sign(page, form, sheet, rng)
    chance = {Level.EASY: 0.25, Level.MEDIUM: 0.6, Level.HARD: 0.85}[level]
    has_stamp = rng.random() < chance if stamped is None else stamped
    covered = _stamp(page, sheet, rng) if has_stamp else None
    if rng.random() < {Level.EASY: 0.2, Level.MEDIUM: 0.4, Level.HARD: 0.6}[level]:
        punch_holes(page, dpi, Colour(96, 94, 92))
    return DrawnVoucher(page, dict(sheet.places), covered)


def _sign(page: Pixels, form: Form, sheet: Sheet, rng: np.random.Generator) -> None:
    x, y = form.signed_at
    mask = signature_ink(sheet.px(34), sheet.px(13), rng)
    lay(page, mask, PEN_BLUE, sheet.px(x), sheet.px(y - 9.5))


def _stamp(page: Pixels, sheet: Sheet, rng: np.random.Generator) -> FieldName:
    """Stamp over a value, never over the serial: the code may stand beside that."""
    over = _STAMPED_OVER[rng.integers(len(_STAMPED_OVER))]
    place = sheet.places[over]
    diameter = sheet.px(rng.uniform(36, 40))
    mask = stamp_ink(FIRM, "业务受理章", diameter, sheet.font, rng)
    left = (place.left + place.right - diameter) // 2 + sheet.px(rng.uniform(-6, 10))
    top = (place.top + place.bottom - diameter) // 2 + sheet.px(rng.uniform(-7, 7))
    lay(page, mask, STAMP_RED, left, top)
    return over
