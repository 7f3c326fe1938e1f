"""Filled pages of one form laid over one another, and the ink that they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.engines.channels import Grey
from pipeline.errors import UserError
from pipeline.fields import PageFields
from pipeline.forms.ink import (
    Affine,
    after,
    darkness,
    ink_of,
    inverse,
    mapped,
    reduced,
    scaling,
    spread,
    warped,
)
from pipeline.forms.model import PER_MM, Place, ZoneName, meaning_of
from pipeline.forms.patches import closer_than
from pipeline.labels import LabelBook
from pipeline.language import say
from pipeline.layout import Layout, Piece
from pipeline.model import Box, PageCode, Pixels, TextLine

ORDINARY_DPI = 300.0
"""Taken where a scan records no resolution: only the millimetres shown to a person depend on it."""

STRAY_MM = 3.0
"""How far a value or label may stand from where most are: more is another line."""

_FEWEST_ANCHORS = 5
_ANCHOR_MM = 2.0
_ON_MOST = 0.7
_RULE = (1, 40)
"""Rows and columns of the shortest rule, in pixels of a form's ink: 10 mm."""

Anchors = dict[str, tuple[float, float]]
"""Texts that stand once on a page, with their middles in its pixels."""


@dataclass(frozen=True)
class LearnedPage:
    """A page read whole, to learn from."""

    name: str
    """As it is told to a person."""
    sha256: str
    pixels: Pixels
    dpi: float
    lines: tuple[TextLine, ...]
    codes: tuple[PageCode, ...]


@dataclass(frozen=True)
class LaidPage:
    """A page laid onto the form: ``to_form`` maps its pixels to the form's millimetres."""

    page: LearnedPage
    layout: Layout
    fields: PageFields
    to_form: Affine

    def place(self, box: Box) -> Place:
        """Return where a box of the page lies on the form, as high as its line of text."""
        middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        (x, y), scale = mapped([middle], self.to_form)[0], float(np.hypot(*self.to_form[0, :2]))
        wide = (box.right - box.left) * scale
        tall = max(2.0, (box.bottom - box.top) * scale - abs(self.layout.slope) * wide)
        return Place(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)

    def label_of(self, name: ZoneName, value: Place) -> Place | None:
        """Return where the nearest label of a zone's meaning stands on its value's row, to its left."""
        labels = (
            self.place(piece.box)
            for piece in self.layout.labels
            if piece.label and piece.label.meaning is meaning_of(name)
        )
        beside = [
            label
            for label in labels
            if label.left < value.left and abs(row_of(label) - row_of(value)) < STRAY_MM
        ]
        return max(beside, key=lambda label: label.left, default=None)


def row_of(place: Place) -> float:
    """Return the height of a place's middle, in millimetres."""
    return (place.top + place.bottom) / 2


def lay(pages: Sequence[LearnedPage], book: LabelBook, grammar: str) -> list[LaidPage]:
    """Lay every page onto the first one, that one turned upright, by the texts they share."""
    layouts = [Layout(page.lines, book) for page in pages]
    for page, layout in zip(pages, layouts, strict=True):
        if layout.angle:
            raise UserError(
                say(
                    "{name} lies turned or askew; scan it straight, or leave it out.",
                    name=page.name,
                )
            )
    anchors = [anchors_of(layout.pieces) for layout in layouts]
    to_form = _turned_upright(pages[0], layouts[0])
    laid = []
    for page, layout, own in zip(pages, layouts, anchors, strict=True):
        fields = PageFields(page.lines, "whole", book, grammar)
        laid.append(
            LaidPage(
                page, layout, fields, after(to_form, _between(page, own, anchors[0], pages[0].dpi))
            )
        )
    return laid


def lay_alone(page: LearnedPage, book: LabelBook, grammar: str) -> LaidPage:
    """Lay one page onto itself, turned upright."""
    layout = Layout(page.lines, book)
    fields = PageFields(page.lines, "whole", book, grammar)
    return LaidPage(page, layout, fields, _turned_upright(page, layout))


def _turned_upright(page: LearnedPage, layout: Layout) -> Affine:
    height, width = page.pixels.shape[:2]
    turn = np.degrees(np.arctan(layout.slope))
    upright = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    return after(scaling(25.4 / page.dpi), np.asarray(upright, np.float64))


