"""A day on many cores, simulated from measured costs: how many cores read it until the night.

Chunks of pages arrive; each free core claims the oldest one, reads it page by page, and dies now and then.
What a dead core had claimed is free again when its lease ends, less the pages that it had entered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from pipeline.claims import LeaseRules

OPENS, RUSH, CLOSES, NIGHT = 9.0, 15.0, 17.0, 20.0
"""Hours: half of the pages come between opening and the rush, half until the branches close."""
_DEATHS_AN_HOUR = 1 / 24
"""Each core's program dies once a day."""
_IN_HAND = 16
"""Pages that were read and not entered when one dies (``flows.reading_work``)."""
_SEEN_AFTER = 2.0
"""Seconds between two looks for a free chunk."""


@dataclass(frozen=True)
class Costs:
    """What was measured, in seconds of one processor and in bytes, for a page."""

    read: Sequence[float]
    """Of pages, one by one."""
    take_in: float
    enter: float
    page_bytes: float
    catalog_bytes: float
    run: float
    """One flow run, whatever it does, at worker and server together."""


def finished_at(pages: int, cores: int, costs: Costs, rules: LeaseRules, seed: int) -> float:
    """Return the hour at which the last page is read."""
    rng = np.random.default_rng(seed)
    chunks = -(-pages // rules.chunk_pages)
    half = chunks // 2
    arrivals = np.concatenate(
        (rng.uniform(OPENS, RUSH, half), rng.uniform(RUSH, CLOSES, chunks - half))
    )
    waiting = [(float(at), rules.chunk_pages) for at in arrivals]
    heapify(waiting)
    free = [OPENS] * cores
    mean, spread = float(np.mean(costs.read)), float(np.std(costs.read))
    last = OPENS
    while waiting:
        at, left = heappop(waiting)
        begins = max(at, heappop(free))
        seconds = rng.normal(mean * left, spread * left**0.5) + costs.enter * left
        ends = begins + max(seconds, mean) / 3600
        dies = begins + rng.exponential(1 / _DEATHS_AN_HOUR)
        if dies < ends:
            done = max(0, int(left * (dies - begins) / (ends - begins)) - _IN_HAND)
            taken_over = dies + (rules.lease_seconds + _SEEN_AFTER) / 3600
            heappush(waiting, (taken_over, left - done))
            ends = taken_over  # its own program starts anew meanwhile
        else:
            last = max(last, ends)
        heappush(free, ends)
    return last


def cores_for(pages: int, costs: Costs, rules: LeaseRules, seed: int) -> int:
    """Return how few cores read a day's pages before the night."""
    low, high = 0, 1
    while finished_at(pages, high, costs, rules, seed) > NIGHT:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if finished_at(pages, middle, costs, rules, seed) > NIGHT:
            low = middle
        else:
            high = middle
    return high


def sizing(pages: int, costs: Costs, rules: LeaseRules, seed: int) -> dict[str, Any]:
    """Return what a day of so many pages asks for; cores beside those that read are for the rush."""
    cores = cores_for(pages, costs, rules, seed)
    rush = pages / 2 / ((CLOSES - RUSH) * 3600)
    runs = 12 * 24 * -(-cores // 8)  # one reading run each five minutes for a host of eight cores
    return {
        "pages_a_day": pages,
        "reading_cores": cores,
        "read_at": round(finished_at(pages, cores, costs, rules, seed), 2),
        "take_in_cores": round(rush * costs.take_in, 1),
        "catalog_writes_a_second": round(rush * 2, 1),
        "gb_a_day_each_store": round(pages * costs.page_bytes / 1e9, 1),
        "catalog_gb_a_day": round(pages * costs.catalog_bytes / 1e9, 2),
        # in, to two stores and back from both, to the reader
        "network_mbit": round(rush * costs.page_bytes * 6 * 8 / 1e6, 1),
        "flow_run_share": round(runs * costs.run / (pages * float(np.mean(costs.read))), 5),
    }
