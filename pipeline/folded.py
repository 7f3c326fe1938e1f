"""A corner of the sheet folded over: told by its crease, which runs aslant from one edge to the next."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from pipeline.engines.channels import Grey
from pipeline.forms.ink import smaller
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
_LEVEL = 6
"""An edge that goes more than this many steps aside for one up, or up for one aside, is print or a rule."""


def corner_folded(pixels: Pixels) -> bool:
    """Tell whether a corner is folded over; the print beneath it is not in the scan."""
    return any(_creased(corner) for corner in _corners(pixels))


def _corners(pixels: Pixels) -> Iterator[Grey]:
    """Give each corner, turned to be the upper left one, small: its green, a third of the cost of grey."""
    side = round(min(pixels.shape[:2]) * _REACH)
    for rows, down in ((slice(None, side), 1), (slice(-side, None), -1)):
        for columns, across in ((slice(None, side), 1), (slice(-side, None), -1)):
            green = np.asarray(cv2.extractChannel(pixels[rows, columns], 1), np.uint8)
            yield np.ascontiguousarray(smaller(green, (_SIZE, _SIZE))[::down, ::across])


def _creased(corner: Grey) -> bool:
    lines = cv2.HoughLinesP(
        _aslant(corner), 1, np.pi / 180, _SHORTEST // 2, minLineLength=_SHORTEST, maxLineGap=_GAP
    )
    return lines is not None and any(_cuts_off(*line) for line in lines.reshape(-1, 4))


def _aslant(corner: Grey) -> Grey:
    """Return the edges that run as a crease may; among those of print, lines take twice as long to find."""
    soft = cv2.GaussianBlur(corner, (0, 0), 1.2)
    across, down = (cv2.Sobel(soft, cv2.CV_16S, *way) for way in ((1, 0), (0, 1)))
    edges = np.asarray(cv2.Canny(across, down, *_EDGES, L2gradient=True), np.uint8)
    steep = np.abs(across) * _LEVEL > np.abs(down)
    flat = np.abs(down) * _LEVEL > np.abs(across)
    edges[~(steep & flat & ((across > 0) == (down > 0)))] = 0
    return edges


def _cuts_off(x: int, y: int, to_x: int, to_y: int) -> bool:
    """Tell whether a line, seen for half its length or more, runs from the left edge to the upper one."""
    across, down = abs(to_x - x), abs(to_y - y)
    slope = np.degrees(np.arctan2(down, across))
    if (to_x - x) * (to_y - y) >= 0 or not _ASLANT[0] < slope < _ASLANT[1]:
        return False
    on_left, on_top = y + x * down / across, x + y * across / down
    crease = float(np.hypot(on_left, on_top))
    return max(on_left, on_top) < _SIZE and float(np.hypot(across, down)) > crease * _SEEN
