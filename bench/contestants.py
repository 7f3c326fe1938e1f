"""Who matches a simulated stream: the product at once and day by day, and a peer.

Each loads the same two files, in a process of its own that begins with nothing in memory.
"""

from __future__ import annotations

import csv
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.balance import CatalogedPage
from pipeline.matching import match_day
from pipeline.model import Box, FieldName, FieldValue, Transaction
from pipeline.pairing.columns import Table
from pipeline.pairing.engine import match_tables

_THRESHOLDS = {"kept all": -math.inf, "p ≥ 0.5": 0.0, "p ≥ 0.99": math.log2(99), "20 bits": 20.0}
"""Where the peer's decisions may be cut; the product has its own rules."""

Pairs = Sequence[tuple[int, int]]
"""(number of a transaction, number of the page it is given)."""


@dataclass(frozen=True)
class Run:
    """What a contestant decided and what it took."""

    pairs: Pairs
    load_seconds: float
    seconds: float
    cpu_seconds: float
    peak_mib: int
    weights: Sequence[float] | None = None
    """Of each pair, where the contestant leaves the threshold to its user."""

    def cuts(self) -> Iterator[tuple[str, Pairs]]:
        """Give the pairs, at each threshold where there is a choice."""
        if self.weights is None:
            yield "", self.pairs
            return
        for name, least in _THRESHOLDS.items():
            weighed = zip(self.pairs, self.weights, strict=True)
            yield f" {name}", [pair for pair, weight in weighed if weight >= least]


class Clock:
    """Seconds of the wall and of the processors since it was made, in two laps: loading and matching."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    def loaded(self) -> None:
        """End the first lap."""
        self._loaded, self._cpu = time.perf_counter(), time.process_time()

    def matched(self) -> None:
        """End the second lap."""
        self._matched, self._cpu = time.perf_counter(), time.process_time() - self._cpu
        self._peak_mib = _peak_mib()

    def run(self, pairs: Pairs, weights: Sequence[float] | None = None) -> Run:
        """Give what was decided and taken."""
        load, match = self._loaded - self._began, self._matched - self._loaded
        return Run(pairs, load, match, self._cpu, self._peak_mib, weights)


def bulk(folder: Path) -> Run:
    """Match the whole stream at once."""
    clock = Clock()
    booked, read = _columns(folder / "transactions.csv"), _columns(folder / "pages.csv")
    values = [{name: columns[name] for name in FieldName} for columns in (booked, read)]
    transactions = Table(_blocks(booked), booked["serial_no"], values[0])
    scans = Table(
        _blocks(read),
        [int(number) for number in read["number"]],
        values[1],
        [coded == "1" for coded in read["coded"]],
    )
    clock.loaded()
    page_of = match_tables(transactions, scans)
    clock.matched()
    rows = np.flatnonzero(page_of >= 0)
    numbers, pages = booked["number"], read["number"]
    return clock.run([(int(numbers[row]), int(pages[page_of[row]])) for row in rows.tolist()])


def by_day(folder: Path) -> Run:
    """Match branch day by branch day, as closing does, with the evidence of each match."""
    clock = Clock()
    numbered = _by_branch_day(folder / "transactions.csv", _transaction)
    pages = _by_branch_day(folder / "pages.csv", _page)
    clock.loaded()
    pairs = []
    for key, booked in numbered.items():
        numbers = {transaction.serial_no: number for number, transaction in booked}
        matching = match_day((transaction for _, transaction in booked), pages.get(key, ()))
        pairs += [(numbers[m.serial_no], m.pages[0].sequence) for m in matching.matches]
    clock.matched()
    return clock.run(pairs)


def splink(folder: Path) -> Run:
    """Let Splink match; the pairs of every threshold follow from their weights."""
    from bench import splink_peer

    clock = Clock()
    linker = splink_peer.load(folder)
    clock.loaded()
    booked, pages, weights = splink_peer.link(linker)
    clock.matched()
    return clock.run(list(zip(booked.tolist(), pages.tolist(), strict=True)), weights.tolist())


CONTESTANTS: Mapping[str, Callable[[Path], Run]] = {
    "paperproof": bulk,
    "day by day": by_day,
    "splink": splink,
}


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """Give the rows of one of the stream's files."""
    with path.open(encoding="utf-8", newline="") as opened:
        yield from csv.DictReader(opened)


def _by_branch_day(
    path: Path, made: Callable[[dict[str, str]], Any]
) -> dict[tuple[str, str], list[Any]]:
    parts: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows_of(path):
        parts[row["branch"], row["day"]].append(made(row))
    return parts


def _transaction(row: Mapping[str, str]) -> tuple[int, Transaction]:
    day = date.fromisoformat(row["day"])
    return int(row["number"]), Transaction(
        business_date=day,
        serial_no=row["serial_no"],
        handling_branch=row["branch"],
        occur_at=datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
        owner_branch=row["branch"],
        customer_no=row["customer_no"],
        customer_name=row["customer_name"],
        id_type="",
        id_no="",
        business_code="",
        business_name=row["business_name"],
        channel="counter",
        teller_no="",
        fund_account=row["fund_account"],
        amount=Decimal(row["amount"]) if row["amount"] else None,
    )


def _page(row: Mapping[str, str]) -> CatalogedPage:
    sources = {FieldName.SERIAL_NO: "barcode"} if row["coded"] == "1" else {}
    return CatalogedPage(
        page_id=row["number"],
        delivery_id=row["number"],
        name=row["number"],
        branch=row["branch"],
        sequence=int(row["number"]),
        state="admitted",
        fields={
            name: FieldValue(name, row[name], 0.99, sources.get(name, "rapidocr"), _NOWHERE)
            for name in FieldName
            if row[name]
        },
    )


_NOWHERE = Box(0, 0, 1, 1)


def _columns(path: Path) -> dict[str, list[str]]:
    """Read a file as columns; equal texts are one text where there are few of them."""
    with path.open(encoding="utf-8", newline="") as opened:
        rows = csv.reader(opened)
        header = next(rows)
        columns: dict[str, list[str]] = {name: [] for name in header}
        texts: dict[str, str] = {}
        for row in rows:
            for name, text in zip(header, row, strict=True):
                columns[name].append(texts.setdefault(text, text) if name in _FEW else text)
    return columns


_FEW = ("branch", "day", FieldName.BUSINESS_NAME, FieldName.BUSINESS_DATE)


def _blocks(columns: Mapping[str, Sequence[str]]) -> list[str]:
    texts: dict[str, str] = {}
    blocks = map("/".join, zip(columns["branch"], columns["day"], strict=True))
    return [texts.setdefault(block, block) for block in blocks]


def _peak_mib() -> int:
    """Return this program's largest memory; ``ru_maxrss`` would count what started it too."""
    status = Path("/proc/self/status").read_text("ascii")
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
