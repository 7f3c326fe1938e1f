"""Known forms on pages drawn here: aligned, refused, learned, cut into zones, by a scripted engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.forms.align import Aligner
from pipeline.forms.ink import Affine, mapped
from pipeline.forms.laying import LearnedPage
from pipeline.forms.learn import learn
from pipeline.forms.model import (
    IDENTITY,
    CodeZone,
    FormModel,
    Place,
    from_json,
    to_json,
)
from pipeline.forms.picture import draw_zones
from pipeline.forms.propose import propose
from pipeline.forms.zones import codes_in_zones
from pipeline.model import Box, FieldName, FieldValue, Pixels, Reading, TextLine
from pipeline.reading import Reader
from pipeline.serials import SERIAL_GRAMMAR

from .drawn_forms import (
    DPI,
    LABELS,
    ROWS,
    SIZE,
    VALUES,
    WORDS,
    F,
    Scripted,
    form,
    form_ink,
    page,
    upside_down,
)

CORNERS = [[5, 5], [115, 5], [115, 75], [5, 75]]


@settings(max_examples=25, derandomize=True)
@given(
    turn=st.floats(-3.5, 3.5),
    across=st.floats(-4, 4),
    down=st.floats(-4, 4),
    scale=st.floats(0.985, 1.015),
)
def test_a_page_is_found_however_it_was_laid_on_the_glass(
    turn: float, across: float, down: float, scale: float
) -> None:
    pixels, truth = page(turn, (across, down), scale)
    fit = Aligner(
        [form("other", [(20, 8, "RECEIPT"), (40, 66, "TILL"), (90, 60, "STAMP")]), form()]
    ).align(pixels)
    assert fit is not None and fit.form.name == "test"
    off = mapped(CORNERS, fit.to_page) - mapped(CORNERS, truth)
    assert np.abs(off).max() / (DPI / 25.4) < 0.8, "millimetres off at a corner"


def test_what_is_no_page_of_the_form_is_refused() -> None:
    aligner = Aligner([form()])
    pixels, _ = page(1.0)
    strange, _ = page(words=[(20, 14, "RECEIPT"), (60, 66, "TILL")])
    strange[260:560] = 245
    assert aligner.align(pixels) is not None
    for wrong in (
        upside_down(pixels),
        np.full_like(pixels, 240),
        pixels[: pixels.shape[0] // 2],
        np.hstack([pixels, pixels]),
        np.ascontiguousarray(np.rot90(pixels)),
        np.vstack([pixels[400:], pixels[:400]]),
        strange,
    ):
        assert aligner.align(np.ascontiguousarray(wrong)) is None
    assert Aligner([]).align(pixels) is None


def test_only_the_zones_of_a_known_form_are_read() -> None:
    engine = Scripted(*VALUES.values())
    pixels, truth = page(2.0, (1, -1))
    reading = Reader(engine, forms=[form()]).read(pixels)
    assert {name: value.value for name, value in reading.fields.items()} == {
        **VALUES,
        F.AMOUNT: "861.36",
    }
    assert engine.whole == 0 and reading.engine == "rapidocr 1 zones test"
    x, y = mapped([[40, ROWS[F.AMOUNT] - 1]], truth)[0]
    left, top, right, bottom = reading.fields[F.AMOUNT].box
    assert left < x < right and top < y < bottom
    assert engine.widths[0] > engine.widths[2], "trimmed to what is written"


@pytest.mark.parametrize(
    "texts",
    [
        ["业务日期：2026-11-19", "1744499002", "证件号码：861.36"],
        ["", "", "", "", "", "", "", ""],
        ["???", "1744499002", "861.36"],
    ],
    ids=["other labels", "nothing legible", "no serial"],
)
def test_zones_that_hold_something_else_send_the_page_to_be_read_whole(texts: list[str]) -> None:
    engine = Scripted(*texts)
    reading = Reader(engine, forms=[form()]).read(page()[0])
    assert engine.whole == 1 and reading.fields == {} and "zones" not in reading.engine


def test_an_unfilled_form_is_read_whole() -> None:
    engine = Scripted()
    Reader(engine, forms=[form()]).read(page(values={})[0])
    assert engine.whole == 1 and engine.widths == []


def test_a_code_that_cannot_be_read_at_its_usual_place_is_looked_for_everywhere() -> None:
    coded = replace(form(), codes=(CodeZone("QR Code", Place(95, 25, 110, 40), 0.5),))
    pixels, _ = page()
    fit = Aligner([coded]).align(pixels)
    assert fit is not None and codes_in_zones(pixels, fit) == ()
    pixels[270:380:4, 970:1080] = 20
    fit = Aligner([coded]).align(pixels)
    assert fit is not None and codes_in_zones(pixels, fit) is None


def test_a_form_that_always_has_a_code_is_looked_over_for_it() -> None:
    coded = replace(form(), codes=(CodeZone("QR Code", Place(95, 25, 110, 40), 1.0),))
    pixels, _ = page()
    fit = Aligner([coded]).align(pixels)
    assert fit is not None and codes_in_zones(pixels, fit) is None


def filled(n: int, values: Mapping[FieldName, str] = VALUES) -> LearnedPage:
    pixels, to_page = page(turn=(-1.2, 0.4, 1.7, 0.9)[n], shift=(n - 1, 1 - n), values=values)
    lines = []

    def line(text: str, place: tuple[float, float, float, float]) -> None:
        corners = mapped([place[:2], place[2:]], to_page)
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        lines.append(TextLine(text, 0.99, Box(int(left), int(top), int(right), int(bottom))))

    for x, y, text in WORDS:
        line(text, (x, y - 4, x + 20, y))
    for name, y in ROWS.items():
        line(LABELS[name] + "：", (10, y - 4, 28, y + 1))
        line(values[name], (38, y - 4, 60 + 5 * n, y + 1))
    return LearnedPage(f"{n}.jpg", str(n), pixels, DPI, tuple(lines), ())


def test_a_form_is_learned_from_pages_that_agree_and_finds_them_again() -> None:
    pages = [filled(n) for n in range(4)]
    learned = learn("learned", pages)
    assert [zone.name for zone in learned.zones] == [F.SERIAL_NO, F.CUSTOMER_NO, F.AMOUNT]
    assert abs(learned.width_mm - SIZE[0]) < 0.2 and len(learned.learned_from) == 4
    for zone, value in zip(learned.zones, VALUES.values(), strict=True):
        assert zone.place.left < 38 < zone.place.right, value
        assert zone.place.right > 70, "as far as the next print"
    for seen in pages:
        fit = Aligner([learned]).align(seen.pixels)
        assert fit is not None and fit.explained > 0.6
    assert draw_zones(learned).shape == (2 * learned.ink.shape[0], 2 * learned.ink.shape[1], 3)


IDENTITY_NUMBER = "11010519491231002X"


def with_identity(one: LearnedPage, to_page: Affine) -> LearnedPage:
    """Print an identity number beside its label on the amount's row."""
    lines = []
    for text, place in (("证件号码：", (78, 40, 90, 45)), (IDENTITY_NUMBER, (92, 40, 117, 45))):
        corners = mapped([place[:2], place[2:]], to_page)
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        lines.append(TextLine(text, 0.99, Box(int(left), int(top), int(right), int(bottom))))
    return replace(one, lines=(*one.lines, *lines))


