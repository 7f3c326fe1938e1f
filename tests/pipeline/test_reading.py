"""The cascade, with a scripted engine where the engine is not what is tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import cv2
import numpy as np
import pytest
import zxingcpp

from pipeline.code_and_print import CODE_DIFFERS, TWO_SERIALS
from pipeline.engines.rapid import RapidEngine
from pipeline.engines.tesseract import TesseractEngine
from pipeline.fields import WORDS_DIFFER, WORDS_NOT_READ
from pipeline.model import Box, FieldName, FieldValue, Pixels, TextLine
from pipeline.reading import Reader
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import FORMS, Form
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.vouchers import print_voucher
from pipeline.stance import on_page
from pipeline.values import plain_value

F = FieldName
SERIAL, OTHER = "202611193301999357", "202611193301602652"
SIZE = (1400, 1000)


class Scripted:
    """Says what it is told, and counts what it is asked."""

    version = "1"

    def __init__(
        self,
        page: Sequence[TextLine] | Callable[[Pixels], Sequence[TextLine]],
        readings: Sequence[str] = (),
        name: str = "rapidocr",
    ) -> None:
        self.name = name
        self._page = page if callable(page) else (lambda pixels: page)
        self._readings = list(readings)
        self.pages_read = 0
        self.shown: list[Pixels] = []

    def read_page(self, pixels: Pixels) -> tuple[TextLine, ...]:
        self.pages_read += 1
        return tuple(self._page(pixels))

    def read_line(self, pixels: Pixels, only: str = "") -> TextLine:
        self.shown.append(pixels)
        text = self._readings.pop(0) if self._readings else ""
        return TextLine(text, 0.97 if text else 0.0, Box(0, 0, pixels.shape[1], pixels.shape[0]))


def line(text: str, row: int = 0, confidence: float = 0.99) -> TextLine:
    return TextLine(
        text, confidence, Box(100, 300 + 60 * row, 100 + 24 * len(text), 340 + 60 * row)
    )


def blank(size: tuple[int, int] = SIZE) -> Pixels:
    return np.full((*size, 3), 250, dtype=np.uint8)


def with_codes(*texts: str) -> Pixels:
    pixels = blank()
    for n, text in enumerate(texts):
        symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
        drawn = cv2.resize(
            np.asarray(zxingcpp.write_barcode_to_image(symbol)),
            (700, 90),
            interpolation=cv2.INTER_NEAREST,
        )
        pixels[30 + 150 * n : 120 + 150 * n, 100:800] = drawn[:, :, np.newaxis]
    return pixels


def test_the_serial_comes_from_the_code_where_there_is_one() -> None:
    reading = Reader(Scripted([])).read(with_codes(SERIAL))
    serial = reading.fields[F.SERIAL_NO]
    assert (serial.value, serial.source, reading.doubts) == (SERIAL, "barcode", ())
    assert serial.confidence >= 0.99
    assert [code.text for code in reading.codes] == [SERIAL]
    assert serial.box == reading.codes[0].box


def test_code_and_print_that_agree_are_both_named() -> None:
    reading = Reader(Scripted([line(f"流水号：{SERIAL}")])).read(with_codes(SERIAL))
    serial = reading.fields[F.SERIAL_NO]
    assert (serial.source, serial.confidence > 0.999) == ("barcode+rapidocr", True)


@pytest.mark.parametrize(
    ("printed", "value", "sure"),
    [
        (SERIAL.replace("9357", "9857"), SERIAL, True),
        (OTHER, SERIAL, False),
        ("162760558327", "162760558327", False),
    ],
    ids=["misread print", "another serial", "code of another shape"],
)
def test_code_and_print_that_differ_are_a_doubt(printed: str, value: str, sure: bool) -> None:
    reading = Reader(Scripted([line(f"流水号：{printed}")])).read(with_codes(SERIAL))
    serial = reading.fields[F.SERIAL_NO]
    assert (serial.value, serial.confidence >= 0.99) == (value, sure)
    assert reading.doubts == (CODE_DIFFERS,)


def test_two_serials_on_one_page_give_none() -> None:
    reading = Reader(Scripted([line(f"流水号：{SERIAL}")])).read(with_codes(SERIAL, OTHER))
    assert F.SERIAL_NO not in reading.fields
    assert reading.doubts == (TWO_SERIALS,)


def test_a_code_that_repeats_the_customer_number_is_no_serial() -> None:
    lines = [line("客户编号：1744499002"), line(f"流水号：{SERIAL}", 1)]
    reading = Reader(Scripted(lines)).read(with_codes("1744499002"))
    assert (reading.fields[F.SERIAL_NO].value, reading.doubts) == (SERIAL, ())


def test_the_serial_grammar_is_a_setting() -> None:
    reading = Reader(Scripted([]), serial_grammar=r"\d{18}").read(
        with_codes("FORM-2026-0001", SERIAL)
    )
    assert (reading.fields[F.SERIAL_NO].value, reading.doubts) == (SERIAL, ())


AMOUNT = [line("金额小写：¥867.36"), line("金额大写：捌佰陆拾壹元叁角陆分", 1)]


def test_figures_that_differ_from_the_words_are_read_again() -> None:
    engine = Scripted(AMOUNT, ["¥861.36", "¥861.36"])
    reading = Reader(engine).read(blank())
    assert reading.doubts == ()
    assert reading.fields[F.AMOUNT].value == "861.36"
    assert reading.fields[F.AMOUNT].source == "rapidocr+words"


def test_figures_that_still_differ_from_the_words_are_a_doubt() -> None:
    reading = Reader(Scripted(AMOUNT, ["¥867.36", "¥867.36"])).read(blank())
    assert reading.doubts == (WORDS_DIFFER,)
    assert reading.fields[F.AMOUNT].value == "867.36"
    assert reading.fields[F.AMOUNT].confidence < 0.6


def test_a_doubtful_field_is_read_again_and_a_sure_one_is_not() -> None:
    doubtful = Scripted(
        [line("客户编号：1744499002", confidence=0.6)], ["1744499008", "1744499008"]
    )
    assert Reader(doubtful).read(blank()).fields[F.CUSTOMER_NO].value == "1744499008"
    sure = Scripted([line("客户编号：1744499002")], ["1744499008", "1744499008"])
    assert Reader(sure).read(blank()).fields[F.CUSTOMER_NO].value == "1744499002"
    assert sure.shown == []


FIELD = FieldValue(F.CUSTOMER_NO, "1744499002", 0.9, "rapidocr", Box(200, 300, 500, 340))


@pytest.mark.parametrize(
    ("first", "second", "value", "source"),
    [
        (["1744499008", "1744499008"], ["1744499008"], "1744499008", "rapidocr+tesseract"),
        (["1744499002", ""], ["1744499008"], "1744499002", "rapidocr"),
        (["1744499008", ""], ["1744499008"], "1744499008", "rapidocr+tesseract"),
        (["", ""], ["1744499002"], "1744499002", "rapidocr+tesseract"),
        (["客户编号：1744499008", "1744499008"], [""], "1744499008", "rapidocr"),
        (["1744499008", ""], [""], None, None),
        (["1744499003", "1744499004"], ["1744499005"], None, None),
        (["", ""], [""], None, None),
    ],
)
def test_a_field_is_confirmed_by_readings_that_agree(
    first: list[str], second: list[str], value: str | None, source: str | None
) -> None:
    reader = Reader(Scripted([], first), Scripted([], second, "tesseract"))
    confirmed = reader.confirm(blank(), FIELD)
    assert (confirmed and confirmed.value, confirmed and confirmed.source) == (value, source)
    assert confirmed is None or confirmed.box == FIELD.box


def test_confirming_shows_the_place_with_a_margin_in_several_guises() -> None:
    engine, second = Scripted([]), Scripted([], name="tesseract")
    Reader(engine, second).confirm(blank(), FIELD)
    assert [picture.shape[0] for picture in (*engine.shown, *second.shown)] == [35, 75, 50]
    outside = FieldValue(F.CUSTOMER_NO, "1744499002", 0.9, "rapidocr", Box(990, 1390, 1200, 1500))
    assert Reader(engine, second).confirm(blank(), outside) is None


@pytest.mark.parametrize("angle", [90, 180, -90, 8])
def test_a_doubtful_value_of_a_page_that_lies_turned_is_read_again_upright(angle: float) -> None:
    label, value = Box(500, 400, 700, 440), Box(800, 400, 1100, 440)
    page = [
        TextLine("客户编号", 0.99, on_page(label, angle), angle),
        TextLine("1744499002", 0.6, on_page(value, angle), angle),
    ]
    engine = Scripted(page, ["1744499008", "1744499008"])
    field = Reader(engine).read(blank()).fields[F.CUSTOMER_NO]
    assert (field.value, field.angle) == ("1744499008", angle)
    assert np.abs(np.subtract(field.box, page[1].box)).max() <= 2
    assert all(picture.shape[1] > 3 * picture.shape[0] for picture in engine.shown)
    assert engine.pages_read == 1


WORDS = "柒佰玖拾捌元贰角柒分"


@pytest.mark.parametrize(
    ("printed", "again", "doubts"),
    [
        (WORDS, [], ()),
        ("染佰玖抬捌元贰角柒分", [WORDS, WORDS], ()),
        (
            "染佰玖抬捌元贰角柒分",
            ["", "柒佰玖拾捌元贰角贰分", "柒佰玖拾捌元贰角贰分"],
            (WORDS_DIFFER,),
        ),
        ("染佰玖抬捌元贰角柒分", ["染佰", "", ""], (WORDS_NOT_READ,)),
        ("柒佰玖拾捌元柒角贰分", ["798.27", "798.27", WORDS, WORDS], ()),
        ("柒佰玖拾捌元柒角贰分", ["798.27", "798.27", "", "", ""], (WORDS_DIFFER,)),
    ],
    ids=["proved", "read again", "read again, another", "never read", "misread", "another"],
)
def test_words_are_read_again_where_they_prove_nothing_and_never_passed_over(
    printed: str, again: list[str], doubts: tuple[str, ...]
) -> None:
    lines = [line("金额小写：798.27"), line(f"金额大写：{printed}", 1)]
    reading = Reader(Scripted(lines, again)).read(blank())
    assert reading.fields[F.AMOUNT].value == "798.27"
    assert reading.doubts == doubts
    assert ("words" in reading.fields[F.AMOUNT].source) == (not doubts)


def test_a_page_of_other_text_is_read_once() -> None:
    engine = Scripted([line("SUN WONG KUT SDN BHD"), line("TOTAL 88.17", 1)])
    reading = Reader(engine).read(blank())
    assert (dict(reading.fields), engine.pages_read, len(reading.lines)) == ({}, 1, 2)


def test_a_form_printed_in_red_is_read_with_its_red_as_ink() -> None:
    red = blank()
    red[300:340, 100:600] = (210, 60, 70)

    def see(pixels: Pixels) -> list[TextLine]:
        label = (
            [TextLine("客户编号：", 0.99, Box(100, 300, 300, 340))]
            if pixels[320, 300, 0] < 100
            else []
        )
        return [*label, TextLine("1744499002", 0.99, Box(400, 300, 700, 340))]

    assert F.CUSTOMER_NO in Reader(Scripted(see)).read(red).fields


def test_cost_is_measured() -> None:
    reading = Reader(Scripted([])).read(with_codes(SERIAL))
    assert reading.cpu_seconds > 0
    assert reading.wall_seconds > 0
    assert reading.engine == "rapidocr 1"


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form.name))
def test_a_drawn_voucher_is_read_whole_and_confirmed(form: Form) -> None:
    rng = np.random.default_rng(7)
    voucher = print_voucher(
        invent_transaction(rng, day=date(2026, 11, 19), branch="3301", serial_no=SERIAL), rng
    )
    drawn = draw_voucher(form, voucher, rng, font=find_font())
    reader = Reader(RapidEngine(), TesseractEngine())
    reading = reader.read(drawn.pixels)
    expected = {name: plain_value(name, text) for name, text in voucher.values.items()}
    assert {name: field.value for name, field in reading.fields.items()} == {
        name: value.text for name, value in expected.items() if value
    }
    assert reading.fields[F.AMOUNT].source == "rapidocr+words"
    for name in (F.CUSTOMER_NO, F.AMOUNT):
        confirmed = reader.confirm(drawn.pixels, reading.fields[name])
        assert confirmed is not None
        assert confirmed.value == reading.fields[name].value
