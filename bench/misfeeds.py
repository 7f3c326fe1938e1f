"""What becomes of pages that went through the scanner wrongly: named, read, sent to people, or wrong."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from PIL import Image

from pipeline.engines.rapid import RapidEngine
from pipeline.engines.tesseract import TesseractEngine
from pipeline.forms.laying import LearnedPage
from pipeline.forms.learn import learn
from pipeline.forms.model import FormModel
from pipeline.model import Pixels, Reading
from pipeline.reading import Reader
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import RULED, SLIP, UNDERLINED, Form
from pipeline.specimens.misfeeds import MisfedPage, Misfeed, misfed_page

_SURE = 0.8
_LEARNED_FROM = 4
_KNOWN, _OTHER = (RULED, UNDERLINED), SLIP


@dataclass
class Fate:
    """What became of the pages of one kind; values are counted, doubts by page."""

    kind: str
    pages: int = 0
    right: int = 0
    to_people: int = 0
    wrong: list[str] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)
    unnamed: int = 0

    def add(self, page: MisfedPage, reading: Reading) -> None:
        """Count one page: a value that is missing or less sure than 0.8 goes to people."""
        self.pages += 1
        self.doubts.update(reading.doubts)
        self.unnamed += not reading.doubts
        for name, value in page.values.items():
            given = reading.fields.get(name)
            if given is None or given.confidence < _SURE:
                self.to_people += 1
            elif given.value == value and name != page.written_over:
                self.right += 1
            elif given.value != value:
                self.wrong.append(f"{name}: {given.value} for {value} at {given.confidence}")

    def figures(self) -> dict[str, Any]:
        """Return the row for the JSON."""
        return {**vars(self), "doubts": dict(self.doubts)}

    def line(self) -> str:
        """Return the row of the table."""
        named = ", ".join(f"{doubt} {count}" for doubt, count in self.doubts.most_common())
        return (
            f"{self.kind:<14} {self.pages:3d} pages, named: {named or '–'}, not named {self.unnamed}; "
            f"values read right {self.right}, sent to people {self.to_people}, "
            f"WRONG at ≥ {_SURE}: {len(self.wrong)} {'; '.join(self.wrong)}"
        )


def fates(seed: int, pages: int) -> list[Fate]:
    """Let the reader, knowing two forms, read ``pages`` misfed pages of each kind; called apart."""
    cv2.setNumThreads(1)
    engine = RapidEngine()
    reader = Reader(engine, TesseractEngine(), forms=_learned(engine, seed))
    told = []
    for kind in Misfeed:
        made = [_page(_KNOWN[n % len(_KNOWN)], kind, n // len(_KNOWN), seed) for n in range(pages)]
        told.append(_fate(str(kind), reader, made))
    other = [_page(_OTHER, Misfeed.STRAIGHT, n, seed) for n in range(pages)]
    return [*told, _fate("other form", reader, other)]


def _fate(kind: str, reader: Reader, pages: Sequence[MisfedPage]) -> Fate:
    fate = Fate(kind)
    for page in pages:
        fate.add(page, reader.read(_pixels(page)))
    return fate


def _page(form: Form, kind: Misfeed, number: int, seed: int) -> MisfedPage:
    return misfed_page(form, kind, number, seed=seed, font=find_font())


def _learned(engine: RapidEngine, seed: int) -> tuple[FormModel, ...]:
    reader, forms = Reader(engine), []
    for form in _KNOWN:
        seen = []
        for n in range(_LEARNED_FROM):
            pixels = _pixels(_page(form, Misfeed.STRAIGHT, n, seed + 1))
            reading = reader.read(pixels)
            seen.append(LearnedPage(str(n), str(n), pixels, 300.0, reading.lines, reading.codes))
        forms.append(learn(form.name, seen))
    return tuple(forms)


def _pixels(page: MisfedPage) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(page.content)).convert("RGB"))
