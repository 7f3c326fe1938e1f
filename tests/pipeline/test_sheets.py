from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.barcode import serial_candidates
from pipeline.errors import UserError
from pipeline.model import Box, PageCode
from pipeline.sheets import Cover, Separator, checked, cover_of, is_ours, one_sheet, sheet_of

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DAY = date(2026, 11, 19)
COVER = cover_of("3301", DAY, "柜台一号", vouchers=12, pages=31)
TEXTS = (Separator().text, COVER.text)


@st.composite
def covers(draw: st.DrawFn) -> Cover:
    pages = draw(st.integers(1, 99_999))
    vouchers = draw(st.integers(1, pages))
    return cover_of(draw(st.text(min_size=1)), DAY, draw(st.text()), vouchers=vouchers, pages=pages)


def test_the_check_characters_are_the_standards() -> None:
    assert checked("ISO79") == "ISO793W"  # the example of ISO/IEC 7064
    assert TEXTS[0] == "PPROOFS14P"  # printed sheets stay valid


@given(covers())
def test_a_cover_comes_back_as_it_was_made(cover: Cover) -> None:
    assert sheet_of(cover.text) == cover
    assert set(cover.text) <= set(SIGNS)


@pytest.mark.parametrize("text", TEXTS)
def test_every_wrong_sign_is_caught(text: str) -> None:
    for at, right in enumerate(text):
        for wrong in (*SIGNS, "-", " ", "a", "Å"):
            if wrong != right:
                assert sheet_of(text[:at] + wrong + text[at + 1 :]) is None


@given(covers(), st.data())
def test_two_signs_exchanged_are_caught(cover: Cover, data: st.DataObject) -> None:
    text = cover.text
    at = data.draw(st.integers(0, len(text) - 2))
    exchanged = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    assert exchanged == text or sheet_of(exchanged) is None


@given(st.text(), st.text(SIGNS, max_size=40))
def test_a_foreign_text_is_never_ours(anything: str, signs: str) -> None:
    assert sheet_of(anything) is None
    assert sheet_of(signs) is None
    assert sheet_of(checked(signs)) is None


@given(covers(), st.integers(1, 20))
def test_a_cut_text_is_never_ours(cover: Cover, cut: int) -> None:
    assert sheet_of(cover.text[:-cut]) is None
    assert sheet_of(cover.text[cut:]) is None


def test_a_sheets_code_is_no_serial_number_not_even_a_damaged_one() -> None:
    damaged = COVER.text[:-1]
    codes = [PageCode(text, "QR Code", Box(0, 0, 1, 1)) for text in (*TEXTS, damaged, "20261119")]
    assert serial_candidates(codes) == ("20261119",)
    assert is_ours(damaged) and not is_ours("20261119")


def test_a_cover_that_took_a_separator_along_is_the_cover() -> None:
    assert one_sheet([*TEXTS, "20261119"]) == COVER
    assert one_sheet(["20261119", ""]) is None


def test_a_cover_knows_its_branch_and_day() -> None:
    assert COVER.is_of("3301", DAY)
    assert not COVER.is_of("3302", DAY) and not COVER.is_of("3301", date(2026, 11, 20))
    other = cover_of("3301", DAY, "柜台二号", vouchers=12, pages=31)
    assert other.is_of("3301", DAY) and other.batch != COVER.batch


@pytest.mark.parametrize(("vouchers", "pages"), [(0, 1), (2, 1), (1, 100_000), (-1, 5)])
def test_counts_no_batch_has_are_refused(vouchers: int, pages: int) -> None:
    with pytest.raises(UserError, match="cannot be"):
        cover_of("3301", DAY, "b", vouchers=vouchers, pages=pages)
