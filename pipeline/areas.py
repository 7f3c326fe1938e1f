"""What stands in the areas that must not be empty: signatures and stamps (Q17)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.engines.channels import Grey, plainly_red
from pipeline.forms.align import Aligner
from pipeline.forms.ink import darkness, ink_of, reduced, spread
from pipeline.forms.model import PER_MM, FormModel, Place
from pipeline.language import say
from pipeline.model import Area, Box, Finding, Mark, Pixels, Severity

LEAST_MM2 = {Mark.SIGNATURE: 5.0, Mark.STAMP: 12.0}
"""Ink of a signature, red of a stamp, in mm²: see decision 0009 for what was measured."""

_SPECK_MM2 = 0.4
_RULE_MM = 10
_AROUND_PRINT = 2


@dataclass(frozen=True)
class Marked:
    """An area and how much stands in it."""

    area: Area
    ink_mm2: float


def marked_on_form(pixels: Pixels, form: FormModel) -> tuple[Marked, ...]:
    """Measure a form's areas on a page of it, the form's own print left out; () when it is not aligned."""
    fit = Aligner([form]).align(pixels)
    if fit is None:
        return ()
    written = cv2.subtract(ink_of(fit.dark), spread(form.ink, _AROUND_PRINT))
    marked = []
    for area in form.areas:
        if area.what is Mark.STAMP:
            ink = _red_mm2(_cut(pixels, fit.box(Place(*area.place))), fit.per_mm)
        else:
            left, top, right, bottom = (round(side * PER_MM) for side in area.place)
            ink = _strokes_mm2(written[max(0, top) : bottom, max(0, left) : right])
        marked.append(Marked(area, ink))
    return tuple(marked)


def marked_on_page(pixels: Pixels, dpi: float, areas: Sequence[Area]) -> tuple[Marked, ...]:
    """Measure areas given as shares of a page; print in a signature's area is taken for the signature."""
    height, width = pixels.shape[:2]
    per_mm = dpi / 25.4
    marked = []
    for area in areas:
        left, top, right, bottom = area.place
        cut = _cut(
            pixels,
            Box(
                round(left * width),
                round(top * height),
                round(right * width),
                round(bottom * height),
            ),
        )
        marked.append(
            Marked(
                area,
                _red_mm2(cut, per_mm) if area.what is Mark.STAMP else _inked_mm2(cut, per_mm),
            )
        )
    return tuple(marked)


def check_areas(marked: Sequence[Marked]) -> Iterator[Finding]:
    """Q17: areas in which less stands than the least signature or stamp."""
    for one in marked:
        least = LEAST_MM2[one.area.what]
        if one.ink_mm2 >= least:
            continue
        yield Finding(
            "Q17",
            Severity.FLAG,
            f"{one.ink_mm2:.1f} mm²",
            f"≥ {least:g} mm²",
            say(
                "The place of the signature is empty; look at the paper and have it signed, or say that "
                "it is."
            )
            if one.area.what is Mark.SIGNATURE
            else say(
                "No red stamp stands where one must; look at the paper and have it stamped, or say that "
                "it is."
            ),
        )


def _cut(pixels: Pixels, box: Box) -> Pixels:
    return np.ascontiguousarray(
        pixels[max(0, box.top) : max(1, box.bottom), max(0, box.left) : max(1, box.right)]
    )


def _red_mm2(pixels: Pixels, per_mm: float) -> float:
    return _area_mm2(plainly_red(pixels), per_mm)


def _inked_mm2(pixels: Pixels, per_mm: float) -> float:
    grey, factor = reduced(pixels, min(1.0, PER_MM / per_mm))
    return _strokes_mm2(ink_of(darkness(grey, PER_MM)), per_mm / factor)


def _strokes_mm2(ink: Grey, per_mm: float = PER_MM) -> float:
    """Return the area of ink in mm², rules left out: a line to sign on is no signature."""
    if not ink.size:
        return 0.0
    rule = np.ones((1, round(_RULE_MM * per_mm)), np.uint8)
    rules = spread(np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, rule), np.uint8))
    return _area_mm2(np.asarray(cv2.subtract(ink, rules), np.uint8), per_mm)


def _area_mm2(ink: Grey, per_mm: float) -> float:
    """Return the area in mm², specks of dust left out."""
    if not ink.size:
        return 0.0
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    sizes = stats[1:, cv2.CC_STAT_AREA] / per_mm**2
    return float(sizes[sizes >= _SPECK_MM2].sum())
