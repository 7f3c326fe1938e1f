"""The zones of a known form read one line at a time: from an aligned page to values and doubts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import cv2
import numpy as np

from pipeline.amounts import amount_from_words
from pipeline.barcode import find_codes, page_scales
from pipeline.engines.engine import Engine
from pipeline.fields import AmountInWords
from pipeline.forms.align import Fit
from pipeline.forms.ink import spread
from pipeline.forms.model import IDENTITY, WORDS, Place, Zone, meaning_of
from pipeline.forms.strips import Strip, grown, ink_at, strip_of, text_of
from pipeline.identity_number import number_in
from pipeline.identity_reading import proved
from pipeline.labels import LabelBook
from pipeline.model import Box, FieldName, FieldValue, IdentityNumber, PageCode, Pixels, TextLine
from pipeline.second_look import SecondLook
from pipeline.values import half_width

_CODE_MARGINS_MM = (4.0, 16.0)
"""How far around its usual place a code is looked for: a longer one reaches further."""
_CODE_INK = 0.05
_USUALLY = 0.9
"""Share of a form's pages with a code from which one without it is looked over for a code elsewhere."""
_WIDTHS = {
    FieldName.BUSINESS_NAME: (0.6, 0.85),
    WORDS: (0.6, 0.85),
    FieldName.CUSTOMER_NAME: (0.75, 1.0),
}
_OTHER_WIDTHS, _LETTERS = (0.7, 1.0), 0.7
"""Widths at which the Chinese signs of longer lines, names and all others are read, the second where the
first leaves a doubt, and the least for letters and figures: of 1,248 lines as many are right as at three
quarters (decision 0006)."""


@dataclass(frozen=True)
class ZoneReading:
    """What was read in a page's zones."""

    fields: Mapping[FieldName, FieldValue]
    words: AmountInWords | None
    identity: IdentityNumber | None
    lines: tuple[TextLine, ...]
    failed: tuple[str, ...]
    """Zones in which something stands that is no value: the page is then read whole."""

    written_over: frozenset[FieldName] = frozenset()
    """Values that something is written across by hand."""

    @property
    def trusted(self) -> bool:
        """Whether the page may be left at this."""
        return not self.failed and len(self.fields) >= 2


class ZoneReader:
    """Reads the zones of aligned pages with an engine's line recognition, doubtful ones by a second look."""

    def __init__(
        self, engine: Engine, second_look: SecondLook, book: LabelBook, sure: float
    ) -> None:
        self._engine = engine
        self._second_look = second_look
        self._book = book
        self._sure = sure

    def read(self, pixels: Pixels, fit: Fit, *, serial_known: bool) -> ZoneReading:
        """Read every zone; that of the serial number only where no code has told it (``serial_known``)."""
        fields: dict[FieldName, FieldValue] = {}
        words, identity, lines, failed = None, None, [], []
        over: set[FieldName] = set()
        own = spread(fit.form.ink, 2)
        for zone in fit.form.zones:
            if serial_known and zone.name is FieldName.SERIAL_NO:
                continue
            strip = strip_of(pixels, fit, zone, own)
            if strip is None:
                continue
            line = self._line(zone, strip)
            lines.append(line)
            if strip.written_over and isinstance(zone.name, FieldName):
                over.add(zone.name)
            if zone.name == IDENTITY:
                identity = self._identity(line, strip)
            elif not self._labelled_right(zone, line.text, strip):
                failed.append(str(zone.name))
            elif zone.name == WORDS:
                words = _words(self._bare(line.text), line)
            else:
                field = self._field(FieldName(zone.name), line, strip)
                if field is None:
                    failed.append(str(zone.name))
                else:
                    fields[field.name] = field
        return ZoneReading(fields, words, identity, tuple(lines), tuple(failed), frozenset(over))

    def _line(self, zone: Zone, strip: Strip) -> TextLine:
        """Read a line as narrow as its signs allow; wider where that leaves a doubt, which costs a
        tenth of a second look. Chinese signs with others among them are read as those are."""
        text, read = text_of(strip), []
        widths = _OTHER_WIDTHS if strip.with_label else _WIDTHS.get(zone.name, _OTHER_WIDTHS)
        for share in widths:
            line = self._engine.read_line(_narrowed(text, share))
            if share < _LETTERS and _has_letters(line.text):
                continue
            read.append(replace(line, box=strip.box))
            if line.confidence >= self._sure:
                break
        return max(read, key=lambda line: line.confidence)

    def _identity(self, line: TextLine, strip: Strip) -> IdentityNumber | None:
        """Read the identity number; what stands there instead of one is left to a person's eye."""
        number = number_in(self._bare(line.text))
        if number is None:
            return None
        read = IdentityNumber(number, False, strip.line)
        return replace(proved(read, strip.pixels, self._second_look), box=strip.box)

    def _field(self, name: FieldName, line: TextLine, strip: Strip) -> FieldValue | None:
        value = self._second_look.value_in(name, line.text)
        if value is None:
            first = FieldValue(name, "", 0.0, self._engine.name, strip.line)
            again = self._second_look.read_again(strip.pixels, first)
        else:
            confidence = round(line.confidence * value.keeps, 4)
            first = FieldValue(name, value.text, confidence, self._engine.name, strip.line)
            again = first
            if confidence < self._sure:
                again = self._second_look.read_again(strip.pixels, first) or first
        return replace(again, box=strip.box) if again else None

    def _labelled_right(self, zone: Zone, text: str, strip: Strip) -> bool:
        """A label that is typed with the value must be the zone's own; a printed one is told by its ink."""
        meanings = {hit.meaning for hit in self._book.find(half_width(text))}
        wanted = meaning_of(zone.name)
        return meanings == {wanted} if strip.with_label else meanings <= {wanted}

    def _bare(self, text: str) -> str:
        line = half_width(text)
        hits = self._book.find(line)
        return line[hits[-1].end :] if hits else line


