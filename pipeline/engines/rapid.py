"""RapidOCR: the PP-OCR models that come inside the wheel, run by onnxruntime on one thread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import cv2
import numpy as np
import numpy.typing as npt
from rapidocr import RapidOCR

from pipeline.engines.channels import Grey, red_channel, stamp_free, three_equal
from pipeline.engines.decoding import decode
from pipeline.model import Box, Pixels, TextLine
from pipeline.stance import Corners, around, on_page, run_of, upright

_SETTINGS = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "Global.text_score": 0.0,
    "Global.max_side_len": 6000,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Det.limit_type": "min",
    "Det.limit_side_len": 64,
}
"""One thread."""

_HEIGHT, _NARROWEST = 48, 128
"""Pixels of a line for the recogniser: a line costs what it is wide, but short names suffer when less is
filled up: of 836 lines 9 were doubtful at 96, 4 at 128 and at 160."""

_TURNED = 1.5
"""A crop this many times taller than wide holds text that runs down or up the page."""

_SURE = 0.9
"""Below this a line is read twice: it may be faint, or printed in red."""

_PROBED, _READS_WELL = 5, 0.75
"""Longest lines read to see whether the page is upside down, and their mean confidence where it is not:
0.9 and more as a rule, 0.55 and less upside down."""


@dataclass(frozen=True)
class _Sheet:
    """A page as it came, and without its red."""

    pixels: Pixels
    page: Pixels


class RapidEngine:
    """Finds lines on a reduced page and recognises each at full resolution, all red taken out.

    ``detection_side``: longest side, in pixels, of the page on which lines are looked for.
    """

    name = "rapidocr"

    def __init__(self, detection_side: int = 960) -> None:
        self._detection_side = detection_side
        self._ocr = RapidOCR(params=_SETTINGS)
        self.version = version("rapidocr")

    def read_page(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return the page's lines, however it lies; lines without any recognised character are left out."""
        sheet = _Sheet(pixels, three_equal(stamp_free(pixels)))
        places = sorted(self._detect(sheet.page), key=_length, reverse=True)
        angle, longest = self._longest(sheet, places[:_PROBED])
        rest = [self._line(sheet, corners, angle) for corners in places[_PROBED:]]
        lines = [line for line in (*longest, *rest) if line.text]
        return tuple(sorted(lines, key=lambda line: upright(line.box, angle)[1::-1]))

    def _longest(
        self, sheet: _Sheet, places: Sequence[Corners]
    ) -> tuple[float, Sequence[TextLine]]:
        """Return the turn of the page's text and its longest lines, which tell whether it is upside down."""
        angle = run_of(places)
        lines = [self._line(sheet, corners, angle) for corners in places]
        if _legible(lines) >= _READS_WELL:
            return angle, lines
        over = [self._line(sheet, corners, angle + 180) for corners in places]
        return (angle + 180, over) if _legible(over) > _legible(lines) else (angle, lines)

    def read_line(self, pixels: Pixels, only: str = "") -> TextLine:
        """Return the text of a crop that holds one line; its confidence is how likely all of it is right."""
        height, width = pixels.shape[:2]
        text, _, likely = self._text(stamp_free(pixels), only)
        return TextLine(text, likely, Box(0, 0, width, height))

    def _line(self, sheet: _Sheet, corners: Corners, angle: float) -> TextLine:
        """Read one line; when unsure, once more with its red left faint, and keep the surer one."""
        line = self._recognise(_cut(sheet.page, corners, angle), corners, angle)
        if line.confidence >= _SURE:
            return line
        faint = three_equal(red_channel(_cut(sheet.pixels, corners, angle)))
        return max(line, self._recognise(faint, corners, angle), key=lambda one: one.confidence)

    def _detect(self, page: Pixels) -> list[Corners]:
        """Return the corners of each line on ``page``."""
        reduce = min(1.0, self._detection_side / max(page.shape[:2]))
        small = page
        if reduce < 1.0:
            small = cv2.resize(page, None, fx=reduce, fy=reduce, interpolation=cv2.INTER_AREA)
        boxes = self._ocr(small, use_det=True, use_cls=False, use_rec=False).boxes
        if boxes is None:
            return []
        scale = (page.shape[1] / small.shape[1], page.shape[0] / small.shape[0])
        return list((np.asarray(boxes) * scale).astype(np.float32))

    def _recognise(self, crop: Pixels, corners: Corners, angle: float) -> TextLine:
        """Read a line of a page; its confidence is the mean of its signs', whatever the line's length."""
        text, legible, _ = self._text(red_channel(crop))
        return TextLine(text, legible, on_page(around(corners, angle), angle), angle)

    def _text(self, line: Grey, only: str = "") -> tuple[str, float, float]:
        recogniser = self._ocr.text_rec
        seen = recogniser.session(_as_wanted(line))[0]
        return decode(seen, recogniser.postprocess_op.character, only)


def _as_wanted(line: Grey) -> npt.NDArray[np.float32]:
    """Return a line as the recogniser wants it: 48 pixels high, -1 to 1, three times, filled up."""
    height, width = line.shape
    wide = max(1, math.ceil(_HEIGHT * width / height))
    small = cv2.resize(line, (wide, _HEIGHT))
    wanted = np.zeros((1, 3, _HEIGHT, max(_NARROWEST, wide)), np.float32)
    wanted[:, :, :, :wide] = small.astype(np.float32) / 127.5 - 1
    return wanted


def _legible(lines: Sequence[TextLine]) -> float:
    """Return the mean confidence of lines; 1 of none."""
    return sum(line.confidence for line in lines) / len(lines) if lines else 1.0


def _length(corners: Corners) -> float:
    return float(np.ptp(corners, axis=0).max())


def _cut(page: Pixels, corners: Corners, angle: float) -> Pixels:
    """Cut the line out of a page whose text has this angle, and straighten it.

    A line that runs down the page as it is read is turned left.
    """
    top_left, top_right, bottom_right, bottom_left = placed = _as_read(corners, angle)
    width = max(_distance(top_left, top_right), _distance(bottom_left, bottom_right))
    height = max(_distance(top_left, bottom_left), _distance(top_right, bottom_right))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    crop: Pixels = cv2.warpPerspective(
        page,
        cv2.getPerspectiveTransform(placed, target),
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.ascontiguousarray(np.rot90(crop)) if height > _TURNED * width else crop


def _as_read(corners: Corners, angle: float) -> Corners:
    """Return the corners from the text's top left onwards."""
    along = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    sides = np.roll(corners, -1, axis=0) - corners
    first = int(np.argmax(sides @ along / np.linalg.norm(sides, axis=1).clip(1e-6)))
    return np.ascontiguousarray(np.roll(corners, -first, axis=0))


def _distance(one: Corners, other: Corners) -> int:
    return max(1, round(float(np.linalg.norm(one - other))))
