"""How long stages of the work take, in classes of seconds: what a histogram is made of."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BOUNDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3600.0)
"""Upper bounds in seconds, half a decade apart: from a page that is stored to a night that is verified."""

STAGES: Mapping[str, str] = {
    "page.stored": "storing",
    "page.read": "reading",
    "day.closed": "closing",
    "copies.verified": "verification",
}
"""Event -> the stage whose seconds it tells."""


@dataclass(frozen=True)
class Histogram:
    """Counts by class of seconds, the last for all that is longer, and the sum."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    total: float = 0.0

    def and_one(self, seconds: float) -> Histogram:
        """Count one more."""
        place = bisect_left(BOUNDS, seconds)
        counts = tuple(count + (n == place) for n, count in enumerate(self.counts))
        return Histogram(counts, self.total + seconds)

    def __add__(self, other: Histogram) -> Histogram:
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        return Histogram(counts, self.total + other.total)

    @classmethod
    def load(cls, told: Mapping[str, Any]) -> Histogram:
        """Read what was kept; of other bounds nothing is taken over."""
        counts = tuple(told["counts"])
        return cls(counts, told["total"]) if len(counts) == len(BOUNDS) + 1 else cls()


def merged(one: Mapping[str, Histogram], other: Mapping[str, Histogram]) -> dict[str, Histogram]:
    """Add histograms stage by stage."""
    names = sorted({*one, *other})
    return {name: one.get(name, Histogram()) + other.get(name, Histogram()) for name in names}
