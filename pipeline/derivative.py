"""An upright, deskewed copy of a page for people to read; the master is never altered (K8, Q06, Q07)."""

from __future__ import annotations

import io
import math

import cv2
import numpy as np
from PIL import Image

from pipeline.measured import ScanParameters
from pipeline.model import Pixels, Reading

_WHITE = (255, 255, 255)
_QUALITY = 92


def turn_of(parameters: ScanParameters, reading: Reading | None) -> float:
    """Return how far the page is turned, in degrees clockwise, from -180 up to 180.

    Quarters are known from reading alone: the ink does not tell which end of a page is up.
    """
    lines = reading.lines if reading else ()
    quarters = round(lines[0].angle / 90) if lines else 0
    turn = quarters * 90 + (parameters.skew_degrees or 0.0)
    return (turn + 180) % 360 - 180


def upright_copy(pixels: Pixels, turn: float) -> Pixels:
    """Return the page turned back by ``turn`` degrees, larger, so that nothing of the scan is cut off.

    DA/T 31-2017 leaves 2 to 3 mm outside the page's edge; here all that was scanned is left.
    """
    quarters = round(turn / 90)
    straight = np.ascontiguousarray(np.rot90(pixels, quarters))
    lean = turn - 90 * quarters
    if not lean:
        return straight
    height, width = straight.shape[:2]
    cos, sin = math.cos(math.radians(lean)), math.sin(math.radians(abs(lean)))
    wider, higher = math.ceil(width * cos + height * sin), math.ceil(height * cos + width * sin)
    back = cv2.getRotationMatrix2D((width / 2, height / 2), lean, 1.0)
    back[:, 2] += ((wider - width) / 2, (higher - height) / 2)
    turned = cv2.warpAffine(
        straight, back, (wider, higher), flags=cv2.INTER_CUBIC, borderValue=_WHITE
    )
    return np.asarray(turned, np.uint8)


def as_jpeg(pixels: Pixels, dpi: tuple[float, float] | None) -> bytes:
    """Return a copy for use as JPEG, its colours whole, recording the master's resolution."""
    out = io.BytesIO()
    recorded = {"dpi": tuple(round(one) for one in dpi)} if dpi else {}
    Image.fromarray(pixels).save(out, "JPEG", quality=_QUALITY, subsampling=0, **recorded)
    return out.getvalue()
