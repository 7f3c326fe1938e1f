"""A form proposed from filled pages: what stands on all is the form, what its labels name are its zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median

import numpy as np

from pipeline.engines.channels import Grey
from pipeline.errors import UserError
from pipeline.fields import PageFields
from pipeline.forms.ink import mapped
from pipeline.forms.laying import STRAY_MM, LaidPage, LearnedPage, lay, own_ink, row_of
from pipeline.forms.model import (
    IDENTITY,
    PER_MM,
    WORDS,
    CodeZone,
    FormModel,
    Place,
    Zone,
    ZoneName,
    packed_ink,
)
from pipeline.labels import LabelBook
from pipeline.language import say
from pipeline.model import Box, FieldName
from pipeline.serials import SERIAL_GRAMMAR

FEWEST_PAGES = 3
_LOWEST_CODE_MM = 6.0
_LEFT_MM, _RIGHT_MM, _EDGE_MM = 1.0, 1.0, 4.0
_ZONES: tuple[ZoneName, ...] = (*FieldName, WORDS, IDENTITY)


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
    laid = lay(pages, book or LabelBook(), serial_grammar)
    first = pages[0]
    width, height = (
        side / first.dpi * 25.4 for side in (first.pixels.shape[1], first.pixels.shape[0])
    )
    ink, laid = own_ink(laid, (round(width * PER_MM), round(height * PER_MM)))
    codes = _code_zones(laid)
    zones = _zones(laid, ink, width, [code.place for code in codes])
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
        codes=codes,
        learned_from=tuple(page.sha256 for page in pages),
        ink_png=packed_ink(ink),
    )


def _zones(
    laid: Sequence[LaidPage], ink: Grey, width: float, codes: Sequence[Place]
) -> tuple[Zone, ...]:
    sightings = {name: _sightings(laid, name) for name in _ZONES}
    agreeing = {name: kept for name, seen in sightings.items() if len(kept := _agreeing(seen)) >= 2}
    labels = [one.place(piece.box) for one in laid for piece in one.layout.labels]
    prints = [*labels, *codes]
    zones = []
    for name, seen in agreeing.items():
        top, bottom = median(s.value.top for s in seen), median(s.value.bottom for s in seen)
        label = _middle_place([s.label for s in seen])
        left = max(min(s.value.left for s in seen) - _LEFT_MM, label.left)
        widest = max(s.value.right for s in seen)
        right = _next_print(Place(left, top, widest, bottom), prints, ink, width)
        sure = len(seen) / len(laid) * mean(s.confidence for s in seen)
        zones.append(
            Zone(name, _rounded(Place(left, top, right, bottom)), _rounded(label), round(sure, 3))
        )
    return tuple(zones)


def _sightings(laid: Sequence[LaidPage], name: ZoneName) -> list[_Sighting]:
    """Find a value on every page, with the nearest label of its meaning to its left."""
    seen = []
    for one in laid:
        value = _value(one.fields, name)
        if value is None:
            continue
        place = one.place(value[0])
        label = one.label_of(name, place)
        if label:
            seen.append(_Sighting(place, label, value[1]))
    return seen


def _value(fields: PageFields, name: ZoneName) -> tuple[Box, float] | None:
    """Return where a zone's value stands on a page read whole, and how surely it was read."""
    if name == IDENTITY:
        number = fields.identity_number()
        return (number.box, 1.0) if number else None
    value = fields.amount_in_words() if name == WORDS else fields.fields().get(FieldName(name))
    return (value.box, value.confidence) if value else None


def _agreeing(seen: Sequence[_Sighting]) -> list[_Sighting]:
    """Return the sightings on the row and beside the label where most are."""
    if not seen:
        return []
    row, edge = median(row_of(s.value) for s in seen), median(s.label.right for s in seen)
    return [
        s
        for s in seen
        if abs(row_of(s.value) - row) < STRAY_MM and abs(s.label.right - edge) < 2 * STRAY_MM
    ]


def _next_print(value: Place, prints: Sequence[Place], ink: Grey, width: float) -> float:
    """Return how far to the right a value may reach: to the next label, code, rule or the page's edge."""
    right = width - _EDGE_MM
    for label in prints:
        if (
            label.left > value.right - STRAY_MM
            and label.top < value.bottom
            and label.bottom > value.top
        ):
            right = min(right, label.left - _RIGHT_MM)
    inner = (value.bottom - value.top) / 4
    band = ink[round((value.top + inner) * PER_MM) : round((value.bottom - inner) * PER_MM)]
    columns = np.flatnonzero(band.any(axis=0)) / PER_MM
    printed = columns[columns > value.right]
    return max(value.right, min(right, float(printed[0]) - _RIGHT_MM if len(printed) else right))


def _code_zones(laid: Sequence[LaidPage]) -> tuple[CodeZone, ...]:
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


def _code_place(laid: LaidPage, box: Box) -> Place:
    """Return where a code stands; of a linear one no more than a scan line may have been told."""
    corners = mapped([(box.left, box.top), (box.right, box.bottom)], laid.to_form)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    missing = max(0.0, _LOWEST_CODE_MM - (bottom - top)) / 2
    return Place(left, max(0.0, top - missing), right, bottom + missing)


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
