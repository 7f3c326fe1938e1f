"""How a page lies: on its side, upside down or askew; told from its lines, and its places turned with it.

An angle is the turn of the page's text, in degrees clockwise: 0 upright, 90 where text runs down the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.model import Box, Pixels

Corners = npt.NDArray[np.float32]
"""Four corners of a line of text, in turn around it: 4 x 2, pixels."""

LEVEL = 3.0
"""Degrees within which a page counts as straight: that much is levelled by ``Layout``, and Q07 lets it in."""
_STEEPEST = 25.0
"""Degrees from straight or sideways beyond which text is taken to run anyhow, and left as it stands."""
_LONG = 2.0
"""A box this many times longer than high tells where its text runs; a sign or two do not."""


def run_of(lines: Sequence[Corners]) -> float:
    """Return the angle at which most text runs, from -90 up to 90: up from down is not told apart.

    Each line counts by its length. 0 where nothing tells, or less than ``LEVEL`` is missing to it.
    """
    sides = [_long_side(corners) for corners in lines]
    telling = [(length, angle) for length, angle, aspect in sides if aspect >= _LONG]
    upended = sum(length if abs(angle) > 45 else -length for length, angle in telling) > 0
    quarter = -90.0 if upended else 0.0
    leans = [((angle - quarter + 90) % 180 - 90, length) for length, angle in telling]
    lean = _median([one for one in leans if abs(one[0]) <= _STEEPEST])
    return quarter + (lean if abs(lean) > LEVEL else 0.0)


def around(corners: Corners, angle: float) -> Box:
    """Return the box around ``corners`` on the page turned upright."""
    return _hull(_turned(corners, -angle))


def upright(box: Box, angle: float) -> Box:
    """Return where a box drawn around text of this angle stands once the page is turned upright.

    The page turns about its first pixel, so that places may be negative; sizes are the text's own.
    """
    if not angle:
        return box
    wide, high = _own_size(box, angle)
    across, down = _turned(_middle(box), -angle)[0]
    return _hull(
        np.array([[across - wide / 2, down - high / 2], [across + wide / 2, down + high / 2]])
    )


def on_page(box: Box, angle: float) -> Box:
    """Return the box on the page as it came that is drawn around a box of the page turned upright."""
    left, top, right, bottom = box
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
    return _hull(_turned(corners, angle)) if angle else box


def set_upright(pixels: Pixels, box: Box, angle: float) -> tuple[Pixels, Box]:
    """Return a part of the page turned upright, and where on it the text of ``box`` stands.

    ``box`` is drawn around text of this angle; there is a margin of the text's height on each side.
    """
    if not angle:
        return pixels, box
    wide, high = (round(side) for side in _own_size(box, angle))
    across, down = _middle(box)[0]
    turn = cv2.getRotationMatrix2D((across, down), angle, 1.0)
    turn[:, 2] += (wide / 2 + high - across, 1.5 * high - down)
    part: Pixels = cv2.warpAffine(
        pixels, turn, (wide + 2 * high, 3 * high), borderMode=cv2.BORDER_REPLICATE
    ).astype(np.uint8)
    return part, Box(high, high, high + wide, 2 * high)


def _own_size(box: Box, angle: float) -> tuple[float, float]:
    """Return width and height of the text around which ``box`` is drawn."""
    wide, high = box.right - box.left, box.bottom - box.top
    quarters = round(angle / 90)
    if quarters % 2:
        wide, high = high, wide
    lean = math.radians(abs(angle - 90 * quarters))
    cos, sin = math.cos(lean), math.sin(lean)
    return (
        max(1.0, (wide * cos - high * sin) / (cos**2 - sin**2)),
        max(1.0, (high * cos - wide * sin) / (cos**2 - sin**2)),
    )


def _long_side(corners: Corners) -> tuple[float, float, float]:
    """Return length and angle of a line's longer side, and how many times longer it is."""
    first, second, _, last = corners.astype(np.float64)
    sides = sorted((second - first, last - first), key=lambda side: float(np.hypot(*side)))
    short, length = (float(np.hypot(*side)) for side in sides)
    angle = math.degrees(math.atan2(sides[1][1], sides[1][0]))
    return length, (angle + 90) % 180 - 90, length / max(1.0, short)


def _median(weighted: Sequence[tuple[float, float]]) -> float:
    """Return the middle of (value, weight) pairs; 0 of none."""
    if not weighted:
        return 0.0
    values, weights = (np.array(one) for one in zip(*sorted(weighted), strict=True))
    sums = np.cumsum(weights)
    return float(values[np.searchsorted(sums, sums[-1] / 2)])


def _turned(points: npt.NDArray[np.float64] | Corners, angle: float) -> npt.NDArray[np.float64]:
    """Turn points clockwise about the page's first pixel."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turned: npt.NDArray[np.float64] = np.asarray(points, np.float64) @ np.array(
        [[cos, sin], [-sin, cos]]
    )
    return turned


def _middle(box: Box) -> npt.NDArray[np.float64]:
    return np.array([[(box.left + box.right) / 2, (box.top + box.bottom) / 2]])


def _hull(points: npt.NDArray[np.float64]) -> Box:
    """Return the smallest upright box around points, a turn's rounding errors left out."""
    left, top = np.floor(np.round(points.min(axis=0), 6))
    right, bottom = np.ceil(np.round(points.max(axis=0), 6))
    return Box(int(left), int(top), int(right), int(bottom))
