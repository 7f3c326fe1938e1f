"""Single places read again, by other means: settles a doubtful value, not knowing what is expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import cv2
import numpy as np

from pipeline.amounts import WORD_SIGNS, amount_from_words
from pipeline.engines.channels import red_channel, stamp_free, three_equal
from pipeline.engines.engine import Engine
from pipeline.fields import AmountInWords
from pipeline.labels import LabelBook
from pipeline.model import Box, FieldName, FieldValue, Pixels, TextLine
from pipeline.serials import SERIAL_GRAMMAR
from pipeline.stance import set_upright
from pipeline.values import SIGNS, PlainValue, half_width, plain_value

_HARDLY_IN_DOUBT = 0.8
"""From this confidence a value is right 9 times in 10, and 99 in 100 when the next reading agrees."""


class SecondLook:
    """Reads the place of a field in several guises, with one engine and, where there is one, a second."""

    def __init__(
        self,
        engine: Engine,
        second: Engine | None = None,
        *,
        serial_grammar: str = SERIAL_GRAMMAR,
        book: LabelBook | None = None,
    ) -> None:
        self._engine = engine
        self._second = second
        self._serial_grammar = serial_grammar
        self._book = book or LabelBook()

    def read_again(self, pixels: Pixels, field: FieldValue) -> FieldValue | None:
        """Return the value that two new readings agree on, or one and ``field``; None when none do.

        Where ``field`` was hardly in doubt, the first new reading that agrees is enough.
        """
        votes: dict[str, list[str]] = {}
        sureness: dict[str, float] = {}
        for engine, picture in self.looks(pixels, field.box, field.angle):
            line, value = self.read_place(engine, picture, field.name)
            if value:
                votes.setdefault(value.text, []).append(engine.name)
                sureness[value.text] = max(sureness.get(value.text, 0.0), line.confidence)
            if field.confidence >= _HARDLY_IN_DOUBT and list(votes) == [field.value]:
                break
        if field.value in votes:
            votes[field.value].append(field.source)
        agreed = Counter({value: len(names) for value, names in votes.items()}).most_common(2)
        if not agreed or agreed[0][1] < 2 or (len(agreed) > 1 and agreed[1][1] == agreed[0][1]):
            return None
        text = agreed[0][0]
        engines = sorted({name for names in votes[text] for name in names.split("+")})
        confidence = max(sureness[text], field.confidence if text == field.value else 0.0)
        return replace(field, value=text, confidence=round(confidence, 4), source="+".join(engines))

    def read_words(self, pixels: Pixels, box: Box, angle: float) -> AmountInWords | None:
        """Return the amount in words that new readings of its place agree on, or the only one."""
        seen: Counter[Decimal] = Counter()
        sureness: dict[Decimal, float] = {}
        for engine, picture in self.looks(pixels, box, angle):
            line = engine.read_line(picture, WORD_SIGNS)
            amount = amount_from_words(half_width(line.text))
            if amount is not None:
                seen[amount] += 1
                sureness[amount] = max(sureness.get(amount, 0.0), line.confidence)
                if seen[amount] > 1:
                    break
        if not seen or (len(seen) > 1 and seen.most_common(2)[1][1] == seen.most_common(1)[0][1]):
            return None
        amount = seen.most_common(1)[0][0]
        return AmountInWords(amount, sureness[amount], box, angle)

    def read_place(
        self, engine: Engine, picture: Pixels, name: FieldName
    ) -> tuple[TextLine, PlainValue | None]:
        """Return what stands in a picture of one value, and the value; None when it is none.

        Text that is no value is read again within the signs that may stand there.
        """
        line = engine.read_line(picture)
        value = self.value_in(name, line.text)
        if value is None and line.text and name in SIGNS:
            narrowed = engine.read_line(picture, SIGNS[name])
            value = plain_value(name, narrowed.text, self._serial_grammar)
            line = narrowed if value else line
        return line, value

    def value_in(self, name: FieldName, text: str) -> PlainValue | None:
        """Return the field's value in the text of its place, a label's remains before it left out."""
        line = half_width(text)
        hits = self._book.find(line)
        return plain_value(name, line[hits[-1].end :] if hits else line, self._serial_grammar)

    def looks(
        self, pixels: Pixels, box: Box, angle: float = 0.0
    ) -> Iterator[tuple[Engine, Pixels]]:
        """Give each engine the place in another guise: with and without its red, larger and smaller."""
        crop = _cut_out(*set_upright(pixels, box, angle))
        clean = three_equal(stamp_free(crop))
        yield self._engine, _scaled(clean, 0.7)
        yield self._engine, _scaled(three_equal(red_channel(crop)), 1.5)
        if self._second:
            yield self._second, clean


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
