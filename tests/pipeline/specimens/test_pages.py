"""One page: what is drawn stands where it is said to stand, and is scanned as ordered."""

import io
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image

from pipeline.errors import UserError
from pipeline.model import FieldName, Pixels
from pipeline.specimens.cases import Level
from pipeline.specimens.drawing import DrawnVoucher, draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import FORMS, Form
from pipeline.specimens.marks import CODE128, QR
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.scanner import FAULTS, damage, scan, scan_blank, skew_for
from pipeline.specimens.vouchers import PrintedVoucher, print_voucher

SERIAL = "202611193301123456"


def voucher(seed: int = 1) -> PrintedVoucher:
    rng = np.random.default_rng(seed)
    row = invent_transaction(rng, day=date(2026, 11, 19), branch="3301", serial_no=SERIAL)
    return print_voucher(row, rng)


def drawn(form: Form, level: Level, dpi: int, codes: tuple[str, ...] = ()) -> DrawnVoucher:
    return draw_voucher(
        form,
        voucher(),
        np.random.default_rng(2),
        font=find_font(),
        level=level,
        codes=codes,
        dpi=dpi,
    )


def opened(content: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_value_stands_in_its_place(form: Form) -> None:
    page = drawn(form, Level.EASY, dpi=100)
    assert set(page.places) == set(FieldName) == set(form.labels)
    for name, box in page.places.items():
        ink = page.pixels[box.top : box.bottom, box.left : box.right, 1] < 160
        assert 0.02 < ink.mean() < 0.7, name
        assert box.right < page.pixels.shape[1] * 0.95


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_both_codes_on_a_hard_scan_say_the_serial(form: Form) -> None:
    page = drawn(form, Level.HARD, dpi=300, codes=(CODE128, QR))
    seen = scan(page.pixels, Level.HARD, np.random.default_rng(3), skew_degrees=2.0)
    found = zxingcpp.read_barcodes(opened(seen))
    assert [code.text for code in found] == [SERIAL, SERIAL]
    assert {code.format.name for code in found} == {"Code128", "QRCode"}


def test_a_scan_records_its_dpi_and_keeps_the_papers_size() -> None:
    page = np.full((300, 200, 3), 255, np.uint8)
    rng = np.random.default_rng(4)
    half = Image.open(io.BytesIO(scan(page, Level.EASY, rng, skew_degrees=0, dpi=50, page_dpi=100)))
    assert half.info["dpi"] == (50, 50)
    assert half.size == (100, 150)
    assert half.mode == "RGB"


@pytest.mark.parametrize("skew", [2.5, -2.5])
def test_a_positive_skew_turns_clockwise(skew: float) -> None:
    page = np.full((600, 800, 3), 255, np.uint8)
    cv2.line(page, (100, 300), (700, 300), (0, 0, 0), 5)
    seen = opened(scan(page, Level.EASY, np.random.default_rng(5), skew_degrees=skew, dpi=100))
    rows = [seen[:, x, 1].argmin() for x in (200, 600)]
    assert np.degrees(np.arctan2(int(rows[1]) - int(rows[0]), 400)) == pytest.approx(skew, abs=0.4)


@pytest.mark.parametrize("level", Level)
def test_skew_stays_below_what_the_scan_check_rejects(level: Level) -> None:
    skews = [skew_for(level, np.random.default_rng(seed)) for seed in range(200)]
    assert max(map(abs, skews)) <= FAULTS[level].skew_degrees <= 2.8
    assert min(skews) < 0 < max(skews)


def test_hard_pages_are_paler_than_easy_ones() -> None:
    darkest = {}
    for level in (Level.EASY, Level.HARD):
        page = drawn(FORMS[0], level, dpi=100)
        box = page.places[FieldName.CUSTOMER_NO]
        darkest[level] = page.pixels[box.top : box.bottom, box.left : box.right].min()
    assert darkest[Level.EASY] + 30 < darkest[Level.HARD] < 170


def test_a_blank_page_holds_noise_but_no_ink() -> None:
    seen = opened(scan_blank((800, 1100), np.random.default_rng(6), dpi=100))
    assert seen.std() > 0.5
    assert (seen.min(axis=2) < 150).mean() < 0.001  # Q10


def test_a_damaged_scan_does_not_open_completely() -> None:
    rng = np.random.default_rng(7)
    whole = scan(np.full((300, 200, 3), 200, np.uint8), Level.EASY, rng, skew_degrees=0, dpi=100)
    with pytest.raises(OSError, match=r"(?i)truncated"):
        Image.open(io.BytesIO(damage(whole, rng))).load()


def test_a_missing_typeface_names_the_package_to_install(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="fonts-wqy-microhei"):
        find_font((tmp_path,))
