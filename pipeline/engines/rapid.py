"""RapidOCR: the PP-OCR models that come inside the wheel, run by onnxruntime on one thread."""

from __future__ import annotations

import math
from importlib.metadata import version

import cv2
import numpy as np
import numpy.typing as npt
from rapidocr import RapidOCR

from pipeline.engines.channels import Grey, red_channel, stamp_free, three_equal
from pipeline.engines.decoding import decode
from pipeline.model import Box, Pixels, TextLine

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

_HEIGHT, _NARROWEST = 48, 160
"""Pixels of a line for the recogniser; one by one: padding to 320 costs 0.35 s a page more."""

_TURNED = 1.5
"""A crop this many times taller than wide holds text that runs down or up the page."""

_SURE = 0.9
"""Below this a line is read twice: it may be faint, or printed in red."""

_Corners = npt.NDArray[np.float32]


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
        """Return the page's lines; lines without any recognised character are left out."""
        page = three_equal(stamp_free(pixels))
        lines = (self._line(pixels, page, corners) for corners in self._detect(page))
        return tuple(line for line in lines if line.text)

    def read_line(self, pixels: Pixels, only: str = "") -> TextLine:
        """Return the text of a crop that holds one line; its confidence is how likely all of it is right."""
        height, width = pixels.shape[:2]
        text, _, likely = self._text(stamp_free(pixels), only)
        return TextLine(text, likely, Box(0, 0, width, height))

    def _line(self, pixels: Pixels, page: Pixels, corners: _Corners) -> TextLine:
        """Read one line; when unsure, once more with its red left faint, and keep the surer one."""
        line = self._recognise(_upright(page, corners), corners)
        if line.confidence >= _SURE:
            return line
        again = self._recognise(three_equal(red_channel(_upright(pixels, corners))), corners)
        return max(line, again, key=lambda one: one.confidence)

    def _detect(self, page: Pixels) -> list[_Corners]:
        """Return each line's corners on ``page``: top left, top right, bottom right, bottom left."""
        reduce = min(1.0, self._detection_side / max(page.shape[:2]))
        small = page
        if reduce < 1.0:
            small = cv2.resize(page, None, fx=reduce, fy=reduce, interpolation=cv2.INTER_AREA)
        boxes = self._ocr(small, use_det=True, use_cls=False, use_rec=False).boxes
        if boxes is None:
            return []
        scale = (page.shape[1] / small.shape[1], page.shape[0] / small.shape[0])
        return list((np.asarray(boxes) * scale).astype(np.float32))

    def _recognise(self, crop: Pixels, corners: _Corners) -> TextLine:
        """Read a line of a page; its confidence is the mean of its signs', whatever the line's length."""
        text, legible, _ = self._text(red_channel(crop))
        return TextLine(text, legible, _around(corners))

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


def _upright(page: Pixels, corners: _Corners) -> Pixels:
    """Cut the line out of the page and straighten it; a line that runs down the page is turned left."""
    top_left, top_right, bottom_right, bottom_left = corners
    width = max(_distance(top_left, top_right), _distance(bottom_left, bottom_right))
    height = max(_distance(top_left, bottom_left), _distance(top_right, bottom_right))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    crop: Pixels = cv2.warpPerspective(
        page,
        cv2.getPerspectiveTransform(corners, target),
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.ascontiguousarray(np.rot90(crop)) if height > _TURNED * width else crop


def _distance(one: _Corners, other: _Corners) -> int:
    return max(1, round(float(np.linalg.norm(one - other))))


def _around(corners: _Corners) -> Box:
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    return Box(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
