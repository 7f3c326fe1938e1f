"""Which known form a page is, and how it lies: coarse by correlation, fine by patches, proved by its ink."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from pipeline.engines.channels import Grey
from pipeline.forms.ink import (
    Affine,
    after,
    darkness,
    faint_ink_of,
    ink_of,
    mapped,
    reduced,
    scaling,
    spread,
    warped,
)
from pipeline.forms.model import PER_MM, FormModel, Place
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

_COARSE = 1.0 / PER_MM
"""The first pass sees one pixel a millimetre; a turn of half a step moves a corner by 1.3 mm."""
_ANGLES = np.arange(-4.0, 4.1, 1.0)
_REACH_MM = 14

_PATCH, _SEARCH = 12, 14
"""Half a patch's side, and how far it is looked for, in pixels of the form's ink: 3 and 3.5 mm."""
_LIKE, _INLIERS = 0.45, 8

_CHANCE_MM, _NEAR = 2.5, 2

_Spectrum = npt.NDArray[np.complex64]


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


@dataclass(frozen=True)
class _Guess:
    form: _Prepared
    page: _Reduced
    turn: int
    """Which of ``_ANGLES``."""
    likeness: float
    to_page: Affine
    """From the form's ink to the page's, both ``PER_MM`` pixels per millimetre."""


@dataclass(frozen=True)
class _Reduced:
    """A page made smaller by a whole factor."""

    dark: Grey
    factor: int
    scale: float
    """Its pixels per pixel of the form's ink, about 1."""


_Choice = Callable[[Callable[[int], _Guess]], _Guess]
"""Chooses a turn's guess among those that can be made."""


class _Prepared:
    """A form made ready for comparing, once per process."""

    def __init__(self, form: FormModel) -> None:
        self.form = form
        self.ink = form.ink
        self.size = (self.ink.shape[1], self.ink.shape[0])

    @cached_property
    def spectra(self) -> list[_Spectrum]:
        """The form turned by each of ``_ANGLES``, as spectra."""
        small = _small(self.ink)
        height, width = small.shape
        turns = (cv2.getRotationMatrix2D((width / 2, height / 2), -a, 1.0) for a in _ANGLES)
        shape = _room(small.shape)
        return [
            np.conj(_spectrum(cv2.warpAffine(small, turn, (width, height)), shape))
            for turn in turns
        ]

    @cached_property
    def patches(self) -> list[tuple[int, int]]:
        """Places of the form that its place on a page is told by."""
        return _patches(self.ink)


class Aligner:
    """Finds the form of a page among ``forms``; prepared once, used for many pages."""

    def __init__(self, forms: Sequence[FormModel]) -> None:
        self._forms = [_Prepared(form) for form in forms]
        self._sieve = Sieve([form.ink for form in self._forms])

    def align(self, pixels: Pixels) -> Fit | None:
        """Return the page's form and how it lies; None when no form explains the page (never a guess).

        Turned to 4 degrees, moved by 14 mm and scaled by 2 per cent is found; upside down is not.
        """
        height, width = pixels.shape[:2]
        fitting = self._sifted(pixels, width, height)
        pages = [
            (_reduced_to(pixels, across), [one for one in fitting if one.form.width_mm == across])
            for across in sorted({one.form.width_mm for one in fitting})
        ]
        nearly = [guess for page, forms in pages for guess in _guesses(page, forms, _climbed)]
        return _best_fit(nearly) or _best_fit(
            guess
            for page, forms in pages
            for guess in _guesses(page, forms, _of_all)
            if all(guess.turn != one.turn or guess.form is not one.form for one in nearly)
        )

    def _sifted(self, pixels: Pixels, width: int, height: int) -> list[_Prepared]:
        """Return the forms of the page's shape; of many only those whose ink lies most like the page's."""
        fitting = [n for n, one in enumerate(self._forms) if _same_shape(one.form, width, height)]
        if len(fitting) > _COMPARED:
            page = ink_of(_reduced_to(pixels, self._forms[fitting[0]].form.width_mm).dark)
            fitting = self._sieve.likeliest(page, fitting, _COMPARED)
        return [self._forms[n] for n in fitting]

    @property
    def forms(self) -> tuple[FormModel, ...]:
        """The forms looked for."""
        return tuple(one.form for one in self._forms)

    def explained_part(self, form: FormModel, pixels: Pixels, part: Place) -> float:
        """Return the share of a form's ink in ``part`` of it (0 to 1 each way) that the page has there."""
        prepared = next(one for one in self._forms if one.form is form)
        fit = _settle(_guesses(_reduced_to(pixels, form.width_mm), [prepared], _of_all)[0])
        if fit is None:
            return 0.0
        width, height = prepared.size
        rows = slice(round(part.top * height), round(part.bottom * height))
        columns = slice(round(part.left * width), round(part.right * width))
        return explained_share(prepared.ink[rows, columns], faint_ink_of(fit.dark)[rows, columns])

    def __bool__(self) -> bool:
        return bool(self._forms)


def _reduced_to(pixels: Pixels, width_mm: float) -> _Reduced:
    width = pixels.shape[1]
    grey, factor = reduced(pixels, PER_MM * width_mm / width)
    return _Reduced(darkness(grey, PER_MM), factor, width / width_mm / factor / PER_MM)


