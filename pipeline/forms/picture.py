"""A form's zones as a picture, for the person who confirms them."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.forms.model import PER_MM, FormModel, Place
from pipeline.model import Pixels

_LARGER = 2
_MARKED = (150, 60, 170)
_VALUE, _LABEL, _CODE = (200, 30, 30), (40, 90, 200), (20, 140, 60)


def draw_zones(form: FormModel) -> Pixels:
    """Return the form's own ink in grey with zones red, labels blue, codes green, areas purple (RGB)."""
    grey = cv2.resize(form.ink, None, fx=_LARGER, fy=_LARGER, interpolation=cv2.INTER_NEAREST)
    picture = np.repeat((255 - grey // 2)[:, :, np.newaxis], 3, axis=2)
    for zone in form.zones:
        _frame(picture, zone.label, _LABEL)
        _frame(picture, zone.place, _VALUE, str(zone.name))
    for code in form.codes:
        _frame(picture, code.place, _CODE, code.symbology)
    for area in form.areas:
        _frame(picture, Place(*area.place), _MARKED, str(area.what))
    return np.ascontiguousarray(picture)


def _frame(
    picture: Pixels, place: Place, colour: tuple[int, int, int], name: str | None = None
) -> None:
    left, top, right, bottom = (round(side * PER_MM * _LARGER) for side in place)
    cv2.rectangle(picture, (left, top), (right, bottom), colour, 2)
    if name:
        at = (left + 4, max(14, top - 4))
        cv2.putText(picture, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.55, colour, 1, cv2.LINE_AA)
