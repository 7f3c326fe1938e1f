"""Known forms end to end: learned from four invented vouchers of each, other vouchers read by their zones."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from PIL import Image

from pipeline.engines.rapid import RapidEngine
from pipeline.forms.laying import LearnedPage
from pipeline.forms.learn import learn
from pipeline.forms.model import IDENTITY, FormModel
from pipeline.model import FieldName, Pixels
from pipeline.reading import Reader
from pipeline.specimens.cases import Level
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import FORMS, Form
from pipeline.specimens.marks import CODE128, QR
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.scanner import scan, skew_for
from pipeline.specimens.vouchers import print_voucher
from pipeline.values import plain_value

pytestmark = pytest.mark.slow

LEVELS = (Level.EASY, Level.MEDIUM, Level.HARD, Level.MEDIUM)
CODES: tuple[tuple[str, ...], ...] = ((CODE128,), (QR,), (), (CODE128, QR))


@dataclass(frozen=True)
class Voucher:
    pixels: Pixels
    values: Mapping[FieldName, str]


def voucher(form: Form, n: int, seed: int) -> Voucher:
    rng = np.random.default_rng([seed, n, FORMS.index(form)])
    serial = f"202611193301{rng.integers(10**6):06d}"
    paper = invent_transaction(rng, day=date(2026, 11, 19), branch="3301", serial_no=serial)
    printed, level = print_voucher(paper, rng), LEVELS[n]
    page = draw_voucher(form, printed, rng, font=find_font(), level=level, codes=CODES[n])
    content = scan(page.pixels, level, rng, skew_degrees=skew_for(level, rng))
    plain = {name: plain_value(name, text) for name, text in printed.values.items()}
    return Voucher(
        np.asarray(Image.open(io.BytesIO(content))),
        {name: value.text for name, value in plain.items() if value},
    )


@pytest.fixture(scope="module")
def engine() -> RapidEngine:
    return RapidEngine()


@pytest.fixture(scope="module")
def learned(engine: RapidEngine) -> dict[str, FormModel]:
    reader, forms = Reader(engine), {}
    for form in FORMS:
        pages = []
        for n in range(4):
            pixels = voucher(form, n, seed=21).pixels
            seen = reader.read(pixels)
            pages.append(LearnedPage(str(n), str(n), pixels, 300.0, seen.lines, seen.codes))
        forms[form.name] = learn(form.name, pages)
    return forms


def test_every_zone_is_found_by_its_label(learned: dict[str, FormModel]) -> None:
    for form in learned.values():
        assert {zone.name for zone in form.zones} - {IDENTITY} == {*FieldName, "words"}, form.name
        assert len(form.codes) == 2


def test_other_vouchers_are_read_by_their_zones_and_right(
    engine: RapidEngine, learned: dict[str, FormModel]
) -> None:
    reader = Reader(engine, forms=tuple(learned.values()))
    ways, wrong, cpu = [], [], 0.0
    for form in FORMS:
        for n in range(4):
            page = voucher(form, n, seed=99)
            reading = reader.read(page.pixels)
            ways.append(reading.form == form.name)
            cpu += reading.cpu_seconds
            for name, value in page.values.items():
                read = reading.fields.get(name)
                if read is None or read.value != value:
                    wrong.append((form.name, n, name, value, read))
    assert sum(ways) >= 11, "at most one page falls back to being read whole"
    assert len(wrong) <= 1, wrong
    assert not [one for one in wrong if one[4] and one[4].confidence >= 0.99]


def test_a_page_of_another_form_is_never_read_by_a_wrong_one(
    engine: RapidEngine, learned: dict[str, FormModel]
) -> None:
    for form in FORMS:
        others = [one for name, one in learned.items() if name != form.name]
        reader = Reader(engine, forms=others, sure=0)
        page = voucher(form, 0, seed=99)
        reading = reader.read(page.pixels)
        assert "zones" not in reading.engine
        mirrored = np.ascontiguousarray(page.pixels[:, ::-1])
        seen = Reader(engine, forms=[learned[form.name]], sure=0).read(mirrored)
        assert "zones" not in seen.engine
