"""Measure a page's scan parameters (扫描参数): skew, ink and likeness, on a reduced image.

Skew: projection profile search (Postl) over the ink that remains after the paper's own brightness
is divided out; a red stamp vanishes because only the red channel is looked at.
"""

from __future__ import annotations

import math

import cv2
import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.model import DecodedPage, Pixels, ScanParameters

Plane = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.uint8]

_REDUCED_PIXELS = 1_000_000  # A4 at 100 dpi; from pixels alone, since a recorded dpi may lie
_PAPER_KERNEL = 25  # wider than any stroke at that size
_INK_LEVEL = 190  # of 255, paper being 255: faint ribbon passes, shadows do not
_NOISE_SIGMAS = 6.0  # noise darker than this is one pixel in 10**9
_BLACK_LEVEL = 60  # dark whatever is around it: scanner bed, black edge
_MARGIN = 0.01  # of each side: shadow lines at the paper's edge
_DUST_PIXELS = 4  # at 100 dpi: specks under 0.5 mm
_HOLE_SIZE = (0.012, 0.035)  # of the longer side: 3.5 to 10 mm on A4
_HOLE_ZONE = 0.12  # of each side: where a file's holes are
_HOLE_FILL = (0.6, 0.9)  # a disc fills 0.785 of its box

_SKEW_STEPS = ((0.5, 15.0), (0.1, 0.5), (0.02, 0.1))  # step and reach of each search, degrees
_SKEW_LEAST_INK = 400  # pixels at 100 dpi: a few characters
_SKEW_MOST_INK = 40_000  # more points cost time and add nothing
_SKEW_LEAST_PEAK = 4.0  # best over middling sharpness: vouchers reach 10 and more, drawings 3


def measure(page: DecodedPage, byte_count: int) -> ScanParameters:
    """Return the scan parameters of ``page``, whose master has ``byte_count`` bytes.

    ``skew_degrees`` is searched within 15 degrees either way, in steps of 0.02; ``ink_share`` leaves
    out uneven light, tinted paper, noise, dust, dark scanner edges and punch holes.
    """
    height, width, _ = page.pixels.shape
    reduced = _reduced(page.pixels)
    ink = _ink(np.ascontiguousarray(reduced.min(axis=2)))
    ink_share = float(np.count_nonzero(ink)) / ink.size
    return ScanParameters(
        format=page.format,
        byte_count=byte_count,
        width=width,
        height=height,
        dpi=page.dpi,
        colour_mode=page.colour_mode,
        skew_degrees=_skew(_ink(np.ascontiguousarray(reduced[..., 0]))),
        ink_share=ink_share,
        perceptual_hash=str(imagehash.phash(Image.fromarray(reduced))),
    )


def _reduced(pixels: Pixels) -> Pixels:
    height, width, _ = pixels.shape
    scale = min(1.0, math.sqrt(_REDUCED_PIXELS / (height * width)))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _ink(plane: Plane) -> Mask:
    """Return where ink lies (1) on a reduced plane, scanner's own marks taken away."""
    even = _paper_divided_out(plane)
    level = min(_INK_LEVEL, 255 - _NOISE_SIGMAS * _noise(even))
    dark = ((even < level) | (plane < _BLACK_LEVEL)).astype(np.uint8)
    return _without_marks_of_the_scanner(dark)


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


def _without_marks_of_the_scanner(dark: Mask) -> Mask:
    """Drop what touches the border (dark edges), dust and punch holes."""
    height, width = dark.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    area = stats[:, cv2.CC_STAT_AREA]
    right, bottom = left + wide, top + high
    at_border = (left == 0) | (top == 0) | (right == width) | (bottom == height)
    size = np.maximum(wide, high) / max(height, width)
    middle_x, middle_y = (left + right) / (2 * width), (top + bottom) / (2 * height)
    outside = np.maximum(np.abs(middle_x - 0.5), np.abs(middle_y - 0.5)) > 0.5 - _HOLE_ZONE
    fill = area / np.maximum(wide * high, 1)
    round_spot = (np.minimum(wide, high) > 0.8 * np.maximum(wide, high)) & (
        (fill > _HOLE_FILL[0]) & (fill < _HOLE_FILL[1])
    )
    hole = outside & round_spot & (size > _HOLE_SIZE[0]) & (size < _HOLE_SIZE[1])
    keep = ~(at_border | hole | (area < _DUST_PIXELS))
    keep[0] = False
    ink: Mask = keep[labels].astype(np.uint8)
    edge_x, edge_y = math.ceil(width * _MARGIN), math.ceil(height * _MARGIN)
    ink[:edge_y] = ink[-edge_y:] = 0
    ink[:, :edge_x] = ink[:, -edge_x:] = 0
    return ink


def _skew(ink: Mask) -> float | None:
    """Return the turn of the text lines in degrees, positive clockwise; None without lines."""
    rows, columns = np.nonzero(ink)
    if len(rows) < _SKEW_LEAST_INK:
        return None
    every = math.ceil(len(rows) / _SKEW_MOST_INK)
    down = rows[::every].astype(np.float32) - ink.shape[0] / 2
    across = columns[::every].astype(np.float32) - ink.shape[1] / 2
    reach = math.hypot(*ink.shape) / 2 + 1
    best, middling = 0.0, 0.0
    for step, span in _SKEW_STEPS:
        angles = best + np.arange(-round(span / step), round(span / step) + 1) * step
        sharpness = [_sharpness(down, across, angle, reach) for angle in angles]
        middling = middling or float(np.median(sharpness))
        best = float(angles[int(np.argmax(sharpness))])
    if max(sharpness) < _SKEW_LEAST_PEAK * middling:
        return None
    return round(best, 2) + 0.0  # no minus zero


def _sharpness(
    down: npt.NDArray[np.float32], across: npt.NDArray[np.float32], angle: float, reach: float
) -> float:
    """Return how sharply ink gathers in lines when the page is seen along ``angle`` degrees."""
    turn = math.radians(angle)
    lines = (down * math.cos(turn) - across * math.sin(turn) + reach).astype(np.int32)
    profile = np.bincount(lines).astype(np.float64)
    return float(np.square(np.diff(profile)).sum())
