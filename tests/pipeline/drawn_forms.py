"""Forms and pages drawn for the tests, and an engine that knows what stands in each zone."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from pipeline.engines.channels import Grey
from pipeline.forms.model import PER_MM, FormModel, Place, Zone, packed_ink
from pipeline.model import Box, FieldName, Pixels, TextLine

F = FieldName
SIZE = (120, 80)
DPI = 254
PER = DPI / 25.4 / PER_MM
ROWS = {F.SERIAL_NO: 20, F.CUSTOMER_NO: 32, F.AMOUNT: 44}
LABELS = {F.SERIAL_NO: "流水号", F.CUSTOMER_NO: "客户编号", F.AMOUNT: "金额小写"}
VALUES = {F.SERIAL_NO: "202611193301999357", F.CUSTOMER_NO: "1744499002", F.AMOUNT: "¥861.36"}
WORDS = [
    (12, 8, "VOUCHER"),
    (80, 10, "K 27"),
    (12, 60, "SIGNED"),
    (70, 62, "OFFICE"),
    (40, 74, "PAGE 1"),
]


def put(ink: Grey, x: float, y: float, text: str, size: float = 0.5) -> None:
    at = (round(x * PER_MM), round(y * PER_MM))
    cv2.putText(ink, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1, cv2.LINE_AA)


def form_ink(words: list[tuple[int, int, str]] | None = None) -> Grey:
    ink = np.zeros((round(SIZE[1] * PER_MM), round(SIZE[0] * PER_MM)), np.uint8)
    cv2.rectangle(ink, (30, 52), (450, 210), 255, 1)
    for x, y, text in words or WORDS:
        put(ink, x, y, text)
    for name, y in ROWS.items():
        put(ink, 10, y, name.upper()[:8], 0.4)
    return np.where(ink > 90, 255, 0).astype(np.uint8)


def form(name: str = "test", words: list[tuple[int, int, str]] | None = None) -> FormModel:
    zones = tuple(
        Zone(field, Place(36, y - 4, 100, y + 1), Place(9, y - 4, 30, y + 1), 1.0)
        for field, y in ROWS.items()
    )
    return FormModel(name, 1, *SIZE, zones, (), ("a", "b", "c"), packed_ink(form_ink(words)))


def page(
    turn: float = 0.0,
    shift: tuple[float, float] = (0, 0),
    scale: float = 1.0,
    words: list[tuple[int, int, str]] | None = None,
    values: Mapping[FieldName, str] = VALUES,
) -> tuple[Pixels, np.ndarray]:
    """Return a scan of the form and the map from the form's millimetres to its pixels."""
    ink = form_ink(words)
    for name, text in values.items():
        put(ink, 38, ROWS[name], text.replace("¥", ""), 0.45)
    size = (round(SIZE[0] * DPI / 25.4), round(SIZE[1] * DPI / 25.4))
    to_page = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), -turn, scale)
    to_page[:, 2] += shift
    to_page *= DPI / 25.4
    of_ink = to_page.copy()
    of_ink[:, :2] /= PER_MM
    seen = cv2.warpAffine(ink, of_ink, size, flags=cv2.INTER_CUBIC)
    grey = np.clip(245.0 - 0.8 * seen, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2), to_page


def upside_down(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[::-1, ::-1])


class Scripted:
    """Knows each zone by its order, and says whether it was ever asked for the whole page."""

    name, version = "rapidocr", "1"

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)
        self.whole = 0
        self.widths: list[int] = []

    def read_page(self, pixels: Pixels) -> tuple[TextLine, ...]:
        self.whole += 1
        return ()

    def read_line(self, pixels: Pixels, only: str = "") -> TextLine:
        self.widths.append(pixels.shape[1])
        text = self._texts.pop(0) if self._texts else ""
        return TextLine(text, 0.999 if text else 0.0, Box(0, 0, 1, 1))
