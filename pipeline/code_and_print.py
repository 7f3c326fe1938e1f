"""The serial number that a page's code and its print tell together (Q11, Q14)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rapidfuzz.distance import Levenshtein

from pipeline.barcode import serial_candidates, serial_from_codes
from pipeline.model import FieldName, FieldValue, PageCode

TWO_SERIALS = "two_serials"
"""Doubt: two different serial numbers as codes on one page, as in a double feed (Q11)."""
CODE_DIFFERS = "code_differs_from_print"
"""Doubt: the code's serial number is another than the printed one."""

_FROM_CODE = 0.995
_FROM_CODE_AND_PRINT = 0.9999
_DISPUTED = 0.6
_SLIPS = 3
"""Signs in which a printed serial may be misread and still be the code's; the code is believed then."""


def with_code(
    fields: Mapping[FieldName, FieldValue], codes: Sequence[PageCode], grammar: str
) -> tuple[dict[FieldName, FieldValue], tuple[str, ...]]:
    """Return the fields with the serial number of the page's code, and the doubts.

    A code that repeats another field (a customer number) is no serial number.
    """
    others = {value.value for name, value in fields.items() if name is not FieldName.SERIAL_NO}
    codes = [code for code in codes if code.text.strip() not in others]
    if len(serial_candidates(codes, grammar)) > 1:
        return with_field(fields, FieldName.SERIAL_NO, None), (TWO_SERIALS,)
    code, printed = serial_from_codes(codes, grammar), fields.get(FieldName.SERIAL_NO)
    if code is None:
        return dict(fields), ()
    serial = FieldValue(FieldName.SERIAL_NO, code.text.strip(), _FROM_CODE, "barcode", code.box)
    if printed is None:
        return with_field(fields, FieldName.SERIAL_NO, serial), ()
    if printed.value == serial.value:
        source = f"barcode+{printed.source}"
        serial = replace(serial, confidence=_FROM_CODE_AND_PRINT, source=source)
        return with_field(fields, FieldName.SERIAL_NO, serial), ()
    if Levenshtein.distance(printed.value, serial.value) > _SLIPS:
        serial = replace(_likelier(serial, printed), confidence=_DISPUTED)
    return with_field(fields, FieldName.SERIAL_NO, serial), (CODE_DIFFERS,)


def _likelier(code: FieldValue, printed: FieldValue) -> FieldValue:
    """Choose between a code and a print far apart: a code of another shape is a form's number."""
    return code if _shape(code.value) == _shape(printed.value) else printed


def _shape(value: str) -> str:
    return re.sub(r"\d", "9", re.sub(r"[A-Za-z]", "A", value))


def with_field(
    fields: Mapping[FieldName, FieldValue], name: FieldName, value: FieldValue | None
) -> dict[FieldName, FieldValue]:
    """Return the fields in their order with one of them set, or left out."""
    every = {**fields, name: value}
    return {key: kept for key in FieldName if (kept := every.get(key))}
