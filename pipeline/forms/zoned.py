"""A form registered by hand: one sample, blank or filled, and a file that names its zones."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from pipeline.errors import UserError
from pipeline.forms.laying import LaidPage, LearnedPage, lay_alone, own_ink, without_places
from pipeline.forms.model import (
    PER_MM,
    CodeZone,
    FormModel,
    Place,
    Zone,
    ZoneName,
    packed_ink,
)
from pipeline.labels import LabelBook
from pipeline.language import say
from pipeline.serials import SERIAL_GRAMMAR

_CODE = "code"
_SAMPLED = 0.5
"""Share of pages taken to have a code at the place for one: it is looked for, not insisted on."""

_Zones = dict[ZoneName, Place]
_ZONES: TypeAdapter[_Zones] = TypeAdapter(_Zones)
_PLACE = TypeAdapter(Place)


def zones_from(text: str) -> tuple[_Zones, Place | None]:
    """Read a zones file, YAML or JSON: name -> left, top, right, bottom in millimetres; "code" for a code's.

    Raises UserError telling the first line that does not hold.
    """
    try:
        told: Any = yaml.safe_load(text)
        named = dict(told) if isinstance(told, dict) else {}
        code = named.pop(_CODE, None)
        zones = _ZONES.validate_python(named)
        where = None if code is None else _PLACE.validate_python(code)
    except (yaml.YAMLError, ValidationError, RecursionError) as error:
        why = _where(error) if isinstance(error, ValidationError) else str(error)
        raise UserError(
            say(
                "The zones file does not hold ({why}); write “amount: [45.4, 103.2, 150, 109.5]”.",
                why=why,
            )
        ) from error
    places = [*zones.values(), *([where] if where else [])]
    if not zones or any(one.left >= one.right or one.top >= one.bottom for one in places):
        raise UserError(
            say(
                "The zones file names no zone, or one whose right or bottom comes before its left or top."
            )
        )
    return zones, where


def _where(error: ValidationError) -> str:
    return " ".join(str(part) for part in error.errors()[0]["loc"])


def form_of_sample(
    name: str,
    sample: LearnedPage,
    zones: _Zones,
    code: Place | None = None,
    *,
    version: int = 1,
    book: LabelBook | None = None,
) -> FormModel:
    """Make a form of a sample that was read whole; what is written in its zones is no part of it.

    The zones are those of the sample turned upright. Raises UserError when the label of a zone is not
    found to its left.
    """
    height, width = (side / sample.dpi * 25.4 for side in sample.pixels.shape[:2])
    size = (round(width * PER_MM), round(height * PER_MM))
    laid = lay_alone(sample, book or LabelBook(), SERIAL_GRAMMAR)
    ink, _ = own_ink([laid], size)
    ink = without_places(ink, [*zones.values(), *([code] if code else [])])
    return FormModel(
        name=name,
        version=version,
        width_mm=round(width, 2),
        height_mm=round(height, 2),
        zones=tuple(
            Zone(zone, place, _label_of(zone, place, laid), 1.0) for zone, place in zones.items()
        ),
        codes=(CodeZone("", code, _SAMPLED),) if code else (),
        learned_from=(sample.sha256,),
        ink_png=packed_ink(ink),
    )


def _label_of(name: ZoneName, place: Place, laid: LaidPage) -> Place:
    label = laid.label_of(name, place)
    if label is None:
        raise UserError(
            say(
                "No label of {name} was read to the left of its zone on the sample; correct the zone, or "
                "scan the sample more clearly.",
                name=str(name),
            )
        )
    return label
