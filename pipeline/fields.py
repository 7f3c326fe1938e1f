"""Voucher fields (凭证要素) found among a page's lines of text, by their printed labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline.amounts import amount_from_words, looks_like_words
from pipeline.engines.calibration import calibrated
from pipeline.identity_number import number_in
from pipeline.labels import LabelBook, Meaning, Other
from pipeline.layout import Layout, Piece
from pipeline.model import Box, FieldName, FieldValue, IdentityNumber, TextLine
from pipeline.serials import SERIAL_GRAMMAR
from pipeline.stance import on_page
from pipeline.values import PlainValue, half_width, plain_date, plain_value

WORDS_DIFFER = "words_differ_from_figures"
"""Doubt: the amount in words is another than the amount in figures (Q15)."""
WORDS_NOT_READ = "words_not_read"
"""Doubt: there is an amount in words, but it could not be read and proves nothing (Q15)."""

_WORDY = frozenset({FieldName.CUSTOMER_NAME, FieldName.BUSINESS_NAME})
_LONGEST_WORDS_BELOW = 30

# What is left of an engine's confidence when the way to the value was less certain.
_MISREAD_LABEL = 0.92
_RUNS_ON = 0.6
_SKIPPED_OVER = 0.9
_BELOW = 0.85
_DISPUTED = 0.8
_WITHOUT_LABEL = 0.7
_FROM_WORDS = 0.8
_WORDS_DIFFER = 0.5

Parse = Callable[[str], PlainValue | None]
"""What makes a plain value of text, or None where it cannot be one."""


@dataclass(frozen=True)
class AmountInWords:
    """The amount written out in Chinese numerals (金额大写), as read."""

    amount: Decimal
    confidence: float
    box: Box
    angle: float = 0.0


@dataclass(frozen=True)
class Candidate:
    """A value that a label names."""

    value: str
    confidence: float
    box: Box
    """On the page turned upright."""
    order: tuple[bool, int, int]
    """Better candidates come first: label read exactly, first synonym, nearest way."""


class PageFields:
    """What one page says, found once: its labels, the fields and the amount in words.

    ``source``: name of the engine that read the lines; it stands in the fields, and its confidences
    become likelihoods.
    """

    def __init__(
        self,
        lines: Iterable[TextLine],
        source: str,
        book: LabelBook,
        serial_grammar: str = SERIAL_GRAMMAR,
    ) -> None:
        self._book = book
        self._layout = Layout(
            [replace(one, confidence=calibrated(source, one.confidence)) for one in lines], book
        )
        self._source = source
        self._serial_grammar = serial_grammar

    @property
    def labels(self) -> tuple[Piece, ...]:
        """The labels of the page, on the page turned upright."""
        return self._layout.labels

    @property
    def angle(self) -> float:
        """Turn of the page's text, degrees clockwise."""
        return self._layout.angle

    @property
    def has_labels(self) -> bool:
        """Whether any label that names a field stands on the page."""
        return any(
            piece.label and piece.label.meaning in FieldName for piece in self._layout.labels
        )

    def fields(self) -> dict[FieldName, FieldValue]:
        """Return the fields found, in the order of ``FieldName``, as figures and words are printed."""
        found = {name: self._field(name) for name in FieldName}
        if found[FieldName.BUSINESS_DATE] is None:
            found[FieldName.BUSINESS_DATE] = self._only_date()
        return {name: value for name, value in found.items() if value}

    def amount_in_words(self) -> AmountInWords | None:
        """Return the amount in words; a page with two different ones has none."""
        found = self._candidates(Other.WORDS, _words_as_value) or [
            Candidate(value.text, piece.confidence, piece.box, (False, 0, 0))
            for piece in self._layout.free
            if any(unit in piece.text for unit in "元圆角分整")
            if (value := _words_as_value(piece.text))
        ]
        if len({candidate.value for candidate in found}) != 1:
            return None
        best, angle = found[0], self._layout.angle
        return AmountInWords(Decimal(best.value), best.confidence, on_page(best.box, angle), angle)

    def identity_number(self) -> IdentityNumber | None:
        """Return what is printed as the customer's identity number, of 18 characters; read once."""
        found, angle = self._candidates(Other.IDENTITY, _identity_as_value), self._layout.angle
        if not found:
            return None
        return IdentityNumber(found[0].value, False, on_page(found[0].box, angle), angle)

    def unread_words(self) -> tuple[Box, float] | None:
        """Return where what must be an amount in words stands, on the page as it came, and its angle."""
        texts = [piece for piece in self._layout.pieces if not piece.label]
        words = [piece for piece in texts if looks_like_words(piece.text)]
        if not words:
            return None
        box = max(words, key=lambda piece: len(piece.text)).box
        return on_page(box, self._layout.angle), self._layout.angle

    def _field(self, name: FieldName) -> FieldValue | None:
        found = self._candidates(name, lambda text: plain_value(name, text, self._serial_grammar))
        if not found:
            return self._run_on(name) if name in _WORDY else None
        best = found[0]
        rivals = {other.value for other in found if other.order[:2] == best.order[:2]}
        certain = best.confidence * (1.0 if len(rivals) == 1 else _DISPUTED)
        return self._given(name, best.value, certain, best.box)

    def _run_on(self, name: FieldName) -> FieldValue | None:
        """Return a name that stands right behind its label, no sign between, and is no label's value."""
        values = {piece for label in self._layout.labels for piece in self._layout.beside(label)}
        for piece in self._layout.free:
            hit = self._book.run_on(piece.text)
            if hit and hit.meaning is name and piece not in values:
                value = plain_value(name, piece.text[hit.end :])
                if value:
                    return self._given(name, value.text, piece.confidence * _RUNS_ON, piece.box)
        return None

    def _only_date(self) -> FieldValue | None:
        """Return a date that stands without a label when the page has no other, as under a heading."""
        dates = [(piece, value) for piece in self._layout.free if (value := plain_date(piece.text))]
        if len({value.text for _, value in dates}) != 1:
            return None
        piece, value = dates[0]
        confidence = piece.confidence * value.keeps * _WITHOUT_LABEL
        return self._given(FieldName.BUSINESS_DATE, value.text, confidence, piece.box)

    def _given(self, name: FieldName, value: str, confidence: float, box: Box) -> FieldValue:
        """Return a field whose place is that of the page as it came."""
        angle = self._layout.angle
        return FieldValue(
            name, value, round(confidence, 4), self._source, on_page(box, angle), angle
        )

    def _candidates(self, meaning: Meaning, parse: Parse) -> list[Candidate]:
        labels = (
            piece for piece in self._layout.labels if piece.label and piece.label.meaning is meaning
        )
        found = (self.value_at(piece, parse, wordy=meaning in _WORDY) for piece in labels)
        return sorted((one for one in found if one), key=lambda one: (one.order, -one.confidence))

    def value_at(self, label: Piece, parse: Parse, *, wordy: bool) -> Candidate | None:
        """Return the nearest text beside or below ``label`` that ``parse`` takes; None where none is.

        ``wordy``: whether the value is words, which are taken only where a label's value belongs.
        """
        hit = label.label
        if hit is None:
            return None
        for way, (piece, keeps) in enumerate(self._values_of(label, wordy=wordy)):
            value = parse(piece.text)
            if value is None:
                continue
            if not hit.exact:
                keeps *= _MISREAD_LABEL
            confidence = piece.confidence * keeps * value.keeps
            return Candidate(
                value.text, confidence, piece.box, (not hit.exact, hit.rank, min(way, 1))
            )
        return None

    def _values_of(self, label: Piece, *, wordy: bool) -> Iterator[tuple[Piece, float]]:
        """Give the pieces that may be the label's value, the likeliest first, and what they keep."""
        run = self._layout.beside(label)
        yield from ((phrase, 1.0) for phrase in self._layout.phrases(run))
        if not wordy:
            yield from ((piece, _SKIPPED_OVER) for piece in run[1:])
        below = self._layout.below(label)
        if below and not (
            wordy and (run or len(below.text) > _LONGEST_WORDS_BELOW or "," in below.text)
        ):
            yield below, _BELOW


