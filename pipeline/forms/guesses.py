"""Where on a page a form's ink lies most alike, seen at one millimetre: a guess for each form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from pipeline.engines.channels import Grey
from pipeline.forms.ink import Affine, darkness, ink_of, reduced
from pipeline.forms.model import PER_MM, FormModel
from pipeline.forms.patches import patches_of
from pipeline.model import Pixels

_COARSE = 1.0 / PER_MM
"""The first pass sees one pixel a millimetre; a turn of half a step moves a corner by 1.3 mm."""
_ANGLES = np.arange(-4.0, 4.1, 1.0)
_REACH_MM = 14

_Spectrum = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class Guess:
    """How a form may lie on a page."""

    form: Prepared
    page: Reduced
    turn: int
    """Which of ``_ANGLES``."""
    likeness: float
    to_page: Affine
    """From the form's ink to the page's, both ``PER_MM`` pixels per millimetre."""


@dataclass(frozen=True)
class Reduced:
    """A page made smaller by a whole factor."""

    dark: Grey
    factor: int
    scale: float
    """Its pixels per pixel of the form's ink, about 1."""


_Choice = Callable[[Callable[[int], Guess]], Guess]
"""Chooses a turn's guess among those that can be made."""


class Prepared:
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
        return patches_of(self.ink)


def reduced_to(pixels: Pixels, width_mm: float) -> Reduced:
    """Return a page that shows ``width_mm`` of a form, small and its ink alone."""
    width = pixels.shape[1]
    grey, factor = reduced(pixels, PER_MM * width_mm / width)
    return Reduced(darkness(grey, PER_MM), factor, width / width_mm / factor / PER_MM)


def guesses_of(page: Reduced, forms: Sequence[Prepared], choose: _Choice) -> list[Guess]:
    """Give, for each form, the turn and shift at which its ink and the page's are most alike."""
    small = _small(ink_of(page.dark), page.scale)
    found = []
    spectra: dict[tuple[int, int], _Spectrum] = {}
    for form in forms:
        room = _room(_small(form.ink).shape)
        if room not in spectra:
            spectra[room] = _spectrum(small[: room[0], : room[1]], room)
        found.append(choose(partial(_guess, form, page, spectra[room], room)))
    return found


def of_all(guess: Callable[[int], Guess]) -> Guess:
    """Try every turn."""
    return max((guess(turn) for turn in range(len(_ANGLES))), key=lambda one: one.likeness)


def climbed(guess: Callable[[int], Guess]) -> Guess:
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
    form: Prepared, page: Reduced, seen: _Spectrum, room: tuple[int, int], turn: int
) -> Guess:
    alike = fft.irfft2(seen * form.spectra[turn], s=room)
    near = np.roll(alike, (_REACH_MM, _REACH_MM), axis=(0, 1))[
        : 2 * _REACH_MM + 1, : 2 * _REACH_MM + 1
    ]
    y, x = np.unravel_index(int(near.argmax()), near.shape)
    width, height = form.size
    to_page = cv2.getRotationMatrix2D((width / 2, height / 2), -_ANGLES[turn], 1.0)
    to_page[:, 2] += np.array([x - _REACH_MM, y - _REACH_MM]) * PER_MM
    return Guess(form, page, turn, float(near.max()), np.asarray(to_page, np.float64))


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
