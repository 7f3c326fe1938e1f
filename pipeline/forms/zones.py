"""The zones of a known form read one line at a time: from an aligned page to values and doubts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import cv2
import numpy as np

from pipeline.amounts import amount_from_words
from pipeline.barcode import find_codes, page_scales
from pipeline.engines.channels import Grey
from pipeline.engines.engine import Engine
from pipeline.fields import AmountInWords
from pipeline.forms.align import Fit, explained_share
from pipeline.forms.ink import after, scaling, spread
from pipeline.forms.model import PER_MM, WORDS, Place, Zone
from pipeline.labels import LabelBook, Other
from pipeline.model import Box, FieldName, FieldValue, PageCode, Pixels, TextLine
from pipeline.second_look import SecondLook
from pipeline.values import half_width

_SLACK_MM = 2.0
"""How far above or below its zone a value may stand: sheets are fed a millimetre off, and worse."""
_MARGIN_MM = 0.7
_BESIDE_MM = 1.0
_LOWEST_MM = 1.4
_WIDE_GAP_MM, _SPECK = 8.0, 0.03
_LABEL_THERE = 0.4
_LABEL_INK = 0.04
_LABEL_SLACK_MM = 1.5
_CODE_MARGIN_MM = 4.0
_CODE_INK = 0.05
_MOST_FAILED = 1
_FAINTEST, _FULL_INK = 6, 18
"""Steps of 256 by which ink is darker than paper: on a worn ribbon, and ordinarily."""


@dataclass(frozen=True)
class ZoneReading:
    """What was read in a page's zones."""

    fields: Mapping[FieldName, FieldValue]
    words: AmountInWords | None
    lines: tuple[TextLine, ...]
    failed: tuple[str, ...]
    """Zones in which something stands that is no value: with more than one the page is read whole."""

    @property
    def trusted(self) -> bool:
        """Whether the page may be left at this."""
        return len(self.failed) <= _MOST_FAILED and len(self.fields) >= 2


@dataclass(frozen=True)
class _Strip:
    """A zone cut out of the page, straightened."""

    pixels: Pixels
    line: Box
    """The line of text in ``pixels``, without margins."""
    box: Box
    """Where it stands on the page."""
    with_label: bool


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
        words, lines, failed = None, [], []
        own = spread(fit.form.ink, 2)
        for zone in fit.form.zones:
            if serial_known and zone.name is FieldName.SERIAL_NO:
                continue
            strip = _strip(pixels, fit, zone, own)
            if strip is None:
                continue
            line = replace(self._engine.read_line(_text_of(strip)), box=strip.box)
            lines.append(line)
            if not self._labelled_right(zone, line.text, strip):
                failed.append(str(zone.name))
            elif zone.name == WORDS:
                words = _words(self._bare(line.text), line)
            else:
                field = self._field(FieldName(zone.name), line, strip)
                if field is None:
                    failed.append(str(zone.name))
                else:
                    fields[field.name] = field
        return ZoneReading(fields, words, tuple(lines), tuple(failed))

    def _field(self, name: FieldName, line: TextLine, strip: _Strip) -> FieldValue | None:
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

    def _labelled_right(self, zone: Zone, text: str, strip: _Strip) -> bool:
        """A label that is typed with the value must be the zone's own; a printed one was checked by its ink."""
        meanings = {hit.meaning for hit in self._book.find(half_width(text))}
        wanted = Other.WORDS if zone.name == WORDS else zone.name
        return meanings == {wanted} if strip.with_label else meanings <= {wanted}

    def _bare(self, text: str) -> str:
        line = half_width(text)
        hits = self._book.find(line)
        return line[hits[-1].end :] if hits else line


def codes_in_zones(pixels: Pixels, fit: Fit) -> tuple[PageCode, ...] | None:
    """Return the codes at the form's usual places; None when one that is there cannot be read.

    Looking there alone costs a tenth of looking everywhere.
    """
    found: dict[str, PageCode] = {}
    for zone in fit.form.codes:
        if float(cv2.mean(_ink(fit, zone.place))[0]) < 255 * _CODE_INK:
            continue
        box = _within(fit.box(_grown(zone.place, _CODE_MARGIN_MM)), pixels)
        place = np.ascontiguousarray(pixels[box.top : box.bottom, box.left : box.right])
        codes = find_codes(place, page_scales(pixels)) if place.size else ()
        if not codes:
            return None
        for code in codes:
            left, top, right, bottom = code.box
            moved = Box(left + box.left, top + box.top, right + box.left, bottom + box.top)
            found[code.text + code.symbology] = replace(code, box=moved)
    return tuple(sorted(found.values(), key=lambda code: (code.box.top, code.box.left)))


def _words(text: str, line: TextLine) -> AmountInWords | None:
    amount: Decimal | None = amount_from_words(text)
    return None if amount is None else AmountInWords(amount, line.confidence, line.box)


