"""A form of one sample and a zones file: read by its zones from the next page on, or told what is wrong."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.errors import UserError
from pipeline.forms.ink import mapped
from pipeline.forms.laying import LearnedPage
from pipeline.forms.model import Place
from pipeline.forms.zoned import form_of_sample, zones_from
from pipeline.model import Box, FieldName, TextLine
from pipeline.reading import Reader

from .drawn_forms import DPI, LABELS, ROWS, VALUES, F, Scripted, page

ZONES = """
serial_no: [36, 16, 100, 21]
customer_no: [36, 28, 100, 33]
amount: [36, 40, 100, 45]
"""


def sample(values: Mapping[FieldName, str]) -> LearnedPage:
    pixels, to_page = page(values=values)
    lines = []
    for name, y in ROWS.items():
        (left, top), (right, bottom) = mapped([(10, y - 4), (28, y + 1)], to_page)
        box = Box(int(left), int(top), int(right), int(bottom))
        lines.append(TextLine(LABELS[name] + "：", 0.99, box))
    return LearnedPage("sample.jpg", "s", pixels, DPI, tuple(lines), ())


@pytest.mark.parametrize("values", [{}, VALUES], ids=["blank", "filled"])
def test_the_next_page_is_read_by_the_zones_of_the_sample(values: Mapping[FieldName, str]) -> None:
    zones, code = zones_from(ZONES)
    made = form_of_sample("made", sample(values), zones, code)
    reading = Reader(Scripted(*VALUES.values()), forms=[made]).read(page(1.5, (1, -1))[0])
    assert reading.form == "made" and made.learned_from == ("s",)
    assert reading.fields[F.SERIAL_NO].value == VALUES[F.SERIAL_NO] and len(reading.fields) == 3


def test_a_zones_file_may_be_json_and_have_a_place_for_a_code() -> None:
    zones, code = zones_from('{"amount": [1, 2, 3, 4], "code": [5, 6, 7, 8]}')
    assert zones == {F.AMOUNT: Place(1, 2, 3, 4)} and code == Place(5, 6, 7, 8)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        "amount: 7",
        "colour: [1, 2, 3, 4]",
        "amount: [1, 2, 3]",
        "amount: [3, 2, 1, 4]",
        ": [",
    ],
)
def test_a_zones_file_that_does_not_hold_is_told(text: str) -> None:
    with pytest.raises(UserError, match="zones file"):
        zones_from(text)


def test_a_zone_without_its_label_is_told() -> None:
    zones, _ = zones_from("amount: [36, 60, 100, 65]")
    with pytest.raises(UserError, match="No label of amount"):
        form_of_sample("made", sample({}), zones)
