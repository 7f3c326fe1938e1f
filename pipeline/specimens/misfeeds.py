"""Vouchers that went through the scanner wrongly, with what stands on them known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np

from pipeline.model import FieldName, Pixels
from pipeline.specimens.cases import Level
from pipeline.specimens.drawing import DrawnVoucher, draw_voucher
from pipeline.specimens.forms import Form
from pipeline.specimens.ink import lay
from pipeline.specimens.marks import CODE128, PEN_BLUE, QR, signature_ink
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.scanner import scan, skew_for
from pipeline.specimens.vouchers import PrintedVoucher, print_voucher
from pipeline.values import plain_value

_FOLD_MM = (45, 60)
_CODES: tuple[tuple[str, ...], ...] = ((), (CODE128,), (QR,), ())
_WRITTEN_OVER = (FieldName.AMOUNT, FieldName.CUSTOMER_NO, FieldName.FUND_ACCOUNT)


class Misfeed(StrEnum):
    """What went wrong; STRAIGHT: nothing, to see that honest pages are not suspected."""

    STRAIGHT = "straight"
    UPSIDE_DOWN = "upside down"
    MIRRORED = "mirrored"
    CUT = "cut"
    TWO_PAGES = "two pages"
    FOLDED = "folded corner"
    WRITTEN_OVER = "written over"


@dataclass(frozen=True)
class MisfedPage:
    """A scan, and the values on its paper (of TWO_PAGES: of the upper or left one)."""

    content: bytes
    values: Mapping[FieldName, str]
    written_over: FieldName | None = None


def misfed_page(form: Form, kind: Misfeed, number: int, *, seed: int, font: Path) -> MisfedPage:
    """Make one page; ``number`` varies level, codes and place of the fault, ``seed`` everything else."""
    rng = np.random.default_rng([seed, number, *kind.encode()])
    level = (Level.EASY, Level.MEDIUM)[number % 2]
    voucher, drawn = _drawn(form, number, level, rng, font)
    page, over = drawn.pixels, None
    if kind is Misfeed.TWO_PAGES:
        second = _drawn(form, number + 1, level, rng, font)[1].pixels
        page = np.concatenate([page, second], axis=number % 2)
    elif kind is Misfeed.CUT:
        page = _cut(page, number)
    elif kind is Misfeed.FOLDED:
        page = _folded(page, rng, number)
    elif kind is Misfeed.WRITTEN_OVER:
        over = _WRITTEN_OVER[number % len(_WRITTEN_OVER)]
        _write_over(page, drawn, over, rng)
    elif kind is Misfeed.UPSIDE_DOWN:
        page = np.ascontiguousarray(np.rot90(page, 2))
    elif kind is Misfeed.MIRRORED:
        page = np.ascontiguousarray(page[:, ::-1])
    content = scan(page, level, rng, skew_degrees=skew_for(level, rng))
    plain = {name: plain_value(name, text) for name, text in voucher.values.items()}
    return MisfedPage(content, {name: value.text for name, value in plain.items() if value}, over)


def _drawn(
    form: Form, number: int, level: Level, rng: np.random.Generator, font: Path
) -> tuple[PrintedVoucher, DrawnVoucher]:
    serial = f"202611193301{rng.integers(10**6):06d}"
    paper = invent_transaction(rng, day=date(2026, 11, 19), branch="3301", serial_no=serial)
    voucher = print_voucher(paper, rng)
    codes = _CODES[number % len(_CODES)]
    return voucher, draw_voucher(form, voucher, rng, font=font, level=level, codes=codes)


def _cut(page: Pixels, number: int) -> Pixels:
    """Leave half of the page: the upper, the lower, the left or the right one."""
    height, width = (side // 2 for side in page.shape[:2])
    halves = (page[:height], page[height:], page[:, :width], page[:, width:])
    return np.ascontiguousarray(halves[number % 4])


def _folded(page: Pixels, rng: np.random.Generator, number: int) -> Pixels:
    """Fold a corner over: its white back lies on the page, the crease casts a shadow."""
    page = np.ascontiguousarray(np.rot90(page, 2)) if number % 2 else page.copy()
    leg = round(float(rng.uniform(*_FOLD_MM)) / 25.4 * 300)
    corner = np.array([[0, 0], [leg, 0], [0, leg]], np.int32)
    cv2.fillPoly(page, [corner + 0], (232, 232, 230))
    cv2.fillPoly(page, [np.array([[leg, 0], [leg, leg], [0, leg]], np.int32)], (252, 252, 250))
    cv2.line(page, (leg, 0), (0, leg), (150, 150, 150), 5)
    return np.ascontiguousarray(np.rot90(page, 2)) if number % 2 else page


def _write_over(
    page: Pixels, drawn: DrawnVoucher, over: FieldName, rng: np.random.Generator
) -> None:
    """Write by hand over a value, higher than its line."""
    place = drawn.places[over]
    wide, tall = place.right - place.left, 3 * (place.bottom - place.top)
    mask = signature_ink(max(wide, tall), tall, rng)
    lay(page, mask, PEN_BLUE, place.left, place.top - tall // 3)
