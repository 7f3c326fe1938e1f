"""What is cut out of a zone, and how a page is made smaller for aligning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engines.channels import Grey
from pipeline.forms.align import Aligner
from pipeline.forms.ink import smaller, spread
from pipeline.forms.strips import Strip, strip_of
from pipeline.forms.zones import ZoneReader
from pipeline.labels import LabelBook
from pipeline.model import Box, FieldName, Pixels, TextLine
from pipeline.second_look import SecondLook

from .drawn_forms import VALUES, F, form, page

PAPER = 245


def value_of(pixels: Pixels, name: FieldName = F.CUSTOMER_NO) -> Strip | None:
    fit = Aligner([form()]).align(pixels)
    assert fit is not None
    zone = next(zone for zone in fit.form.zones if zone.name is name)
    return strip_of(pixels, fit, zone, spread(fit.form.ink, 2))


def worn(pixels: Pixels, box: Box, share: float) -> Pixels:
    """Return a page with only a share of the ink in ``box``."""
    there = np.s_[box.top : box.bottom, box.left : box.right]
    faint = pixels.astype(np.float64)
    faint[there] = PAPER - (PAPER - faint[there]) * share
    return np.asarray(faint.round(), np.uint8)


@pytest.mark.parametrize("end", [0, 1])
def test_a_sign_that_a_worn_ribbon_left_faint_at_a_line_s_end_is_cut_out_with_it(end: int) -> None:
    pixels, _ = page()
    whole = value_of(pixels)
    assert whole is not None
    left, top, right, bottom = whole.box
    sign = (right - left) // len(VALUES[F.CUSTOMER_NO])
    ends = [Box(left, top, left + sign, bottom), Box(right - sign, top, right, bottom)]
    faded = value_of(worn(worn(pixels, whole.box, 0.06), ends[end], 0.6))
    assert faded is not None
    assert np.abs(np.subtract(faded.box, whole.box)).max() < sign


@settings(max_examples=25, deadline=None)
@given(
    factor=st.integers(1, 7),
    size=st.tuples(st.integers(8, 40), st.integers(8, 40)),
    seed=st.integers(0),
)
def test_a_smaller_picture_is_as_light_as_the_whole(
    factor: int, size: tuple[int, int], seed: int
) -> None:
    width, height = size
    rng = np.random.default_rng(seed)
    picture: Grey = rng.integers(0, 256, (height * factor, width * factor), np.uint8)
    small = smaller(picture, size)
    assert small.shape == (height, width)
    assert abs(float(small.mean()) - float(picture.mean())) < 12
    assert np.array_equal(smaller(np.full_like(picture, 77), size), np.full((height, width), 77))


class Widths:
    """Reads the same text every time and keeps how wide each line was."""

    name, version = "rapidocr", "1"

    def __init__(self, text: str) -> None:
        self.text = text
        self.seen: list[int] = []

    def read_page(self, pixels: Pixels) -> tuple[TextLine, ...]:
        return ()

    def read_line(self, pixels: Pixels, only: str = "") -> TextLine:
        self.seen.append(pixels.shape[1])
        return TextLine(self.text, 0.999, Box(0, 0, 1, 1))


@pytest.mark.parametrize(("text", "looks"), [("基金申购", 1), ("ETF申购", 2), ("Ａ股转托管", 2)])
def test_business_with_letters_in_its_name_is_read_at_the_width_of_letters(
    text: str, looks: int
) -> None:
    pixels, _ = page()
    known = form()
    zones = (replace(known.zones[1], name=F.BUSINESS_NAME),)
    fit = Aligner([replace(known, zones=zones)]).align(pixels)
    assert fit is not None
    engine = Widths(text)
    reader = ZoneReader(engine, SecondLook(engine), LabelBook(), 0.0)
    assert reader.read(pixels, fit, serial_known=False).lines[0].text == text
    assert len(engine.seen) == looks
    assert engine.seen == sorted(engine.seen), "wider when read again"
