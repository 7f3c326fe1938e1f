"""Matching of a simulated stream: time, memory, and how many decisions are right, side by side with a peer.

A decision is a transaction that is given a page without a person; it is false when the page is another's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scipy.stats import beta

from bench.contestants import CONTESTANTS, Pairs, Run, rows_of
from bench.simulated import Noise, write_stream

_CONFIDENCE = 0.95


def run(
    sizes: Sequence[int],
    noises: Sequence[float],
    seed: int,
    names: Sequence[str],
    folder: Path | None = None,
) -> list[dict[str, Any]]:
    """Let each contestant match each stream, kept in ``folder`` if one is named; return the table's rows."""
    rows = []
    for noise in noises:
        for size in sizes:
            with TemporaryDirectory(prefix="paperproof-bench-") as scratch:
                path = (folder or Path(scratch)) / f"{size}-{noise:g}-{seed}"
                if not path.exists():
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
        "cpu_seconds": round(ran.cpu_seconds, 2),
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
        f"{row['seconds']:7.2f} s, {row['cpu_seconds']:7.2f} of CPU "
        f"({row['load_seconds']:.1f} s to load)  {row['peak_mib']:6,d} MiB  "
        f"precision {row['precision']:.6f}  recall {row['recall']:.6f}  "
        f"automatic {row['auto_share']:.2%}  "
        f"false {row['false']} of {row['decisions']:,} (95 %: below {row['false_rate_below']:.1e})"
    )
