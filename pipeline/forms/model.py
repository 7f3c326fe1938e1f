"""What is known of a form, in millimetres from its upper left corner; kept as JSON."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from pipeline.content import Content
from pipeline.labels import Meaning, Other
from pipeline.model import Area, FieldName

if TYPE_CHECKING:
    from pipeline.engines.channels import Grey

PER_MM = 4.0
"""Pixels per millimetre of a form's ink, about 100 dpi: a printed hair line is still a pixel wide."""

WORDS: Literal["words"] = "words"
"""The zone of the amount in words, which proves the figures (Q15)."""

IDENTITY: Literal["identity"] = "identity"
"""The zone of the customer's identity number (Q16)."""

ZoneName = FieldName | Literal["words", "identity"]


def meaning_of(name: ZoneName) -> Meaning:
    """Return what the label of a zone must mean."""
    return FieldName(name) if name in set(FieldName) else Other(name)


class Place(NamedTuple):
    """An upright rectangle on a form, in millimetres."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Zone:
    """Where one value stands."""

    name: ZoneName
    place: Place
    """From the leftmost beginning to where the next print begins; as high as the line of text."""
    label: Place
    """Where its label stands, which tells on every page that the zone is the right one."""
    sure: float
    """0 to 1: share of the learned pages on which the value stood here, times how well it was read."""


@dataclass(frozen=True)
class CodeZone:
    """Where a code usually stands."""

    symbology: str
    place: Place
    share: float
    """Share of the learned pages that had one here."""


@dataclass(frozen=True)
class FormModel:
    """A form as learned from filled pages; the person who confirms it may change zones and names."""

    name: str
    version: int
    width_mm: float
    height_mm: float
    zones: tuple[Zone, ...]
    codes: tuple[CodeZone, ...]
    learned_from: tuple[str, ...]
    """SHA-256 of the masters it was learned from."""
    ink_png: str
    """What is printed on every page, ``PER_MM`` pixels per millimetre: a PNG in base64."""
    document_type: str | None = None
    """Code of its type in the profile, where a person has named one; sets what its scans must meet."""
    areas: tuple[Area, ...] = ()
    """Where signatures and stamps must stand, in millimetres."""

    @cached_property
    def ink(self) -> Grey:
        """The form's own ink, 0 or 255."""
        import cv2  # takes its time to load; most commands know forms by name only

        packed = np.frombuffer(base64.b64decode(self.ink_png), np.uint8)
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)


def packed_ink(ink: Grey) -> str:
    """Return ink as it is kept in a form."""
    import cv2

    _, png = cv2.imencode(".png", ink, [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 9])
    return base64.b64encode(png.tobytes()).decode()


def to_json(form: FormModel) -> str:
    """Return a form as JSON."""
    return _FORM.dump_text(form) + "\n"


def from_json(text: str) -> FormModel:
    """Read a form; raises ValueError (pydantic's) where it is none."""
    return _FORM.load_text(text)


_FORM = Content(FormModel)
