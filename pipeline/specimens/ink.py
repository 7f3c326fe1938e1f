"""Ink on paper: masks of ink (0 bare, 255 full), laid on a page, and the ribbon that wears out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.model import Pixels
from pipeline.specimens.cases import Level

Mask = npt.NDArray[np.uint8]
"""Ink of one colour: height x width, 0 bare paper to 255 full ink."""


class Colour(NamedTuple):
    """An ink or a paper, RGB."""

    red: int
    green: int
    blue: int


BLACK = Colour(28, 28, 32)


@dataclass(frozen=True)
class Ribbon:
    """How well the printer prints."""

    strength: float
    """Ink on an ordinary stroke, 0 to 1."""
    band_depth: float
    """Share of the ink lost in the middle of a pale band."""
    band_mm: float
    """Distance from band to band."""
    patchiness: float
    """Share of the ink lost in the palest patch."""


def ribbon_for(level: Level, rng: np.random.Generator) -> Ribbon:
    """Choose a ribbon: black for easy pages, faint, banded and patchy for hard ones."""
    strength, bands, patches = {
        Level.EASY: ((0.92, 1.0), (0.0, 0.05), 0.05),
        Level.MEDIUM: ((0.7, 0.9), (0.0, 0.3), 0.2),
        Level.HARD: ((0.55, 0.75), (0.15, 0.4), 0.25),
    }[level]
    return Ribbon(
        strength=rng.uniform(*strength),
        band_depth=rng.uniform(*bands),
        band_mm=rng.uniform(9, 24),
        patchiness=patches,
    )


def worn(mask: Mask, ribbon: Ribbon, rng: np.random.Generator, dpi: int) -> Mask:
    """Print a mask with a ribbon: paler, in bands across the page, in soft patches."""
    height, width = mask.shape
    rows = np.arange(height) * (25.4 / dpi)
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * (rows / ribbon.band_mm + rng.random()))
    by_row = (ribbon.strength * (1 - ribbon.band_depth * wave**3)).astype(np.float32)
    coarse = rng.random((max(2, height // dpi * 5), max(2, width // dpi * 5)), dtype=np.float32)
    patches = cv2.resize(1 - ribbon.patchiness * coarse, (width, height))
    gain = (255 * patches * by_row[:, None]).astype(np.uint8)
    return np.asarray(cv2.multiply(mask, gain, scale=1 / 255), np.uint8)


def lay(page: Pixels, mask: Mask, colour: Colour, left: int = 0, top: int = 0) -> None:
    """Lay ink on the page, in place: what is beneath shows through; parts off the page are lost."""
    height, width = page.shape[:2]
    right, bottom = min(width, left + mask.shape[1]), min(height, top + mask.shape[0])
    x, y = max(0, left), max(0, top)
    if right <= x or bottom <= y:
        return
    ink = np.ascontiguousarray(mask[y - top : bottom - top, x - left : right - left])
    ramp = np.linspace(0, 1, 256)[:, None] * (255 - np.array(colour))
    filters = cv2.LUT(cv2.merge([ink] * 3), (255 - ramp).astype(np.uint8)[None])
    spot = page[y:bottom, x:right]
    spot[:] = cv2.multiply(spot, filters, scale=1 / 255)
