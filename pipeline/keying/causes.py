"""Which fields of a read page go to people, and why (Q11, Q14, Q15)."""

from __future__ import annotations

from collections.abc import Container, Mapping

from pipeline.code_and_print import CODE_DIFFERS, TWO_SERIALS
from pipeline.doubts import NOTHING_TAKEN
from pipeline.fields import WORDS_DIFFER
from pipeline.keying.rules import KeyingRules
from pipeline.keying.tasks import Cause
from pipeline.model import NO_READER, FieldName, Reading

_DOUBTED: Mapping[str, tuple[FieldName, Cause]] = {
    WORDS_DIFFER: (FieldName.AMOUNT, Cause.WORDS_DIFFER),
    CODE_DIFFERS: (FieldName.SERIAL_NO, Cause.CODE_DIFFERS),
    TWO_SERIALS: (FieldName.SERIAL_NO, Cause.TWO_SERIALS),
}
"""Doubts of the reader that send a field to people whatever its confidence."""


def causes(
    reading: Reading, rules: KeyingRules, not_due: Container[FieldName] = ()
) -> dict[FieldName, Cause]:
    """Give the fields of a page that people must key, in the order of ``FieldName``.

    A page from which nothing may be taken, mirrored or two in one scan, is scanned anew: nobody keys it.
    ``not_due``: fields whose absence is no fault, as the amount of a booking without money.
    """
    if any(doubt in NOTHING_TAKEN for doubt in reading.doubts):
        return {}
    doubted = dict(_DOUBTED[doubt] for doubt in reading.doubts if doubt in _DOUBTED)
    found = {name: doubted.get(name) or _cause(reading, name, rules, not_due) for name in FieldName}
    return {name: cause for name, cause in found.items() if cause}


def _cause(
    reading: Reading, name: FieldName, rules: KeyingRules, not_due: Container[FieldName]
) -> Cause | None:
    if name not in rules.required:
        return None
    read = reading.fields.get(name)
    if read:
        return Cause.UNSURE if read.confidence < rules.least_confidence else None
    if name in not_due:
        return None
    return Cause.READER_FAILED if reading.engine == NO_READER else Cause.NOT_READ
