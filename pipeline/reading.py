"""The reading cascade (Q11, Q14, Q15): codes, a form's zones or the whole page, doubtful places again."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import Levenshtein

from pipeline.barcode import SERIAL_GRAMMAR, find_codes, serial_candidates, serial_from_codes
from pipeline.engines.channels import red_as_ink, red_share, three_equal
from pipeline.engines.engine import Engine
from pipeline.fields import WORDS_NOT_READ, AmountInWords, PageFields, prove_amount
from pipeline.forms.align import Aligner, Fit
from pipeline.forms.model import FormModel
from pipeline.forms.zones import ZoneReader, codes_in_zones
from pipeline.identity_reading import proved
from pipeline.labels import LabelBook
from pipeline.model import FieldName, FieldValue, PageCode, Pixels, Reading, TextLine
from pipeline.searchable.text import PageText
from pipeline.second_look import SecondLook
from pipeline.serials import proved_date

TWO_SERIALS = "two_serials"
"""Doubt: two different serial numbers as codes on one page, as in a double feed (Q11)."""
CODE_DIFFERS = "code_differs_from_print"
"""Doubt: the code's serial number is another than the printed one."""

_FROM_CODE = 0.995
_FROM_CODE_AND_PRINT = 0.9999
_DISPUTED = 0.6
_SURE_OF_A_ZONE = 0.9
"""Below this a zone is read again: about one value in 60 is, at a cost that hardly shows."""
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
    ``sure`` is read again where it stands; 0 switches that off. ``forms`` are the known ones.
    """

    def __init__(
        self,
        engine: Engine,
        second: Engine | None = None,
        *,
        serial_grammar: str = SERIAL_GRAMMAR,
        book: LabelBook | None = None,
        sure: float = 0.8,
        forms: Sequence[FormModel] = (),
    ) -> None:
        self._engine = engine
        self._serial_grammar = serial_grammar
        self._book = book or LabelBook()
        self._sure = sure
        self._second_look = SecondLook(
            engine, second, serial_grammar=serial_grammar, book=self._book
        )
        self._aligner = Aligner(forms)
        self._zones = ZoneReader(
            engine, self._second_look, self._book, max(sure, _SURE_OF_A_ZONE) if sure else 0.0
        )

    def read(self, pixels: Pixels) -> Reading:
        """Return what stands on the page; places are in pixels of ``pixels``, however it was turned.

        A page of a known form is read by its zones; any other, and one whose zones do not hold what
        they should, is read whole.
        """
        watch = _Stopwatch.start()
        fit = self._aligner.align(pixels)
        return (self._read_zones(pixels, fit, watch) if fit else None) or self._read_whole(
            pixels, watch
        )

    def _read_zones(self, pixels: Pixels, fit: Fit, watch: _Stopwatch) -> Reading | None:
        """Read an aligned page; None when it is not to be trusted or has no serial number."""
        codes = codes_in_zones(pixels, fit)
        if codes is None:
            codes = find_codes(pixels)
        known = len(serial_candidates(codes, self._serial_grammar)) == 1
        seen = self._zones.read(pixels, fit, serial_known=known)
        if not seen.trusted:
            return None
        amount, amount_doubts = self._proved(pixels, seen.fields.get(FieldName.AMOUNT), seen.words)
        fields, serial_doubts = _with_code(
            _with(seen.fields, FieldName.AMOUNT, amount), codes, self._serial_grammar
        )
        fields, date_doubts = proved_date(fields, self._serial_grammar)
        if FieldName.SERIAL_NO not in fields and TWO_SERIALS not in serial_doubts:
            return None
        cpu, wall = watch.elapsed()
        return Reading(
            codes=codes,
            fields=fields,
            lines=seen.lines,
            engine=f"{self._engine.name} {self._engine.version} zones {fit.form.name}",
            cpu_seconds=cpu,
            wall_seconds=wall,
            doubts=(*serial_doubts, *date_doubts, *amount_doubts),
            form=fit.form.name,
            amount_in_words=f"{seen.words.amount:.2f}" if seen.words else None,
            identity=seen.identity,
        )

    def _read_whole(self, pixels: Pixels, watch: _Stopwatch) -> Reading:
        codes = find_codes(pixels)
        lines, page = self._lines(pixels)
        found = {name: self._sharpened(pixels, value) for name, value in page.fields().items()}
        words, words_doubts = self._words(pixels, page)
        number = page.identity_number()
        amount, amount_doubts = self._proved(pixels, found.get(FieldName.AMOUNT), words)
        fields, serial_doubts = _with_code(
            _with(found, FieldName.AMOUNT, amount), codes, self._serial_grammar
        )
        fields, date_doubts = proved_date(fields, self._serial_grammar)
        cpu, wall = watch.elapsed()
        return Reading(
            codes=codes,
            fields=fields,
            lines=lines,
            engine=f"{self._engine.name} {self._engine.version}",
            cpu_seconds=cpu,
            wall_seconds=wall,
            doubts=(*serial_doubts, *date_doubts, *words_doubts, *amount_doubts),
            amount_in_words=f"{words.amount:.2f}" if words else None,
            identity=proved(number, pixels, self._second_look) if number else None,
        )

    def read_text(self, pixels: Pixels) -> PageText:
        """Return all the text of the page and nothing else: no codes, no fields, no second look."""
        lines, _ = self._lines(pixels)
        return PageText(lines, f"{self._engine.name} {self._engine.version}")

    def form_of(self, pixels: Pixels) -> FormModel | None:
        """Return the known form that the page lies on, whatever its zones hold."""
        fit = self._aligner.align(pixels)
        return fit.form if fit else None

    def confirm(self, pixels: Pixels, field: FieldValue) -> FieldValue | None:
        """Read the place of ``field`` again, by other means; None when the new readings agree on nothing.

        The place is cut out with a margin, without its red, larger and smaller, and given to both engines.
        A value is returned when two new readings agree, or one agrees with ``field``. What the value
        is expected to be is never known here.
        """
        return self._second_look.read_again(pixels, field)

    def _lines(self, pixels: Pixels) -> tuple[tuple[TextLine, ...], PageFields]:
        """Read the whole page; once more with its red as ink, when no label is found on it."""
        lines = self._engine.read_page(pixels)
        page = self._fields_of(lines)
        if page.has_labels or red_share(pixels) <= _RED_PRINT:
            return lines, page
        lines_again = self._engine.read_page(three_equal(red_as_ink(pixels)))
        page_again = self._fields_of(lines_again)
        return (lines_again, page_again) if page_again.has_labels else (lines, page)

    def _fields_of(self, lines: Sequence[TextLine]) -> PageFields:
        return PageFields(lines, self._engine.name, self._book, self._serial_grammar)

    def _proved(
        self, pixels: Pixels, figures: FieldValue | None, words: AmountInWords | None
    ) -> tuple[FieldValue | None, tuple[str, ...]]:
        """Hold the figures against the words; where they differ, both are read once more."""
        amount, doubts = prove_amount(figures, words, self._engine.name)
        if not (figures and words and doubts):
            return amount, doubts
        figures = self._second_look.read_again(pixels, figures) or figures
        words = self._second_look.read_words(pixels, words.box, words.angle) or words
        return prove_amount(figures, words, self._engine.name)

    def _words(
        self, pixels: Pixels, page: PageFields
    ) -> tuple[AmountInWords | None, tuple[str, ...]]:
        """Return the amount in words; where what stands there makes none, it is read once more."""
        words, place = page.amount_in_words(), page.unread_words()
        if words or not place:
            return words, ()
        words = self._second_look.read_words(pixels, *place)
        return words, () if words else (WORDS_NOT_READ,)

    def _sharpened(self, pixels: Pixels, field: FieldValue) -> FieldValue:
        """Return a doubtful field as read again; a field no reading agrees on stays as it is."""
        if field.confidence >= self._sure:
            return field
        return self._second_look.read_again(pixels, field) or field


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


def _cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
