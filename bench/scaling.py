"""Whether reading scales with processes: the product's own pool, one process against as many as cores."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.pages import BenchPage
from flows.how_to_read import HowToRead
from flows.reading_pool import ReadingPool
from pipeline.forms.model import FormModel
from pipeline.serials import SERIAL_GRAMMAR


@dataclass(frozen=True)
class Pace:
    """How fast a number of processes read."""

    workers: int
    pages: int
    seconds: float

    @property
    def pages_a_minute(self) -> float:
        """Pages read a minute of the clock."""
        return 60 * self.pages / self.seconds


def paces(pages: Sequence[BenchPage], forms: Sequence[FormModel]) -> list[Pace]:
    """Read all pages with one process and with as many as cores, in turn, three times; the best of each.

    The processes are warm: each has read before the clock starts.
    """
    counts = sorted({1, len(os.sched_getaffinity(0))})
    best: dict[int, Pace] = {}
    how = HowToRead("rapidocr", SERIAL_GRAMMAR, tuple(forms))
    pools = {count: ReadingPool(count, how) for count in counts}
    try:
        for count, pool in pools.items():
            _read(pool, [pages[0]] * (4 * count))
        for _ in range(3):
            for count, pool in pools.items():
                pace = Pace(count, len(pages), _read(pool, pages))
                if count not in best or pace.seconds < best[count].seconds:
                    best[count] = pace
    finally:
        for pool in pools.values():
            pool.__exit__(None, None, None)
    return [best[count] for count in counts]


def _read(pool: ReadingPool, pages: Sequence[BenchPage]) -> float:
    began = time.perf_counter()
    for future in [pool.submit(page.content) for page in pages]:
        future.result()
    return time.perf_counter() - began
