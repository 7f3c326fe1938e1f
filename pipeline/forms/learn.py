"""A form proposed from filled pages: what stands on all of them is the form, what its labels name its zones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

import cv2
import numpy as np

from pipeline.barcode import SERIAL_GRAMMAR
from pipeline.engines.channels import Grey
from pipeline.errors import UserError
from pipeline.fields import PageFields
from pipeline.forms.align import closer_than
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
from pipeline.forms.model import (
    PER_MM,
    WORDS,
    CodeZone,
    FormModel,
    Place,
    Zone,
    ZoneName,
    packed_ink,
)
from pipeline.labels import LabelBook, Meaning, Other
from pipeline.language import say
from pipeline.layout import Layout, Piece
from pipeline.model import Box, FieldName, PageCode, Pixels, TextLine

FEWEST_PAGES = 3
_FEWEST_ANCHORS = 5
_ANCHOR_MM = 2.0
_ON_MOST = 0.7
_RULE = (1, 40)
"""Rows and columns of the shortest rule, in pixels of a form's ink: 10 mm."""
_STRAY_MM = 3.0
_LOWEST_CODE_MM = 6.0
_LEFT_MM, _RIGHT_MM, _EDGE_MM = 1.0, 1.0, 4.0
_MEANINGS: Mapping[ZoneName, Meaning] = {**{name: name for name in FieldName}, WORDS: Other.WORDS}

_Anchors = dict[str, tuple[float, float]]


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
class _Laid:
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


@dataclass(frozen=True)
class _Sighting:
    """A value as found on one page."""

    value: Place
    label: Place
    confidence: float


def learn(
    name: str,
    pages: Sequence[LearnedPage],
    *,
    version: int = 1,
    book: LabelBook | None = None,
    serial_grammar: str = SERIAL_GRAMMAR,
) -> FormModel:
    """Propose the form of filled pages that were read whole.

    Raises UserError when there are fewer than three, when one is no page of the same form, or when
    no label of a voucher field stands on them. What is proposed is for a person to confirm.
    """
    if len(pages) < FEWEST_PAGES:
        raise UserError(
            say("A form is learned from {least} filled pages or more.", least=FEWEST_PAGES)
        )
    laid = _laid(pages, book or LabelBook(), serial_grammar)
    first = pages[0]
    width, height = (
        side / first.dpi * 25.4 for side in (first.pixels.shape[1], first.pixels.shape[0])
    )
    ink, laid = _own_ink(laid, (round(width * PER_MM), round(height * PER_MM)))
    zones = _zones(laid, ink, width)
    if FieldName.SERIAL_NO not in {zone.name for zone in zones} or len(zones) < FEWEST_PAGES:
        raise UserError(
            say(
                "Too few labels of voucher fields were found on these pages to make a form of them."
            )
        )
    return FormModel(
        name=name,
        version=version,
        width_mm=round(width, 2),
        height_mm=round(height, 2),
        zones=zones,
        codes=_code_zones(laid),
        learned_from=tuple(page.sha256 for page in pages),
        ink_png=packed_ink(ink),
    )


def _laid(pages: Sequence[LearnedPage], book: LabelBook, grammar: str) -> list[_Laid]:
    """Lay every page onto the first one, that one turned upright, by the texts they share."""
    layouts = [Layout(page.lines, book) for page in pages]
    anchors = [_anchors(layout.pieces) for layout in layouts]
    height, width = pages[0].pixels.shape[:2]
    turn = np.degrees(np.arctan(layouts[0].slope))
    upright = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    to_form = after(scaling(25.4 / pages[0].dpi), np.asarray(upright, np.float64))
    laid = []
    for page, layout, own in zip(pages, layouts, anchors, strict=True):
        fields = PageFields(page.lines, "whole", book, grammar)
        laid.append(
            _Laid(
                page, layout, fields, after(to_form, _between(page, own, anchors[0], pages[0].dpi))
            )
        )
    return laid


def _anchors(pieces: Iterable[Piece]) -> _Anchors:
    """Return the texts that stand once on a page, with their middles."""
    texts = [(piece.text.strip(" :"), piece.box) for piece in pieces if not piece.follows]
    once = Counter(text for text, _ in texts)
    return {
        text: ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        for text, box in texts
        if once[text] == 1 and len(text) > 1
    }


def _between(page: LearnedPage, own: _Anchors, first: _Anchors, dpi: float) -> Affine:
    """Return the map from a page to the first one; raises UserError when their texts do not agree."""
    shared = sorted(own.keys() & first.keys())
    if len(shared) >= _FEWEST_ANCHORS:
        turn, held = cv2.estimateAffinePartial2D(
            np.array([own[text] for text in shared]),
            np.array([first[text] for text in shared]),
            ransacReprojThreshold=_ANCHOR_MM / 25.4 * dpi,
        )
        if turn is not None and held.sum() >= max(_FEWEST_ANCHORS, len(shared) / 2):
            return np.asarray(turn, np.float64)
    raise UserError(
        say("{name} is no page of the same form as the first one; leave it out.", name=page.name)
    )


def _own_ink(laid: Sequence[_Laid], size: tuple[int, int]) -> tuple[Grey, list[_Laid]]:
    """Return the ink that most pages share, and the pages laid onto it exactly.

    What the labels' places left inexact is made good against the first page's ink.
    """
    darks, per_mm = [], []
    for one in laid:
        grey, factor = reduced(one.page.pixels, 25.4 * PER_MM / one.page.dpi)
        darks.append(darkness(grey, PER_MM))
        per_mm.append(one.page.dpi / 25.4 / factor)
    exact: list[_Laid] = []
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
        exact.append(_Laid(one.page, one.layout, one.fields, to_form))
    votes = np.mean([spread(ink) > 0 for ink in inks], axis=0)
    there = np.mean([ink > 0 for ink in inks], axis=0) >= 0.5
    own = np.where((votes >= _ON_MOST) & there, 255, 0).astype(np.uint8)
    return _without_values(own, exact), exact


