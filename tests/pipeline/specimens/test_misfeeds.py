"""Misfed pages: what was done to them can be seen, and the same numbers make the same page again."""

import io
from functools import partial

import numpy as np
from PIL import Image

from pipeline.model import FieldName
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import SLIP
from pipeline.specimens.misfeeds import Misfeed, misfed_page

make = partial(misfed_page, SLIP, seed=3, font=find_font())


def size(content: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(content)).size


def test_cut_pages_are_halves_and_two_pages_are_twice_as_large() -> None:
    width, height = SLIP.paper.pixels(300)
    assert size(make(Misfeed.CUT, 0).content) == (width, height // 2)
    assert size(make(Misfeed.CUT, 2).content) == (width // 2, height)
    assert size(make(Misfeed.TWO_PAGES, 0).content) == (width, 2 * height)
    assert size(make(Misfeed.TWO_PAGES, 1).content) == (2 * width, height)


def test_the_same_numbers_make_the_same_page() -> None:
    first, again, other = (make(Misfeed.FOLDED, number) for number in (0, 0, 1))
    assert first == again != other
    assert FieldName.SERIAL_NO in first.values


def test_what_is_written_over_is_named_and_covered_with_ink() -> None:
    page = make(Misfeed.WRITTEN_OVER, 0)
    assert page.written_over is FieldName.AMOUNT
    pixels = np.asarray(Image.open(io.BytesIO(page.content)), np.int16)
    assert ((pixels[..., 2] - pixels[..., 0]) > 60).mean() > 0.001, "a ball pen's blue"