def _best_fit(guesses: Iterable[_Guess]) -> Fit | None:
    """Return the best of the fits that the likeliest guesses settle to; None when none is one."""
    best: Fit | None = None
    for guess in sorted(guesses, key=lambda guess: -guess.likeness)[:_TRIED]:
        fit = _settle(guess)
        if fit and (best is None or fit.explained > best.explained):
            best = fit
        if best and best.explained >= _BEYOND_DOUBT:
            break
    return best if best and best.explained >= EXPLAINED else None


def _guesses(page: _Reduced, forms: Sequence[_Prepared], choose: _Choice) -> list[_Guess]:
    """Give, for each form, the turn and shift at which its ink and the page's are most alike."""
    small = _small(ink_of(page.dark), page.scale)
    guesses = []
    spectra: dict[tuple[int, int], _Spectrum] = {}
    for form in forms:
        room = _room(_small(form.ink).shape)
        if room not in spectra:
            spectra[room] = _spectrum(small[: room[0], : room[1]], room)
        guesses.append(choose(partial(_guess, form, page, spectra[room], room)))
    return guesses


def _of_all(guess: Callable[[int], _Guess]) -> _Guess:
    return max((guess(turn) for turn in range(len(_ANGLES))), key=lambda one: one.likeness)


def _climbed(guess: Callable[[int], _Guess]) -> _Guess:
    """Go from lying straight to greater likeness: three or four turns are tried instead of nine."""
    straight = best = guess(len(_ANGLES) // 2)
    for way in (-1, 1):
        while 0 <= best.turn + way < len(_ANGLES):
            further = guess(best.turn + way)
            if further.likeness <= best.likeness:
                break
            best = further
        if best is not straight:
            break
    return best


def _guess(
    form: _Prepared, page: _Reduced, seen: _Spectrum, room: tuple[int, int], turn: int
) -> _Guess:
    alike = fft.irfft2(seen * form.spectra[turn], s=room)
    near = np.roll(alike, (_REACH_MM, _REACH_MM), axis=(0, 1))[
        : 2 * _REACH_MM + 1, : 2 * _REACH_MM + 1
    ]
    y, x = np.unravel_index(int(near.argmax()), near.shape)
    width, height = form.size
    to_page = cv2.getRotationMatrix2D((width / 2, height / 2), -_ANGLES[turn], 1.0)
    to_page[:, 2] += np.array([x - _REACH_MM, y - _REACH_MM]) * PER_MM
    return _Guess(form, page, turn, float(near.max()), np.asarray(to_page, np.float64))


def closer_than(ink: Grey, seen: Grey) -> Affine | None:
    """Return the map that lays ``ink`` exactly onto a page that almost lies on it; None when it does not."""
    return _closer(ink, _patches(ink), seen, _SEARCH)


def _settle(guess: _Guess) -> Fit | None:
    """Lay the form exactly onto the page; None when too few of its patches are found there."""
    form, page = guess.form, guess.page
    to_page, dark = after(scaling(page.scale), guess.to_page), page.dark
    for search in (_SEARCH, _SEARCH // 3):
        seen = warped(dark, to_page, form.size, cv2.INTER_NEAREST)
        closer = _closer(form.ink, form.patches, seen, search)
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


def _patches(ink: Grey) -> list[tuple[int, int]]:
    """Return places that look like nothing around them, spread over the form."""
    room = _PATCH + _SEARCH
    inner = np.zeros_like(ink)
    inner[room:-room, room:-room] = 255
    corners = cv2.goodFeaturesToTrack(_soft(ink), 60, 0.05, 9 * PER_MM, mask=inner, blockSize=15)
    return [] if corners is None else [(int(x), int(y)) for x, y in corners[:, 0]]


def _soft(ink: Grey) -> Grey:
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.8), np.uint8)


def _closer(
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
    closer, inliers = cv2.estimateAffine2D(
        np.array(here, np.float32), np.array(there, np.float32), ransacReprojThreshold=2.0
    )
    if closer is None or int(inliers.sum()) < _INLIERS or not _rigid(closer):
        return None
    return np.asarray(closer, np.float64)


def _rigid(affine: Affine) -> bool:
    """Tell a page's small turn and stretch from a map that no scanner makes."""
    return bool(np.abs(affine[:, :2] - np.eye(2)).max() < 0.05)


def _same_shape(form: FormModel, width: int, height: int) -> bool:
    return abs(height / width / (form.height_mm / form.width_mm) - 1) < _OTHER_SHAPE


def _small(ink: Grey, scale: float = 1.0) -> Grey:
    by = _COARSE / scale
    return np.asarray(cv2.resize(ink, None, fx=by, fy=by, interpolation=cv2.INTER_AREA), np.uint8)


def _room(shape: tuple[int, ...]) -> tuple[int, int]:
    height, width = (fft.next_fast_len(side + 2 * _REACH_MM, real=True) for side in shape[:2])
    return height, width


def _spectrum(picture: Grey, room: tuple[int, int]) -> _Spectrum:
    level = picture.astype(np.float32) - np.float32(picture.mean())
    level /= max(1e-6, float(np.linalg.norm(level)))
    return np.asarray(fft.rfft2(level, s=room), np.complex64)
