"""The readers that are compared; each runs in a process of its own, so that its memory can be told."""

from __future__ import annotations

import hashlib
import io
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytesseract
from PIL import Image
from rapidocr import RapidOCR

from bench.pages import BenchPage
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
from pipeline.values import half_width

SURE = 0.99


@dataclass
class Account:
    """What a reader cost and got right."""

    reader: str
    pages: int = 0
    fields: int = 0
    right: int = 0
    pages_right: int = 0
    sure: int | None = None
    """Values given with confidence of 0.99 or more; None where the reader gives no fields."""
    sure_wrong: int | None = None
    ways: Counter[str] = field(default_factory=Counter)
    cpu: dict[str, float] = field(default_factory=dict)
    """Seconds by stage."""
    wrong: list[str] = field(default_factory=list)
    peak_mib: int = 0

    def judge(self, page: BenchPage, rights: Mapping[FieldName, bool]) -> None:
        """Count one page."""
        self.pages += 1
        self.fields += len(rights)
        self.right += sum(rights.values())
        self.pages_right += all(rights.values())
        self.wrong += [f"{page.name} {name}" for name, right in rights.items() if not right]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the processor seconds of the block, those of ended child processes too."""
        before = _cpu()
        yield
        self.cpu[name] = self.cpu.get(name, 0.0) + _cpu() - before


class _Timed:
    """An engine whose seconds are counted."""

    def __init__(self, engine: Engine, account: Account) -> None:
        self._engine, self._account = engine, account
        self.name, self.version = engine.name, engine.version

    def read_page(self, pixels: Pixels) -> tuple[TextLine, ...]:
        with self._account.stage("find and recognise lines"):
            return self._engine.read_page(pixels)

    def read_line(self, pixels: Pixels) -> TextLine:
        with self._account.stage("recognise zones"):
            return self._engine.read_line(pixels)


def learned_forms(to_learn: Mapping[str, Sequence[BenchPage]]) -> tuple[FormModel, ...]:
    """Learn each form from pages that are read whole."""
    cv2.setNumThreads(1)
    reader = Reader(RapidEngine())
    forms = []
    for name, pages in to_learn.items():
        seen = []
        for page in pages:
            pixels, dpi = _opened(page)
            reading = reader.read(pixels)
            digest = hashlib.sha256(page.content).hexdigest()
            seen.append(LearnedPage(page.name, digest, pixels, dpi, reading.lines, reading.codes))
        forms.append(learn(name, seen))
    return tuple(forms)


def run(name: str, pages: Sequence[BenchPage], forms: Sequence[FormModel], second: bool) -> Account:
    """Let one reader read all pages; called in a fresh process."""
    cv2.setNumThreads(1)
    account = Account(name)
    readers: dict[str, Callable[[], Callable[[Pixels, BenchPage], None]]] = {
        "zones": lambda: _paperproof(account, forms, second),
        "whole": lambda: _paperproof(account, (), second),
        "pytesseract": lambda: _text_only(account, _pytesseract()),
        "rapidocr": lambda: _text_only(account, _rapidocr()),
    }
    read = readers[name]()
    for page in pages:
        with account.stage("open"):
            pixels, _ = _opened(page)
        with account.stage("all"):
            read(pixels, page)
    account.cpu["all"] += account.cpu["open"]
    account.peak_mib = _peak_mib()
    return account


def _paperproof(
    account: Account, forms: Sequence[FormModel], second: bool
) -> Callable[[Pixels, BenchPage], None]:
    engine = _Timed(RapidEngine(), account)
    other = _Timed(TesseractEngine(), account) if second else None
    reader, aligner = Reader(engine, other, forms=forms), Aligner(forms)
    account.sure = account.sure_wrong = 0

    def read(pixels: Pixels, page: BenchPage) -> None:
        reading = reader.read(pixels)
        account.ways["zones" if " zones " in reading.engine else "whole page"] += 1
        rights = {
            name: name in reading.fields and reading.fields[name].value == value
            for name, value in page.plain.items()
        }
        account.judge(page, rights)
        sure = [name for name, value in reading.fields.items() if value.confidence >= SURE]
        account.sure = (account.sure or 0) + len(sure)
        wrong = sum(not rights.get(name, True) for name in sure)
        account.sure_wrong = (account.sure_wrong or 0) + wrong
        _apart(account, pixels, aligner if forms else None)

    return read


def _apart(account: Account, pixels: Pixels, aligner: Aligner | None) -> None:
    """Measure what the reader does inside once more; it is taken from the sum again."""
    before = _cpu()
    with account.stage("align" if aligner else "codes"):
        if aligner:
            aligner.align(pixels)
        else:
            find_codes(pixels)
    account.cpu["all"] = account.cpu.get("all", 0.0) - (_cpu() - before)


def _text_only(
    account: Account, text_of: Callable[[Pixels], str]
) -> Callable[[Pixels, BenchPage], None]:
    """A field counts as right when its printed form stands anywhere in the text: the kindest count."""

    def read(pixels: Pixels, page: BenchPage) -> None:
        text = _compact(text_of(pixels))
        account.judge(page, {name: _compact(one) in text for name, one in page.printed.items()})

    return read


def _pytesseract() -> Callable[[Pixels], str]:
    TesseractEngine()  # one thread for each process that pytesseract starts
    return lambda pixels: str(
        pytesseract.image_to_string(Image.fromarray(pixels), lang="chi_sim+eng")
    )


def _rapidocr() -> Callable[[Pixels], str]:
    one_thread = {
        "Global.log_level": "critical",
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    ocr = RapidOCR(params=one_thread)
    return lambda pixels: "\n".join(ocr(pixels[:, :, ::-1]).txts or ())


def _opened(page: BenchPage) -> tuple[Pixels, float]:
    picture = Image.open(io.BytesIO(page.content))
    dpi = float(picture.info.get("dpi", (300, 300))[0])
    return np.asarray(picture.convert("RGB")), dpi


def _compact(text: str) -> str:
    return "".join(half_width(text).split()).replace("￥", "¥")


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _peak_mib() -> int:
    own, children = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return round(max(own, children) / 1024)
