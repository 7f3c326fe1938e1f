"""A sheet to print on: places in millimetres, the form's own print apart from what is typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from PIL import Image, ImageDraw

from pipeline.model import Box, FieldName
from pipeline.specimens.fonts import MONO, REGULAR, load_font
from pipeline.specimens.ink import Mask

_NEEDLES_PER_INCH = 180
_DOT = 5


@dataclass(frozen=True)
class Paper:
    """A paper size in millimetres."""

    width_mm: float
    height_mm: float

    def pixels(self, dpi: int) -> tuple[int, int]:
        """Return width and height in pixels."""
        return round(self.width_mm / 25.4 * dpi), round(self.height_mm / 25.4 * dpi)


A4 = Paper(210, 297)
A5_LANDSCAPE = Paper(210, 148)


class Sheet:
    """Takes text and rules at millimetre places; remembers where each voucher field stands.

    With ``needles`` the typed text is set by a 24-needle printer: dots, 180 to the inch.
    ``shift_mm`` moves all that is typed against the form, as a badly fed sheet does.
    """

    def __init__(
        self,
        paper: Paper,
        font: Path,
        dpi: int,
        *,
        needles: bool = False,
        shift_mm: tuple[float, float] = (0, 0),
    ) -> None:
        self.paper, self.dpi, self.font = paper, dpi, font
        self.places: dict[FieldName, Box] = {}
        self._needles, self._shift = needles, shift_mm
        self._typed_dpi = _NEEDLES_PER_INCH if needles else dpi
        self._form = Image.new("L", paper.pixels(dpi))
        self._typed = Image.new("L", paper.pixels(self._typed_dpi))
        self._form_pen = ImageDraw.Draw(self._form)
        self._typed_pen = ImageDraw.Draw(self._typed)

    def px(self, mm: float) -> int:
        """Return millimetres in pixels of the page."""
        return round(mm / 25.4 * self.dpi)

    def rule(self, x0: float, y0: float, x1: float, y1: float, width_mm: float = 0.2) -> None:
        """Draw a line of the form."""
        ends = [self.px(v) for v in (x0, y0, x1, y1)]
        self._form_pen.line(ends, fill=255, width=max(1, self.px(width_mm)))

    def label(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 3.7,
        *,
        bold: bool = False,
        anchor: Literal["ls", "ms", "rs"] = "ls",
    ) -> None:
        """Print text of the form; x, y its left, middle or right end on the base line."""
        self._form_pen.text(
            (self.px(x), self.px(y)),
            text,
            fill=255,
            font=load_font(self.font, max(4, self.px(size)), REGULAR),
            anchor=anchor,
            stroke_width=max(1, self.px(size / 48)) if bold else 0,
        )

    def type(
        self, x: float, y: float, text: str, size: float = 3.7, field: FieldName | None = None
    ) -> None:
        """Type text onto the form from x on the base line y; a voucher field's place is kept."""
        per_mm = self._typed_dpi / 25.4
        at = (x + self._shift[0]) * per_mm, (y + self._shift[1]) * per_mm
        font = load_font(self.font, max(4, round(size * per_mm)), MONO)
        self._typed_pen.text(at, text, fill=255, font=font, anchor="ls")
        if field is not None:
            scale = self.dpi / self._typed_dpi
            box = self._typed_pen.textbbox(at, text, font=font, anchor="ls")
            self.places[field] = Box(*(round(edge * scale) for edge in box))

    def form_ink(self) -> Mask:
        """Return the ink of the form."""
        return np.asarray(self._form, np.uint8)

    def typed_ink(self) -> Mask:
        """Return the ink of what was typed."""
        typed = np.asarray(self._typed, np.uint8)
        return _in_dots(typed, self.paper.pixels(self.dpi)) if self._needles else typed


def _in_dots(mask: Mask, size: tuple[int, int]) -> Mask:
    """Break strokes into the needle's round dots, then bring the mask to ``size`` (width, height)."""
    height, width = mask.shape
    spread = np.arange(_DOT) - _DOT // 2
    dot = (300 * np.exp(-(spread**2 + spread[:, None] ** 2) / 5.4)).clip(0, 255).astype(np.uint8)
    struck = (mask > 105).astype(np.uint8)
    rows = cv2.resize(struck, (width * _DOT, height * _DOT), interpolation=cv2.INTER_NEAREST)
    return np.asarray(
        cv2.resize(rows * np.tile(dot, (height, width)), size, interpolation=cv2.INTER_AREA),
        np.uint8,
    )
