"""The named peers as they come: whole page to text, nothing prepared, one thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import ocrmypdf
import pytesseract
from rapidocr import RapidOCR

from bench.account import Account
from bench.pages import BenchPage
from pipeline.engines.tesseract import TesseractEngine
from pipeline.model import Pixels
from pipeline.values import half_width

_LANGUAGES = "chi_sim+eng"

TextOf = Callable[[BenchPage], str]


def text_reader(account: Account, text_of: TextOf) -> Callable[[BenchPage], None]:
    """Judge a reader of text: a field is right when its printed form stands anywhere, the kindest count."""

    def read(page: BenchPage) -> None:
        text = _compact(text_of(page))
        account.judge(page, {name: _compact(one) in text for name, one in page.printed.items()})

    return read


def pytesseract_text() -> TextOf:
    """Pytesseract with its own page segmentation."""
    TesseractEngine()  # one thread for each process that pytesseract starts
    return lambda page: str(pytesseract.image_to_string(page.open(), lang=_LANGUAGES))


def rapidocr_text() -> TextOf:
    """RapidOCR with detection, angle classifier and recognition."""
    one_thread = {
        "Global.log_level": "critical",
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    ocr = RapidOCR(params=one_thread)

    def text_of(page: BenchPage) -> str:
        pixels: Pixels = np.asarray(page.open())
        return "\n".join(ocr(pixels[:, :, ::-1]).txts or ())

    return text_of


def ocrmypdf_text() -> TextOf:
    """OCRmyPDF from scan to searchable PDF, one page a call, in this process, without Ghostscript."""

    def text_of(page: BenchPage) -> str:
        with TemporaryDirectory() as folder:
            scan, text = Path(folder) / page.name, Path(folder) / "text.txt"
            scan.write_bytes(page.content)
            ocrmypdf.ocr(
                scan,
                Path(folder) / "page.pdf",
                language=_LANGUAGES.split("+"),
                image_dpi=300,
                output_type="pdf",
                optimize=0,
                jobs=1,
                use_threads=True,
                progress_bar=False,
                sidecar=text,
            )
            return text.read_text("utf-8")

    return text_of


def _compact(text: str) -> str:
    return "".join(half_width(text).split()).replace("￥", "¥")
