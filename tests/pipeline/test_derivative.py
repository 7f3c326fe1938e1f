"""Upright copies: straight whichever way the page lay, and nothing of the scan cut off."""

from datetime import date

import cv2
import numpy as np
import pytest

from pipeline.decode import decode
from pipeline.derivative import as_jpeg, turn_of, upright_copy
from pipeline.kinds import DecodeLimits
from pipeline.measured import ScanParameters
from pipeline.model import Box, ColourMode, DecodedPage, Pixels, Reading, TextLine
from pipeline.parameters import measure
from pipeline.specimens.cases import Level
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import RULED
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.scanner import scan
from pipeline.specimens.vouchers import print_voucher

DPI = 200
ASKEW = 1.7


@pytest.fixture(scope="module")
def askew() -> Pixels:
    rng = np.random.default_rng(5)
    booked = invent_transaction(
        rng, day=date(2026, 11, 19), branch="3301", serial_no="202611193301000005"
    )
    drawn = draw_voucher(RULED, print_voucher(booked, rng), rng, font=find_font(), dpi=DPI)
    content = scan(drawn.pixels, Level.EASY, rng, skew_degrees=ASKEW, dpi=DPI)
    return decode(content, DecodeLimits()).pixels


def measured(pixels: Pixels) -> ScanParameters:
    return measure(DecodedPage(pixels, "JPEG", ColourMode.COLOUR, (DPI, DPI)), 100_000)


def read(angle: float) -> Reading:
    line = TextLine("流水号", 0.9, Box(0, 0, 1, 1), angle)
    return Reading((), {}, (line,), "hand", 0.0, 0.0)


@pytest.mark.requirement("CG-16.5b")
@pytest.mark.parametrize("quarters", range(4))
def test_a_page_is_upright_whichever_way_it_lay(askew: Pixels, quarters: int) -> None:
    lying = np.ascontiguousarray(np.rot90(askew, -quarters))
    turn = turn_of(measured(lying), read(90.0 * quarters))
    copy = upright_copy(lying, turn)
    straight = measured(copy)
    assert abs(straight.skew_degrees or 0.0) <= 0.15
    assert not straight.sideways
    assert copy.shape[0] > copy.shape[1]
    title = copy[: copy.shape[0] // 4].min(axis=2) < 100
    foot = copy[-copy.shape[0] // 4 :].min(axis=2) < 100
    assert title.sum() > foot.sum()  # the heading and the grid stand above


def test_nothing_is_cut_off(askew: Pixels) -> None:
    corners = np.zeros_like(askew)
    height, width = askew.shape[:2]
    places = [(4, 4), (width - 5, 4), (width - 5, height - 5), (4, height - 5)]
    for x, y in places:
        cv2.circle(corners, (x, y), 3, (0, 255, 0), -1)
    copy = upright_copy(corners, ASKEW)
    green = (copy[:, :, 1] > 128) & (copy[:, :, 0] < 64)
    count, _ = cv2.connectedComponents(green.astype(np.uint8))
    assert count - 1 == len(places)


def test_a_straight_page_is_left_as_it_is(askew: Pixels) -> None:
    assert np.array_equal(upright_copy(askew, 0.0), askew)


def test_without_a_reading_a_page_is_straightened_but_not_turned_by_quarters(askew: Pixels) -> None:
    assert turn_of(measured(askew), None) == pytest.approx(ASKEW, abs=0.1)


def test_the_copy_records_the_master_s_resolution(askew: Pixels) -> None:
    assert decode(as_jpeg(askew, (DPI, DPI)), DecodeLimits()).dpi == (DPI, DPI)
