"""How fast the copies are made and verified, side by side with a bare loop and with tools of others.

The work is parted into rounds; in each, all contestants do their share in turn, so that whatever else the
machine does meets them alike. Told is the median round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bench.account import cpu_seconds, cpu_seconds_naming
from bench.store_archive import (
    Delivered,
    Unwatched,
    byte_count,
    deliver,
    make_archive,
    opened,
    servers,
)
from bench.store_peers import BareSdk, Paperproof, Rclone, sha256sum
from flows.packing import Packing, pack
from flows.stores import Stores

OBJECTS, SIZE = 5_000, 150_000
_ROUNDS = 5
_THREADS = 4
"""More at once bring nothing on two processors (docs/storage.md)."""


@dataclass(frozen=True)
class Round:
    """One contestant's share of one round."""

    contestant: str
    what: str
    objects: int
    byte_count: int
    seconds: float
    cpu_seconds: float
    """Of this process and its children, not of the servers."""
    server_seconds: float
    """Processor seconds of both servers."""


def run(objects: int, seed: int) -> dict[str, Any]:
    """Measure taking in and verifying of ``objects`` pages; print the table, return its rows."""
    rounds: list[Round] = []
    with TemporaryDirectory(prefix="paperproof-bench-") as scratch, servers(Path(scratch)) as both:
        folder = Path(scratch)
        shares = [
            deliver(folder / f"round-{number}", objects // _ROUNDS, SIZE, seed + number)
            for number in range(_ROUNDS)
        ]
        make_archive(folder / "archive", both, lock="compliance")
        with opened(folder / "archive") as (parts, stores):
            bare, rclone = BareSdk(both, _THREADS), Rclone(both, _THREADS)
            same = BareSdk(both, _THREADS, "same", same_puts=True)
            for one in (bare, same):
                one.make_buckets()
            ours = Paperproof(parts, stores, _THREADS)
            rounds += _taking_in(shares, ours, bare, same, rclone)
            pack(Packing(parts, stores, "bench", Unwatched()), everything=True)
            rounds += _verifying(shares, ours, bare, rclone, stores)
    rows = summary(rounds)
    print(table(rows))
    return {"rounds": [vars(one) for one in rounds], "rows": rows}


def _taking_in(
    shares: Sequence[Sequence[Delivered]],
    ours: Paperproof,
    bare: BareSdk,
    same: BareSdk,
    rclone: Rclone,
) -> list[Round]:
    contestants = {
        "paperproof": ours.take_in,
        "bare SDK": bare.take_in,
        "bare SDK, same puts": same.take_in,
        "rclone": rclone.take_in,
    }
    return [
        _timed(
            (name, "take in"),
            pages,
            2 * byte_count(pages),
            partial(act, pages[0].folder, pages),
        )
        for number, pages in enumerate(shares)
        for name, act in _turned(list(contestants.items()), number)
    ]


def _verifying(
    shares: Sequence[Sequence[Delivered]],
    ours: Paperproof,
    bare: BareSdk,
    rclone: Rclone,
    stores: Stores,
) -> list[Round]:
    """Three copies of every page: both stores' and the cold one; what only reads files reads them thrice."""
    looped = bare.verifying(stores.cold.read)

    def three_files(pages: Sequence[Delivered]) -> list[Path]:
        return 3 * [one.files[0] for one in pages]

    contestants: dict[str, Callable[[Sequence[Delivered]], None]] = {
        "paperproof": ours.verify,
        "bare SDK": looped,
        "rclone": lambda pages: rclone.verify(pages, pages[0].folder),
        "sha256sum": lambda pages: sha256sum(three_files(pages), 1),
        "sha256sum, 2 at once": lambda pages: sha256sum(three_files(pages), 2),
    }
    return [
        _timed(
            (name, "verify"),
            pages,
            3 * SIZE * len(pages),
            partial(act, pages),
        )
        for number, pages in enumerate(shares)
        for name, act in _turned(list(contestants.items()), number)
    ]


def _turned(ones: list[Any], by: int) -> list[Any]:
    by %= len(ones)
    return ones[by:] + ones[:by]


def _timed(
    named: tuple[str, str], pages: Sequence[Delivered], moved: int, act: Callable[[], None]
) -> Round:
    scratch = str(pages[0].folder.parent)
    cpu, servers_cpu, began = cpu_seconds(), cpu_seconds_naming(scratch), time.perf_counter()
    act()
    seconds = time.perf_counter() - began
    spent = cpu_seconds() - cpu, cpu_seconds_naming(scratch) - servers_cpu
    told = Round(*named, len(pages), moved, seconds, *spent)
    print(f"  {told.what:<8} {told.contestant:<22} {seconds:7.2f} s", flush=True)
    return told


def summary(rounds: Sequence[Round]) -> list[dict[str, Any]]:
    """Give each contestant's median round, and its speed as a share of the peers' in the same rounds."""
    rows = []
    for what in dict.fromkeys(one.what for one in rounds):
        of_what = [one for one in rounds if one.what == what]
        by_name = {
            name: [one for one in of_what if one.contestant == name]
            for name in dict.fromkeys(one.contestant for one in of_what)
        }
        for name, mine in by_name.items():
            rows.append(
                {
                    "what": what,
                    "contestant": name,
                    "objects_a_second": round(median(one.objects / one.seconds for one in mine), 1),
                    "mb_a_second": round(
                        median(one.byte_count / one.seconds for one in mine) / 1e6, 1
                    ),
                    "cpu_ms_an_object": round(
                        median(1e3 * one.cpu_seconds / one.objects for one in mine), 2
                    ),
                    "server_cpu_ms_an_object": round(
                        median(1e3 * one.server_seconds / one.objects for one in mine), 2
                    ),
                    "times": {
                        peer: round(
                            median(b.seconds / a.seconds for a, b in zip(mine, its, strict=True)), 3
                        )
                        for peer, its in by_name.items()
                        if peer != name
                    },
                }
            )
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table."""
    return "\n".join(
        f"{row['what']:<8} {row['contestant']:<22} {row['objects_a_second']:8.1f} pages/s "
        f"{row['mb_a_second']:7.1f} MB/s  {row['cpu_ms_an_object']:6.2f} ms CPU/page, "
        f"servers {row['server_cpu_ms_an_object']:6.2f}  "
        + ", ".join(f"{times:.2f} × {peer}" for peer, times in row["times"].items())
        for row in rows
    )
