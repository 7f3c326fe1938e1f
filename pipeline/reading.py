"""The reading cascade (Q11, Q14, Q15): codes, a form's zones or the whole page, doubtful places again."""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.barcode import find_codes, serial_candidates
from pipeline.code_and_print import TWO_SERIALS, with_code, with_field
from pipeline.doubts import (
    NOTHING_TAKEN,
    OTHER_FORM,
    PART_MISSING,
    TURNED,
    WRITTEN_OVER,
    as_it_came,
    doubted,
)
from pipeline.engines.channels import red_as_ink, red_share, three_equal
from pipeline.engines.engine import Engine
from pipeline.fields import WORDS_NOT_READ, AmountInWords, PageFields, prove_amount
from pipeline.folded import corner_folded
from pipeline.forms.align import Aligner, Fit
from pipeline.forms.misfed import Misfed, misfed, turned
from pipeline.forms.model import FormModel
from pipeline.forms.zones import ZoneReader, ZoneReading, codes_in_zones
from pipeline.identity_reading import proved
from pipeline.labels import LabelBook
from pipeline.model import FieldName, FieldValue, PageCode, Pixels, Reading, TextLine
from pipeline.searchable.text import PageText
from pipeline.second_look import SecondLook
from pipeline.serials import SERIAL_GRAMMAR, proved_date

_SURE_OF_A_ZONE = 0.9
"""Below this a zone is read again: about one value in 60 is, at a cost that hardly shows."""
_RED_PRINT = 0.002
"""Share of plainly red area from which a page without labels may be a form printed in red."""
_ON_ITS_SIDE = 45


@dataclass(frozen=True)
class _Seen:
    """What was seen of a page that lies on a form."""

    fit: Fit
    codes: tuple[PageCode, ...]
    zones: ZoneReading


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
        reading = self._read(pixels, _Stopwatch.start())
        return doubted(reading, PART_MISSING) if corner_folded(pixels) else reading

    def _read(self, pixels: Pixels, watch: _Stopwatch) -> Reading:
        fit = self._aligner.align(pixels)
        seen = self._zones_of(pixels, fit) if fit else None
        reading = self._read_zones(pixels, seen, watch) if seen else None
        if reading:
            return reading
        wrong = misfed(pixels, self._aligner, fit) if self._aligner else None
        if wrong and wrong.fit:
            reading = self._read_turned(pixels, wrong, watch)
            if reading:
                return reading
        if wrong and wrong.doubt in NOTHING_TAKEN:
            return self._nothing_of(pixels, wrong.doubt, watch)
        reading = self._read_whole(pixels, watch)
        if wrong:
            return doubted(reading, wrong.doubt)
        if seen and seen.zones.written_over:
            return doubted(reading, WRITTEN_OVER, seen.zones.written_over)
        unknown = self._aligner and not fit
        return doubted(reading, OTHER_FORM) if unknown else reading

    def _zones_of(self, pixels: Pixels, fit: Fit) -> _Seen:
        codes = codes_in_zones(pixels, fit)
        if codes is None:
            codes = find_codes(pixels)
        known = len(serial_candidates(codes, self._serial_grammar)) == 1
        return _Seen(fit, codes, self._zones.read(pixels, fit, serial_known=known))

    def _read_turned(self, pixels: Pixels, wrong: Misfed, watch: _Stopwatch) -> Reading | None:
        """Read a page of a known form that must be turned; places are those of the page as it came."""
        if wrong.fit is None:
            return None
        upright = turned(pixels, wrong.quarters)
        reading = self._read_zones(upright, self._zones_of(upright, wrong.fit), watch)
        return reading and doubted(as_it_came(reading, wrong.quarters, pixels), wrong.doubt)

    def _read_zones(self, pixels: Pixels, read: _Seen, watch: _Stopwatch) -> Reading | None:
        """Read an aligned page; None when it is not to be trusted or has no serial number."""
        fit, codes, seen = read.fit, read.codes, read.zones
        if not seen.trusted:
            return None
        amount, amount_doubts = self._proved(pixels, seen.fields.get(FieldName.AMOUNT), seen.words)
        fields, serial_doubts = with_code(
            with_field(seen.fields, FieldName.AMOUNT, amount), codes, self._serial_grammar
        )
        fields, date_doubts = proved_date(fields, self._serial_grammar)
        if FieldName.SERIAL_NO not in fields and TWO_SERIALS not in serial_doubts:
            return None
        cpu, wall = watch.elapsed()
        reading = Reading(
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
        if seen.written_over:
            reading = doubted(reading, WRITTEN_OVER, seen.written_over)
        return reading

    def _read_whole(self, pixels: Pixels, watch: _Stopwatch) -> Reading:
        codes = find_codes(pixels)
        lines, page = self._lines(pixels)
        found = {name: self._sharpened(pixels, value) for name, value in page.fields().items()}
        words, words_doubts = self._words(pixels, page)
        number = page.identity_number()
        amount, amount_doubts = self._proved(pixels, found.get(FieldName.AMOUNT), words)
        fields, serial_doubts = with_code(
            with_field(found, FieldName.AMOUNT, amount), codes, self._serial_grammar
        )
        fields, date_doubts = proved_date(fields, self._serial_grammar)
        over = (TURNED,) if lines and abs(lines[0].angle) > _ON_ITS_SIDE else ()
        cpu, wall = watch.elapsed()
        return Reading(
            codes=codes,
            fields=fields,
            lines=lines,
            engine=f"{self._engine.name} {self._engine.version}",
            cpu_seconds=cpu,
            wall_seconds=wall,
            doubts=(*serial_doubts, *date_doubts, *words_doubts, *amount_doubts, *over),
            amount_in_words=f"{words.amount:.2f}" if words else None,
            identity=proved(number, pixels, self._second_look) if number else None,
        )

    def read_text(self, pixels: Pixels) -> PageText:
        """Return all the text of the page and nothing else: no codes, no fields, no second look."""
        lines, _ = self._lines(pixels)
        return PageText(lines, f"{self._engine.name} {self._engine.version}")

    def _nothing_of(self, pixels: Pixels, doubt: str, watch: _Stopwatch) -> Reading:
        """Return a page whose values are not to be taken: its codes alone, to find it by."""
        codes, (cpu, wall) = find_codes(pixels), watch.elapsed()
        engine = f"{self._engine.name} {self._engine.version}"
        return Reading(codes, {}, (), engine, cpu, wall, (doubt,))

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


def _cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
