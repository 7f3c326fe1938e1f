"""Pages of unknown forms, by their lines of text alone: sorted by layout, however they lay on the glass."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.forms.gather import UnknownPage, gathered
from pipeline.labels import LabelBook
from pipeline.measured import ScanParameters
from pipeline.model import Box, ColourMode, Reading, TextLine

LABELS = ("流水号", "客户编号", "客户姓名", "资金账号", "金额小写", "经办", "复核", "印鉴")
A_PLACES = [(100, 200 + 90 * n) for n in range(len(LABELS))]
B_PLACES = [(100 + 900 * (n % 2), 1500 - 150 * n) for n in range(len(LABELS))]


def unknown(
    name: str,
    places: list[tuple[int, int]],
    *,
    turn: float = 0.0,
    shift: tuple[int, int] = (0, 0),
    width: int = 2000,
) -> UnknownPage:
    """A filled page: every label with a value that no other page has."""
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    lines = []
    for n, (label, (x, y)) in enumerate(zip(LABELS, places, strict=True)):
        left, top = round(cos * x - sin * y) + shift[0], round(sin * x + cos * y) + shift[1]
        lines.append(TextLine(label + "：", 0.99, Box(left, top, left + 150, top + 40)))
        lines.append(
            TextLine(f"值{name}{n}", 0.99, Box(left + 250, top, left + 400 + 9 * n, top + 40))
        )
    parameters = ScanParameters("JPEG", 9, width, 1600, (300, 300), ColourMode.GREY, 0, 0.1, "0")
    return UnknownPage(name, parameters, Reading((), {}, tuple(lines), "hand", 0, 0))


def names(pages: list[UnknownPage], least: int = 3) -> list[list[str]]:
    return [[page.sha256 for page in group] for group in gathered(pages, least, LabelBook())]


@settings(max_examples=25, derandomize=True)
@given(
    lying=st.lists(
        st.tuples(st.floats(-3, 3), st.integers(-40, 40), st.integers(-40, 40)),
        min_size=3,
        max_size=3,
    )
)
def test_pages_of_one_layout_come_together_and_others_stay_apart(
    lying: list[tuple[float, int, int]],
) -> None:
    pages = []
    for n, (turn, across, down) in enumerate(lying):
        pages.append(unknown(f"a{n}", A_PLACES, turn=turn, shift=(across, down)))
        pages.append(unknown(f"b{n}", B_PLACES, turn=-turn, shift=(down, across)))
    assert names(pages) == [["a0", "a1", "a2"], ["b0", "b1", "b2"]]


def test_too_few_pages_other_papers_and_turned_ones_make_no_group() -> None:
    pages = [unknown(f"a{n}", A_PLACES) for n in range(2)]
    assert names(pages) == []
    assert names([*pages, unknown("wide", A_PLACES, width=2400)]) == []
    assert names([*pages, unknown("over", A_PLACES, turn=180, shift=(2000, 1600))]) == []
    assert names([*pages, unknown("other", B_PLACES)]) == []
    assert names([*pages, unknown("a2", A_PLACES)]) == [["a0", "a1", "a2"]]
