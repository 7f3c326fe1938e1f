"""What each pair's fields are worth in bits, log2(m/u), by the values themselves.

m follows from how readers err (``confusions``); u from how often a value stands in the booked stream of its
branch and day: a name that two customers have tells half as much, and a serial number misread into a booked
one tells for that one. A customer's number, account and name are one piece of evidence, not three: each
counts only for what it adds. u is counted against a stream of a set size, so that a transaction that
shares no value with a pair changes nothing for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from pipeline.confusions import likelihood
from pipeline.evidence import (
    AGREES,
    DIFFERS,
    NEAR,
    NOT_EXPECTED,
    NOT_READ,
    READ_RIGHT,
    SLIPS_ALLOWED,
    WRONG,
    slips_allowed,
    weights_of,
)
from pipeline.model import FieldName
from pipeline.pairing.columns import FIELDS, SERIAL, Columns, Flags, Numbers

Bits = npt.NDArray[np.float64]
Outcomes = npt.NDArray[np.int8]

VERDICTS = (NOT_EXPECTED, NOT_READ, AGREES, NEAR, DIFFERS)
_NOT_EXPECTED, _NOT_READ, AGREE, SLIPPED, DIFFER = range(len(VERDICTS))

STREAM = 16_000
"""Transactions against which u is counted, more than a branch day has. Measured at three times the reading
benchmark's noise: 4,000 leave one page in 1,000 more to people and save no false match."""
_STRAY: Mapping[FieldName, float] = {
    FieldName.CUSTOMER_NO: 0.01,
    FieldName.FUND_ACCOUNT: 0.01,
    FieldName.CUSTOMER_NAME: 0.05,
    FieldName.AMOUNT: 4.0,
}
"""How many papers in so many, not booked or misread, show by chance a value that is booked once: one in 200
is not booked, half of these of a customer who was there; other people share a name, others an amount."""
_CODED, _PRINTED = 1e-6, 1e-4
"""u of a serial number: from a code one of a million; read by its signs 0.3 % slip into one of 30."""
_EVER = {FieldName.BUSINESS_NAME: 0.1, FieldName.BUSINESS_DATE: 0.9}
"""u of what stands on every tenth voucher, and on nearly all."""
_UNBOOKED = {
    FieldName.SERIAL_NO: 1e-6,
    FieldName.CUSTOMER_NO: 1e-6,
    FieldName.FUND_ACCOUNT: 1e-6,
    FieldName.CUSTOMER_NAME: 1e-4,
    FieldName.AMOUNT: 1e-4,
    FieldName.BUSINESS_NAME: 1e-2,
    FieldName.BUSINESS_DATE: 1e-2,
}
"""u of a value that nobody has booked that day."""
CUSTOMER = tuple(
    FIELDS.index(name)
    for name in (FieldName.CUSTOMER_NO, FieldName.FUND_ACCOUNT, FieldName.CUSTOMER_NAME)
)
AMOUNT = FIELDS.index(FieldName.AMOUNT)
_COUNTED = (*CUSTOMER, AMOUNT)
_DIFFERS = np.array([weights_of(_EVER.get(name, 0.0) or 1 / STREAM).differs for name in FIELDS])

AGREES_ONCE: Mapping[FieldName, float] = {
    name: weights_of(chance).agrees
    for name, chance in {
        FieldName.SERIAL_NO: _PRINTED,
        **{name: stray / STREAM for name, stray in _STRAY.items()},
        **_EVER,
    }.items()
}
"""Bits of agreeing in a value that stands once in the stream."""


@dataclass(frozen=True)
class Weighed:
    """Pairs compared field by field: pairs x fields."""

    outcomes: Outcomes
    """Places in ``VERDICTS``."""
    bits: Bits
    """Rounded to hundredths."""

    @property
    def score(self) -> Bits:
        """Sum of the bits of each pair."""
        return np.asarray(np.round(self.bits.sum(axis=1), 2))

    @property
    def agreeing(self) -> Numbers:
        """How many fields of each pair agree."""
        return np.asarray((self.outcomes == AGREE).sum(axis=1))

    @property
    def clean(self) -> Flags:
        """Whether a pair agrees in serial number and in customer or amount, and differs in nothing."""
        agrees = self.outcomes == AGREE
        return np.asarray(
            agrees[:, SERIAL]
            & agrees[:, _COUNTED].any(axis=1)
            & ~(self.outcomes >= SLIPPED).any(axis=1)
        )


