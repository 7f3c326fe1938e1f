"""What is written in a zone: found by its ink, trimmed to its line, cut out of the page and straightened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.engines.channels import Grey
from pipeline.forms.align import Fit, explained_share
from pipeline.forms.ink import after, scaling
from pipeline.forms.model import PER_MM, Place, Zone
from pipeline.model import Box, Pixels

_SLACK_MM = 2.0
"""How far above or below its zone a value may stand: sheets are fed a millimetre off, and worse."""
_MARGIN_MM = 0.7
_BESIDE_MM = 1.0
_LOWEST_MM = 1.4
_WIDE_GAP_MM, _SPECK = 8.0, 0.03
_LABEL_THERE = 0.4
"""Share of a label's ink, chance taken out, with which it stands printed where the form has it."""
_LABEL_INK = 0.04
_LABEL_SLACK_MM = 1.5
_TALL_MM, _BROAD_MM = 6.0, 2.5
"""Height and width from which connected ink is no print: values are printed 3 to 4.5 mm high."""
_WORN, _FAINTEST, _FULL_INK = 4, 6, 18
"""Steps of 256 by which ink is darker than paper: a worn ribbon's, of which something may be lost; the
least that proves a label; ordinary ink."""
_SIGN, _FAINT_SIGN = 7, 0.35
"""Width of a sign in pixels of ``dark``, and how dark one is at least, beside the others of its line."""

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Strip:
    """A zone cut out of the page, straightened."""

    pixels: Pixels
    line: Box
    """The line of text in ``pixels``, without margins."""
    box: Box
    """Where it stands on the page."""
    with_label: bool
    written_over: bool
    """Whether something much higher than its line crosses it, as writing by hand does."""


