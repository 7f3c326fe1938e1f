from __future__ import annotations

import io
from functools import lru_cache

import cv2
import numpy as np
import pypdfium2
import pytest
from PIL import Image

from pipeline.barcode import find_codes, find_sheet
from pipeline.model import Pixels
from pipeline.sheet_print import as_pdf, cover_text, draw_sheet, separator_text
from pipeline.sheets import OwnSheet, Separator, cover_of
from pipeline.specimens.cases import Level
from pipeline.specimens.marks import QR, code_ink
from pipeline.specimens.scanner import scan
from tests.pipeline.test_sheets import COVER, DAY

TEXT = cover_text(COVER, branch="3301", day="2026-11-19", batch="柜台一号" * 9, operator="张三")
TEXTS = {Separator(): separator_text(), COVER: TEXT}
SHEETS = list(TEXTS)


@lru_cache(maxsize=2)
def printed(sheet: OwnSheet, dpi: int = 200) -> Pixels:
    """The PDF as a printer would put it on paper."""
    text = TEXTS[sheet]
    document = pypdfium2.PdfDocument(as_pdf(draw_sheet(sheet, text, "zh", dpi=300), dpi=300))
    assert [round(side / 72 * 25.4) for side in document[0].get_size()] == [210, 297]
    return np.ascontiguousarray(document[0].render(scale=dpi / 72).to_numpy()[:, :, :3])


def opened(jpeg: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"), np.uint8)


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_sheet_is_known_after_a_hard_scan(sheet: OwnSheet, quarters: int) -> None:
    rng = np.random.default_rng(quarters)
    page = np.ascontiguousarray(np.rot90(printed(sheet), quarters))
    for skew in (-7, 2.8):
        assert find_sheet(opened(scan(page, Level.HARD, rng, skew_degrees=skew, dpi=200))) == sheet


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet_is_known_in_faint_print_in_grey_and_in_black_and_white(sheet: OwnSheet) -> None:
    rng = np.random.default_rng(7)
    page = printed(sheet)
    faint = cv2.addWeighted(page, 0.2, np.full_like(page, 250), 0.8, 0)
    scanned = opened(scan(faint, Level.MEDIUM, rng, skew_degrees=-2, dpi=200, quality=50))
    grey = cv2.cvtColor(scanned, cv2.COLOR_RGB2GRAY)
    assert find_sheet(cv2.merge([grey] * 3)) == sheet
    bitonal = np.where(page > 127, 255, 0).astype(np.uint8)
    assert find_sheet(bitonal) == sheet


def test_one_sound_code_is_enough() -> None:
    page = printed(COVER)
    torn = page.copy()
    torn[: torn.shape[0] * 2 // 3] = 255
    assert find_sheet(torn) == COVER
    stained = page.copy()
    stained[:640], stained[1850:] = 255, 255
    assert find_sheet(stained) == COVER


def test_a_sheet_bears_its_text_three_times() -> None:
    assert [code.text for code in find_codes(printed(COVER))] == [COVER.text] * 3


def test_a_page_without_our_code_is_no_sheet() -> None:
    assert find_sheet(np.full((1169, 827, 3), 255, np.uint8)) is None


def test_a_voucher_with_a_separator_stuck_to_it_is_no_sheet() -> None:
    page = printed(Separator()).copy()
    mark = code_ink("202611193301000001", QR, 200)
    page[1250 : 1250 + mark.shape[0], 200 : 200 + mark.shape[1]] = 255 - mark[:, :, None]
    assert find_sheet(page) is None
    assert find_sheet(page, grammar="[A-Z]{4}") == Separator()


def test_separators_come_in_as_many_copies_as_asked_for() -> None:
    page = draw_sheet(Separator(), separator_text(), "en", dpi=100)
    assert len(pypdfium2.PdfDocument(as_pdf(page, dpi=100, copies=3))) == 3


def test_other_counts_are_another_cover() -> None:
    other = cover_of("3301", DAY, "柜台一号", vouchers=12, pages=32)
    assert other != COVER and other.text != COVER.text
