"""A form laid exactly onto a page that almost lies on it, by small patches of its ink."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.engines.channels import Grey
from pipeline.forms.ink import Affine
from pipeline.forms.model import PER_MM

_PATCH, SEARCH = 12, 14
"""Half a patch's side, and how far it is looked for, in pixels of the form's ink: 3 and 3.5 mm."""
_LIKE, _INLIERS = 0.45, 8


def closer_than(ink: Grey, seen: Grey) -> Affine | None:
    """Return the map that lays ``ink`` exactly onto a page that almost lies on it; None when it does not."""
    return laid_by(ink, patches_of(ink), seen, SEARCH)


def patches_of(ink: Grey) -> list[tuple[int, int]]:
    """Return places that look like nothing around them, spread over the form."""
    room = _PATCH + SEARCH
    inner = np.zeros_like(ink)
    inner[room:-room, room:-room] = 255
    corners = cv2.goodFeaturesToTrack(_soft(ink), 60, 0.05, 9 * PER_MM, mask=inner, blockSize=15)
    return [] if corners is None else [(int(x), int(y)) for x, y in corners[:, 0]]


def _soft(ink: Grey) -> Grey:
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.8), np.uint8)


def laid_by(
    ink: Grey, patches: Sequence[tuple[int, int]], seen: Grey, search: int
) -> Affine | None:
    """Return the affine that lays the form's ink onto the page as seen from the form."""
    soft = _soft(ink)
    here, there = [], []
    for x, y in patches:
        patch = soft[y - _PATCH : y + _PATCH, x - _PATCH : x + _PATCH]
        reach = _PATCH + search
        window = seen[y - reach : y + reach, x - reach : x + reach]
        _, like, _, at = cv2.minMaxLoc(cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED))
        if like >= _LIKE:
            here.append((x, y))
            there.append((x + at[0] - search, y + at[1] - search))
    if len(here) < _INLIERS:
        return None
    laid, inliers = cv2.estimateAffine2D(
        np.array(here, np.float32), np.array(there, np.float32), ransacReprojThreshold=2.0
    )
    if laid is None or int(inliers.sum()) < _INLIERS or not _rigid(laid):
        return None
    return np.asarray(laid, np.float64)


def _rigid(affine: Affine) -> bool:
    """Tell a page's small turn and stretch from a map that no scanner makes."""
    return bool(np.abs(affine[:, :2] - np.eye(2)).max() < 0.05)
