"""Two scans of one paper are told from two vouchers of one form (Q12)."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache

import numpy as np
import pytest

from pipeline.decode import decode
from pipeline.kinds import DecodeLimits
from pipeline.model import Box, FieldName, FieldValue
from pipeline.parameters import measure
from pipeline.repeated import NEAR_HASH, Scan, hash_distance, same_paper, told_by_fields
from pipeline.specimens.cases import Level
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import FORMS
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.scanner import scan
from pipeline.specimens.vouchers import print_voucher

F = FieldName
DPI = 200
Scanner = Callable[[int, int, float, Level], tuple[Scan, str]]


@pytest.fixture(scope="module")
def scanned() -> Scanner:
    """Scans an invented voucher: form, number, turn and level -> the scan and its perceptual hash."""
    font = find_font()

    @cache
    def make(form: int, number: int, turn: float, level: Level) -> tuple[Scan, str]:
        rng = np.random.default_rng([form, number])
        serial = f"202611193301{number:06d}"
        booked = invent_transaction(rng, day=date(2026, 11, 19), branch="3301", serial_no=serial)
        drawn = draw_voucher(
            FORMS[form], print_voucher(booked, rng), rng, font=font, codes=("qr",), dpi=DPI
        )
        glass = np.random.default_rng([number, int(10 * abs(turn))])
        content = scan(drawn.pixels, level, glass, skew_degrees=turn, dpi=DPI)
        page = decode(content, DecodeLimits())
        seen = measure(page, len(content))
        return Scan(page.pixels, DPI, seen.skew_degrees or 0.0), seen.perceptual_hash

    return make


@pytest.mark.parametrize("form", range(len(FORMS)))
def test_a_paper_scanned_again_turned_and_worse_is_the_same(scanned: Scanner, form: int) -> None:
    first, one = scanned(form, 1, 0.6, Level.EASY)
    again, other = scanned(form, 1, -2.2, Level.HARD)
    assert same_paper(first, again)
    assert same_paper(again, first)
    assert hash_distance(one, other) <= NEAR_HASH


@pytest.mark.parametrize("form", range(len(FORMS)))
def test_another_voucher_of_the_form_is_another_paper(scanned: Scanner, form: int) -> None:
    first, _ = scanned(form, 1, 0.6, Level.EASY)
    other, _ = scanned(form, 2, 0.5, Level.EASY)
    assert not same_paper(first, other)


def test_papers_of_two_forms_are_never_the_same(scanned: Scanner) -> None:
    assert not same_paper(scanned(0, 1, 0.6, Level.EASY)[0], scanned(1, 1, 0.6, Level.EASY)[0])


def read(confidence: float = 0.99, **values: str) -> Mapping[FieldName, FieldValue]:
    return {
        FieldName(name): FieldValue(FieldName(name), value, confidence, "hand", Box(0, 0, 1, 1))
        for name, value in values.items()
    }


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (read(serial_no="1"), read(serial_no="1"), True),
        (read(serial_no="1", amount="5.00"), read(serial_no="2", amount="5.00"), False),
        (read(0.5, serial_no="1"), read(0.5, serial_no="2"), None),
        (read(amount="5.00"), read(amount="5.00"), None),
        (
            read(0.5, serial_no="1", amount="5.00", customer_no="7"),
            read(0.5, serial_no="7", amount="5.00", customer_no="7"),
            True,
        ),
        (read(amount="5.00", customer_no="7"), read(amount="6.00", customer_no="8"), False),
        ({}, read(serial_no="1"), None),
    ],
)
def test_what_was_read_tells_whom_to_compare(
    one: Mapping[FieldName, FieldValue], other: Mapping[FieldName, FieldValue], told: bool | None
) -> None:
    assert told_by_fields(one, other) == told == told_by_fields(other, one)
