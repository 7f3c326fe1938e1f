"""A corner of the sheet folded over: told by its crease, which runs aslant from one edge to the next."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from pipeline.engines.channels import Grey
from pipeline.model import Pixels

_REACH, _SIZE = 0.36, 300
"""Side of the corner looked at, as a share of the page's shorter side (75 mm of A4), and its pixels."""
_SHORTEST, _GAP = 75, 8
"""Of a crease, in those pixels: 19 mm, and what dust or noise may interrupt."""
_SEEN = 0.5
"""Least share of a crease that is seen in one piece."""
_ASLANT = (20.0, 70.0)
_EDGES = (12, 36)
"""Slopes of brightness at which an edge ends and begins: a crease is a weak shadow."""


def corner_folded(pixels: Pixels) -> bool:
    """Tell whether a corner is folded over; the print beneath it is not in the scan."""
    return any(_creased(corner) for corner in _corners(pixels))


def _corners(pixels: Pixels) -> Iterator[Grey]:
    """Give each corner, turned to be the upper left one, small: its green, a third of the cost of grey."""
    side = round(min(pixels.shape[:2]) * _REACH)
    for rows, down in ((slice(None, side), 1), (slice(-side, None), -1)):
        for columns, across in ((slice(None, side), 1), (slice(-side, None), -1)):
            green = cv2.extractChannel(np.ascontiguousarray(pixels[rows, columns]), 1)
            small = cv2.resize(green, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
            yield np.ascontiguousarray(np.asarray(small, np.uint8)[::down, ::across])


def _creased(corner: Grey) -> bool:
    soft = cv2.GaussianBlur(corner, (0, 0), 1.2)
    edges = cv2.Canny(soft, *_EDGES, apertureSize=3, L2gradient=True)
    lines = cv2.HoughLinesP(
        edges, 1, np.pi / 180, _SHORTEST // 2, minLineLength=_SHORTEST, maxLineGap=_GAP
    )
    return lines is not None and any(_cuts_off(*line) for line in lines.reshape(-1, 4))


def _cuts_off(x: int, y: int, to_x: int, to_y: int) -> bool:
    """Tell whether a line, seen for half its length or more, runs from the left edge to the upper one."""
    across, down = abs(to_x - x), abs(to_y - y)
    slope = np.degrees(np.arctan2(down, across))
    if (to_x - x) * (to_y - y) >= 0 or not _ASLANT[0] < slope < _ASLANT[1]:
        return False
    on_left, on_top = y + x * down / across, x + y * across / down
    crease = float(np.hypot(on_left, on_top))
    return max(on_left, on_top) < _SIZE and float(np.hypot(across, down)) > crease * _SEEN
