"""Frames of a TIFF become pages; what is damaged, cut or endless is refused."""

import io
import struct
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.decode import decode
from pipeline.model import ColourMode, SplitPage
from pipeline.refusals import Refusal, Why
from pipeline.split import count_pages, split

from .containers import LIMITS, drawn_pdf, refused, saved, scan_pdf, voucher


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
