"""One contract for every engine, on real pages; and what Tesseract says when it is not whole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytesseract
import pytest
from PIL import Image, ImageDraw

from pipeline.engines import Engine
from pipeline.engines.channels import red_as_ink, red_channel, red_share, stamp_free, three_equal
from pipeline.engines.rapid import RapidEngine
from pipeline.engines.tesseract import TesseractEngine
from pipeline.errors import PaperproofError, UserError
from pipeline.model import Box, Pixels
from pipeline.specimens.fonts import find_font, load_font

PAPER, BLACK, RED = (246, 244, 240), (40, 40, 44), (205, 60, 70)
PRINT = {
    "202611193301602652": (300, 200),
    "证券账户开户": (300, 400),
    "2026年11月19日": (900, 400),
    "581,956,000.41": (300, 600),
}
ENGINES: tuple[Callable[[], Engine], ...] = (RapidEngine, TesseractEngine)


@pytest.fixture(scope="module", params=ENGINES, ids=["rapidocr", "tesseract"])
def engine(request: pytest.FixtureRequest) -> Engine:
    make: Callable[[], Engine] = request.param
    return make()


def page(stamp: bool = False, size: tuple[int, int] = (1500, 900)) -> Pixels:
    picture = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(picture)
    if stamp:
        draw.ellipse((280, 330, 560, 680), outline=RED, width=14)
        draw.polygon([(420, 380), (500, 640), (330, 470), (510, 470), (340, 640)], fill=RED)
    for text, place in PRINT.items():
        draw.text(place, text, font=load_font(find_font(), 48), fill=BLACK)
    return np.asarray(picture)


def bare(text: str) -> str:
    return text.replace(" ", "")


@pytest.mark.slow
@pytest.mark.parametrize("stamp", [False, True], ids=["plain", "stamped"])
def test_an_engine_reads_print_and_says_where_it_stands(engine: Engine, stamp: bool) -> None:
    lines = {bare(line.text): line for line in engine.read_page(page(stamp))}
    for text, (left, top) in PRINT.items():
        line = lines[text]
        assert 0.5 < line.confidence <= 1
        assert left - 25 <= line.box.left <= left + 25
        assert top - 15 <= line.box.top <= top + 30
        assert 25 <= line.box.bottom - line.box.top <= 110
        assert line.box.right > left + 200


@pytest.mark.slow
def test_an_engine_reads_one_line_whatever_its_size(engine: Engine) -> None:
    crop = page()[190:265, 290:780]
    for picture in (crop, np.repeat(np.repeat(crop, 2, axis=0), 2, axis=1)):
        line = engine.read_line(picture)
        assert bare(line.text) == "202611193301602652"
        assert line.box == Box(0, 0, picture.shape[1], picture.shape[0])


@pytest.mark.slow
def test_an_engine_finds_nothing_on_an_empty_page(engine: Engine) -> None:
    empty = np.full((900, 1200, 3), 245, dtype=np.uint8)
    assert engine.read_page(empty) == ()
    assert engine.read_line(empty[:60, :300]).confidence < 0.6


@pytest.mark.slow
def test_an_engine_names_itself(engine: Engine) -> None:
    assert engine.name in ("rapidocr", "tesseract")
    assert engine.version[0].isdigit()


def test_a_missing_programme_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "no-such-programme")
    with pytest.raises(UserError, match="install the package tesseract-ocr"):
        TesseractEngine()


def test_a_missing_language_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytesseract, "get_languages", lambda: ["eng", "osd"])
    with pytest.raises(UserError, match="install the package tesseract-ocr-chi-sim"):
        TesseractEngine()


def test_a_reading_that_takes_too_long_is_ended() -> None:
    with pytest.raises(PaperproofError, match="could not read a page"):
        TesseractEngine(timeout=0.01).read_page(page())


def test_each_tesseract_process_runs_one_thread_and_our_own_environment_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    TesseractEngine()
    given = pytesseract.pytesseract.subprocess_args()["env"]
    assert given["OMP_THREAD_LIMIT"] == "1"
    assert "PATH" in given
    monkeypatch.setenv("OMP_THREAD_LIMIT", "7")  # ours is another mapping
    assert given["OMP_THREAD_LIMIT"] == "1"


def test_red_is_dropped_and_ink_stays() -> None:
    stamped, plain = page(stamp=True), page()
    ring = (505, 287)  # on the stamp's ring, off the print
    assert stamp_free(stamped)[ring] >= stamp_free(plain)[ring] - 3
    assert red_channel(stamped)[ring] < red_channel(plain)[ring] - 30
    assert red_as_ink(stamped)[ring] < 100
    assert int(stamp_free(stamped).min()) < 60
    assert red_share(plain) == 0
    assert red_share(stamped) > 0.005
    assert three_equal(stamp_free(plain)).shape == plain.shape
