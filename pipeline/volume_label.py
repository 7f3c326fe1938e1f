"""The label of a cold volume's carrier, to print: Chinese and English, with a code that names its content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from pipeline.copies import size
from pipeline.language import Message, say
from pipeline.model import Pixels
from pipeline.sheet_print import PRINT_DPI
from pipeline.specimens.fonts import find_font
from pipeline.specimens.marks import QR, code_ink
from pipeline.specimens.sheet import A5_LANDSCAPE, Sheet

_MARGIN, _QR_LEFT, _QR_TOP, _VALUES = 12.0, 148.0, 36.0, 74.0
_QR_MM = 1.2
"""Side of a square: 9 pixels at 200 dpi, more than twice what decoders need; a phone reads it too."""
_LINE = 8.6
_LONGEST = 26
_SIGN = (say("Made by"), say("Read back by"), say("Stored by"))


@dataclass(frozen=True)
class VolumeLabel:
    """What stands on the label."""

    institution: str
    name: str
    manifest: str
    """SHA-256 of the volume's manifest-sha256.txt, 64 hexadecimal digits."""
    made: date
    days: Sequence[date]
    """Business days of the pages in it, in order."""
    branches: Sequence[str]
    objects: int
    byte_count: int
    carrier: str = ""
    """Number and kind of the carrier; empty: left to be written by hand."""
    place: str = ""
    encrypted: bool = False

    @property
    def code(self) -> str:
        """What the QR code says: the volume and the digest of its manifest."""
        return f"{self.name} {self.manifest}"


def draw_label(label: VolumeLabel, *, dpi: int = PRINT_DPI, font: Path | None = None) -> Pixels:
    """Draw a label of A5 (210 x 148 mm), 3 channels, black on white.

    Raises UserError when the Chinese typeface is missing.
    """
    paper = Sheet(A5_LANDSCAPE, font or find_font(), dpi)
    right = A5_LANDSCAPE.width_mm - _MARGIN
    paper.label(_MARGIN, 17, label.institution[:21], 5)
    paper.label(right, 17, _both(say("Cold volume of the archive")), 4.2, anchor="rs")
    paper.rule(_MARGIN, 21, right, 21, 0.8)
    paper.label(_MARGIN, 33, label.name, 11, bold=True)
    if label.encrypted:
        paper.label(right, 31, _both(say("ENCRYPTED")), 5.5, bold=True, anchor="rs")
    for row, (name, value) in enumerate(_lines(label)):
        down = 43 + _LINE * row
        paper.label(_MARGIN, down, _both(name), 3.7)
        paper.label(_VALUES, down, value, 4.4, bold=True)
        if not value:
            paper.rule(_VALUES, down + 1, _QR_LEFT - 6, down + 1)
    _sign(paper)
    paper.label(_MARGIN, 142, _both(_advice(label)), 2.9)
    ink = paper.form_ink().copy()
    code = code_ink(label.code, QR, dpi, module_mm=_QR_MM, ec_level="Q")
    top, left = paper.px(_QR_TOP), paper.px(_QR_LEFT)
    ink[top : top + code.shape[0], left : left + code.shape[1]] = code
    return np.repeat((255 - ink)[:, :, None], 3, axis=2)


def _lines(label: VolumeLabel) -> Iterator[tuple[Message, str]]:
    yield say("Made"), label.made.isoformat()
    yield say("Business days"), _span(label.days)
    yield say("Branches"), _some(label.branches)
    yield say("Objects"), f"{label.objects:,} · {size(label.byte_count)}"
    yield say("Manifest (SHA-256)"), _in_fours(label.manifest[:16]) + " …"
    yield say("Carrier"), _fitting(label.carrier)
    yield say("Place"), _fitting(label.place)


def _sign(paper: Sheet) -> None:
    """Lines for three signatures, each with its date."""
    width = (A5_LANDSCAPE.width_mm - 2 * _MARGIN) / len(_SIGN)
    for column, name in enumerate(_SIGN):
        left = _MARGIN + column * width
        paper.label(left, 113, _both(name), 3.7)
        paper.rule(left, 124, left + width - 8, 124)
        paper.label(left, 129, _both(say("Signature, date")), 2.9)


def _advice(label: VolumeLabel) -> Message:
    if label.encrypted:
        return say("Opened with an age identity; who holds it is written down in the archive.")
    return say("Plain files; data/READ ME tells how a page is found and checked.")


def _both(text: Message) -> str:
    return f"{text.in_language('zh')} {text.in_language('en')}"


def _span(days: Sequence[date]) -> str:
    if not days:
        return "–"
    if len(days) == 1:
        return days[0].isoformat()
    return f"{days[0].isoformat()} … {days[-1].isoformat()} ({len(days)})"


def _some(branches: Sequence[str]) -> str:
    """As many branches as the line holds, and how many there are when it does not hold all."""
    shown = " ".join(branches)
    if len(shown) <= _LONGEST:
        return shown or "–"
    return f"{shown[: _LONGEST - 8].rpartition(' ')[0]} … ({len(branches)})"


def _in_fours(digits: str) -> str:
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _fitting(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
