"""Pages of a known form that went through the scanner wrongly: each is named, nothing wrong is believed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.doubts import MIRRORED, OTHER_FORM, PART_MISSING, TURNED, TWO_PAGES, WRITTEN_OVER
from pipeline.folded import corner_folded
from pipeline.forms.align import Aligner
from pipeline.forms.misfed import misfed, turned
from pipeline.forms.model import PER_MM
from pipeline.model import Pixels
from pipeline.reading import Reader

from .drawn_forms import DPI, ROWS, SIZE, VALUES, F, Scripted, form, page

PER_MM_OF_PAGE = DPI / 25.4
WORDS = [
    (12, 8, "VOUCHER"),
    (50, 9, "BRANCH"),
    (84, 10, "K 27"),
    (96, 22, "NO. 4"),
    (70, 30, "DATE"),
    (92, 40, "SEAL"),
    (12, 60, "SIGNED"),
    (40, 66, "CLERK"),
    (70, 62, "OFFICE"),
    (90, 70, "PAGE 1"),
    (64, 70, "RULES"),
    (34, 58, "TOTAL"),
    (86, 58, "STAMP"),
    (6, 75, "LEFT"),
]


def scan() -> Pixels:
    return page(0.7, (1, -1), words=WORDS)[0]


def wrong_with(pixels: Pixels) -> str | None:
    aligner = Aligner([form(words=WORDS)])
    pixels = np.ascontiguousarray(pixels)
    found = misfed(pixels, aligner, aligner.align(pixels))
    return found.doubt if found else None


def test_each_wrong_way_through_the_scanner_is_told_from_the_others() -> None:
    pixels = scan()
    height, width = (side // 2 for side in pixels.shape[:2])
    assert wrong_with(pixels) is None
    for quarters in (1, 2, 3):
        assert wrong_with(turned(pixels, quarters)) == TURNED
    assert wrong_with(pixels[:, ::-1]) == wrong_with(pixels[::-1]) == MIRRORED
    assert wrong_with(np.vstack([pixels, pixels])) == TWO_PAGES
    assert wrong_with(np.hstack([pixels, pixels])) == TWO_PAGES
    for half in (pixels[:height], pixels[height:], pixels[:, :width], pixels[:, width:]):
        assert wrong_with(half) == PART_MISSING
    assert wrong_with(np.full_like(pixels, 240)) is None


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_page_is_turned_and_read_and_its_places_are_those_of_the_scan(
    quarters: int,
) -> None:
    engine, known = Scripted(*VALUES.values()), [form(words=WORDS)]
    pixels = turned(scan(), quarters)
    reading = Reader(engine, forms=known).read(pixels)
    straight = Reader(Scripted(*VALUES.values()), forms=known).read(scan())
    assert (reading.doubts, reading.form, engine.whole) == ((TURNED,), "test", 0)
    for name, field in reading.fields.items():
        assert field.value == straight.fields[name].value and field.angle == 90 * (4 - quarters)
        left, top, right, bottom = field.box
        seen = turned(pixels[top:bottom, left:right], -quarters)
        left, top, right, bottom = straight.fields[name].box
        assert (seen == scan()[top:bottom, left:right]).all()


@pytest.mark.parametrize("doubt", [MIRRORED, TWO_PAGES])
def test_nothing_is_taken_from_a_mirrored_page_or_from_two(doubt: str) -> None:
    pixels = scan()
    wrong = pixels[:, ::-1] if doubt == MIRRORED else np.vstack([pixels, pixels])
    reading = Reader(Scripted(), forms=[form(words=WORDS)]).read(np.ascontiguousarray(wrong))
    assert (reading.doubts, reading.fields) == ((doubt,), {})


def test_a_page_of_another_form_is_named_where_forms_are_known() -> None:
    other = page(words=[(20, 14, "RECEIPT"), (60, 66, "TILL")])[0]
    other[260:560] = 245
    assert Reader(Scripted(), forms=[form()]).read(other).doubts == (OTHER_FORM,)
    assert Reader(Scripted()).read(other).doubts == ()


@pytest.mark.parametrize(("across", "down"), [(250, 250), (180, 260), (240, 150)])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_folded_corner_is_told_by_its_crease(across: int, down: int, quarters: int) -> None:
    pixels = turned(scan(), quarters)
    assert not corner_folded(pixels)
    cv2.fillPoly(pixels, [np.array([[0, 0], [across, 0], [0, down]], np.int32)], (228,) * 3)
    cv2.line(pixels, (across, 0), (0, down), (160,) * 3, 3)
    assert corner_folded(pixels) and corner_folded(turned(pixels, 2))


def test_the_values_of_a_page_with_a_folded_corner_are_read_and_the_fold_is_told() -> None:
    pixels = scan()
    cv2.line(pixels, (1199, 560), (960, 799), (160,) * 3, 3)
    reading = Reader(Scripted(*VALUES.values()), forms=[form(words=WORDS)]).read(pixels)
    assert PART_MISSING in reading.doubts and len(reading.fields) == 3


def test_a_value_that_is_written_over_is_not_believed() -> None:
    pixels = scan()
    x, y = (round(side * PER_MM_OF_PAGE) for side in (45, ROWS[F.AMOUNT] - 1))
    cv2.ellipse(pixels, (x, y), (60, 50), 20, 0, 330, (60, 60, 160), 6)
    reading = Reader(Scripted(*VALUES.values()), forms=[form(words=WORDS)]).read(pixels)
    assert reading.doubts == (WRITTEN_OVER,)
    assert reading.fields[F.AMOUNT].confidence <= 0.6 < reading.fields[F.CUSTOMER_NO].confidence
    assert PER_MM * SIZE[0] == 480, "drawn as large as the numbers above suppose"
