"""How the text lines of a page run: skew, and whether the page lies on its side.

Projection profile search (Postl): ink seen along its lines gathers sharply.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.ink import Mask

_Points = npt.NDArray[np.float32]

_STEPS = ((0.5, 15.0), (0.1, 0.5), (0.02, 0.1))  # step and reach of each search, degrees
_LEAST_INK = 400  # pixels at 100 dpi: a few characters
_MOST_INK = 40_000  # more points cost time and add nothing
_LEAST_PEAK = 4.0  # best over middling sharpness: vouchers reach 10 and more, drawings 3
_SIDEWAYS_LEAD = 1.8  # upright vouchers reach 0.7, receipts 1.7, vouchers on their side begin at 2


@dataclass(frozen=True)
class Lines:
    """How text lines run."""

    skew_degrees: float | None
    """Turn against the page's edge, positive clockwise; None when nothing to measure."""
    sideways: bool
    """Whether they run up or down the page."""


def lines_of(ink: Mask) -> Lines:
    """Measure the text lines of a page's ink."""
    if np.count_nonzero(ink) < _LEAST_INK:
        return Lines(None, False)
    reach = math.hypot(*ink.shape) / 2 + 1
    down, across = _points(ink)
    angle, middling, peak = _coarse(down, across, reach)
    # of the points, every so many along a line: along a column they must be taken anew
    aside, upward = _points(np.rot90(ink))
    aside_angle, aside_middling, aside_peak = _coarse(aside, upward, reach)
    if aside_peak >= max(_LEAST_PEAK, _SIDEWAYS_LEAD * peak):
        return Lines(_fine(aside, upward, reach, aside_angle, aside_middling), True)
    return Lines(_fine(down, across, reach, angle, middling), False)


def _points(ink: Mask) -> tuple[_Points, _Points]:
    """Return how far down and across from the middle ink lies, some of it where there is much."""
    rows, columns = np.nonzero(ink)
    every = math.ceil(len(rows) / _MOST_INK)
    down = rows[::every].astype(np.float32) - ink.shape[0] / 2
    return down, columns[::every].astype(np.float32) - ink.shape[1] / 2


def _coarse(down: _Points, across: _Points, reach: float) -> tuple[float, float, float]:
    """Return the best angle in degrees, the middling sharpness, and the best's ratio to it."""
    step, span = _STEPS[0]
    angles, sharpness = _search(down, across, reach, 0.0, step, span)
    middling = float(np.median(sharpness))
    best = int(np.argmax(sharpness))
    return float(angles[best]), middling, sharpness[best] / max(middling, 1.0)


def _fine(
    down: _Points, across: _Points, reach: float, angle: float, middling: float
) -> float | None:
    for step, span in _STEPS[1:]:
        angles, sharpness = _search(down, across, reach, angle, step, span)
        angle = float(angles[int(np.argmax(sharpness))])
    if max(sharpness) < _LEAST_PEAK * middling:
        return None
    return round(angle, 2) + 0.0  # no minus zero


def _search(
    down: _Points, across: _Points, reach: float, around: float, step: float, span: float
) -> tuple[npt.NDArray[np.floating], list[float]]:
    angles = around + np.arange(-round(span / step), round(span / step) + 1) * step
    return angles, [_sharpness(down, across, angle, reach) for angle in angles]


def _sharpness(down: _Points, across: _Points, angle: float, reach: float) -> float:
    """Return how sharply ink gathers in lines when the page is seen along ``angle`` degrees."""
    turn = math.radians(angle)
    lines = (down * math.cos(turn) - across * math.sin(turn) + reach).astype(np.int32)
    profile = np.bincount(lines).astype(np.float64)
    return float(np.square(np.diff(profile)).sum())