def anchors_of(pieces: Iterable[Piece]) -> Anchors:
    """Return the texts that stand once on a page, with their middles."""
    texts = [(piece.text.strip(" :"), piece.box) for piece in pieces if not piece.follows]
    once = Counter(text for text, _ in texts)
    return {
        text: ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        for text, box in texts
        if once[text] == 1 and len(text) > 1
    }


def lies_on(own: Anchors, first: Anchors, dpi: float) -> Affine | None:
    """Return the map from a page to the first one, which has ``dpi``; None when their texts do not agree."""
    shared = sorted(own.keys() & first.keys())
    if len(shared) < _FEWEST_ANCHORS:
        return None
    turn, held = cv2.estimateAffinePartial2D(
        np.array([own[text] for text in shared]),
        np.array([first[text] for text in shared]),
        ransacReprojThreshold=_ANCHOR_MM / 25.4 * dpi,
    )
    if turn is None or held.sum() < max(_FEWEST_ANCHORS, len(shared) / 2):
        return None
    return np.asarray(turn, np.float64)


def _between(page: LearnedPage, own: Anchors, first: Anchors, dpi: float) -> Affine:
    """Return the map from a page to the first one; raises UserError when their texts do not agree."""
    turn = lies_on(own, first, dpi)
    if turn is None:
        raise UserError(
            say(
                "{name} is no page of the same form as the first one; leave it out.", name=page.name
            )
        )
    return turn


def own_ink(laid: Sequence[LaidPage], size: tuple[int, int]) -> tuple[Grey, list[LaidPage]]:
    """Return the ink that most pages share, and the pages laid onto it exactly.

    What the labels' places left inexact is made good against the first page's ink.
    """
    darks, per_mm = [], []
    for one in laid:
        grey, factor = reduced(one.page.pixels, 25.4 * PER_MM / one.page.dpi)
        darks.append(darkness(grey, PER_MM))
        per_mm.append(one.page.dpi / 25.4 / factor)
    exact: list[LaidPage] = []
    inks: list[Grey] = []
    for one, dark, scale in zip(laid, darks, per_mm, strict=True):
        to_form, dpmm = one.to_form, one.page.dpi / 25.4
        to_dark = after(scaling(scale / dpmm), after(inverse(to_form), scaling(1 / PER_MM)))
        seen = warped(dark, to_dark, size)
        closer = closer_than(inks[0], seen) if inks else None
        if closer is not None:
            to_dark = after(to_dark, closer)
            seen = warped(dark, to_dark, size)
            to_page = after(scaling(dpmm / scale), after(to_dark, scaling(PER_MM)))
            to_form = inverse(to_page)
        inks.append(ink_of(seen))
        exact.append(LaidPage(one.page, one.layout, one.fields, to_form))
    votes = np.mean([spread(ink) > 0 for ink in inks], axis=0)
    there = np.mean([ink > 0 for ink in inks], axis=0) >= 0.5
    own = np.where((votes >= _ON_MOST) & there, 255, 0).astype(np.uint8)
    return _without_values(own, exact), exact


def _without_values(ink: Grey, laid: Sequence[LaidPage]) -> Grey:
    """Take out what different values left in common at their places; rules that pass there stay."""
    texts = [anchors_of(one.layout.pieces) for one in laid]
    on_pages = Counter(text for page in texts for text in page)
    places = [
        one.place(piece.box)
        for one in laid
        for piece in one.layout.pieces
        if not piece.label and on_pages[piece.text.strip(" :")] < _ON_MOST * len(laid)
    ]
    return without_places(ink, places)


def without_places(ink: Grey, places: Iterable[Place]) -> Grey:
    """Return ink without what is written at these places; rules that pass there stay."""
    written = np.zeros_like(ink)
    for place in places:
        left, top, right, bottom = (max(0, round(side * PER_MM)) for side in place)
        written[top:bottom, left:right] = 255
    kept = [
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(side, np.uint8))
        for side in (_RULE, _RULE[::-1])
    ]
    rules = cv2.bitwise_or(*kept)
    return np.asarray(cv2.bitwise_or(rules, cv2.subtract(ink, written)), np.uint8)
