"""The trend of recognition as a chart: where each day's column stands, in the units of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.recognition import TRADE_AVERAGE, Figures

_WIDTH, _HEIGHT = 680.0, 150.0
_WIDEST = 26.0
_LABELS = 10
"""Days that are named below the chart at most."""


@dataclass(frozen=True)
class Column:
    """One day's column, its foot on the base line."""

    x: float
    width: float
    height: float
    day: date
    figures: Figures
    named: bool
    """Whether its day stands below it."""

    @property
    def middle(self) -> float:
        """Where its names stand."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class TrendChart:
    """Columns on a drawing of ``width`` by ``height``, which stands for 100 %."""

    columns: tuple[Column, ...]
    width: float = _WIDTH
    height: float = _HEIGHT
    trade: float = _HEIGHT * TRADE_AVERAGE
    """Height of the trade's average."""


def trend_chart(days: Sequence[tuple[date, Figures]]) -> TrendChart:
    """Place a column for each day that had vouchers."""
    shown = [(day, one) for day, one in days if one.share is not None]
    if not shown:
        return TrendChart(())
    step = _WIDTH / len(shown)
    width = min(_WIDEST, step * 0.7)
    every = -(-len(shown) // _LABELS)
    return TrendChart(
        tuple(
            Column(
                x=round(step * (place + 0.5) - width / 2, 1),
                width=round(width, 1),
                height=round(_HEIGHT * (one.share or 0.0), 1),
                day=day,
                figures=one,
                named=place % every == 0,
            )
            for place, (day, one) in enumerate(shown)
        )
    )
