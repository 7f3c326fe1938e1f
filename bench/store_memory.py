"""Whether memory stays flat: each act over two archives of different size, in a process of its own.

Pages are small here (``SIZE`` bytes) and the stores are folders, so that what grows is what is kept of each
object: of a server's answers no more than one object or a thousand names are in memory at a time. The listing
of a server is measured too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.store_archive import (
    PLACES,
    Unwatched,
    deliver,
    opened_in_folders,
    servers,
    verifier,
)
from bench.store_peers import Paperproof, must_be
from catalog.catalog import Catalog
from catalog.copies import Copy, KeptObject
from flows.packing import Packing, pack
from flows.rebuild import rebuild
from flows.sweep import sweep
from pipeline.copies import CopyState, Depth, Place
from storage.s3 import S3Store
from storage.s3_endpoint import S3Endpoint
from storage.store import NoteKind, digest, note_key, object_key

SIZES = (1_000, 10_000)
"""Pages of the archives that are compared; for the soak 1,000 and 100,000."""
SIZE = 1_000
_THREADS = 4
_PORTION = 1_000


def run(sizes: Sequence[int], seed: int, *, filled: bool = False) -> list[dict[str, Any]]:
    """Do every act over an archive of each size; print and return a row for each.

    ``filled``: what is measured was not taken in but laid into the stores and the register, so that large
    archives are made in minutes; only the acts that need no pages in the catalog are done.
    """
    rows = []
    for size in sizes:
        with TemporaryDirectory(prefix="paperproof-bench-") as scratch:
            for name, act in (FILLED if filled else ACTS).items():
                rows.append(_row(name, size, _apart(act, Path(scratch) / "archive", size, seed)))
    return rows


def listing(count: int) -> dict[str, Any]:
    """Put so many tiny objects into a server, list them in one prefix; print and return the row."""
    with TemporaryDirectory(prefix="paperproof-bench-") as scratch, servers(Path(scratch)) as both:
        endpoint = both[PLACES[0]]
        keys = [object_key(digest(b"%d" % number)) for number in range(count)]
        store = S3Store(endpoint, "listed")
        store.ensure_bucket()
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda key: store.put_healed(key, b"1", digest(b"1")), keys))
        return _row("list", count, _apart(_list, endpoint, count))


def _row(act: str, pages: int, measured: tuple[float, float, float]) -> dict[str, Any]:
    seconds, before, peak = measured
    row = {
        "act": act,
        "pages": pages,
        "seconds": round(seconds, 1),
        "mib_before": before,
        "peak_mib": peak,
    }
    print(line(row), flush=True)
    return row


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


def _apart(act: Callable[..., None], *values: Any) -> tuple[float, float, float]:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measured, act, *values).result()


def _measured(act: Callable[..., None], *values: Any) -> tuple[float, float, float]:
    """Do an act; give its seconds, and this process's memory before and at most, in MiB."""
    before, began = _peak_mib(), time.perf_counter()
    act(*values)
    return time.perf_counter() - began, before, _peak_mib()


def _peak_mib() -> float:
    """The largest memory of this process: what resource tells counts the one that started it too."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024, 1)


# ---------------------------------------------------------------- the acts


def _take_in(folder: Path, size: int, seed: int) -> None:
    """Pages are made, admitted and forgotten a portion at a time."""
    with opened_in_folders(folder) as (parts, stores):
        ours = Paperproof(parts, stores, _THREADS)
        for start in range(0, size, _PORTION):
            with TemporaryDirectory(dir=folder) as scratch:
                pages = deliver(
                    Path(scratch), min(_PORTION, size - start), SIZE, seed * 1_000_000 + start
                )
                ours.take_in(Path(scratch), pages)


def _fill(folder: Path, size: int, _seed: int) -> None:
    """Two objects for each page, as taking in leaves them, without a page's way there."""
    with opened_in_folders(folder) as (parts, _):
        for start in range(0, size, _PORTION):
            some = [b"%d" % n for n in range(2 * start, 2 * min(start + _PORTION, size))]
            parts.catalog.copies.enter([_laid(folder, content.ljust(SIZE)) for content in some])


def _laid(folder: Path, content: bytes) -> KeptObject:
    key = note_key(NoteKind.RECEIPT, digest(content))
    for place in PLACES:
        path = folder / place / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    copies = tuple(Copy(place, CopyState.INTACT) for place in (Place.PRIMARY, Place.REPLICA))
    return KeptObject(key, digest(content), len(content), copies)


def _list(endpoint: S3Endpoint, count: int) -> None:
    must_be(sum(1 for _ in S3Store(endpoint, "listed").iter_objects("obj/")), count)


def _verify(folder: Path, size: int, _seed: int) -> None:
    with opened_in_folders(folder) as (parts, stores):
        keys = parts.catalog.verifications.all_keys()
        account = verifier(parts, stores).verify(keys, Depth.BYTES, "bench")
        must_be((account.objects >= 2 * size, account.whole), (True, True))


def _sweep(folder: Path, size: int, _seed: int) -> None:
    with opened_in_folders(folder) as (parts, stores):
        found = sweep(verifier(parts, stores))
        must_be((found.objects >= 2 * size, found.gaps.objects), (True, 0))


def _pack(folder: Path, size: int, _seed: int) -> None:
    with opened_in_folders(folder) as (parts, stores):
        done = pack(Packing(parts, stores, "bench", Unwatched()), everything=True)
        must_be(done.objects >= 2 * size, True)


def _cold(folder: Path, size: int, _seed: int) -> None:
    """Everything read from cold volumes, as a drill does."""
    with opened_in_folders(folder) as (_, stores):
        must_be(sum(1 for key in stores.cold.iter_keys("obj/") if stores.cold.read(key)), size)


def _rebuild(folder: Path, size: int, _seed: int) -> None:
    with opened_in_folders(folder) as (_, stores):
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
    "verify": _verify,
    "sweep": _sweep,
    "pack": _pack,
    "cold": _cold,
    "rebuild": _rebuild,
}
"""In this order: packing needs what was taken in, and rebuilding what was bundled."""
FILLED: dict[str, Act] = {"fill": _fill, "verify": _verify, "pack": _pack}
"""The acts over an archive that was filled."""