def codes_in_zones(pixels: Pixels, fit: Fit) -> tuple[PageCode, ...] | None:
    """Return the codes at the form's usual places; None when the whole page must be looked over for them.

    That is when something stands there that cannot be read, or nothing on a form that always has one.

    Looking there alone costs a tenth of looking everywhere.
    """
    found: dict[str, PageCode] = {}
    for zone in fit.form.codes:
        if float(cv2.mean(ink_at(fit, zone.place))[0]) < 255 * _CODE_INK:
            continue
        codes = _codes_near(pixels, fit, zone.place)
        if not codes:
            return None
        found |= {code.text + code.symbology: code for code in codes}
    if not found and any(zone.share >= _USUALLY for zone in fit.form.codes):
        return None
    return tuple(sorted(found.values(), key=lambda code: (code.box.top, code.box.left)))


def _codes_near(pixels: Pixels, fit: Fit, where: Place) -> list[PageCode]:
    """Return the codes at a place of the form, looked for further around it when none is there."""
    for margin in _CODE_MARGINS_MM:
        box = _within(fit.box(grown(where, margin)), pixels)
        place = np.ascontiguousarray(pixels[box.top : box.bottom, box.left : box.right])
        codes = find_codes(place, page_scales(pixels)) if place.size else ()
        if codes:
            return [replace(code, box=_moved(code.box, box.left, box.top)) for code in codes]
    return []


def _moved(box: Box, across: int, down: int) -> Box:
    return Box(box.left + across, box.top + down, box.right + across, box.bottom + down)


def _has_letters(text: str) -> bool:
    return any(sign.isascii() and sign.isalnum() for sign in half_width(text))


def _narrowed(line: Pixels, share: float) -> Pixels:
    """Return a line of text ``share`` times as wide: read as well, and cheaper by as much."""
    height, width = line.shape[:2]
    size = (max(1, round(width * share)), height)
    return np.asarray(cv2.resize(line, size, interpolation=cv2.INTER_AREA), np.uint8)


def _words(text: str, line: TextLine) -> AmountInWords | None:
    amount: Decimal | None = amount_from_words(text)
    return None if amount is None else AmountInWords(amount, line.confidence, line.box)


def _within(box: Box, pixels: Pixels) -> Box:
    height, width = pixels.shape[:2]
    return Box(max(0, box.left), max(0, box.top), min(width, box.right), min(height, box.bottom))