def _without_values(ink: Grey, laid: Sequence[_Laid]) -> Grey:
    """Take out what different values left in common at their places; rules that pass there stay."""
    texts = [_anchors(one.layout.pieces) for one in laid]
    on_pages = Counter(text for page in texts for text in page)
    written = np.zeros_like(ink)
    for one in laid:
        for piece in one.layout.pieces:
            if piece.label or on_pages[piece.text.strip(" :")] >= _ON_MOST * len(laid):
                continue
            left, top, right, bottom = (
                max(0, round(side * PER_MM)) for side in one.place(piece.box)
            )
            written[top:bottom, left:right] = 255
    kept = [
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(side, np.uint8))
        for side in (_RULE, _RULE[::-1])
    ]
    rules = cv2.bitwise_or(*kept)
    return np.asarray(cv2.bitwise_or(rules, cv2.subtract(ink, written)), np.uint8)


def _zones(laid: Sequence[_Laid], ink: Grey, width: float) -> tuple[Zone, ...]:
    sightings = {name: _sightings(laid, name) for name in _MEANINGS}
    agreeing = {name: kept for name, seen in sightings.items() if len(kept := _agreeing(seen)) >= 2}
    labels = [one.place(piece.box) for one in laid for piece in one.layout.labels]
    zones = []
    for name, seen in agreeing.items():
        top, bottom = median(s.value.top for s in seen), median(s.value.bottom for s in seen)
        label = _middle_place([s.label for s in seen])
        left = max(min(s.value.left for s in seen) - _LEFT_MM, label.left)
        widest = max(s.value.right for s in seen)
        right = _next_print(Place(left, top, widest, bottom), labels, ink, width)
        sure = len(seen) / len(laid) * mean(s.confidence for s in seen)
        zones.append(
            Zone(name, _rounded(Place(left, top, right, bottom)), _rounded(label), round(sure, 3))
        )
    return tuple(zones)


def _sightings(laid: Sequence[_Laid], name: ZoneName) -> list[_Sighting]:
    """Find a value on every page, with the nearest label of its meaning to its left."""
    seen = []
    for one in laid:
        value = (
            one.fields.amount_in_words()
            if name == WORDS
            else one.fields.fields().get(FieldName(name))
        )
        if value is None:
            continue
        place = one.place(value.box)
        labels = [
            one.place(piece.box)
            for piece in one.layout.labels
            if piece.label and piece.label.meaning is _MEANINGS[name]
        ]
        beside = [
            one
            for one in labels
            if one.left < place.left and abs(_row(one) - _row(place)) < _STRAY_MM
        ]
        if beside:
            label = max(beside, key=lambda one: one.left)
            seen.append(_Sighting(place, label, value.confidence))
    return seen


def _agreeing(seen: Sequence[_Sighting]) -> list[_Sighting]:
    """Return the sightings on the row and beside the label where most are."""
    if not seen:
        return []
    row, edge = median(_row(s.value) for s in seen), median(s.label.right for s in seen)
    return [
        s
        for s in seen
        if abs(_row(s.value) - row) < _STRAY_MM and abs(s.label.right - edge) < 2 * _STRAY_MM
    ]


def _next_print(value: Place, labels: Sequence[Place], ink: Grey, width: float) -> float:
    """Return how far to the right a value may reach: to the next label, rule or the page's edge."""
    right = width - _EDGE_MM
    for label in labels:
        if (
            label.left > value.right - _STRAY_MM
            and label.top < value.bottom
            and label.bottom > value.top
        ):
            right = min(right, label.left - _RIGHT_MM)
    inner = (value.bottom - value.top) / 4
    band = ink[round((value.top + inner) * PER_MM) : round((value.bottom - inner) * PER_MM)]
    columns = np.flatnonzero(band.any(axis=0)) / PER_MM
    printed = columns[columns > value.right]
    return max(value.right, min(right, float(printed[0]) - _RIGHT_MM if len(printed) else right))


def _code_zones(laid: Sequence[_Laid]) -> tuple[CodeZone, ...]:
    """Gather the places where codes stood, symbology by symbology."""
    places: list[tuple[str, list[Place]]] = []
    for one in laid:
        for code in one.page.codes:
            place = _code_place(one, code.box)
            near = [
                group
                for symbology, group in places
                if symbology == code.symbology and _overlap(group[0], place)
            ]
            if near:
                near[0].append(place)
            else:
                places.append((code.symbology, [place]))
    return tuple(
        CodeZone(symbology, _rounded(_around(group)), round(len(group) / len(laid), 3))
        for symbology, group in places
    )


def _code_place(laid: _Laid, box: Box) -> Place:
    """Return where a code stands; of a linear one no more than a scan line may have been told."""
    corners = mapped([(box.left, box.top), (box.right, box.bottom)], laid.to_form)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    missing = max(0.0, _LOWEST_CODE_MM - (bottom - top)) / 2
    return Place(left, max(0.0, top - missing), right, bottom + missing)


def _row(place: Place) -> float:
    return (place.top + place.bottom) / 2


def _middle_place(places: Sequence[Place]) -> Place:
    return Place(*(float(median(sides)) for sides in zip(*places, strict=True)))


def _around(places: Sequence[Place]) -> Place:
    left, top, right, bottom = zip(*places, strict=True)
    return Place(min(left), min(top), max(right), max(bottom))


def _overlap(one: Place, other: Place) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )


def _rounded(place: Place) -> Place:
    return Place(*(round(float(side), 2) for side in place))
