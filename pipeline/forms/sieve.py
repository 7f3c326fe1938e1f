"""A first sieve over many forms: which of them a page may be, by where on it there is ink at all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.engines.channels import Grey

_CELLS = (26, 36)
"""Across and down, about 8 mm of A4: a page turned by 4 degrees has its ink within a cell of its place."""
_SOFT = 0.8
_SHIFTS = tuple(product((-1, 0, 1), repeat=2))

_Thumb = npt.NDArray[np.float32]


class Sieve:
    """Compares a page with every form at the cost of a few thousand products a form."""

    def __init__(self, inks: Sequence[Grey]) -> None:
        thumbs = [_level(_thumb(ink)) for ink in inks]
        self._forms = np.array(thumbs, np.float32).reshape(len(inks), _CELLS[0] * _CELLS[1])

    def likeliest(self, page: Grey, among: Sequence[int], most: int) -> list[int]:
        """Return the ``most`` forms of ``among`` (by number) whose ink lies most like the page's."""
        seen = _thumb(page)
        views = np.array([_level(np.roll(seen, by, (0, 1))).reshape(-1) for by in _SHIFTS])
        likeness = (self._forms[list(among)] @ views.T).max(axis=1)
        return [among[n] for n in np.argsort(-likeness, kind="stable")[:most]]


def _thumb(ink: Grey) -> _Thumb:
    small = cv2.resize(ink, _CELLS, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), _SOFT), np.float32)


def _level(thumb: _Thumb) -> _Thumb:
    level = thumb - thumb.mean()
    return np.asarray(level / max(1e-6, float(np.linalg.norm(level))), np.float32)
