from __future__ import annotations

import cv2
import numpy as np
import pytest
import zxingcpp

from pipeline.barcode import find_codes, serial_from_codes
from pipeline.model import Box, PageCode, Pixels

SERIAL = "202611193301999357"
OTHER = "202611193301602652"
A4 = (3508, 2480)


def page(size: tuple[int, int] = A4) -> Pixels:
    return np.full((*size, 3), 250, dtype=np.uint8)


def paste(
    pixels: Pixels, text: str, left: int, top: int, *, symbology: str = "Code128", width: int = 440
) -> None:
    symbol = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(symbology))
    drawn = np.asarray(zxingcpp.write_barcode_to_image(symbol))
    height = width if symbology == "QRCode" else 110
    drawn = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_NEAREST)
    pixels[top : top + height, left : left + width] = drawn[:, :, np.newaxis]


def code(text: str, symbology: str = "Code 128", left: int = 0) -> PageCode:
    return PageCode(text, symbology, Box(left, 0, left + 10, 10))


def test_bars_and_square_on_one_page_are_both_found_where_they_stand() -> None:
    pixels = page()
    paste(pixels, SERIAL, 200, 150)
    paste(pixels, SERIAL, 2000, 140, symbology="QRCode", width=160)
    bars, square = sorted(find_codes(pixels), key=lambda found: found.box.left)
    assert (bars.symbology, bars.text) == ("Code 128", SERIAL)
    assert (square.symbology, square.text) == ("QR Code", SERIAL)
    assert 190 <= bars.box.left <= 260 and 580 <= bars.box.right <= 650
    assert 1990 <= square.box.left <= 2030 and 2130 <= square.box.right <= 2170


def test_a_code_read_at_several_sizes_is_given_once_and_two_of_one_text_twice() -> None:
    pixels = page()
    paste(pixels, SERIAL, 200, 150)
    assert len(find_codes(pixels)) == 1
    paste(pixels, SERIAL, 200, 3000)
    assert [found.text for found in find_codes(pixels)] == [SERIAL, SERIAL]


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_codes_are_found_at_150_and_at_600_dpi(scale: float) -> None:
    pixels = page()
    paste(pixels, SERIAL, 200, 150, width=700)
    scaled = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    (found,) = find_codes(scaled)
    assert found.text == SERIAL
    assert abs(found.box.left - 225 * scale) < 40 * scale


def test_a_page_on_its_side_keeps_its_code() -> None:
    pixels = page()
    paste(pixels, SERIAL, 200, 150)
    assert [found.text for found in find_codes(np.ascontiguousarray(np.rot90(pixels)))] == [SERIAL]


def test_a_page_without_codes_has_none() -> None:
    pixels = page((1748, 2480))
    for y in range(100, 1700, 60):
        cv2.line(pixels, (100, y), (2300, y), (20, 20, 20), 3)
        cv2.putText(pixels, "111|1l1|||1 1|I1", (120, y + 40), 0, 1.4, (20, 20, 20), 3)
    assert find_codes(pixels) == ()


def test_a_code_whose_readings_disagree_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Code 128 garbled by noise passes its check once in a hundred times: it must be read alike twice."""
    pixels = page()
    paste(pixels, SERIAL, 200, 150)
    decode, texts = zxingcpp.read_barcodes, iter("ABCDEFGHIJ")

    class Garbled:
        def __init__(self, seen: zxingcpp.Barcode) -> None:
            self.text, self.format, self.position = next(texts), seen.format, seen.position

    monkeypatch.setattr(
        zxingcpp,
        "read_barcodes",
        lambda *args, **more: [Garbled(seen) for seen in decode(*args, **more)],
    )
    assert find_codes(pixels) == ()


def test_bars_read_only_once_are_not_believed_but_a_square_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pixels = page()
    paste(pixels, SERIAL, 200, 150)
    paste(pixels, SERIAL, 2000, 140, symbology="QRCode", width=160)
    decode, first = zxingcpp.read_barcodes, iter([True])
    monkeypatch.setattr(
        zxingcpp,
        "read_barcodes",
        lambda *args, **more: decode(*args, **more) if next(first, False) else [],
    )
    assert [found.symbology for found in find_codes(pixels)] == ["QR Code"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([SERIAL], SERIAL),
        ([SERIAL, SERIAL], SERIAL),
        ([SERIAL, OTHER], None),
        (["https://example.org/12345678", SERIAL], SERIAL),
        (["A01", "机构", "12 34"], None),
        (["F1HD42GHFD"], "F1HD42GHFD"),
        (["ABCDEFGHIJ"], None),
        ([], None),
    ],
)
def test_the_serial_is_the_one_text_that_fits_the_grammar(
    texts: list[str], expected: str | None
) -> None:
    found = serial_from_codes([code(text, left=100 * n) for n, text in enumerate(texts)])
    assert (found.text if found else None) == expected


def test_a_retail_code_is_no_serial_and_the_grammar_can_be_narrowed() -> None:
    assert serial_from_codes([code("4006381333931", "EAN-13")]) is None
    assert serial_from_codes([code("FORM-2026-01"), code(SERIAL)], r"\d{18}") == code(SERIAL)
