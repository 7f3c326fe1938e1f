"""Whether memory stays flat: each act over two archives of different size, in a process of its own.

Pages are small here (``SIZE`` bytes), so that what grows is what is kept of each object, not the objects.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.store_archive import (
    Unwatched,
    deliver,
    make_archive,
    opened,
    servers,
    verifier,
)
from bench.store_peers import Paperproof, must_be
from catalog.catalog import Catalog
from flows.packing import Packing, pack
from flows.rebuild import rebuild
from flows.sweep import sweep
from pipeline.copies import Depth

SIZES = (1_000, 10_000)
"""Pages of the archives that are compared; for the soak 1,000 and 100,000."""
SIZE = 1_000
_THREADS = 4
_PORTION = 1_000


def run(sizes: Sequence[int], seed: int) -> list[dict[str, Any]]:
    """Do every act over an archive of each size; print and return a row for each."""
    rows = []
    for size in sizes:
        with (
            TemporaryDirectory(prefix="paperproof-bench-") as scratch,
            servers(Path(scratch)) as both,
        ):
            folder = Path(scratch) / "archive"
            make_archive(folder, both, lock="none")
            for name, act in ACTS.items():
                seconds, before, peak = _apart(act, folder, size, seed)
                rows.append(
                    {
                        "act": name,
                        "pages": size,
                        "seconds": round(seconds, 1),
                        "mib_before": before,
                        "peak_mib": peak,
                    }
                )
                print(line(rows[-1]), flush=True)
    return rows


def line(row: dict[str, Any]) -> str:
    """Return a row of the table."""
    return (
        f"{row['act']:<8} {row['pages']:>7,} pages {row['seconds']:8.1f} s  "
        f"{row['mib_before']:5.0f} MiB before, peak {row['peak_mib']:5.0f} MiB"
    )


def growth(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return for each act how many bytes more its peak takes for each further page."""
    grown = {}
    for act in dict.fromkeys(row["act"] for row in rows):
        mine = sorted((row for row in rows if row["act"] == act), key=lambda row: row["pages"])
        first, last = mine[0], mine[-1]
        if last["pages"] > first["pages"]:
            more = (last["peak_mib"] - first["peak_mib"]) * 2**20
            grown[act] = round(more / (last["pages"] - first["pages"]), 1)
    return grown


def _apart(act: Act, folder: Path, size: int, seed: int) -> tuple[float, float, float]:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measured, act, folder, size, seed).result()


def _measured(act: Act, folder: Path, size: int, seed: int) -> tuple[float, float, float]:
    """Do an act; give its seconds, and this process's memory before and at most, in MiB."""
    before, began = _peak_mib(), time.perf_counter()
    act(folder, size, seed)
    return time.perf_counter() - began, before, _peak_mib()


def _peak_mib() -> float:
    """The largest memory of this process: what resource tells counts the one that started it too."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024, 1)


# ---------------------------------------------------------------- the acts


def _take_in(folder: Path, size: int, seed: int) -> None:
    """Pages are made, admitted and forgotten a portion at a time."""
    with opened(folder) as (parts, stores):
        ours = Paperproof(parts, stores, _THREADS)
        for start in range(0, size, _PORTION):
            with TemporaryDirectory(dir=folder) as scratch:
                pages = deliver(
                    Path(scratch), min(_PORTION, size - start), SIZE, seed * 1_000_000 + start
                )
                ours.take_in(Path(scratch), pages)


def _list(folder: Path, size: int, _seed: int) -> None:
    """Both stores' listings of all pages, in one prefix."""
    with opened(folder) as (_, stores):
        for store in (stores.vault.primary, stores.vault.replica):
            must_be(sum(1 for _ in store.iter_objects("obj/")), size)


def _verify(folder: Path, size: int, _seed: int) -> None:
    with opened(folder) as (parts, stores):
        keys = parts.catalog.verifications.all_keys()
        account = verifier(parts, stores).verify(keys, Depth.BYTES, "bench")
        must_be((account.objects >= 2 * size, account.whole), (True, True))


def _sweep(folder: Path, size: int, _seed: int) -> None:
    with opened(folder) as (parts, stores):
        found = sweep(verifier(parts, stores))
        must_be((found.objects >= 2 * size, found.gaps.objects), (True, 0))


def _pack(folder: Path, size: int, _seed: int) -> None:
    with opened(folder) as (parts, stores):
        done = pack(Packing(parts, stores, "bench", Unwatched()), everything=True)
        must_be(done.objects >= 2 * size, True)


def _cold(folder: Path, size: int, _seed: int) -> None:
    """Everything read from cold volumes, as a drill does."""
    with opened(folder) as (_, stores):
        must_be(sum(1 for key in stores.cold.iter_keys("obj/") if stores.cold.read(key)), size)


def _rebuild(folder: Path, size: int, _seed: int) -> None:
    with opened(folder) as (_, stores):
        shelves = (stores.vault.primary, stores.vault.replica)
        catalog = Catalog.create_empty(f"sqlite:///{folder / 'rebuilt.sqlite'}")
        try:
            rebuilt = rebuild(shelves, catalog, Unwatched())
            must_be((rebuilt.complete, rebuilt.rows > size), (True, True))
        finally:
            catalog.close()


Act = Callable[[Path, int, int], None]
ACTS: dict[str, Act] = {
    "take in": _take_in,
    "list": _list,
    "verify": _verify,
    "sweep": _sweep,
    "pack": _pack,
    "cold": _cold,
    "rebuild": _rebuild,
}
"""In this order: packing needs what was taken in, and rebuilding what was bundled."""
