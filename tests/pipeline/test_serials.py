"""A serial number's own date and branch, and the printed date held against them."""

from datetime import date

import pytest

from pipeline.barcode import serial_candidates
from pipeline.model import Box, FieldName, FieldValue, PageCode
from pipeline.serials import OTHER_DAY, SerialParts, parts_of, proved_date
from pipeline.values import plain_serial

GRAMMAR = r"(?P<date>\d{8})(?P<branch>\d{4})\d{6}"
PLACE = Box(0, 0, 1, 1)


def page(serial: str, day: str, confidence: float = 0.9) -> dict[FieldName, FieldValue]:
    return {
        FieldName.SERIAL_NO: FieldValue(FieldName.SERIAL_NO, serial, 0.9, "rapidocr", PLACE),
        FieldName.BUSINESS_DATE: FieldValue(
            FieldName.BUSINESS_DATE, day, confidence, "rapidocr", PLACE
        ),
    }


@pytest.mark.parametrize(
    ("serial", "grammar", "parts"),
    [
        ("202611193301602652", GRAMMAR, SerialParts(date(2026, 11, 19), "3301")),
        ("202613193301602652", GRAMMAR, None),
        ("2026111933016026", GRAMMAR, None),
        ("202613193301602652", r"\d{18}", SerialParts(None, None)),
        ("A-1", r"(?P<date>\d{8})?A-1", SerialParts(None, None)),
    ],
)
def test_parts_of_a_serial_number(serial: str, grammar: str, parts: SerialParts | None) -> None:
    assert parts_of(serial, grammar) == parts


def test_a_number_whose_date_is_no_day_is_no_serial_number() -> None:
    code = PageCode("202613193301602652", "QR Code", PLACE)
    assert serial_candidates([code], GRAMMAR) == ()
    assert plain_serial(code.text, GRAMMAR) is None
    assert plain_serial("202611193301602652", GRAMMAR)


def test_two_dates_that_agree_prove_the_printed_one() -> None:
    fields, doubts = proved_date(page("202611193301602652", "2026-11-19"), GRAMMAR)
    assert doubts == ()
    assert fields[FieldName.BUSINESS_DATE].confidence == 0.99
    assert fields[FieldName.BUSINESS_DATE].source == "rapidocr+serial"


def test_two_dates_that_differ_are_a_doubt_and_the_printed_one_goes_to_people() -> None:
    fields, doubts = proved_date(page("202611193301602652", "2026-11-10"), GRAMMAR)
    assert doubts == (OTHER_DAY,)
    assert fields[FieldName.BUSINESS_DATE].value == "2026-11-10"
    assert fields[FieldName.BUSINESS_DATE].confidence < 0.8


def test_without_a_date_in_the_grammar_nothing_changes() -> None:
    fields = page("202611193301602652", "2026-11-10")
    assert proved_date(fields, r"\d{18}") == (fields, ())
