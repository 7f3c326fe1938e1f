import io
import struct
import time
from typing import Any

import numpy as np
import pypdf
import pytest
from PIL import Image, ImageDraw
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    StreamObject,
)

from pipeline.decode import decode
from pipeline.kinds import DecodeLimits
from pipeline.model import ColourMode, SplitPage
from pipeline.refusals import Refusal, Why
from pipeline.split import count_pages, split

LIMITS = DecodeLimits()
A6_POINTS = (297.6, 419.5)


def voucher(mode: str = "RGB", dpi: int = 150) -> Image.Image:
    width, height = (round(side / 72 * dpi) for side in A6_POINTS)
    image = Image.new("RGB", (width, height), (240, 236, 220))
    pen = ImageDraw.Draw(image)
    for row in range(20, height - 20, 30):
        pen.rectangle((20, row, 20 + (row * 7) % (width - 60), row + 9), fill=(30, 30, 60))
    pen.ellipse((100, 150, 180, 230), outline=(200, 30, 30), width=6)
    return image.convert(mode)


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def scan_pdf(jpeg: bytes, contents: bytes = b"", **image_entries: Any) -> bytes:
    """A PDF whose page is one embedded JPEG, as scanners make it, and ``contents`` besides."""
    with Image.open(io.BytesIO(jpeg)) as image:
        size, space = image.size, "/DeviceGray" if image.mode == "L" else "/DeviceRGB"
    picture = StreamObject()
    picture.set_data(jpeg)
    for key, value in {
        "/Type": NameObject("/XObject"),
        "/Subtype": NameObject("/Image"),
        "/Width": NumberObject(size[0]),
        "/Height": NumberObject(size[1]),
        "/ColorSpace": NameObject(space),
        "/BitsPerComponent": NumberObject(8),
        "/Filter": NameObject("/DCTDecode"),
        **{f"/{name}": value for name, value in image_entries.items()},
    }.items():
        picture[NameObject(key)] = value
    return drawn_pdf(b"q %f 0 0 %f 0 0 cm /Scan Do Q " % A6_POINTS + contents, picture)


def drawn_pdf(
    contents: bytes, picture: StreamObject | None = None, font: str = "Helvetica"
) -> bytes:
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(*A6_POINTS)
    drawing = StreamObject()
    drawing.set_data(contents)
    page[NameObject("/Contents")] = writer._add_object(drawing)
    typeface = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject(f"/{font}"),
        }
    )
    resources = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F"): typeface})}
    )
    if picture is not None:
        scan = DictionaryObject({NameObject("/Scan"): writer._add_object(picture)})
        resources[NameObject("/XObject")] = scan
    page[NameObject("/Resources")] = resources
    return written(writer)


def written(writer: pypdf.PdfWriter) -> bytes:
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def refused(content: bytes, limits: DecodeLimits = LIMITS) -> Refusal:
    with pytest.raises(Refusal) as caught:
        split(content, "3301-0001", limits)
    assert "3301-0001" in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("form", "suffix"),
    [("JPEG", ".jpg"), ("PNG", ".png"), ("TIFF", ".tif"), ("JPEG2000", ".jp2")],
)
def test_one_image_is_its_own_page_byte_for_byte(form: str, suffix: str) -> None:
    content = saved(voucher(), form) + b"odd bytes at the end"
    assert split(content, "misnamed.txt", LIMITS) == [SplitPage(1, content, suffix)]


def frames(*modes: str, **options: Any) -> tuple[list[Image.Image], bytes]:
    images = [voucher(mode) for mode in modes]
    made = saved(
        images[0], "TIFF", save_all=True, append_images=images[1:], dpi=(300, 200), **options
    )
    return images, made


def test_frames_of_a_tiff_become_pages_without_loss() -> None:
    images, content = frames("1", "L", "RGB", "P", "CMYK")
    pages = split(content, "batch.tif", LIMITS)
    assert [(page.page_no, page.suffix) for page in pages] == [(n, ".tif") for n in range(1, 6)]
    for image, page in zip(images, pages, strict=True):
        with Image.open(io.BytesIO(page.content)) as cut:
            assert cut.mode == image.mode
            assert cut.info["dpi"] == (300, 200)
            assert np.array_equal(np.asarray(cut.convert("RGB")), np.asarray(image.convert("RGB")))
    assert decode(pages[0].content, LIMITS).colour_mode is ColourMode.BITONAL


def test_frames_with_jpeg_inside_keep_the_pixels_they_decode_to() -> None:
    _, content = frames("RGB", "RGB", compression="jpeg")
    with Image.open(io.BytesIO(content)) as image:
        image.seek(1)
        expected = np.asarray(image.convert("RGB"))
    assert np.array_equal(decode(split(content, "b", LIMITS)[1].content, LIMITS).pixels, expected)


def test_the_same_container_gives_the_same_pages_again() -> None:
    for content in (
        frames("1", "RGB")[1],
        scan_pdf(saved(voucher(), "JPEG")),
        drawn_pdf(b"0 0 9 9 re f"),
    ):
        assert split(content, "first", LIMITS) == split(content, "second", LIMITS)


def test_a_container_with_one_damaged_frame_is_refused_whole() -> None:
    _, content = frames("RGB", "RGB", compression="raw")
    assert refused(content[:-20000]).why is Why.DAMAGED


@pytest.mark.parametrize("compression", ["group4", "tiff_adobe_deflate", "raw"])
def test_a_cut_container_is_refused_unless_only_padding_was_cut(compression: str) -> None:
    _, content = frames("1", "1", "1", compression=compression)
    whole = split(content, "batch.tif", LIMITS)
    length = len(content)
    for cut in [*range(0, length, length // 40), *range(length - 150, length - 16)]:
        refused(content[:cut])
    for cut in range(length - 16, length):  # frames end on a multiple of 16
        try:
            assert split(content[:cut], "batch.tif", LIMITS) == whole
        except Refusal:
            continue


def test_frames_that_lead_back_to_the_first_are_refused() -> None:
    content = bytearray(many_frames(2))
    content[-4:] = struct.pack("<I", 12)
    assert refused(bytes(content)).why is Why.DAMAGED


def test_frames_of_a_bigtiff_are_counted() -> None:
    image = voucher("1")
    content = saved(image, "TIFF", save_all=True, append_images=[image], big_tiff=True)
    assert content[2] == 43
    assert len(split(content, "big.tif", LIMITS)) == 2


def many_frames(count: int) -> bytes:
    """A TIFF of ``count`` frames of one pixel, chained directory to directory."""
    tags = [
        (256, 1),
        (257, 1),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, 1),
        (279, 1),
    ]
    length = 2 + 12 * len(tags) + 4
    made = [struct.pack("<2sHII", b"II", 42, 12, 0)]
    for number in range(count):
        entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        following = 12 + length * (number + 1) if number + 1 < count else 0
        made.append(struct.pack("<H", len(tags)) + entries + struct.pack("<I", following))
    return b"".join(made)


def test_frames_are_counted_no_further_than_allowed() -> None:
    assert count_pages(many_frames(300), LIMITS) == 300
    assert refused(many_frames(301)).why is Why.TOO_MANY_PAGES
    content = many_frames(20_000)
    started = time.process_time()
    assert refused(content).why is Why.TOO_MANY_PAGES
    assert time.process_time() - started < 1.0


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
