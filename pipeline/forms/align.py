"""Which known form a page is, and how it lies: coarse by correlation, fine by patches, proved by its ink."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.engines.channels import Grey
from pipeline.forms.guesses import Guess, Prepared, climbed, guesses_of, of_all, reduced_to
from pipeline.forms.ink import Affine, after, faint_ink_of, ink_of, mapped, scaling, spread, warped
from pipeline.forms.model import PER_MM, FormModel, Place
from pipeline.forms.patches import SEARCH, laid_by
from pipeline.forms.sieve import Sieve
from pipeline.model import Box, Pixels

EXPLAINED = 0.42
"""Least share of the form's ink that the page must explain, chance taken out; see decision 0006."""

_BEYOND_DOUBT = 0.8
"""With this much explained no other form is tried."""
_TRIED = 4
_COMPARED = 6
"""Forms of the page's shape that are compared closely; which, a sieve tells (decision 0011)."""
_OTHER_SHAPE = 0.04
"""Share by which height to width may differ from the form's: more is a cut page or two in one scan."""

_CHANCE_MM, _NEAR = 2.5, 2


@dataclass(frozen=True)
class Fit:
    """A page aligned to a form."""

    form: FormModel
    to_page: Affine
    """Form millimetres to pixels of the page."""
    explained: float
    """Share of the form's ink found on the page, chance taken out: 1 all of it, 0 no more than anywhere."""
    dark: Grey = field(repr=False)
    """How much darker than paper the page is, as it lies on the form, ``PER_MM`` pixels per millimetre."""

    def box(self, place: Place) -> Box:
        """Return the upright rectangle of the page around a place of the form."""
        left, top, right, bottom = place
        corners = mapped([[left, top], [right, top], [right, bottom], [left, bottom]], self.to_page)
        low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))

    @property
    def per_mm(self) -> float:
        """Pixels of the page per millimetre of the form."""
        return float(np.sqrt(abs(np.linalg.det(self.to_page[:, :2]))))


class Aligner:
    """Finds the form of a page among ``forms``; prepared once, used for many pages."""

    def __init__(self, forms: Sequence[FormModel]) -> None:
        self._forms = [Prepared(form) for form in forms]
        self._sieve = Sieve([form.ink for form in self._forms])

    def align(self, pixels: Pixels) -> Fit | None:
        """Return the page's form and how it lies; None when no form explains the page (never a guess).

        Turned to 4 degrees, moved by 14 mm and scaled by 2 per cent is found; upside down is not.
        """
        height, width = pixels.shape[:2]
        fitting = self._sifted(pixels, width, height)
        pages = [
            (reduced_to(pixels, across), [one for one in fitting if one.form.width_mm == across])
            for across in sorted({one.form.width_mm for one in fitting})
        ]
        nearly = [guess for page, forms in pages for guess in guesses_of(page, forms, climbed)]
        return _best_fit(nearly) or _best_fit(
            guess
            for page, forms in pages
            for guess in guesses_of(page, forms, of_all)
            if all(guess.turn != one.turn or guess.form is not one.form for one in nearly)
        )

    def _sifted(self, pixels: Pixels, width: int, height: int) -> list[Prepared]:
        """Return the forms of the page's shape; of many only those whose ink lies most like the page's."""
        fitting = [n for n, one in enumerate(self._forms) if _same_shape(one.form, width, height)]
        if len(fitting) > _COMPARED:
            page = ink_of(reduced_to(pixels, self._forms[fitting[0]].form.width_mm).dark)
            fitting = self._sieve.likeliest(page, fitting, _COMPARED)
        return [self._forms[n] for n in fitting]

    @property
    def forms(self) -> tuple[FormModel, ...]:
        """The forms looked for."""
        return tuple(one.form for one in self._forms)

    def explained_part(self, form: FormModel, pixels: Pixels, part: Place) -> float:
        """Return the share of a form's ink in ``part`` of it (0 to 1 each way) that the page has there."""
        prepared = next(one for one in self._forms if one.form is form)
        fit = _settle(guesses_of(reduced_to(pixels, form.width_mm), [prepared], of_all)[0])
        if fit is None:
            return 0.0
        width, height = prepared.size
        rows = slice(round(part.top * height), round(part.bottom * height))
        columns = slice(round(part.left * width), round(part.right * width))
        return explained_share(prepared.ink[rows, columns], faint_ink_of(fit.dark)[rows, columns])

    def __bool__(self) -> bool:
        return bool(self._forms)


def _best_fit(guesses: Iterable[Guess]) -> Fit | None:
    """Return the best of the fits that the likeliest guesses settle to; None when none is one."""
    best: Fit | None = None
    for guess in sorted(guesses, key=lambda guess: -guess.likeness)[:_TRIED]:
        fit = _settle(guess)
        if fit and (best is None or fit.explained > best.explained):
            best = fit
        if best and best.explained >= _BEYOND_DOUBT:
            break
    return best if best and best.explained >= EXPLAINED else None


def _settle(guess: Guess) -> Fit | None:
    """Lay the form exactly onto the page; None when too few of its patches are found there."""
    form, page = guess.form, guess.page
    to_page, dark = after(scaling(page.scale), guess.to_page), page.dark
    for search in (SEARCH, SEARCH // 3):
        seen = warped(dark, to_page, form.size, cv2.INTER_NEAREST)
        closer = laid_by(form.ink, form.patches, seen, search)
        if closer is None:
            return None
        to_page = after(to_page, closer)
    seen = warped(dark, to_page, form.size)
    whole = after(scaling(page.factor), after(to_page, scaling(PER_MM)))
    return Fit(form.form, whole, explained_share(form.ink, faint_ink_of(seen)), seen)


def explained_share(form: Grey, page: Grey) -> float:
    """Return the share of the form's ink that is ink on the page too, chance taken out.

    Chance is what the form explains when moved by a little more than a line's height each way.
    """
    wanted = cv2.countNonZero(form)
    if not wanted:
        return 0.0
    there = spread(page, _NEAR)
    hit = _common(form, there) / wanted
    step = round(_CHANCE_MM * PER_MM)
    moved = [_common(form, np.roll(there, by, axis)) for by in (-step, step) for axis in (0, 1)]
    chance = min(0.95, float(np.mean(moved)) / wanted)
    return (hit - chance) / (1 - chance)


def _common(one: Grey, other: Grey) -> int:
    return cv2.countNonZero(cv2.bitwise_and(one, other))


def _same_shape(form: FormModel, width: int, height: int) -> bool:
    return abs(height / width / (form.height_mm / form.width_mm) - 1) < _OTHER_SHAPE
