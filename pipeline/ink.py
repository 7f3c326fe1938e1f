"""Where ink lies on a reduced page (100 dpi for A4), and which of it is characters at the page's edges.

The paper's own brightness is divided out; what the scanner itself adds (dark edges, dust, noise, punch
holes) is no ink.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.measured import Sides

Plane = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.uint8]
_Numbers = npt.NDArray[np.int32]

_PAPER_KERNEL = 25  # wider than any stroke at that size
_INK_LEVEL = 190  # of 255, paper being 255: faint ribbon passes, shadows do not
_NOISE_SIGMAS = 6.0  # noise darker than this is one pixel in 10**9
_BLACK_LEVEL = 60  # dark whatever is around it: scanner bed, black edge
_MARGIN = 0.01  # of each side: shadow lines at the paper's edge
_DUST_PIXELS = 4  # at 100 dpi: specks under 0.5 mm
_HOLE_SIZE = (0.012, 0.035)  # of the longer side: 3.5 to 10 mm on A4
_HOLE_ZONE = 0.12  # of each side: where a file's holes are
_HOLE_FILL = (0.6, 0.9)  # a disc fills 0.785 of its box

_CHARACTER_MM = (0.7, 6.0)  # from a stroke of small print to a heading
_CHARACTER_SLIMNESS = 6  # longer and thinner: a rule, a scratch, the paper's edge
_CHARACTER_PIXELS = 6


@dataclass(frozen=True)
class Spots:
    """Connected dark spots of a plane; row 0 of each array is the paper."""

    labels: npt.NDArray[np.int32]
    left: _Numbers
    top: _Numbers
    wide: _Numbers
    high: _Numbers
    area: _Numbers

    @property
    def beyond(self) -> tuple[_Numbers, _Numbers, _Numbers, _Numbers]:
        """Pixels between a spot and the left, upper, right and lower edge."""
        height, width = self.labels.shape
        return self.left, self.top, width - self.left - self.wide, height - self.top - self.high


def dark_spots(plane: Plane) -> Spots:
    """Find what is darker than the paper around it."""
    even = _paper_divided_out(plane)
    level = min(_INK_LEVEL, 255 - _NOISE_SIGMAS * _noise(even))
    dark = ((even < level) | (plane < _BLACK_LEVEL)).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    return Spots(
        np.asarray(labels, np.int32), *(np.asarray(column, np.int32) for column in stats.T[:5])
    )


def ink_of(spots: Spots) -> Mask:
    """Return where ink lies (1): without what touches the border, dust and punch holes."""
    height, width = spots.labels.shape
    right, bottom = spots.left + spots.wide, spots.top + spots.high
    at_border = np.minimum.reduce(spots.beyond) == 0
    size = np.maximum(spots.wide, spots.high) / max(height, width)
    middle_x, middle_y = (spots.left + right) / (2 * width), (spots.top + bottom) / (2 * height)
    outside = np.maximum(np.abs(middle_x - 0.5), np.abs(middle_y - 0.5)) > 0.5 - _HOLE_ZONE
    fill = spots.area / np.maximum(spots.wide * spots.high, 1)
    round_spot = (np.minimum(spots.wide, spots.high) > 0.8 * np.maximum(spots.wide, spots.high)) & (
        (fill > _HOLE_FILL[0]) & (fill < _HOLE_FILL[1])
    )
    hole = outside & round_spot & (size > _HOLE_SIZE[0]) & (size < _HOLE_SIZE[1])
    keep = ~(at_border | hole | (spots.area < _DUST_PIXELS))
    keep[0] = False
    ink: Mask = keep[spots.labels].astype(np.uint8)
    edge_x, edge_y = math.ceil(width * _MARGIN), math.ceil(height * _MARGIN)
    ink[:edge_y] = ink[-edge_y:] = 0
    ink[:, :edge_x] = ink[:, -edge_x:] = 0
    return ink


def characters_within(
    spots: Spots, margin_mm: float, mm_per_pixel: float, *, least_depth_mm: float
) -> Sides:
    """Count the spots of a character's size that stand within ``margin_mm`` of each edge; 0: touch it.

    What reaches less than ``least_depth_mm`` into the page is left out.
    """
    least, most = (size / mm_per_pixel for size in _CHARACTER_MM)
    longer, slimmer = np.maximum(spots.wide, spots.high), np.minimum(spots.wide, spots.high)
    character = (longer >= least) & (longer <= most) & (slimmer * _CHARACTER_SLIMNESS >= longer)
    character &= spots.area >= _CHARACTER_PIXELS
    character[0] = False
    depths = (spots.wide, spots.high, spots.wide, spots.high)
    return Sides(
        *(
            int(
                np.count_nonzero(
                    character
                    & (depth * mm_per_pixel >= least_depth_mm)
                    & (away * mm_per_pixel <= margin_mm)
                )
            )
            for depth, away in zip(depths, spots.beyond, strict=True)
        )
    )


def _paper_divided_out(plane: Plane) -> Plane:
    """Divide by the paper's local brightness, so that paper is 255 whatever its tint and light."""
    kernel = np.ones((_PAPER_KERNEL, _PAPER_KERNEL), np.uint8)
    paper = cv2.dilate(cv2.medianBlur(plane, 3), kernel)
    paper = cv2.GaussianBlur(paper, (0, 0), _PAPER_KERNEL / 3)
    return np.asarray(cv2.divide(plane, paper, scale=255), np.uint8)


def _noise(even: Plane) -> float:
    """Estimate the paper's noise as a standard deviation, by the median so that ink has no say."""
    fine = even[::2, ::2].astype(np.int16)
    steps = np.abs(np.diff(fine, axis=1))
    return float(np.median(steps)) / 0.954 if steps.size else 0.0  # median |a-b| of normal noise
