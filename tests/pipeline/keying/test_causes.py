"""Why a field goes to people."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pipeline.code_and_print import CODE_DIFFERS, TWO_SERIALS
from pipeline.doubts import NOTHING_TAKEN
from pipeline.fields import WORDS_DIFFER
from pipeline.keying.causes import causes
from pipeline.keying.rules import KeyingRules
from pipeline.keying.tasks import Cause
from pipeline.model import NO_READER, Box, FieldName, FieldValue, Reading


def read(confidences: Mapping[FieldName, float], *doubts: str) -> Reading:
    fields = {
        name: FieldValue(name, "1", confidence, "rapidocr", Box(0, 0, 9, 9))
        for name, confidence in confidences.items()
    }
    return Reading((), fields, (), "hand", 0.0, 0.0, doubts)


ALL = dict.fromkeys(FieldName, 0.95)


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (read(ALL), {}),
        (read({**ALL, FieldName.AMOUNT: 0.80}), {}),
        (read({**ALL, FieldName.AMOUNT: 0.79}), {FieldName.AMOUNT: Cause.UNSURE}),
        (read({**ALL, FieldName.BUSINESS_NAME: 0.1}), {}),  # not required
        (read(ALL, WORDS_DIFFER), {FieldName.AMOUNT: Cause.WORDS_DIFFER}),
        (read(ALL, CODE_DIFFERS), {FieldName.SERIAL_NO: Cause.CODE_DIFFERS}),
        (read(ALL, TWO_SERIALS), {FieldName.SERIAL_NO: Cause.TWO_SERIALS}),
        (
            replace(read(ALL), fields={}, engine=NO_READER),
            dict.fromkeys(KeyingRules().required, Cause.READER_FAILED),
        ),
    ],
)
def test_a_field_goes_to_people_with_its_cause(
    reading: Reading, expected: dict[FieldName, Cause]
) -> None:
    assert causes(reading, KeyingRules()) == expected


@pytest.mark.parametrize("doubt", NOTHING_TAKEN)
def test_nobody_keys_a_page_that_must_be_scanned_anew(doubt: str) -> None:
    assert causes(read({}, doubt), KeyingRules()) == {}


def test_a_missing_field_is_asked_for_unless_none_is_due() -> None:
    reading = read({name: 0.95 for name in FieldName if name is not FieldName.AMOUNT})
    assert causes(reading, KeyingRules()) == {FieldName.AMOUNT: Cause.NOT_READ}
    assert causes(reading, KeyingRules(), not_due={FieldName.AMOUNT}) == {}


def test_what_must_be_readable_and_how_surely_are_settings() -> None:
    rules = KeyingRules(required=(FieldName.BUSINESS_NAME,), least_confidence=0.99)
    assert causes(read(ALL), rules) == {FieldName.BUSINESS_NAME: Cause.UNSURE}
