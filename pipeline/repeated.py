"""Two scans of one paper told from two vouchers of one form (Q12): by what is read, then by their ink.

Perceptual hashes cannot tell: two scans of one paper turned 3 degrees apart differ by up to 28 of 64
bits, two vouchers of one form by as few as 6 (decision 0009). They only choose whom to compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import imagehash
import numpy as np

from pipeline.engines.channels import Grey
from pipeline.forms.align import Aligner
from pipeline.forms.ink import (
    after,
    darkness,
    faint_ink_of,
    ink_of,
    inverse,
    reduced,
    scaling,
    spread,
    warped,
)
from pipeline.forms.model import PER_MM, FormModel, packed_ink
from pipeline.model import FieldName, FieldValue, Pixels

SAME_PAPER_MM2 = (4.0, 20.0)
"""Ink of one scan that the other lacks, in mm²: at most so much one way, and so much the other way.

Measured on 21 vouchers scanned twice and 126 pairs of vouchers of one form: 0.2 and 12 at most on one
paper, 12.2 and 26.3 at least on two.
"""
NEAR_HASH = 30
"""Bits of 64; see above."""

_SURE = 0.95
_TELLING = frozenset(
    {
        FieldName.CUSTOMER_NO,
        FieldName.FUND_ACCOUNT,
        FieldName.CUSTOMER_NAME,
        FieldName.AMOUNT,
    }
)
_FEWEST_TELLING = 2
_EDGE_MM = 2.0
_NEAR = 2


def told_by_fields(
    one: Mapping[FieldName, FieldValue], other: Mapping[FieldName, FieldValue]
) -> bool | None:
    """Tell whether two pages may be one paper by what was read; None when too little was read.

    Serial numbers that were surely read settle it; else half of what both pages say must agree.
    """
    serials = [fields.get(FieldName.SERIAL_NO) for fields in (one, other)]
    if all(serial and serial.confidence >= _SURE for serial in serials):
        return len({serial.value for serial in serials if serial}) == 1
    shared = [name for name in _TELLING if name in one and name in other]
    if len(shared) < _FEWEST_TELLING:
        return None
    agreeing = sum(one[name].value == other[name].value for name in shared)
    return 2 * agreeing >= len(shared)


def hash_distance(one: str, other: str) -> int:
    """Return in how many of 64 bits two perceptual hashes differ."""
    return int(imagehash.hex_to_hash(one) - imagehash.hex_to_hash(other))


@dataclass(frozen=True)
class Scan:
    """A page opened to be compared."""

    pixels: Pixels
    dpi: float
    skew_degrees: float


def same_paper(one: Scan, other: Scan) -> bool:
    """Tell whether two scans show one paper: either's ink lies on the other's, within a streak of dirt.

    Stamps are left out, so a paper stamped between two scans is the same one.
    """
    lacking = sorted((_lacking(one, other), _lacking(other, one)))
    return all(area <= limit for area, limit in zip(lacking, SAME_PAPER_MM2, strict=True))


_ELSEWHERE = float("inf")


def _lacking(one: Scan, other: Scan) -> float:
    """Return how much ink of ``one``, in mm², is not on ``other``; infinite when they cannot be aligned."""
    ink = _own_ink(one)
    height, width = ink.shape
    as_form = FormModel(
        name="page",
        version=1,
        width_mm=width / PER_MM,
        height_mm=height / PER_MM,
        zones=(),
        codes=(),
        learned_from=(),
        ink_png=packed_ink(ink),
    )
    fit = Aligner([as_form]).align(other.pixels)
    if fit is None:
        return _ELSEWHERE
    missing = (ink > 0) & (spread(faint_ink_of(fit.dark), _NEAR) == 0)
    # single pixels are noise at the edge of strokes
    solid = cv2.morphologyEx(missing.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return float(np.count_nonzero(solid)) / PER_MM**2


def _own_ink(scan: Scan) -> Grey:
    """Return a page's ink turned upright, without what touches the scan's edges (lid, torn edge)."""
    height, width = scan.pixels.shape[:2]
    per_mm = scan.dpi / 25.4
    grey, factor = reduced(scan.pixels, PER_MM / per_mm)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), scan.skew_degrees, 1.0)
    to_page = after(inverse(np.asarray(turn, np.float64)), scaling(per_mm / PER_MM))
    size = (round(width / per_mm * PER_MM), round(height / per_mm * PER_MM))
    seen = warped(darkness(grey, PER_MM), after(scaling(1 / factor), to_page), size)
    return _without_edges(ink_of(seen))


def _without_edges(ink: Grey) -> Grey:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    height, width = ink.shape
    margin = round(_EDGE_MM * PER_MM)
    left, top, across, down = (stats[:, column] for column in range(4))
    at_edge = (left < margin) | (top < margin)
    at_edge |= (left + across > width - margin) | (top + down > height - margin)
    return np.where(at_edge[labels], 0, ink).astype(np.uint8)
