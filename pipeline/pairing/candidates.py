"""Which pairs are worth comparing: those of one branch and day that share a key.

Exact keys are serial number, customer number, account, name and amount; robust ones the serial numbers of
which a read one is a likely slip. A pair that shares none of them cannot reach ``least_score``: what may
still agree is the kind of business and the date, 3.3 bits in all.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import ne

import numpy as np

from pipeline.confusions import likely_originals
from pipeline.model import FieldName
from pipeline.pairing.columns import FIELDS, NONE, SERIAL, Columns, Flags, Numbers

_KEYS = tuple(
    FIELDS.index(name)
    for name in (
        FieldName.SERIAL_NO,
        FieldName.CUSTOMER_NO,
        FieldName.FUND_ACCOUNT,
        FieldName.CUSTOMER_NAME,
        FieldName.AMOUNT,
    )
)
_DATE = FIELDS.index(FieldName.BUSINESS_DATE)
_TOO_COMMON = 64
"""Transactions of a branch day that share a value from which it is no key: agreeing in it is worth 4 bits."""

Pairs = tuple[Numbers, Numbers]
"""Rows of the booked side and of the pages."""


class Index:
    """The transactions of a stream by the numbers of block and value of one field."""

    def __init__(self, columns: Columns, name: int) -> None:
        keys = columns.key(columns.booked, name)
        self._rows = np.argsort(keys, kind="stable")
        self._keys = keys[self._rows]

    def find(self, keys: Numbers, pages: Numbers) -> Pairs:
        """Give the pairs of pages and transactions of one key; ``keys`` are the pages' own."""
        given = keys != NONE
        keys, pages = keys[given], pages[given]
        first = np.searchsorted(self._keys, keys, "left")
        count = np.searchsorted(self._keys, keys, "right") - first
        count[count > _TOO_COMMON] = 0
        starts = np.repeat(first - np.append(0, np.cumsum(count)[:-1]), count)
        return self._rows[starts + np.arange(count.sum())], np.repeat(pages, count)


def serial_claims(columns: Columns) -> Numbers:
    """Give, for each page, the transaction whose serial number it carries; ``NONE`` where there is none."""
    pages = np.arange(len(columns.read))
    rows, found = Index(columns, SERIAL).find(columns.key(columns.read, SERIAL), pages)
    claims = np.full(len(pages), NONE)
    claims[found] = rows
    return claims


def candidates(columns: Columns, pages: Numbers) -> Pairs:
    """Give the pairs of these pages with the transactions with which they share a key, each once."""
    found = [*_by_values(columns, pages), _by_slips(columns, pages)]
    size = max(1, len(columns.read))
    rows, columns_ = (np.concatenate([pair[side] for pair in found]) for side in (0, 1))
    distinct = np.unique(rows * size + columns_)
    return distinct // size, distinct % size


def no_serial_numbers(columns: Columns, rows: Numbers, pages: Numbers) -> Flags:
    """Tell, pair by pair, whether what was read as the serial number is none, but another number of the page.

    That can be told where serial numbers begin with the year: three of its four digits are others then. A
    number of another day or branch begins with a year.
    """
    serials, dates = columns.texts[SERIAL], columns.texts[_DATE]
    told = np.zeros(len(rows), bool)
    booked, read = columns.booked.codes[:, rows], columns.read.codes[SERIAL, pages]
    for pair, (serial, day, seen) in enumerate(
        zip(booked[SERIAL].tolist(), booked[_DATE].tolist(), read.tolist(), strict=True)
    ):
        year = dates[day][:_YEAR] if day != NONE else ""
        if year and serials[serial].startswith(year):
            told[pair] = sum(map(ne, year, serials[seen].ljust(_YEAR))) >= _YEAR - 1
    return told & ~columns.coded[pages]


_YEAR = 4
"""Digits of a year."""


def _by_values(columns: Columns, pages: Numbers) -> Iterator[Pairs]:
    for name in _KEYS:
        yield Index(columns, name).find(columns.key(columns.read, name)[pages], pages)


def _by_slips(columns: Columns, pages: Numbers) -> Pairs:
    """Give the transactions of whose serial number the one read is a likely slip."""
    codes = columns.read.codes[SERIAL, pages]
    texts, numbers = columns.texts[SERIAL], columns.number
    misread = pages[(codes != NONE) & ~columns.coded[pages]]
    found: list[tuple[int, int]] = []
    for page in misread.tolist():
        originals = likely_originals(texts[columns.read.codes[SERIAL, page]])
        found += [(page, numbers[one]) for one in originals if one in numbers]
    slipped = np.array(found, np.int64).reshape(-1, 2)
    slipped = slipped[np.lexsort((slipped[:, 1], slipped[:, 0]))]
    block = columns.read.block[slipped[:, 0]]
    keys = columns.joined(block, slipped[:, 1].astype(np.int32), SERIAL)
    return Index(columns, SERIAL).find(keys, slipped[:, 0])
