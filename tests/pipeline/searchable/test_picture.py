"""What a PDF shows is the master: its own bytes, or its pixels without loss, upright as people see them."""

import io

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageDraw

from pipeline.decode import decode
from pipeline.errors import PageRefused
from pipeline.kinds import DecodeLimits
from pipeline.sandbox import Sandbox
from pipeline.searchable.pdfa import searchable_page
from pipeline.searchable.picture import Packing, page_picture

LIMITS = DecodeLimits()
DPI = (144, 144)


def voucher(mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (220, 300), (240, 236, 220))
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 30, 120, 60), fill=(30, 30, 60))
    pen.ellipse((120, 150, 180, 210), outline=(200, 30, 30), width=5)
    return image if mode == "I;16" else image.convert(mode)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, form, dpi=DPI, **options)
    return written.getvalue()


def pdf_of(content: bytes) -> bytes:
    return searchable_page(page_picture(content, LIMITS), (), master="0" * 64)


def shown(pdf: bytes, width: int) -> np.ndarray:
    page = pypdfium2.PdfDocument(pdf)[0]
    scale = (width - 0.01) / page.get_width()  # sides are rounded up
    return np.asarray(page.render(scale=scale).to_pil().convert("RGB"), np.int16)


def embedded(pdf: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return bytes(opened.pages[0].Resources.XObject["/Im0"].read_raw_bytes())


@pytest.mark.parametrize(("form", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG2000", "RGB")])
def test_what_a_pdf_can_hold_goes_in_byte_for_byte(form: str, mode: str) -> None:
    content = saved(voucher(mode), form)
    assert page_picture(content, LIMITS).as_it_came
    assert embedded(pdf_of(content)) == content


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        *[("PNG", mode) for mode in ("1", "L", "P", "RGB", "RGBA", "LA")],
        *[("TIFF", mode) for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK")],
        ("JPEG", "CMYK"),
    ],
)
def test_anything_else_keeps_every_pixel(form: str, mode: str) -> None:
    content = saved(voucher(mode), form)
    picture = page_picture(content, LIMITS)
    assert picture.packing is Packing.PNG_ROWS
    with pikepdf.open(io.BytesIO(pdf_of(content))) as opened:
        stored = opened.pages[0].Resources.XObject["/Im0"]
        assert isinstance(stored, pikepdf.Stream)
        image = pikepdf.PdfImage(stored).as_pil_image()
        np.testing.assert_array_equal(
            np.asarray(image.convert("RGB")), decode(content, LIMITS).pixels
        )
    assert (picture.bits, picture.channels) == ((1, 1) if mode == "1" else (8, picture.channels))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_page_stands_as_people_see_it(form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = saved(voucher(), form, exif=exif)
    pixels = decode(content, LIMITS).pixels.astype(np.int16)
    seen = shown(pdf_of(content), pixels.shape[1])
    assert seen.shape == pixels.shape
    assert np.abs(seen - pixels).mean() < 2  # decoders of JPEG differ by a grey level or so


def test_the_sheet_has_the_size_that_was_scanned() -> None:
    image = voucher()
    written = io.BytesIO()
    image.save(written, "PNG", dpi=(100, 200))
    width, height = pypdfium2.PdfDocument(pdf_of(written.getvalue()))[0].get_size()
    assert (width, height) == pytest.approx((220 / 100 * 72, 300 / 200 * 72), abs=0.1)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "JPEG2000"])
def test_a_picture_is_opened_in_the_sandbox(form: str) -> None:
    content = saved(voucher(), form)
    with Sandbox() as opener:
        assert opener.picture(content) == page_picture(content, LIMITS)


def test_a_damaged_page_is_refused() -> None:
    content = saved(voucher(), "JPEG")
    with Sandbox() as opener, pytest.raises(PageRefused):
        opener.picture(content[: len(content) // 2])