def test_the_identity_number_gets_a_zone_that_ends_the_amount_s() -> None:
    turns = (-1.2, 0.4, 1.7, 0.9)
    pages = [
        with_identity(filled(n), page(turn=turns[n], shift=(n - 1, 1 - n))[1]) for n in range(4)
    ]
    zones = {zone.name: zone.place for zone in learn("learned", pages).zones}
    assert set(zones) == {F.SERIAL_NO, F.CUSTOMER_NO, F.AMOUNT, IDENTITY}
    assert zones[F.AMOUNT].right < 79 < zones[IDENTITY].left < 93 < zones[IDENTITY].right


@pytest.mark.parametrize(
    ("printed", "again", "text", "confirmed"),
    [
        ("11010519491231002X", (), "11010519491231002X", False),
        ("110105194912310021", ("", "11010519491231002X"), "11010519491231002X", False),
        ("110105194912310021", ("110105194912310021",) * 2, "110105194912310021", True),
        ("110105194912310021", ("1101051949123100", ""), "110105194912310021", False),
    ],
)
def test_a_zone_s_identity_number_is_read_again_where_its_check_fails(
    printed: str, again: tuple[str, ...], text: str, confirmed: bool
) -> None:
    serial, other, amount = form().zones
    known = replace(form(), zones=(serial, replace(other, name=IDENTITY), amount))
    engine = Scripted(VALUES[F.SERIAL_NO], printed, *again, VALUES[F.AMOUNT])
    identity = Reader(engine, forms=[known]).read(page()[0]).identity
    assert engine.whole == 0
    assert identity is not None and (identity.text, identity.confirmed) == (text, confirmed)


