"""Transactions and pages as columns of numbers: equal values have equal numbers, cheap to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pipeline.evidence import plain
from pipeline.model import FieldName

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
FIELDS = tuple(FieldName)
SERIAL = FIELDS.index(FieldName.SERIAL_NO)
NONE = -1
"""Number of a value that is not there."""


@dataclass(frozen=True)
class Table:
    """Rows of one side: what is booked, or what was read."""

    blocks: Sequence[str]
    """Branch and day of each row; only rows of one block are compared."""
    keys: Sequence[int] | Sequence[str]
    """What orders the rows of a block and tells them apart: serial number, order of delivery."""
    values: Mapping[FieldName, Sequence[str | None]]
    coded: Sequence[bool] = ()
    """Of pages: whether the serial number comes from a code, which does not slip."""


@dataclass(frozen=True)
class Side:
    """One side's rows, ordered by block and key whatever their order was."""

    block: Numbers
    codes: npt.NDArray[np.int32]
    """Fields x rows: the number of each value, ``NONE`` where there is none."""
    place: Numbers
    """Where each row stood in its table."""

    def __len__(self) -> int:
        return len(self.block)


@dataclass(frozen=True)
class Columns:
    """Both sides and the texts that the numbers stand for."""

    booked: Side
    read: Side
    coded: Flags
    texts: tuple[Sequence[str], ...]
    """For each field: number -> text in plain form."""
    number: Mapping[str | None, int] = field(repr=False)
    """Serial number in plain form -> its number."""

    def key(self, side: Side, name: int) -> Numbers:
        """Give one number for block and value of each row; ``NONE`` where there is no value."""
        return self.joined(side.block, side.codes[name], name)

    def joined(self, block: Numbers, codes: npt.NDArray[np.int32], name: int) -> Numbers:
        """Give one number for each block and value."""
        return np.where(codes < 0, NONE, block * len(self.texts[name]) + codes)


def columns_of(booked: Table, read: Table) -> Columns:
    """Number the values of both tables; what a number is does not matter, only which are equal."""
    blocks = {block: number for number, block in enumerate(sorted({*booked.blocks, *read.blocks}))}
    numberings = [_Numbering() for _ in FIELDS]
    coded = np.asarray(read.coded or np.zeros(len(read.keys)), bool)
    booked_side, read_side = (_side(table, blocks, numberings) for table in (booked, read))
    return Columns(
        booked_side,
        read_side,
        coded[read_side.place],
        tuple(numbering.texts for numbering in numberings),
        numberings[SERIAL],
    )


def _side(table: Table, blocks: Mapping[str, int], numberings: Sequence[_Numbering]) -> Side:
    count = len(table.keys)
    block = np.fromiter(map(blocks.__getitem__, table.blocks), np.int64, count)
    order = np.lexsort((np.array(table.keys), block))
    codes = np.empty((len(FIELDS), count), np.int32)
    for name, numbering in zip(FIELDS, numberings, strict=True):
        values = map(numbering.__getitem__, table.values[name])
        codes[FIELDS.index(name)] = np.fromiter(values, np.int32, count)
    return Side(block[order], codes[:, order], order)


class _Numbering(dict[str | None, int]):
    """A number for each text in plain form, found by the texts as they came."""

    def __init__(self) -> None:
        super().__init__({None: NONE, "": NONE})
        self.texts: list[str] = []

    def __missing__(self, value: str) -> int:
        text = plain(value)
        number = None if text == value else self.get(text)
        if number is None:
            number = self[text] = len(self.texts)
            self.texts.append(text)
        if text != value:
            self[value] = number
        return number
