"""What a serial number says of itself: the day and the branch in it, where its grammar names them.

A grammar is a regular expression; its groups ``date`` (eight digits) and ``branch`` are optional, as in
``(?P<date>\\d{8})(?P<branch>\\d{4})\\d{6}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from pipeline.model import FieldName, FieldValue

SERIAL_GRAMMAR = r"(?=(?:\D*\d){2})[0-9A-Za-z-]{8,32}"
"""What a serial number looks like unless the profile says otherwise: 8 to 32 signs, two digits at least."""

OTHER_DAY = "serial_of_another_day"
"""Doubt: the date in the serial number is another than the printed date."""
_DISPUTED = 0.6


@dataclass(frozen=True)
class SerialParts:
    """What stands in a serial number; None where its grammar does not say."""

    day: date | None
    branch: str | None


def parts_of(serial: str, grammar: str) -> SerialParts | None:
    """Return what stands in a serial number; None when it is none, its date being no day included."""
    found = re.fullmatch(grammar, serial)
    if found is None:
        return None
    told = found.groupdict()
    day = None
    if told.get("date"):
        with suppress(ValueError):
            day = date.fromisoformat(told["date"])
        if day is None:
            return None
    return SerialParts(day, told.get("branch"))


def proved_date(
    fields: Mapping[FieldName, FieldValue], grammar: str
) -> tuple[dict[FieldName, FieldValue], tuple[str, ...]]:
    """Return the fields with the printed date held against the serial number's, and the doubt."""
    serial, printed = fields.get(FieldName.SERIAL_NO), fields.get(FieldName.BUSINESS_DATE)
    told = parts_of(serial.value, grammar) if serial else None
    if serial is None or printed is None or told is None or told.day is None:
        return dict(fields), ()
    if printed.value == told.day.isoformat():
        unsure = (1 - printed.confidence) * (1 - serial.confidence)
        proved = replace(
            printed, confidence=round(1 - unsure, 4), source=f"{printed.source}+serial"
        )
        return {**fields, FieldName.BUSINESS_DATE: proved}, ()
    disputed = replace(printed, confidence=min(printed.confidence, _DISPUTED))
    return {**fields, FieldName.BUSINESS_DATE: disputed}, (OTHER_DAY,)