class Weights:
    """Weighs pairs of one stream."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._counts = {name: _Counts(columns, name) for name in (SERIAL, *_COUNTED)}

    def weigh(self, rows: Numbers, pages: Numbers) -> Weighed:
        """Compare transactions with pages, pair by pair."""
        booked, read = self.columns.booked.codes[:, rows], self.columns.read.codes[:, pages]
        shape = (len(rows), len(FIELDS))
        outcomes, bits = np.zeros(shape, np.int8), np.zeros(shape)
        for name in range(len(FIELDS)):
            agree = (booked[name] >= 0) & (booked[name] == read[name])
            outcomes[:, name] = np.where(
                booked[name] < 0, _NOT_EXPECTED, np.where(agree, AGREE, DIFFER)
            )
            outcomes[(booked[name] >= 0) & (read[name] < 0), name] = _NOT_READ
            self._slips(name, rows, pages, outcomes, bits)
        self._agreements(rows, pages, outcomes, bits)
        return Weighed(outcomes, np.round(bits, 2))

    def _agreements(self, rows: Numbers, pages: Numbers, outcomes: Outcomes, bits: Bits) -> None:
        agrees = outcomes == AGREE
        chance = np.where(self.columns.coded[pages], _CODED, _PRINTED)
        bits[:, SERIAL] += np.where(agrees[:, SERIAL], np.log2(READ_RIGHT / chance), 0)
        for often_there, often in _EVER.items():
            place = FIELDS.index(often_there)
            bits[:, place] += np.where(agrees[:, place], np.log2(READ_RIGHT / often), 0)
        bits[:, AMOUNT] += np.where(agrees[:, AMOUNT], _log_agree(self._chance(AMOUNT, rows)), 0)
        known = np.ones(len(rows))
        for name in CUSTOMER:
            chance = self._chance(name, rows)
            bits[:, name] += np.where(agrees[:, name], _log_agree(chance / known), 0)
            known = np.where(agrees[:, name], np.minimum(known, chance), known)

    def _chance(self, name: int, rows: Numbers) -> Bits:
        """Return how likely another paper shows the value of each transaction."""
        others = self._counts[name].of_rows[rows] - 1
        return np.asarray((others + _STRAY[FIELDS[name]]) / STREAM)

    def _slips(
        self, name: int, rows: Numbers, pages: Numbers, outcomes: Outcomes, bits: Bits
    ) -> None:
        """Weigh what is read otherwise than booked: a slip of the reader, or something else."""
        unlike = np.flatnonzero(outcomes[:, name] == DIFFER)
        if not len(unlike):
            return
        bits[unlike, name] = _DIFFERS[name]
        if name == SERIAL:
            unlike = unlike[
                ~self.columns.coded[pages[unlike]]
            ]  # a code has a check digit of its own
        booked = self.columns.booked.codes[name, rows[unlike]].astype(np.int64)
        read = self.columns.read.codes[name, pages[unlike]]
        size = len(self.columns.texts[name])
        distinct, of_pair = np.unique(booked * size + read, return_inverse=True)
        chances = self._slip_chances(name, distinct // size, distinct % size)[of_pair]
        near = chances > 0
        unlike, read, chances = unlike[near], read[near], chances[near]
        outcomes[unlike, name] = SLIPPED
        by_chance = np.full(len(unlike), _UNBOOKED[FIELDS[name]])
        if counts := self._counts.get(name):
            block = self.columns.read.block[pages[unlike]]
            often = counts.of_values(self.columns.joined(block, read, name)) / STREAM
            by_chance = np.maximum(by_chance, often)
        bits[unlike, name] = np.log2(chances / by_chance + WRONG)

    def _slip_chances(self, name: int, booked: Numbers, read: Numbers) -> Bits:
        """Return the chance of each misreading that counts as near, else 0."""
        chances = np.zeros(len(booked))
        texts = self.columns.texts[name]
        stand, seen = [texts[one] for one in booked], [texts[one] for one in read]
        distances = cpdist(
            stand, seen, scorer=Levenshtein.distance, score_cutoff=SLIPS_ALLOWED, dtype=np.uint8
        )
        for pair in np.flatnonzero(distances <= SLIPS_ALLOWED):
            if distances[pair] <= slips_allowed(stand[pair]):
                chances[pair] = likelihood(seen[pair], stand[pair])
        return chances


def _log_agree(chance: Bits) -> Bits:
    return np.asarray(np.log2(READ_RIGHT / np.clip(chance, None, 0.5)))


class _Counts:
    """How often each value of a field stands in the booked stream of its block."""

    def __init__(self, columns: Columns, name: int) -> None:
        keys = columns.key(columns.booked, name)
        self._keys, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
        self._counts = counts
        self.of_rows: Numbers = counts[place]

    def of_values(self, keys: Numbers) -> Numbers:
        """Give the count of each key of block and value; 0 where it is not booked."""
        place = np.minimum(np.searchsorted(self._keys, keys), max(0, len(self._keys) - 1))
        if not len(self._keys):
            return np.zeros(len(keys), np.int64)
        return np.where(self._keys[place] == keys, self._counts[place], 0)
