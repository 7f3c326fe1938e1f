"""Matching of a simulated stream: time, memory, and how many decisions are right, side by side with a peer.

Each contestant gets the same two files, in a process of its own that begins with nothing in memory. A
decision is a transaction that is given a page without a person; it is false when the page is another's.
"""

from __future__ import annotations

import csv
import math
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scipy.stats import beta

from bench.simulated import Noise, write_stream
from pipeline.balance import CatalogedPage
from pipeline.matching import match_day
from pipeline.model import Box, FieldName, FieldValue, Transaction

_CONFIDENCE = 0.95

Pairs = Sequence[tuple[int, int]]
"""(number of a transaction, number of the page it is given)."""


@dataclass(frozen=True)
class Run:
    """What a contestant decided and what it took."""

    pairs: Pairs
    load_seconds: float
    seconds: float
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


def product(folder: Path) -> Run:
    """Match branch day by branch day, as closing does."""
    began = time.perf_counter()
    numbered = _by_branch_day(folder / "transactions.csv", _transaction)
    pages = _by_branch_day(folder / "pages.csv", _page)
    loaded = time.perf_counter()
    pairs = []
    for key, booked in numbered.items():
        numbers = {transaction.serial_no: number for number, transaction in booked}
        matching = match_day((transaction for _, transaction in booked), pages.get(key, ()))
        pairs += [(numbers[m.serial_no], m.pages[0].sequence) for m in matching.matches]
    return Run(pairs, loaded - began, time.perf_counter() - loaded, _peak_mib())


def splink(folder: Path) -> Run:
    """Let Splink match; the pairs of every threshold follow from their weights."""
    from bench import splink_peer

    began = time.perf_counter()
    linker = splink_peer.load(folder)
    loaded = time.perf_counter()
    booked, pages, weights = splink_peer.link(linker)
    seconds = time.perf_counter() - loaded
    pairs = list(zip(booked.tolist(), pages.tolist(), strict=True))
    return Run(pairs, loaded - began, seconds, _peak_mib(), weights.tolist())


CONTESTANTS: Mapping[str, Callable[[Path], Run]] = {"paperproof": product, "splink": splink}
_THRESHOLDS = {"kept all": -math.inf, "p ≥ 0.5": 0.0, "p ≥ 0.99": math.log2(99), "20 bits": 20.0}
"""Where the peer's decisions may be cut; the product has its own rules."""


def run(
    sizes: Sequence[int], noises: Sequence[float], seed: int, names: Sequence[str]
) -> list[dict[str, Any]]:
    """Let each contestant match each stream; return the table's rows."""
    rows = []
    for noise in noises:
        for size in sizes:
            with TemporaryDirectory(prefix="paperproof-bench-") as folder:
                path = Path(folder)
                _apart(write_stream, path, size, Noise().times(noise), seed)
                for name in names:
                    ran = _apart(CONTESTANTS[name], path)
                    for cut, pairs in ran.cuts():
                        rows.append(
                            {"contestant": name + cut, "size": size, "noise": noise}
                            | taken(ran)
                            | judged(pairs, path)
                        )
                        print(line(rows[-1]), flush=True)
    return rows


def _apart(act: Callable[..., Any], *args: Any) -> Any:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(act, *args).result()


# ---------------------------------------------------------------- right and false


def taken(ran: Run) -> dict[str, Any]:
    """Return what a run took."""
    return {
        "load_seconds": round(ran.load_seconds, 2),
        "seconds": round(ran.seconds, 2),
        "peak_mib": ran.peak_mib,
    }


def judged(pairs: Pairs, folder: Path) -> dict[str, Any]:
    """Count the decisions against the truth."""
    truth = {int(row["number"]): int(row["truth"]) for row in rows_of(folder / "pages.csv")}
    due = set(truth.values()) - {-1}
    false = sum(truth[page] != transaction for transaction, page in pairs)
    decisions = len(pairs)
    return {
        "with_image": len(due),
        "decisions": decisions,
        "false": false,
        "false_rate_below": upper_bound(false, decisions),
        "precision": 1 - false / max(1, decisions),
        "recall": (decisions - false) / max(1, len(due)),
        "auto_share": decisions / max(1, len(due)),
    }


def upper_bound(false: int, decisions: int) -> float:
    """Return the one-sided 95 % bound of the false-match rate (Clopper and Pearson, Biometrika 26, 1934)."""
    return float(beta.ppf(_CONFIDENCE, false + 1, decisions - false)) if decisions > false else 1.0


def growth(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return, for each contestant at the first noise, b of time ~ size^b from the smallest to the largest."""
    exponents = {}
    for name in dict.fromkeys(row["contestant"] for row in rows):
        mine = [row for row in rows if row["contestant"] == name]
        first, last = (
            pick((r for r in mine if r["noise"] == mine[0]["noise"]), key=lambda row: row["size"])
            for pick in (min, max)
        )
        if last["size"] > first["size"]:
            times = last["seconds"] / first["seconds"]
            exponents[name] = math.log(times) / math.log(last["size"] / first["size"])
    return exponents


def line(row: Mapping[str, Any]) -> str:
    """Return a row of the table."""
    return (
        f"{row['contestant']:<16} {row['size']:>9,} at {row['noise']:g} × noise  "
        f"{row['seconds']:8.2f} s (and {row['load_seconds']:.2f} s to load)  {row['peak_mib']:6,d} MiB  "
        f"precision {row['precision']:.6f}  recall {row['recall']:.6f}  "
        f"automatic {row['auto_share']:.2%}  "
        f"false {row['false']} of {row['decisions']:,} (95 %: below {row['false_rate_below']:.1e})"
    )


# ---------------------------------------------------------------- the files


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


def _peak_mib() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
