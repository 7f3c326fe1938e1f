"""What a day costs in a large catalog: its stream's import, and the closing of a branch.

The day is the first one that the archive knows nothing of; each run adds one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.archive import A_DAY, Archive, close
from bench.station import enter_papers, invented_rows
from flows.import_stream import import_stream
from flows.parts import Parts, open_parts
from pipeline.model import Transaction
from pipeline.specimens.stream import write_stream


@dataclass(frozen=True)
class _OfBranch:
    """A branch's part of the stream."""

    branch: str
    transactions: tuple[Transaction, ...]

    @property
    def total(self) -> Decimal:
        return sum((row.amount or Decimal(0) for row in self.transactions), Decimal(0))


def run(made: Archive, seed: int) -> dict[str, Any]:
    """Import one more day and close one branch of it; print and return the figures."""
    rng = np.random.default_rng(seed)
    with open_parts(made.folder) as parts, TemporaryDirectory() as folder:
        day = _new_day(parts, made.today)
        ofs = [_OfBranch(one, invented_rows(rng, day, one, A_DAY)) for one in made.branches]
        file = Path(folder) / "stream.csv"
        write_stream(file, ofs)
        imported = _timed(
            lambda: import_stream(
                parts, file, day, mapping=None, replace=False, lang="en", who="bench"
            )
        )
        pages = enter_papers(parts, rng, ofs[0].transactions)
        closed = _timed(lambda: close(parts, day, ofs[0].branch))
    rows = sum(len(one.transactions) for one in ofs)
    print(
        f"import of a day    {rows:,} rows of {len(ofs)} branches in {imported:.1f} s: "
        f"{rows / imported:,.0f} rows/s\n"
        f"closing of a branch {A_DAY} transactions, {pages} pages: {closed:.2f} s",
        flush=True,
    )
    return {"import_rows_a_second": rows / imported, "rows": rows, "close_seconds": closed}


def _new_day(parts: Parts, after: date) -> date:
    day = after + timedelta(days=1)
    while parts.catalog.streams.branches_of_day(day) or not parts.calendar.is_trading_day(day):
        day += timedelta(days=1)
    return day


def _timed(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
