"""Pages of known forms that went through the scanner wrongly: turned, mirrored, two at once, cut, folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.doubts import MIRRORED, PART_MISSING, TURNED, TWO_PAGES
from pipeline.forms.align import EXPLAINED, Aligner, Fit
from pipeline.forms.model import FormModel, Place
from pipeline.model import Pixels

_CLEARLY = 0.1
"""By how much more of its form's ink a page must have, seen the other way, than as it lies."""
_CUT = 0.04
"""Share of a side that must be missing for a page to be a cut one."""


@dataclass(frozen=True)
class Misfed:
    """What is wrong with a page; ``fit`` and ``quarters`` (to the left) where turning it helps."""

    doubt: str
    quarters: int = 0
    fit: Fit | None = None


def misfed(pixels: Pixels, aligner: Aligner, fit: Fit | None) -> Misfed | None:
    """Tell what is wrong with a page that cannot be read as it lies; None when nothing is found.

    ``fit``: how it lies on a form all the same: rules alone may fit the wrong way round.
    """
    least = fit.explained + _CLEARLY if fit else 0.0
    for quarters in (2, 1, 3):
        over = aligner.align(turned(pixels, quarters))
        if over and over.explained > least:
            return Misfed(TURNED, quarters, over)
    for mirrored in (pixels[:, ::-1], pixels[::-1]):
        behind = aligner.align(np.ascontiguousarray(mirrored))
        if behind and behind.explained > least:
            return Misfed(MIRRORED)
    if fit:
        return None
    if any(aligner.align(half) for half in _halves(pixels)):
        return Misfed(TWO_PAGES)
    return Misfed(PART_MISSING) if _is_part(pixels, aligner) else None


def _is_part(pixels: Pixels, aligner: Aligner) -> bool:
    """Tell whether the page is a known form of which a piece was cut off at one side."""
    return any(
        aligner.explained_part(form, whole, part) >= EXPLAINED
        for form in aligner.forms
        for whole, part in _completed(pixels, form)
    )


def _completed(pixels: Pixels, form: FormModel) -> Iterator[tuple[Pixels, Place]]:
    """Give a page with empty paper where it may have been cut, and the part of the form that it is."""
    height, width = pixels.shape[:2]
    tall, wide = width * form.height_mm / form.width_mm, height * form.width_mm / form.height_mm
    down, across = round(tall) - height, round(wide) - width
    if down > _CUT * tall:
        for above in (0, down):
            part = Place(0, above / tall, 1, (above + height) / tall)
            yield _bordered(pixels, (above, down - above, 0, 0)), part
    elif across > _CUT * wide:
        for left in (0, across):
            part = Place(left / wide, 0, (left + width) / wide, 1)
            yield _bordered(pixels, (0, 0, left, across - left)), part


def _bordered(pixels: Pixels, sides: tuple[int, int, int, int]) -> Pixels:
    paper = tuple(float(level) for level in np.median(pixels[::16, ::16], axis=(0, 1)))
    bordered = cv2.copyMakeBorder(pixels, *sides, cv2.BORDER_CONSTANT, value=paper)
    return np.asarray(bordered, np.uint8)


def turned(pixels: Pixels, quarters: int) -> Pixels:
    """Return the page turned to the left by ``quarters`` of a full turn."""
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def _halves(pixels: Pixels) -> Iterator[Pixels]:
    for axis in (0, 1):
        yield from (np.ascontiguousarray(half) for half in np.array_split(pixels, 2, axis))
