"""Pages of a PDF: scans are taken out as they are, anything else is rendered; locked ones are refused."""

import io
from typing import Any

import numpy as np
import pypdf
import pytest
from PIL import Image
from pypdf.generic import (
    ArrayObject,
    FloatObject,
)

from pipeline.decode import decode
from pipeline.kinds import DecodeLimits
from pipeline.model import ColourMode, SplitPage
from pipeline.refusals import Why
from pipeline.split import split

from .containers import LIMITS, drawn_pdf, refused, saved, scan_pdf, voucher, written


def test_a_scan_in_a_pdf_that_records_the_pages_dpi_is_taken_out_as_it_is() -> None:
    scan = saved(voucher(), "JPEG", dpi=(150, 150))
    assert split(scan_pdf(scan), "a.pdf", LIMITS) == [SplitPage(1, scan, ".jpg")]


def test_a_text_layer_under_the_scan_does_not_matter() -> None:
    scan = saved(voucher(), "JPEG", dpi=(150, 150))
    hidden = b"BT 3 Tr /F 12 Tf 20 200 Td (202611193301999357) Tj ET"
    assert split(scan_pdf(scan, hidden), "a.pdf", LIMITS)[0].content == scan


@pytest.mark.parametrize("dpi", [None, (300, 300)])
def test_a_scan_without_true_dpi_keeps_its_pixels_and_gets_the_dpi_of_the_page(dpi: Any) -> None:
    scan = saved(voucher(), "JPEG", **({"dpi": dpi} if dpi else {}))
    [page] = split(scan_pdf(scan), "a.pdf", LIMITS)
    opened = decode(page.content, LIMITS)
    with Image.open(io.BytesIO(scan)) as image:
        shown = np.asarray(image).astype(int)
    assert page.suffix == ".png"
    assert abs(opened.pixels - shown).max() <= 4  # two JPEG decoders
    assert opened.dpi == pytest.approx((150, 150), abs=0.2)


def test_a_coarse_scan_in_a_pdf_is_not_made_finer() -> None:
    content = saved(voucher(dpi=72), "PDF", resolution=72)
    assert decode(split(content, "a.pdf", LIMITS)[0].content, LIMITS).dpi == (72.01, 72.01)


@pytest.mark.parametrize(
    ("mode", "colour"),
    [("1", ColourMode.BITONAL), ("L", ColourMode.GREY), ("RGB", ColourMode.COLOUR)],
)
def test_a_scan_in_a_pdf_keeps_its_colour_mode(mode: str, colour: ColourMode) -> None:
    content = saved(voucher(mode), "PDF", resolution=150)
    assert decode(split(content, "a.pdf", LIMITS)[0].content, LIMITS).colour_mode is colour


def test_a_picture_that_the_page_shows_inverted_is_not_taken_as_it_is() -> None:
    scan = saved(voucher(), "JPEG", dpi=(150, 150))
    inverted = ArrayObject(FloatObject(n) for n in (1, 0, 1, 0, 1, 0))
    [page] = split(scan_pdf(scan, Decode=inverted), "a.pdf", LIMITS)
    assert page.content != scan
    assert decode(page.content, LIMITS).pixels.mean() < 60


def test_a_turned_page_is_rendered_as_seen() -> None:
    writer = pypdf.PdfWriter(io.BytesIO(scan_pdf(saved(voucher(), "JPEG", dpi=(150, 150)))))
    writer.pages[0].rotate(90)
    opened = decode(split(written(writer), "a.pdf", LIMITS)[0].content, LIMITS)
    assert opened.pixels.shape[1] > opened.pixels.shape[0]
    assert opened.dpi == pytest.approx((150, 150), abs=0.5)


def test_a_page_that_shows_more_than_its_scan_is_rendered_at_300_dpi() -> None:
    scan = saved(voucher(), "JPEG", dpi=(150, 150))
    stamped = scan_pdf(scan, b"BT /F 30 Tf 20 200 Td (PAID) Tj ET")
    opened = decode(split(stamped, "a.pdf", LIMITS)[0].content, LIMITS)
    assert opened.dpi == (300.0, 300.0)
    assert opened.pixels.shape[:2] == pytest.approx((1748, 1240), abs=1)


def test_pages_of_a_pdf_come_in_order() -> None:
    images = [Image.new("L", (100, 100), shade) for shade in (10, 120, 230)]
    content = saved(images[0], "PDF", save_all=True, append_images=images[1:])
    pages = split(content, "a.pdf", LIMITS)
    shades = [int(decode(page.content, LIMITS).pixels.mean()) for page in pages]
    assert [page.page_no for page in pages] == [1, 2, 3]
    assert shades == pytest.approx([10, 120, 230], abs=2)


def test_a_pdf_with_a_password_is_refused_and_says_so() -> None:
    writer = pypdf.PdfWriter(io.BytesIO(drawn_pdf(b"")))
    writer.encrypt("user", "owner", algorithm="AES-256")
    assert refused(written(writer)).why is Why.PASSWORD


def test_a_pdf_that_only_its_owner_may_change_opens() -> None:
    writer = pypdf.PdfWriter(io.BytesIO(drawn_pdf(b"0 0 50 50 re f")))
    writer.encrypt("", "owner", algorithm="AES-256")
    assert len(split(written(writer), "a.pdf", LIMITS)) == 1


def test_an_empty_and_a_broken_pdf_are_told_apart() -> None:
    assert refused(written(pypdf.PdfWriter())).why is Why.NO_PAGES
    assert refused(b"%PDF-1.7\n" + bytes(range(256)) * 20).why is Why.BROKEN_PDF


def test_a_pdf_of_too_many_or_too_large_pages_is_refused() -> None:
    images = [Image.new("1", (8, 8))] * 4
    content = saved(images[0], "PDF", save_all=True, append_images=images[1:])
    assert refused(content, DecodeLimits(max_pages=3)).why is Why.TOO_MANY_PAGES
    writer = pypdf.PdfWriter()
    writer.add_blank_page(14_000, 14_000)
    assert refused(written(writer)).why is Why.TOO_MANY_PIXELS


def test_text_in_a_font_that_the_pdf_does_not_carry_is_refused_before_it_vanishes() -> None:
    refusal = refused(drawn_pdf(b"BT /F 30 Tf 20 200 Td (PAID) Tj ET", font="SimSun"))
    assert refusal.why is Why.MISSING_FONTS
    assert "page 1" in str(refusal)
