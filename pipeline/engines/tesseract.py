"""Tesseract: the independent second reader, one process a call, through pytesseract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import cv2
import pytesseract
from PIL import Image
from pytesseract import pytesseract as wrapper

from pipeline.engines.channels import Grey, stamp_free
from pipeline.errors import PaperproofError, UserError
from pipeline.language import say
from pipeline.model import Box, Pixels, TextLine

_NEEDED = ("chi_sim", "eng")
_WHOLE_PAGE, _ONE_LINE = 3, 7
_LINE_HEIGHT = 60
_WIDE_GAP = 1.2
"""A gap this many times the line's height parts a label from a value, or two columns."""


@dataclass(frozen=True)
class _Word:
    text: str
    confidence: float
    box: Box
    line: tuple[int, int, int]


class TesseractEngine:
    """Reads the page, all red taken out, with the simplified Chinese and English models.

    ``timeout``: seconds after which one call is ended. Raises UserError when the programme or one of its
    language models is missing, PaperproofError when a call fails or takes too long.
    """

    name = "tesseract"

    def __init__(self, timeout: float = 120.0) -> None:
        self._timeout = timeout
        # pytesseract hands its own name for the environment to each process it starts; one thread each.
        wrapper.environ = {**wrapper.environ, "OMP_THREAD_LIMIT": "1"}
        try:
            self.version = str(pytesseract.get_tesseract_version())
            languages = pytesseract.get_languages()
        except pytesseract.TesseractNotFoundError as missing:
            raise UserError(
                say(
                    "Tesseract is not installed; install the package {package}.",
                    package="tesseract-ocr",
                )
            ) from missing
        for language in _NEEDED:
            if language not in languages:
                package = f"tesseract-ocr-{language.replace('_', '-')}"
                raise UserError(
                    say(
                        "Tesseract lacks its language model {language}; install the package {package}.",
                        language=language,
                        package=package,
                    )
                )

    def read_page(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return the page's lines, cut where a wide gap parts label and value."""
        words = self._words(stamp_free(pixels), _WHOLE_PAGE)
        return tuple(_line(part) for part in _parts(words))

    def read_line(self, pixels: Pixels, only: str = "") -> TextLine:
        """Return the text of a crop that holds one line, which is brought to a height it reads well."""
        grey = stamp_free(pixels)
        scale = _LINE_HEIGHT / grey.shape[0]
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        margin = _LINE_HEIGHT // 3
        framed = cv2.copyMakeBorder(grey, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        words = list(self._words(framed, _ONE_LINE, only))
        whole = Box(0, 0, pixels.shape[1], pixels.shape[0])
        if not words:
            return TextLine("", 0.0, whole)
        line = _line(words)
        return TextLine(line.text, line.confidence, whole)

    def _words(self, grey: Grey, layout: int, only: str = "") -> Iterator[_Word]:
        picture = Image.fromarray(grey)
        picture.format = (
            "BMP"  # how pytesseract writes it to disk: PNG, its default, takes longer to pack
        )
        try:
            table = pytesseract.image_to_data(
                picture,
                lang="+".join(_NEEDED),
                config=f"--psm {layout}" + (f" -c tessedit_char_whitelist={only}" if only else ""),
                output_type=pytesseract.Output.DICT,
                timeout=self._timeout,
            )
        except (pytesseract.TesseractError, RuntimeError) as failure:
            raise PaperproofError(
                say("Tesseract could not read a page ({reason}); try again.", reason=str(failure))
            ) from failure
        yield from _words_of(table)


def _words_of(table: Mapping[str, list[Any]]) -> Iterator[_Word]:
    for n, text in enumerate(table.get("text", ())):
        if not str(text).strip() or float(table["conf"][n]) < 0:
            continue
        left, top = int(table["left"][n]), int(table["top"][n])
        box = Box(left, top, left + int(table["width"][n]), top + int(table["height"][n]))
        line = (int(table["block_num"][n]), int(table["par_num"][n]), int(table["line_num"][n]))
        yield _Word(str(text).strip(), float(table["conf"][n]) / 100, box, line)


def _parts(words: Iterable[_Word]) -> Iterator[list[_Word]]:
    """Give the words of each line, parted at wide gaps."""
    for _, line in groupby(words, key=lambda word: word.line):
        part: list[_Word] = []
        for word in sorted(line, key=lambda word: word.box.left):
            if part and word.box.left - part[-1].box.right > _WIDE_GAP * (
                word.box.bottom - word.box.top
            ):
                yield part
                part = []
            part.append(word)
        yield part


def _line(words: list[_Word]) -> TextLine:
    """Join words: a blank between words of letters, none beside Chinese signs."""
    text = words[0].text
    for word in words[1:]:
        blank = " " if text[-1].isascii() and word.text[0].isascii() else ""
        text += blank + word.text
    boxes = [word.box for word in words]
    return TextLine(
        text,
        sum(word.confidence for word in words) / len(words),
        Box(
            min(box.left for box in boxes),
            min(box.top for box in boxes),
            max(box.right for box in boxes),
            max(box.bottom for box in boxes),
        ),
    )
