"""Square codes as drawings: their bytes need no picture of their own, and no exception from the policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import zxingcpp

_MARGIN = 4
"""Modules of white that ISO/IEC 18004 asks for around a QR code."""


@dataclass(frozen=True)
class Square:
    """A QR code as one path, a unit for each module."""

    path: str
    box: str
    """The drawing's viewBox, with its white margin."""


def qr_path(text: str) -> Square:
    """Draw ``text`` as a QR code."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    dark = np.asarray(code.to_image(scale=1, add_quiet_zones=False)) == 0
    path = "".join(f"M{x} {y}h1v1h-1z" for y, x in np.argwhere(dark))
    side = dark.shape[0] + 2 * _MARGIN
    return Square(path, f"{-_MARGIN} {-_MARGIN} {side} {side}")