def strip_of(pixels: Pixels, fit: Fit, zone: Zone, own: Grey) -> Strip | None:
    """Cut out what is written in a zone; None when nothing is."""
    with_label = not _label_printed(fit, zone.label)
    place = zone.place
    if with_label:
        place = place._replace(left=max(0.0, zone.label.left - _LABEL_SLACK_MM))
        own = own.copy()
        _cut(own, grown(zone.label, _LABEL_SLACK_MM))[:] = 0
    written = _written(fit.dark, own, place)
    if written is None:
        return None
    margin = _MARGIN_MM * 2
    wide = Place(
        max(0.0, written.left - _BESIDE_MM - margin),
        max(0.0, written.top - margin),
        written.right + _BESIDE_MM + margin,
        written.bottom + margin,
    )
    per_mm = fit.per_mm
    size = (round((wide.right - wide.left) * per_mm), round((wide.bottom - wide.top) * per_mm))
    to_form = scaling(1 / per_mm)
    to_form[:, 2] = wide.left, wide.top
    cut = cv2.warpAffine(
        pixels,
        after(fit.to_page, to_form),
        size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    line = Box(
        round((written.left - wide.left) * per_mm),
        round((written.top - wide.top) * per_mm),
        round((written.right - wide.left) * per_mm),
        round((written.bottom - wide.top) * per_mm),
    )
    over = _written_over(fit.dark, own, place)
    return Strip(np.asarray(cut, np.uint8), line, fit.box(written), with_label, over)


def text_of(strip: Strip) -> Pixels:
    """Return the line with the margins that the recogniser reads best."""
    height, width = strip.pixels.shape[:2]
    beside = min(strip.line.left, max(2, round((strip.line.bottom - strip.line.top) * 0.35)))
    above = min(strip.line.top, max(2, round((strip.line.bottom - strip.line.top) * 0.2)))
    return np.ascontiguousarray(
        strip.pixels[
            strip.line.top - above : min(height, strip.line.bottom + above),
            strip.line.left - beside : min(width, strip.line.right + beside),
        ]
    )


def _label_printed(fit: Fit, label: Place) -> bool:
    """Tell whether the form's own label stands where it should: else it is typed with the value."""
    form = _cut(fit.form.ink, label)
    if form.size == 0 or float(form.mean()) < 255 * _LABEL_INK:
        return False
    wide = grown(label, 3.0)
    inside = np.zeros_like(_cut(fit.form.ink, wide))
    left, top = round((label.left - wide.left) * PER_MM), round((label.top - wide.top) * PER_MM)
    inside[top : top + form.shape[0], left : left + form.shape[1]] = form[
        : inside.shape[0] - top, : inside.shape[1] - left
    ]
    return explained_share(inside, ink_at(fit, wide)) >= _LABEL_THERE


def _written(dark: Grey, own: Grey, place: Place) -> Place | None:
    """Return where in a zone something is written that is not the form's, trimmed to its line."""
    reach = Place(
        place.left, max(0.0, place.top - _SLACK_MM), place.right, place.bottom + _SLACK_MM
    )
    here, form = _cut(dark, reach), _cut(own, reach)
    rest = np.where(form > 0, 0, _ink_in(here, form, _WORN)) > 0
    rows = _row_run(rest, reach, place)
    if rows is None:
        return None
    top, bottom = rows
    runs = list(_column_runs(rest[top:bottom]))
    if not runs:
        return None
    faintly = np.where(form > 0, 0, here)[top:bottom]
    left, right = _to_faint_ends(faintly, runs[0][0], runs[-1][1])
    return Place(
        reach.left + left / PER_MM,
        reach.top + top / PER_MM,
        reach.left + right / PER_MM,
        reach.top + bottom / PER_MM,
    )


def _written_over(dark: Grey, own: Grey, place: Place) -> bool:
    """Tell whether one connected piece of ink that is not the form's is too high and broad for print."""
    reach = place._replace(top=max(0.0, place.top - _TALL_MM), bottom=place.bottom + _TALL_MM)
    rest = np.where(_cut(own, reach) > 0, 0, _ink_in(_cut(dark, reach), _cut(own, reach)))
    _, _, found, _ = cv2.connectedComponentsWithStats(rest.astype(np.uint8), connectivity=8)
    top, bottom = ((side - reach.top) * PER_MM for side in (place.top, place.bottom))
    _, y, wide, high, _ = found[1:].T
    crossing = (y < bottom) & (y + high > top)
    return bool(np.any(crossing & (high >= _TALL_MM * PER_MM) & (wide >= _BROAD_MM * PER_MM)))


def _row_run(rest: _Mask, reach: Place, place: Place) -> tuple[int, int] | None:
    """Return the rows of the line of text that lies best in the zone."""
    if rest.size == 0:
        return None
    counts = rest.sum(axis=1)
    busy = counts > max(2, 0.08 * counts.max())
    middle = ((place.top + place.bottom) / 2 - reach.top) * PER_MM
    best, best_weight = None, 0.0
    for start, end in _runs(busy, gap=round(0.6 * PER_MM)):
        if end - start < _LOWEST_MM * PER_MM:
            continue
        off = abs((start + end) / 2 - middle) / PER_MM
        weight = float(counts[start:end].sum()) * max(0.05, 1 - off / 4)
        if weight > best_weight:
            best, best_weight = (start, end), weight
    return best


def _column_runs(rest: _Mask) -> Iterator[tuple[int, int]]:
    """Give the stretches of text from left to right; far specks are left out."""
    counts = rest.sum(axis=0)
    runs = list(_runs(counts > 0, gap=round(_WIDE_GAP_MM * PER_MM)))
    total = counts.sum()
    for start, end in runs:
        if counts[start:end].sum() >= _SPECK * total and end - start >= 4:
            yield start, end


def _to_faint_ends(dark: Grey, left: int, right: int) -> tuple[int, int]:
    """Return a line's columns with the signs at its ends that a worn ribbon left too faint to be ink."""
    strength = cv2.blur(dark.mean(axis=0, dtype=np.float32, keepdims=True), (_SIGN, 1))[0]
    seen = strength > _FAINT_SIGN * strength[left:right].mean()
    soft = _SIGN // 2
    for start, end in _runs(seen, gap=_SIGN):
        if start < right and end > left:
            left, right = min(left, start + soft), max(right, end - soft)
    return left, right


def _runs(busy: _Mask, gap: int) -> Iterator[tuple[int, int]]:
    """Give the runs of true, those not further apart than ``gap`` made one."""
    at = np.flatnonzero(busy)
    if at.size == 0:
        return
    breaks = np.flatnonzero(np.diff(at) > gap)
    starts = [at[0], *at[breaks + 1]]
    ends = [*at[breaks], at[-1]]
    for start, end in zip(starts, ends, strict=True):
        yield int(start), int(end) + 1


def ink_at(fit: Fit, place: Place) -> Grey:
    """Return the page's ink at a place of the form."""
    return _ink_in(_cut(fit.dark, place))


def _ink_in(dark: Grey, own: Grey | None = None, faintest: int = _FAINTEST) -> Grey:
    """Return the ink of a small place, faint where all of it is faint: ribbons wear out, paper does not."""
    if dark.size == 0:
        return dark
    soft = np.asarray(cv2.blur(dark, (3, 3)), np.uint8)
    level = min(_FULL_INK, max(faintest, 0.25 * _darkest(soft, own)))
    return np.asarray(cv2.threshold(soft, level, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _darkest(dark: Grey, own: Grey | None) -> int:
    """Return the darkness that one place in a hundred exceeds, the form's ``own`` ink left out."""
    beside = None if own is None or own.all() else cv2.compare(own, 0, cv2.CMP_EQ)
    counts = cv2.calcHist([dark], [0], beside, [256], [0, 256]).ravel().cumsum(dtype=np.float64)
    return int(np.searchsorted(counts, 0.99 * counts[-1]))


def _cut(ink: Grey, place: Place) -> Grey:
    left, top, right, bottom = (max(0, round(side * PER_MM)) for side in place)
    return ink[top:bottom, left:right]


def grown(place: Place, by: float) -> Place:
    """Return a place with a margin, in millimetres."""
    return Place(
        max(0.0, place.left - by), max(0.0, place.top - by), place.right + by, place.bottom + by
    )