def test_pages_that_do_not_agree_make_no_form() -> None:
    pages = [filled(n) for n in range(3)]
    with pytest.raises(UserError, match="3 filled pages"):
        learn("few", pages[:2])
    other = replace(
        pages[2], lines=tuple(replace(one, text="别的" + one.text) for one in pages[2].lines)
    )
    with pytest.raises(UserError, match=r"2\.jpg is no page of the same form"):
        learn("mixed", [*pages[:2], other])
    turned = replace(pages[2], lines=tuple(replace(one, angle=90.0) for one in pages[2].lines))
    with pytest.raises(UserError, match=r"2\.jpg lies turned or askew"):
        learn("turned", [*pages[:2], turned])
    bare = [replace(one, lines=one.lines[: len(WORDS)]) for one in pages]
    with pytest.raises(UserError, match="Too few labels"):
        learn("bare", bare)


def values_of(n: int) -> dict[FieldName, str]:
    return {
        F.SERIAL_NO: f"{[2026, 7051, 9484, 1373][n]}11193301{[999357, 204168, 531820, 688041][n]}",
        F.CUSTOMER_NO: f"{[1744499002, 9035127764, 4621880315, 3350946627][n]}",
        F.AMOUNT: f"{[861, 4902, 375, 6180][n]}.{[36, 71, 50, 28][n]}",
    }


def read_whole(n: int, **wrong: str) -> tuple[LearnedPage, Reading]:
    values = values_of(n)
    told = {name: wrong.get(name, value) for name, value in values.items()}
    fields = {
        name: FieldValue(name, value, 0.99, "rapidocr", Box(0, 0, 1, 1))
        for name, value in told.items()
    }
    return filled(n, values), Reading((), fields, (), "rapidocr 1", 0, 0)


def by_zones(form: FormModel) -> Callable[[Pixels], Reading]:
    """Reads the four pages again and again in their order, or those that are left."""
    order = cycle([int(n) for n in form.learned_from])
    return lambda pixels: Reader(Scripted(*values_of(next(order)).values()), forms=[form]).read(
        pixels
    )


def test_a_form_is_proposed_when_its_zones_read_its_own_pages_as_they_were_read_whole() -> None:
    made = propose("new", [read_whole(n) for n in range(4)], by_zones, SERIAL_GRAMMAR, 4)
    assert made is not None and made.values == 12
    assert made.form.learned_from == ("0", "1", "2", "3")


def test_a_page_that_its_zones_read_otherwise_proves_no_form() -> None:
    pages = [read_whole(n) for n in range(4)]
    pages[2] = read_whole(2, amount="875.50")
    assert propose("new", pages, by_zones, SERIAL_GRAMMAR, 4) is None
    made = propose("new", pages, by_zones, SERIAL_GRAMMAR, 3)
    assert made is not None and made.form.learned_from == ("0", "1", "3")


def test_a_form_is_kept_as_json() -> None:
    kept = from_json(to_json(form()))
    assert kept == form() and (kept.ink == form_ink()).all()
    with pytest.raises(ValueError):
        from_json('{"name": "x"}')
