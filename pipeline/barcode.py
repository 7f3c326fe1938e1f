"""Barcodes and QR codes on a page, and the serial number that one of them may carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import cv2
import zxingcpp

from pipeline.model import Box, PageCode, Pixels
from pipeline.serials import SERIAL_GRAMMAR, parts_of
from pipeline.sheets import OwnSheet, is_ours, one_sheet

_SIDES = (5000, 1800)
"""Longest side, in pixels, at which a page is looked at: as it is (but never above 600 dpi), and reduced."""

_SECOND_LOOKS = (0.7, 0.85, 1.4)
"""Scales at which the place of a linear code seen once is looked at again."""

_SHEET_SIDE = 1800
"""Longest side, in pixels, at which own sheets are looked for: their codes are large."""
_SHEET_FORMATS = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128)

_FORMATS = (
    zxingcpp.BarcodeFormat.Code128,
    zxingcpp.BarcodeFormat.Code39,
    zxingcpp.BarcodeFormat.Code93,
    zxingcpp.BarcodeFormat.EAN13,
    zxingcpp.BarcodeFormat.QRCode,
    zxingcpp.BarcodeFormat.DataMatrix,
    zxingcpp.BarcodeFormat.PDF417,
    zxingcpp.BarcodeFormat.Aztec,
)
_SELF_CORRECTING = frozenset({"QR Code", "Data Matrix", "PDF417", "Aztec"})
_RETAIL = frozenset({"EAN-13", "EAN-8", "UPC-A", "UPC-E", "ISBN"})


def page_scales(pixels: Pixels) -> tuple[float, ...]:
    """Return the sizes at which a page is looked at for codes."""
    return tuple(dict.fromkeys(min(1.0, side / max(pixels.shape[:2])) for side in _SIDES))


def find_codes(pixels: Pixels, scales: Sequence[float] | None = None) -> tuple[PageCode, ...]:
    """Return the page's codes from top to bottom, each once, with places in pixels of ``pixels``.

    The page is looked at at two sizes, since decoders miss at one what they read at the other. A linear
    code has a weak check (one garbled Code 128 in a hundred passes it), so it must be read alike twice
    and more often than anything else at its place. Formats without a check are not looked for: ruled
    lines and print look like them. A part of a page is looked at at its page's ``scales``.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    places = _by_place(
        code for scale in scales or page_scales(pixels) for code in _codes_at(grey, scale)
    )
    sure = (_agreed(sightings, grey) for sightings in places)
    return tuple(
        sorted((code for code in sure if code), key=lambda code: (code.box.top, code.box.left))
    )


def find_sheet(pixels: Pixels, grammar: str = SERIAL_GRAMMAR) -> OwnSheet | None:
    """Return the sheet of ours that a page is; None for every other page.

    One sighting is enough, since our texts have check characters of their own: a page is looked at once,
    reduced, for two symbologies. A page that bears a serial number too is a voucher with a sheet stuck to
    it (Q11), and never set aside as a sheet.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, _SHEET_SIDE / max(grey.shape))
    sheet = one_sheet(code.text for code in _codes_at(grey, scale, _SHEET_FORMATS))
    if sheet and serial_candidates(find_codes(pixels), grammar):
        return None
    return sheet


def serial_candidates(codes: Iterable[PageCode], grammar: str = SERIAL_GRAMMAR) -> tuple[str, ...]:
    """Return the different serial numbers that the codes may carry; retail and own codes carry none."""
    fitting = (
        code.text.strip()
        for code in codes
        if code.symbology not in _RETAIL
        and not is_ours(code.text)
        and parts_of(code.text.strip(), grammar)
    )
    return tuple(dict.fromkeys(fitting))


def serial_from_codes(codes: Sequence[PageCode], grammar: str = SERIAL_GRAMMAR) -> PageCode | None:
    """Return the code that carries the page's serial number; None when none does or two disagree (Q11)."""
    candidates = serial_candidates(codes, grammar)
    if len(candidates) != 1:
        return None
    return next(code for code in codes if code.text.strip() == candidates[0])


def _codes_at(
    grey: Pixels, scale: float, formats: Sequence[zxingcpp.BarcodeFormat] = _FORMATS
) -> list[PageCode]:
    seen = grey
    if scale != 1.0:
        seen = cv2.resize(
            grey,
            None,
            fx=scale,
            fy=scale,
            interpolation=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC,
        )
    found = zxingcpp.read_barcodes(
        seen, formats=formats, try_invert=False, text_mode=zxingcpp.TextMode.Plain
    )
    back = (grey.shape[1] / seen.shape[1], grey.shape[0] / seen.shape[0])
    return [
        PageCode(code.text, str(code.format), _box(code.position, back))
        for code in found
        if code.text
    ]


def _box(position: zxingcpp.Position, back: tuple[float, float]) -> Box:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    across = [round(corner.x * back[0]) for corner in corners]
    down = [round(corner.y * back[1]) for corner in corners]
    return Box(min(across), min(down), max(across), max(down))


def _by_place(codes: Iterable[PageCode]) -> list[list[PageCode]]:
    """Gather what was read at the same place in the same symbology."""
    places: list[list[PageCode]] = []
    for code in codes:
        for sightings in places:
            if sightings[0].symbology == code.symbology and _same_place(sightings[0], code):
                sightings.append(code)
                break
        else:
            places.append([code])
    return places


def _agreed(sightings: list[PageCode], grey: Pixels) -> PageCode | None:
    """Return the code that the sightings of one place speak for; None when they do not agree."""
    if sightings[0].symbology in _SELF_CORRECTING:
        return sightings[0]
    votes = Counter(code.text for code in sightings)
    if len(votes) > 1 or votes.total() < 2:
        votes.update(_second_looks(grey, sightings[0]))
    (text, count), *others = votes.most_common(2)
    if count < 2 or (others and others[0][1] == count):
        return None
    return next((code for code in sightings if code.text == text), None)


def _second_looks(grey: Pixels, code: PageCode) -> Iterator[str]:
    """Give what stands at the code's place when only its surroundings are looked at, larger and smaller."""
    left, top, right, bottom = code.box
    quiet = max(40, (right - left) // 5)
    place = grey[max(0, top - 20) : bottom + 20, max(0, left - quiet) : right + quiet]
    for scale in _SECOND_LOOKS:
        yield from (
            seen.text for seen in _codes_at(place, scale) if seen.symbology == code.symbology
        )


def _same_place(one: PageCode, other: PageCode) -> bool:
    """Tell two sightings of one symbol from two symbols: unlike texts are of one only where they overlap."""
    if one.text != other.text:
        return min(one.box.right, other.box.right) > max(one.box.left, other.box.left) and min(
            one.box.bottom, other.box.bottom
        ) >= max(one.box.top, other.box.top)
    slack = max(one.box.right - one.box.left, one.box.bottom - one.box.top) / 4
    return all(abs(a - b) <= slack for a, b in zip(one.box, other.box, strict=True))
