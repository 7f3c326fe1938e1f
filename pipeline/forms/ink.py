"""The ink of a page on a reduced picture, red left out: what forms are compared by."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.engines.channels import Grey, stamp_free
from pipeline.model import Pixels

Affine = npt.NDArray[np.float64]
"""2 x 3: maps (x, y, 1) to (x, y)."""

_SURROUNDINGS_MM = 8.0
_DARKER, _FAINTLY_DARKER = 18, 8
"""Steps of 256 by which ink is darker than the paper around it; reduced, noise reaches a third of that."""


def reduced(pixels: Pixels, scale: float) -> tuple[Grey, int]:
    """Return the page without its red, about ``scale`` times as large, and the whole factor of it.

    Whole factors are reduced three times as fast as the exact scale would be.
    """
    factor = max(1, round(1 / scale))
    height, width = (side // factor for side in pixels.shape[:2])
    whole = pixels[: height * factor, : width * factor]
    small = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    return stamp_free(np.asarray(small, np.uint8)), factor


def darkness(grey: Grey, per_mm: float) -> Grey:
    """Return by how much each place is darker than its surroundings; paper and shade become 0."""
    side = 2 * round(_SURROUNDINGS_MM * per_mm / 2) + 1
    around = cv2.blur(grey, (side, side))
    return np.asarray(cv2.subtract(around, grey), np.uint8)


def ink_of(dark: Grey) -> Grey:
    """Return 255 where there is ink, 0 where there is paper."""
    return np.asarray(cv2.threshold(dark, _DARKER, 255, cv2.THRESH_BINARY)[1], np.uint8)


def faint_ink_of(dark: Grey) -> Grey:
    """Return 255 where there is ink, be it as faint as a worn ribbon leaves it."""
    soft = cv2.blur(dark, (3, 3))
    return np.asarray(cv2.threshold(soft, _FAINTLY_DARKER, 255, cv2.THRESH_BINARY)[1], np.uint8)


def spread(ink: Grey, pixels: int = 1) -> Grey:
    """Return ink made broader by ``pixels`` on every side."""
    side = 2 * pixels + 1
    return np.asarray(cv2.dilate(ink, np.ones((side, side), np.uint8)), np.uint8)


def warped(picture: Grey, to_picture: Affine, size: tuple[int, int]) -> Grey:
    """Return ``picture`` as seen from a frame of ``size`` (width, height) that ``to_picture`` maps to it."""
    return np.asarray(
        cv2.warpAffine(picture, to_picture, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP),
        np.uint8,
    )


def after(second: Affine, first: Affine) -> Affine:
    """Return the map that does ``first``, then ``second``."""
    square = np.vstack([first, [0.0, 0.0, 1.0]])
    return np.asarray(second @ square, np.float64)


def scaling(factor: float) -> Affine:
    """Return the map that makes everything ``factor`` times as large."""
    return np.array([[factor, 0.0, 0.0], [0.0, factor, 0.0]])


def inverse(one: Affine) -> Affine:
    """Return the map back."""
    return np.asarray(cv2.invertAffineTransform(one), np.float64)


def mapped(points: npt.ArrayLike, by: Affine) -> npt.NDArray[np.float64]:
    """Return points (n x 2) mapped."""
    return np.asarray(np.asarray(points, np.float64) @ by[:, :2].T + by[:, 2], np.float64)
