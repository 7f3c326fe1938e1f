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
    """Return the page without its red, about ``scale`` times as large, and the whole factor of it."""
    factor = max(1, round(1 / scale))
    height, width = (side // (2 * factor) * 2 for side in pixels.shape[:2])
    whole = pixels[: height * factor, : width * factor]
    return stamp_free(smaller(whole, (width, height))), factor


def smaller(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """Return a picture (of one channel or three) at ``size`` (width, height): halved, then interpolated.

    Every pixel has its share. From 300 dpi this takes 8 ms for a page, averaging all at once 20.
    """
    width, height = size
    while picture.shape[1] >= 2 * width and picture.shape[0] >= 2 * height:
        down, across = picture.shape[0] // 2, picture.shape[1] // 2
        whole = picture[: 2 * down, : 2 * across]
        picture = np.asarray(cv2.resize(whole, (across, down), interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)


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


def warped(
    picture: Grey, to_picture: Affine, size: tuple[int, int], how: int = cv2.INTER_LINEAR
) -> Grey:
    """Return ``picture`` as seen from a frame of ``size`` (width, height) that ``to_picture`` maps to it."""
    seen = cv2.warpAffine(picture, to_picture, size, flags=how | cv2.WARP_INVERSE_MAP)
    return np.asarray(seen, np.uint8)


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
