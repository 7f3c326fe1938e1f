"""Paperproof's own ways of reading, each in a process of its own, so that its memory can be told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bench.account import Account, cpu_seconds, peak_mib
from bench.pages import BenchPage
from bench.peers import ocrmypdf_text, pytesseract_text, rapidocr_text, text_reader
from pipeline.barcode import find_codes
from pipeline.engines.engine import Engine
from pipeline.engines.rapid import RapidEngine
from pipeline.engines.tesseract import TesseractEngine
from pipeline.forms.align import Aligner
from pipeline.forms.laying import LearnedPage
from pipeline.forms.learn import learn
from pipeline.forms.model import FormModel
from pipeline.model import FieldName, Pixels, TextLine
from pipeline.reading import Reader
from pipeline.sandbox import Sandbox

_Read = Callable[[BenchPage], None]


@dataclass(frozen=True)
class _Way:
    """How Paperproof reads in one row of the table."""

    with_forms: bool
    second: bool = True
    tesseract_first: bool = False


_WAYS = {
    "zones": _Way(with_forms=True),
    "zones-alone": _Way(with_forms=True, second=False),
    "whole": _Way(with_forms=False),
    "whole-alone": _Way(with_forms=False, second=False),
    "tesseract": _Way(with_forms=False, second=False, tesseract_first=True),
}
"""Names ending in -alone have no second reader; tesseract is the same cascade with that engine only."""

_PEERS = {
    "pytesseract": pytesseract_text,
    "rapidocr": rapidocr_text,
    "ocrmypdf": ocrmypdf_text,
}

READERS = (*_WAYS, *_PEERS)


def run(name: str, pages: Sequence[BenchPage], forms: Sequence[FormModel]) -> Account:
    """Let one reader read all pages; called in a fresh process."""
    cv2.setNumThreads(1)
    account = Account(name)
    read: _Read = (
        text_reader(account, _PEERS[name]())
        if name in _PEERS
        else _paperproof(account, _WAYS[name], forms)
    )
    for page in pages:
        before = account.cpu.get("all", 0.0)
        with account.stage("all"):
            read(page)
        if page.coded:
            account.coded.append(account.cpu["all"] - before)
    account.peak_mib = peak_mib()
    return account


class _Timed:
    """An engine whose seconds are counted."""

    def __init__(self, engine: Engine, account: Account, stage: str) -> None:
        self._engine, self._account, self._stage = engine, account, stage
        self.name, self.version = engine.name, engine.version

    def read_page(self, pixels: Pixels) -> tuple[TextLine, ...]:
        with self._account.stage("find and recognise lines"):
            return self._engine.read_page(pixels)

    def read_line(self, pixels: Pixels, only: str = "") -> TextLine:
        with self._account.stage(self._stage):
            return self._engine.read_line(pixels, only)


def _paperproof(account: Account, way: _Way, forms: Sequence[FormModel]) -> _Read:
    """Return the product's way: opened in the sandbox, read by the cascade."""
    first = TesseractEngine() if way.tesseract_first else RapidEngine()
    second = _Timed(TesseractEngine(), account, "second reader") if way.second else None
    known = forms if way.with_forms else ()
    reader = Reader(_Timed(first, account, "recognise places"), second, forms=known)
    aligner, sandbox = Aligner(known), Sandbox()
    account.values = []

    def read(page: BenchPage) -> None:
        with account.stage("open"):
            pixels = sandbox.decode(page.content).pixels
        account.add("open", sandbox.latest_cost.cpu_seconds)
        account.add("all", sandbox.latest_cost.cpu_seconds)
        _judge(account, page, reader, pixels)
        _once_more(account, pixels, aligner if known else None)

    return read


def _judge(account: Account, page: BenchPage, reader: Reader, pixels: Pixels) -> None:
    reading = reader.read(pixels)
    account.ways["zones" if reading.form else "whole page"] += 1
    given = reading.fields
    rights = {
        name: name in given and given[name].value == value for name, value in page.plain.items()
    }
    account.judge(page, rights)
    values = [(one.confidence, rights[name]) for name, one in given.items() if name in rights]
    account.values = [*(account.values or ()), *values]
    serial = given.get(FieldName.SERIAL_NO)
    if serial and "barcode" in serial.source:
        account.serials_from_code += 1
        account.serials_from_code_wrong += not rights.get(FieldName.SERIAL_NO, True)


def _once_more(account: Account, pixels: Pixels, aligner: Aligner | None) -> None:
    """Measure what the reader does inside once more; it is taken from the sum again."""
    before = cpu_seconds()
    with account.stage("align" if aligner else "codes"):
        if aligner:
            aligner.align(pixels)
        else:
            find_codes(pixels)
    account.add("all", before - cpu_seconds())


def learned_forms(to_learn: Mapping[str, Sequence[BenchPage]]) -> tuple[FormModel, ...]:
    """Learn each form from pages that are read whole."""
    cv2.setNumThreads(1)
    reader = Reader(RapidEngine())
    forms = []
    for name, pages in to_learn.items():
        seen = []
        for page in pages:
            pixels: Pixels = np.asarray(page.open())
            reading = reader.read(pixels)
            digest = hashlib.sha256(page.content).hexdigest()
            seen.append(
                LearnedPage(page.name, digest, pixels, page.dpi, reading.lines, reading.codes)
            )
        forms.append(learn(name, seen))
    return tuple(forms)
