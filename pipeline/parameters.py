"""Measure a page's scan parameters (扫描参数): ink, lines, edges, likeness on a reduced image; detail."""

from __future__ import annotations

import math

import cv2
import imagehash
import numpy as np
from PIL import Image

from pipeline.detail import detail_of
from pipeline.ink import characters_within, dark_spots, ink_of
from pipeline.lines import lines_of
from pipeline.measured import ScanParameters
from pipeline.model import DecodedPage, Pixels

MARGIN_MM = 2.0
"""Text nearer to an edge stands too close (Q08; DA/T 31-2017 leaves 2 to 3 mm)."""

_REDUCED_PIXELS = 1_000_000  # A4 at 100 dpi; from pixels alone, since a recorded dpi may lie
_REDUCED_MM = 0.254  # a pixel's size then, for pages that record no dpi

_TOOTH_MM = 1.2  # teeth of a torn receipt's edge reach 1 mm into the page and look cut off
_STROKE_MM = 0.7


def measure(page: DecodedPage, byte_count: int) -> ScanParameters:
    """Return the scan parameters of ``page``, whose master has ``byte_count`` bytes.

    ``skew_degrees`` is searched within 15 degrees either way, in steps of 0.02; ``ink_share`` leaves
    out uneven light, tinted paper, noise, dust, dark scanner edges and punch holes. Lines and edges
    are looked for in the red channel alone, where a red stamp vanishes.
    """
    height, width, _ = page.pixels.shape
    reduced = _reduced(page.pixels)
    ink = ink_of(dark_spots(np.ascontiguousarray(reduced.min(axis=2))))
    spots = dark_spots(np.ascontiguousarray(reduced[..., 0]))
    lines = lines_of(ink_of(spots))
    mm_per_pixel = 25.4 / page.dpi[1] * height / len(reduced) if page.dpi else _REDUCED_MM
    return ScanParameters(
        format=page.format,
        byte_count=byte_count,
        width=width,
        height=height,
        dpi=page.dpi,
        colour_mode=page.colour_mode,
        skew_degrees=lines.skew_degrees,
        ink_share=float(np.count_nonzero(ink)) / ink.size,
        perceptual_hash=str(imagehash.phash(Image.fromarray(reduced))),
        sideways=lines.sideways,
        cut_marks=characters_within(spots, 0.0, mm_per_pixel, least_depth_mm=_TOOTH_MM),
        close_marks=characters_within(spots, MARGIN_MM, mm_per_pixel, least_depth_mm=_STROKE_MM),
        detail=detail_of(page.pixels, ink),
    )


def _reduced(pixels: Pixels) -> Pixels:
    height, width, _ = pixels.shape
    scale = min(1.0, math.sqrt(_REDUCED_PIXELS / (height * width)))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
