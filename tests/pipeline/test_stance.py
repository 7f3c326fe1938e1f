"""How a page lies, told from its lines; places turned there and back."""

from __future__ import annotations

from datetime import date

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.rapid import RapidEngine
from pipeline.labels import LabelBook
from pipeline.layout import Layout
from pipeline.model import Box, Pixels, TextLine
from pipeline.reading import Reader
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import FORMS
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.vouchers import print_voucher
from pipeline.stance import LEVEL, Corners, on_page, run_of, set_upright, upright

ANGLES = st.integers(-180, 180).filter(lambda angle: abs((angle + 45) % 90 - 45) <= 25)
"""Degrees at most 25 from straight or sideways."""


def corners(angle: float, length: float = 300, high: float = 40, at: float = 0) -> Corners:
    half = np.array([[-length, -high], [length, -high], [length, high], [-length, high]]) / 2
    lean = np.radians(angle)
    turn = np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
    return np.asarray(half @ turn + [1000, 1000 + at], np.float32)


@given(ANGLES, st.integers(0, 3))
def test_the_run_of_text_is_told_from_its_lines_whichever_corner_comes_first(
    angle: int, first: int
) -> None:
    lines = [np.roll(corners(angle, 200 + 50 * n, at=60 * n), first, axis=0) for n in range(5)]
    single_signs = [corners(angle + 90, 60, 50, at=400 + 60 * n) for n in range(9)]
    away = (run_of([*lines, *single_signs]) - angle + 90) % 180 - 90
    lean = abs((angle + 45) % 90 - 45)
    assert abs(away) < 0.1 or (lean <= LEVEL and abs(away) <= LEVEL)


def test_no_text_runs_straight() -> None:
    assert run_of([]) == 0
    assert run_of([corners(60, 50, 40)]) == 0
    assert run_of([corners(45)]) == 0


@given(
    ANGLES,
    st.tuples(st.integers(0, 3000), st.integers(0, 3000)),
    st.tuples(st.integers(20, 900), st.integers(20, 90)),
)
def test_a_place_turned_there_and_back_is_where_it_was(
    angle: int, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    box = Box(*corner, corner[0] + size[0], corner[1] + size[1])
    back = upright(on_page(box, angle), angle)
    assert np.abs(np.subtract(back, box)).max() <= 4  # edges are whole pixels both ways
    assert on_page(box, 0) == upright(box, 0) == box


@pytest.mark.parametrize("angle", [0, 90, 180, -90, 7, -95, 172])
def test_a_place_is_cut_out_upright(angle: float) -> None:
    page = np.full((1200, 1200, 3), 250, np.uint8)
    page[500:540, 400:800] = 90
    page[500:540, 400:440] = 0  # the first sign
    turn = cv2.getRotationMatrix2D((600, 600), -angle, 1.0)
    turned: Pixels = cv2.warpAffine(page, turn, (1200, 1200), borderValue=(250, 250, 250))
    dark = np.argwhere(turned[:, :, 0] < 200)[:, ::-1]
    (left, top), (right, bottom) = dark.min(axis=0), dark.max(axis=0) + 1
    part, place = set_upright(turned, Box(int(left), int(top), int(right), int(bottom)), angle)
    cut = part[place.top : place.bottom, place.left : place.right, 0]
    assert abs(cut.shape[0] - 40) <= 4
    assert abs(cut.shape[1] - 400) <= 4
    assert cut[10:-10, 10:30].max() < 60
    assert cut[10:-10, 60:-10].min() > 60


def test_the_rows_of_a_page_askew_are_rows() -> None:
    def line(text: str, box: Box) -> TextLine:
        return TextLine(text, 0.99, on_page(box, -98), -98)

    label = line("客户编号", Box(100, 200, 260, 240))
    value = line("1744499002", Box(1400, 200, 1650, 240))
    other = line("其他", Box(1400, 300, 1500, 340))
    layout = Layout([label, value, other], LabelBook())
    assert layout.angle == -98
    assert [piece.text for piece in layout.beside(layout.labels[0])] == []  # too far away
    near = line("1744499002", Box(400, 200, 650, 240))
    layout = Layout([label, near, other], LabelBook())
    assert [piece.text for piece in layout.beside(layout.labels[0])] == ["1744499002"]


@pytest.mark.slow
@pytest.mark.parametrize("angle", [90, -90, 180, 9, -98])
def test_a_page_is_read_in_one_pass_however_it_lies(angle: float) -> None:
    rng = np.random.default_rng(3)
    transaction = invent_transaction(
        rng, day=date(2026, 11, 19), branch="3301", serial_no="202611193301999357"
    )
    drawn = draw_voucher(FORMS[0], print_voucher(transaction, rng), rng, font=find_font())
    height, width = drawn.pixels.shape[:2]
    side = round(np.hypot(height, width))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1.0)
    turn[:, 2] += (side / 2 - width / 2, side / 2 - height / 2)
    turned: Pixels = cv2.warpAffine(drawn.pixels, turn, (side, side), borderValue=(250, 250, 250))
    straight, found = (Reader(RapidEngine()).read(page) for page in (drawn.pixels, turned))
    assert {name: one.value for name, one in found.fields.items()} == {
        name: one.value for name, one in straight.fields.items()
    }
    assert abs((found.lines[0].angle - angle + 180) % 360 - 180) < 1
