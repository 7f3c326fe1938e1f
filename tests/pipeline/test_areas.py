"""Signature and stamp areas that must not be empty (Q17), on a form and on a page of a type."""

from datetime import date

import cv2
import numpy as np
import pytest

from pipeline.areas import LEAST_MM2, check_areas, marked_on_form, marked_on_page
from pipeline.decode import decode
from pipeline.forms.ink import darkness, ink_of, reduced
from pipeline.forms.model import PER_MM, FormModel, packed_ink
from pipeline.kinds import DecodeLimits
from pipeline.model import Area, Mark, Pixels
from pipeline.specimens.cases import Level
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import FORMS, Form
from pipeline.specimens.ink import lay
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.scanner import scan
from pipeline.specimens.sheet import Sheet
from pipeline.specimens.vouchers import PrintedVoucher, print_voucher

DPI = 200
FONT = find_font()


def printed(number: int) -> PrintedVoucher:
    rng = np.random.default_rng(number)
    serial = f"202611193301{number:06d}"
    booked = invent_transaction(rng, day=date(2026, 11, 19), branch="3301", serial_no=serial)
    return print_voucher(booked, rng)


def scanned(form: Form, number: int, *, signed: bool) -> tuple[Pixels, bool]:
    """Scan an invented voucher; tells whether it bears a stamp."""
    rng = np.random.default_rng(number)
    drawn = draw_voucher(
        form, printed(number), rng, font=FONT, level=Level.MEDIUM, dpi=DPI, signed=signed
    )
    content = scan(drawn.pixels, Level.MEDIUM, rng, skew_degrees=1.3, dpi=DPI)
    return decode(content, DecodeLimits()).pixels, drawn.stamped is not None


def signature_of(form: Form) -> tuple[float, float, float, float]:
    x, y = form.signed_at
    return x - 1, y - 10, x + 35, y + 4


def known(form: Form) -> FormModel:
    """The form as its print alone gives it."""
    sheet = Sheet(form.paper, FONT, DPI, needles=form.needles)
    form.fill(sheet, printed(1), form.labels)
    width, height = form.paper.pixels(DPI)
    page = np.full((height, width, 3), 255, np.uint8)
    lay(page, sheet.form_ink(), form.ink)
    grey, factor = reduced(page, PER_MM * 25.4 / DPI)
    ink = ink_of(darkness(grey, PER_MM))
    to_exact = DPI / 25.4 / factor / PER_MM
    size = round(ink.shape[1] / to_exact), round(ink.shape[0] / to_exact)
    exact = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    areas = (Area(Mark.SIGNATURE, signature_of(form)),)
    across, down = size[0] / PER_MM, size[1] / PER_MM
    return FormModel(form.name, 1, across, down, (), (), (), packed_ink(exact), None, areas)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("signed", [True, False])
def test_a_missing_signature_is_found_on_a_form(form: Form, signed: bool) -> None:
    pixels, _ = scanned(form, 3, signed=signed)
    [marked] = marked_on_form(pixels, known(form))
    assert (marked.ink_mm2 > 4 * LEAST_MM2[Mark.SIGNATURE]) == signed
    assert [found.check for found in check_areas([marked])] == ([] if signed else ["Q17"])


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("signed", [True, False])
def test_a_missing_signature_is_found_in_an_area_of_a_type(form: Form, signed: bool) -> None:
    pixels, _ = scanned(form, 4, signed=signed)
    height, width = (side / DPI * 25.4 for side in pixels.shape[:2])
    left, top, right, bottom = signature_of(form)
    area = Area(Mark.SIGNATURE, (left / width, top / height, right / width, bottom / height))
    found = [one.check for one in check_areas(marked_on_page(pixels, DPI, [area]))]
    assert found == ([] if signed else ["Q17"])


def test_stamps_are_told_from_their_absence() -> None:
    anywhere = Area(Mark.STAMP, (0, 0, 1, 1))
    seen = set()
    for number in range(8):
        pixels, stamped = scanned(FORMS[number % 3], number, signed=True)
        found = list(check_areas(marked_on_page(pixels, DPI, [anywhere])))
        assert bool(found) != stamped
        seen.add(stamped)
    assert seen == {True, False}


def test_what_is_missing_is_told_with_measure_and_limit() -> None:
    white = np.full((300, 300, 3), 255, np.uint8)
    areas = [Area(mark, (0, 0, 1, 1)) for mark in Mark]
    signature, stamp = check_areas(marked_on_page(white, DPI, areas))
    assert (signature.measured, signature.limit) == ("0.0 mm²", "≥ 5 mm²")
    assert "签名" in signature.message.in_language("zh")
    assert "红色印章" in stamp.message.in_language("zh")
