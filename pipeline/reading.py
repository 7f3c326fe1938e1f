"""The reading cascade (Q11, Q14, Q15): codes first, then the whole page, then single places once more."""

from __future__ import annotations

import re
import resource
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.barcode import SERIAL_GRAMMAR, find_codes, serial_candidates, serial_from_codes
from pipeline.engines.channels import red_as_ink, red_channel, red_share, stamp_free, three_equal
from pipeline.engines.engine import Engine
from pipeline.fields import AmountInWords, PageFields, prove_amount
from pipeline.labels import LabelBook
from pipeline.model import Box, FieldName, FieldValue, PageCode, Pixels, Reading, TextLine
from pipeline.turning import likely_turn, turned, turned_back
from pipeline.values import half_width, plain_value

TWO_SERIALS = "two_serials"
"""Doubt: two different serial numbers as codes on one page, as in a double feed (Q11)."""
CODE_DIFFERS = "code_differs_from_print"
"""Doubt: the code's serial number is another than the printed one."""

_FROM_CODE = 0.995
_FROM_CODE_AND_PRINT = 0.9999
_DISPUTED = 0.6
_RED_PRINT = 0.002
"""Share of plainly red area from which a page without labels may be a form printed in red."""
_SLIPS = 3
"""Signs in which a printed serial may be misread and still be the code's; the code is believed then."""

_Fields = dict[FieldName, FieldValue]


@dataclass(frozen=True)
class _Stopwatch:
    """Processor and wall seconds since it was made, those of ended child processes counted too."""

    cpu: float
    wall: float

    @classmethod
    def start(cls) -> _Stopwatch:
        return cls(_cpu_seconds(), time.perf_counter())

    def elapsed(self) -> tuple[float, float]:
        return _cpu_seconds() - self.cpu, time.perf_counter() - self.wall


class Reader:
    """Reads voucher pages with one engine, and single places again with a second.

    ``serial_grammar``: regular expression of the serial numbers. A field whose confidence is below
    ``sure`` is read again where it stands; 0 switches that off.
    """

    def __init__(
        self,
        engine: Engine,
        second: Engine | None = None,
        *,
        serial_grammar: str = SERIAL_GRAMMAR,
        book: LabelBook | None = None,
        sure: float = 0.8,
    ) -> None:
        self._engine = engine
        self._second = second
        self._serial_grammar = serial_grammar
        self._book = book or LabelBook()
        self._sure = sure

    def read(self, pixels: Pixels) -> Reading:
        """Return what stands on the page; places are in pixels of ``pixels``, however it was turned."""
        watch = _Stopwatch.start()
        codes = find_codes(pixels)
        lines, page, quarters = self._lines(pixels)
        upright = turned(pixels, quarters) if quarters else pixels
        found = {name: self._sharpened(upright, value) for name, value in page.fields().items()}
        amount, amount_doubts = self._proved(
            upright, found.get(FieldName.AMOUNT), page.amount_in_words()
        )
        height, width = pixels.shape[:2]
        fields = {
            name: replace(value, box=turned_back(value.box, quarters, height, width))
            for name, value in _with(found, FieldName.AMOUNT, amount).items()
        }
        fields, serial_doubts = _with_code(fields, codes, self._serial_grammar)
        cpu, wall = watch.elapsed()
        return Reading(
            codes=codes,
            fields=fields,
            lines=tuple(
                replace(line, box=turned_back(line.box, quarters, height, width)) for line in lines
            ),
            engine=f"{self._engine.name} {self._engine.version}",
            cpu_seconds=cpu,
            wall_seconds=wall,
            doubts=(*serial_doubts, *amount_doubts),
        )

    def confirm(self, pixels: Pixels, field: FieldValue) -> FieldValue | None:
        """Read the place of ``field`` again, by other means; None when the new readings agree on nothing.

        The place is cut out with a margin, without its red, larger and smaller, and given to both engines.
        A value is returned when two new readings agree, or one agrees with ``field``. What the value
        is expected to be is never known here.
        """
        return self._read_again(pixels, field)

    def _lines(self, pixels: Pixels) -> tuple[tuple[TextLine, ...], PageFields, int]:
        """Read the whole page; once more, turned or with its red as ink, when no label is found on it."""
        lines = self._engine.read_page(pixels)
        page = self._fields_of(lines)
        quarters = 0 if page.has_labels else likely_turn(lines)
        red_print = not page.has_labels and not quarters and red_share(pixels) > _RED_PRINT
        if not quarters and not red_print:
            return lines, page, 0
        other = three_equal(red_as_ink(pixels)) if red_print else turned(pixels, quarters)
        lines_again = self._engine.read_page(other)
        page_again = self._fields_of(lines_again)
        if page_again.has_labels or (quarters and not likely_turn(lines_again)):
            return lines_again, page_again, quarters
        return lines, page, 0

    def _fields_of(self, lines: Sequence[TextLine]) -> PageFields:
        return PageFields(lines, self._engine.name, self._book, self._serial_grammar)

    def _proved(
        self, pixels: Pixels, figures: FieldValue | None, words: AmountInWords | None
    ) -> tuple[FieldValue | None, tuple[str, ...]]:
        """Hold the figures against the words; where they differ, the figures are read once more."""
        amount, doubts = prove_amount(figures, words, self._engine.name)
        again = self._read_again(pixels, figures) if figures and doubts else None
        return prove_amount(again, words, self._engine.name) if again else (amount, doubts)

    def _sharpened(self, pixels: Pixels, field: FieldValue) -> FieldValue:
        """Return a doubtful field as read again; a field no reading agrees on stays as it is."""
        if field.confidence >= self._sure:
            return field
        return self._read_again(pixels, field) or field

    def _read_again(self, pixels: Pixels, field: FieldValue) -> FieldValue | None:
        votes: dict[str, list[str]] = {}
        sureness: dict[str, float] = {}
        for engine, picture in self._looks(pixels, field.box):
            line = engine.read_line(picture)
            value = self._value_in(field.name, line.text)
            if value:
                votes.setdefault(value, []).append(engine.name)
                sureness[value] = max(sureness.get(value, 0.0), line.confidence)
        if field.value in votes:
            votes[field.value].append(field.source)
        agreed = Counter({value: len(names) for value, names in votes.items()}).most_common(2)
        if not agreed or agreed[0][1] < 2 or (len(agreed) > 1 and agreed[1][1] == agreed[0][1]):
            return None
        value = agreed[0][0]
        engines = sorted({name for names in votes[value] for name in names.split("+")})
        confidence = max(sureness[value], field.confidence if value == field.value else 0.0)
        return replace(
            field, value=value, confidence=round(confidence, 4), source="+".join(engines)
        )

    def _looks(self, pixels: Pixels, box: Box) -> Iterator[tuple[Engine, Pixels]]:
        """Give each engine the place in another guise: with and without its red, larger and smaller."""
        crop = _cut_out(pixels, box)
        clean = three_equal(stamp_free(crop))
        yield self._engine, _scaled(clean, 0.7)
        yield self._engine, _scaled(three_equal(red_channel(crop)), 1.5)
        if self._second:
            yield self._second, clean

    def _value_in(self, name: FieldName, text: str) -> str | None:
        """Return the field's value in the text of its place, a label's remains before it left out."""
        line = half_width(text)
        hits = self._book.find(line)
        value = plain_value(name, line[hits[-1].end :] if hits else line, self._serial_grammar)
        return value.text if value else None