def find_fields(
    lines: Iterable[TextLine],
    source: str = "rapidocr",
    book: LabelBook | None = None,
    serial_grammar: str = SERIAL_GRAMMAR,
) -> dict[FieldName, FieldValue]:
    """Return the voucher fields that stand among ``lines``, each where its label says."""
    return PageFields(lines, source, book or LabelBook(), serial_grammar).fields()


def prove_amount(
    figures: FieldValue | None, words: AmountInWords | None, source: str
) -> tuple[FieldValue | None, tuple[str, ...]]:
    """Return the amount as its words bear it out, and the doubts: they agree, differ or stand alone (Q15)."""
    if words is None:
        return figures, ()
    if figures is None:
        confidence = round(words.confidence * _FROM_WORDS, 4)
        return FieldValue(
            FieldName.AMOUNT, f"{words.amount:.2f}", confidence, source, words.box, words.angle
        ), ()
    if Decimal(figures.value) != words.amount:
        return replace(figures, confidence=round(figures.confidence * _WORDS_DIFFER, 4)), (
            WORDS_DIFFER,
        )
    unsure = (1 - figures.confidence) * (1 - words.confidence)
    return replace(figures, confidence=round(1 - unsure, 4), source=f"{figures.source}+words"), ()


def _identity_as_value(text: str) -> PlainValue | None:
    number = number_in(half_width(text))
    return None if number is None else PlainValue(number)


def _words_as_value(text: str) -> PlainValue | None:
    amount = amount_from_words(half_width(text))
    return None if amount is None else PlainValue(f"{amount:.2f}")
