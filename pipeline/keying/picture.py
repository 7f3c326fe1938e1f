"""The picture a person keys from: a field's place, cut out of the page and enlarged, or the page."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.labels import LabelBook
from pipeline.measured import Sides
from pipeline.model import Box, FieldName, Pixels, Reading
from pipeline.stance import on_page, set_upright, upright
from pipeline.values import half_width

TEXT_HEIGHT = 56
"""Pixels to which a line of a cut-out is brought: read at arm's length on an ordinary screen."""
LONGEST_SIDE = 1600
"""Pixels: a picture fits a screen without scrolling across."""
_LARGEST_SCALE = 6.0
_MARGIN = Sides(left=5, top=2, right=2, bottom=2)
"""Paper shown round the place, in heights of its line; to the left the label stands."""
_BEHIND_LABEL, _BELOW_LABEL = 14, 2
"""Where a value stands that was not found but its label was: so many heights behind and below it."""
_FRAME = (0, 110, 200)


@dataclass(frozen=True)
class Place:
    """Where a field stands on a page as it came."""

    box: Box | None
    """None where that is not known."""
    angle: float = 0.0
    """Turn of the page's text, degrees clockwise."""
    lines: int = 1
    """How many lines of text high it is."""


def place_of(reading: Reading, name: FieldName, book: LabelBook | None = None) -> Place:
    """Return where a field stands: as it was read, else about its label.

    A barcode is no place to key from, and several labels of the field leave its place unknown.
    """
    read = reading.fields.get(name)
    if read and all(read.box != code.box for code in reading.codes):
        return Place(read.box, read.angle)
    book = book or LabelBook()
    labels = [
        line.box
        for line in reading.lines
        if any(hit.meaning is name for hit in book.find(half_width(line.text)))
    ]
    angle = reading.lines[0].angle if reading.lines else 0.0
    if len(labels) != 1:
        return Place(None, angle)
    return Place(_about(labels[0], angle), angle, 1 + _BELOW_LABEL)


def _about(label: Box, angle: float) -> Box:
    """The box around a label and where its value may stand."""
    level = upright(label, angle)
    height = level.bottom - level.top
    wide = level._replace(
        right=level.right + _BEHIND_LABEL * height, bottom=level.bottom + _BELOW_LABEL * height
    )
    return on_page(wide, angle)


def zone_picture(pixels: Pixels, place: Place) -> Pixels:
    """Return the place, framed, with the paper round it, enlarged and upright; else the whole page."""
    height, width = pixels.shape[:2]
    box = place.box and _within(place.box, width, height)
    if box is None:
        page = np.rot90(pixels, round(place.angle / 90))
        return _scaled(page, min(1.0, LONGEST_SIDE / max(height, width)))
    return _framed(*set_upright(pixels, box, place.angle), place.lines)


def _framed(pixels: Pixels, box: Box, lines: int) -> Pixels:
    height, width = pixels.shape[:2]
    line = max(8, (box.bottom - box.top) // lines)
    left, top = max(0, box.left - _MARGIN.left * line), max(0, box.top - _MARGIN.top * line)
    right = min(width, box.right + _MARGIN.right * line)
    bottom = min(height, box.bottom + _MARGIN.bottom * line)
    wanted = min(_LARGEST_SCALE, TEXT_HEIGHT / line)
    scale = min(wanted, LONGEST_SIDE / max(right - left, bottom - top))
    picture = _scaled(pixels[top:bottom, left:right], scale)
    gap = round(line * scale / 4)
    corner = (round((box.left - left) * scale) - gap, round((box.top - top) * scale) - gap)
    other = (round((box.right - left) * scale) + gap, round((box.bottom - top) * scale) + gap)
    cv2.rectangle(picture, corner, other, _FRAME, 2)
    return picture


def _within(place: Box, width: int, height: int) -> Box | None:
    """The part of a place that lies on the page; None when none does."""
    part = Box(
        max(0, place.left),
        max(0, place.top),
        min(width, place.right),
        min(height, place.bottom),
    )
    return part if part.left < part.right and part.top < part.bottom else None


def _scaled(pixels: Pixels, scale: float) -> Pixels:
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=how))
