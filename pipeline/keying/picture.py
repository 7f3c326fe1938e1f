"""The picture a person keys from: a field's place, cut out of the page and enlarged, or the page."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.labels import LabelBook
from pipeline.model import Box, FieldName, Pixels, Reading
from pipeline.values import half_width

TEXT_HEIGHT = 56
"""Pixels to which a line of a cut-out is brought: read at arm's length on an ordinary screen."""
LONGEST_SIDE = 1600
"""Pixels: a picture fits a screen without scrolling across."""
_LARGEST_SCALE = 6.0
_MARGIN = (2.5, 2.0)
"""Paper shown round the place, in heights of its line: left and right, above and below."""
_BEHIND_LABEL, _BELOW_LABEL = 14, 2
"""Where a value stands that was not found but its label was: so many heights behind and below it."""
_FRAME = (0, 110, 200)


def place_of(reading: Reading, name: FieldName, book: LabelBook | None = None) -> Box | None:
    """Return where a field stands: as it was read, else about its label; None where neither is known.

    A barcode is no place to key from, and several labels of the field leave its place unknown.
    """
    read = reading.fields.get(name)
    if read and all(read.box != code.box for code in reading.codes):
        return read.box
    book = book or LabelBook()
    labels = [
        line.box
        for line in reading.lines
        if any(hit.meaning is name for hit in book.find(half_width(line.text)))
    ]
    if len(labels) != 1:
        return None
    (label,) = labels
    height = label.bottom - label.top
    return label._replace(
        right=label.right + _BEHIND_LABEL * height, bottom=label.bottom + _BELOW_LABEL * height
    )


def zone_picture(pixels: Pixels, place: Box | None) -> Pixels:
    """Return the place, framed, with the paper round it, enlarged; the page made smaller for None."""
    height, width = pixels.shape[:2]
    place = place and _within(place, width, height)
    if place is None:
        return _scaled(pixels, min(1.0, LONGEST_SIDE / max(height, width)))
    line = max(8, min(place.bottom - place.top, place.right - place.left))
    across, down = (round(line * margin) for margin in _MARGIN)
    left, top = max(0, place.left - across), max(0, place.top - down)
    right, bottom = min(width, place.right + across), min(height, place.bottom + down)
    wanted = min(_LARGEST_SCALE, TEXT_HEIGHT / line)
    scale = min(wanted, LONGEST_SIDE / max(right - left, bottom - top))
    picture = _scaled(pixels[top:bottom, left:right], scale)
    gap = round(line * scale / 4)
    corner = (round((place.left - left) * scale) - gap, round((place.top - top) * scale) - gap)
    other = (round((place.right - left) * scale) + gap, round((place.bottom - top) * scale) + gap)
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