def _with_code(
    fields: Mapping[FieldName, FieldValue], codes: Sequence[PageCode], grammar: str
) -> tuple[_Fields, tuple[str, ...]]:
    """Return the fields with the serial number of the page's code, and the doubts.

    A code that repeats another field (a customer number) is no serial number.
    """
    others = {value.value for name, value in fields.items() if name is not FieldName.SERIAL_NO}
    codes = [code for code in codes if code.text.strip() not in others]
    if len(serial_candidates(codes, grammar)) > 1:
        return _with(fields, FieldName.SERIAL_NO, None), (TWO_SERIALS,)
    code, printed = serial_from_codes(codes, grammar), fields.get(FieldName.SERIAL_NO)
    if code is None:
        return dict(fields), ()
    serial = FieldValue(FieldName.SERIAL_NO, code.text.strip(), _FROM_CODE, "barcode", code.box)
    if printed is None:
        return _with(fields, FieldName.SERIAL_NO, serial), ()
    if printed.value == serial.value:
        source = f"barcode+{printed.source}"
        serial = replace(serial, confidence=_FROM_CODE_AND_PRINT, source=source)
        return _with(fields, FieldName.SERIAL_NO, serial), ()
    if Levenshtein.distance(printed.value, serial.value) > _SLIPS:
        serial = replace(_likelier(serial, printed), confidence=_DISPUTED)
    return _with(fields, FieldName.SERIAL_NO, serial), (CODE_DIFFERS,)


def _likelier(code: FieldValue, printed: FieldValue) -> FieldValue:
    """Choose between a code and a print far apart: a code of another shape is a form's number."""
    return code if _shape(code.value) == _shape(printed.value) else printed


def _shape(value: str) -> str:
    return re.sub(r"\d", "9", re.sub(r"[A-Za-z]", "A", value))


def _with(
    fields: Mapping[FieldName, FieldValue], name: FieldName, value: FieldValue | None
) -> _Fields:
    """Return the fields in their order with one of them set, or left out."""
    every = {**fields, name: value}
    return {key: kept for key in FieldName if (kept := every.get(key))}


def _cut_out(pixels: Pixels, box: Box) -> Pixels:
    """Cut a place out with a margin of an eighth of its height above and below, more at the ends."""
    height, width = pixels.shape[:2]
    above = max(2, (box.bottom - box.top) // 8)
    top, bottom = max(0, box.top - above), min(height, box.bottom + above)
    left, right = max(0, box.left - 2 * above), min(width, box.right + 2 * above)
    return pixels[top : max(bottom, top + 1), left : max(right, left + 1)]


def _scaled(pixels: Pixels, scale: float) -> Pixels:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    resized: Pixels = cv2.resize(pixels, size, interpolation=how)
    return np.ascontiguousarray(resized)


def _cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