def _strip(pixels: Pixels, fit: Fit, zone: Zone, own: Grey) -> _Strip | None:
    """Cut out what is written in a zone; None when nothing is."""
    with_label = not _label_printed(fit, zone.label)
    place = zone.place
    if with_label:
        place = place._replace(left=max(0.0, zone.label.left - _LABEL_SLACK_MM))
        own = own.copy()
        _cut(own, _grown(zone.label, _LABEL_SLACK_MM))[:] = 0
    written = _written(fit.dark, own, place)
    if written is None:
        return None
    margin = _MARGIN_MM * 2
    wide = Place(
        max(0.0, written.left - _BESIDE_MM - margin),
        max(0.0, written.top - margin),
        written.right + _BESIDE_MM + margin,
        written.bottom + margin,
    )
    per_mm = fit.per_mm
    size = (round((wide.right - wide.left) * per_mm), round((wide.bottom - wide.top) * per_mm))
    to_form = scaling(1 / per_mm)
    to_form[:, 2] = wide.left, wide.top
    cut = cv2.warpAffine(
        pixels,
        after(fit.to_page, to_form),
        size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    line = Box(
        round((written.left - wide.left) * per_mm),
        round((written.top - wide.top) * per_mm),
        round((written.right - wide.left) * per_mm),
        round((written.bottom - wide.top) * per_mm),
    )
    return _Strip(np.asarray(cut, np.uint8), line, fit.box(written), with_label)


def _text_of(strip: _Strip) -> Pixels:
    """Return the line with the margins that the recogniser reads best."""
    height, width = strip.pixels.shape[:2]
    beside = min(strip.line.left, max(2, round((strip.line.bottom - strip.line.top) * 0.2)))
    above = min(strip.line.top, max(2, round((strip.line.bottom - strip.line.top) * 0.14)))
    return np.ascontiguousarray(
        strip.pixels[
            strip.line.top - above : min(height, strip.line.bottom + above),
            strip.line.left - beside : min(width, strip.line.right + beside),
        ]
    )


def _label_printed(fit: Fit, label: Place) -> bool:
    """Tell whether the form's own label stands where it should: else it is typed with the value."""
    form = _cut(fit.form.ink, label)
    if form.size == 0 or float(form.mean()) < 255 * _LABEL_INK:
        return False
    wide = _grown(label, 3.0)
    inside = np.zeros_like(_cut(fit.form.ink, wide))
    left, top = round((label.left - wide.left) * PER_MM), round((label.top - wide.top) * PER_MM)
    inside[top : top + form.shape[0], left : left + form.shape[1]] = form[
        : inside.shape[0] - top, : inside.shape[1] - left
    ]
    return explained_share(inside, _ink(fit, wide)) >= _LABEL_THERE


def _written(dark: Grey, own: Grey, place: Place) -> Place | None:
    """Return where in a zone something is written that is not the form's, trimmed to its line."""
    reach = Place(
        place.left, max(0.0, place.top - _SLACK_MM), place.right, place.bottom + _SLACK_MM
    )
    rest = np.where(_cut(own, reach) > 0, 0, _ink_in(_cut(dark, reach), _cut(own, reach))) > 0
    rows = _row_run(rest, reach, place)
    if rows is None:
        return None
    top, bottom = rows
    runs = list(_column_runs(rest[top:bottom]))
    if not runs:
        return None
    left, right = runs[0][0], runs[-1][1]
    return Place(
        reach.left + left / PER_MM,
        reach.top + top / PER_MM,
        reach.left + right / PER_MM,
        reach.top + bottom / PER_MM,
    )


def _row_run(rest: np.ndarray, reach: Place, place: Place) -> tuple[int, int] | None:
    """Return the rows of the line of text that lies best in the zone."""
    if rest.size == 0:
        return None
    counts = rest.sum(axis=1)
    busy = counts > max(2, 0.08 * counts.max())
    middle = ((place.top + place.bottom) / 2 - reach.top) * PER_MM
    best, best_weight = None, 0.0
    for start, end in _runs(busy, gap=round(0.6 * PER_MM)):
        if end - start < _LOWEST_MM * PER_MM:
            continue
        off = abs((start + end) / 2 - middle) / PER_MM
        weight = float(counts[start:end].sum()) * max(0.05, 1 - off / 4)
        if weight > best_weight:
            best, best_weight = (start, end), weight
    return best


def _column_runs(rest: np.ndarray) -> Iterator[tuple[int, int]]:
    """Give the stretches of text from left to right; far specks are left out."""
    counts = rest.sum(axis=0)
    runs = list(_runs(counts > 0, gap=round(_WIDE_GAP_MM * PER_MM)))
    total = counts.sum()
    for start, end in runs:
        if counts[start:end].sum() >= _SPECK * total and end - start >= 4:
            yield start, end


def _runs(busy: np.ndarray, gap: int) -> Iterator[tuple[int, int]]:
    """Give the runs of true, those not further apart than ``gap`` made one."""
    at = np.flatnonzero(busy)
    if at.size == 0:
        return
    breaks = np.flatnonzero(np.diff(at) > gap)
    starts = [at[0], *at[breaks + 1]]
    ends = [*at[breaks], at[-1]]
    for start, end in zip(starts, ends, strict=True):
        yield int(start), int(end) + 1


def _ink(fit: Fit, place: Place) -> Grey:
    """Return the page's ink at a place of the form."""
    return _ink_in(_cut(fit.dark, place))


def _ink_in(dark: Grey, own: Grey | None = None) -> Grey:
    """Return the ink of a small place, faint where all of it is faint: ribbons wear out, paper does not."""
    if dark.size == 0:
        return dark
    soft = np.asarray(cv2.blur(dark, (3, 3)), np.uint8)
    full = np.percentile(soft if own is None or own.all() else soft[own == 0], 99)
    level = min(_FULL_INK, max(_FAINTEST, 0.4 * float(full)))
    return np.asarray(cv2.threshold(soft, level, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _cut(ink: Grey, place: Place) -> Grey:
    left, top, right, bottom = (max(0, round(side * PER_MM)) for side in place)
    return ink[top:bottom, left:right]


def _grown(place: Place, by: float) -> Place:
    return Place(
        max(0.0, place.left - by), max(0.0, place.top - by), place.right + by, place.bottom + by
    )


def _within(box: Box, pixels: Pixels) -> Box:
    height, width = pixels.shape[:2]
    return Box(max(0, box.left), max(0, box.top), min(width, box.right), min(height, box.bottom))
