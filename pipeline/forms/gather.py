"""Pages of unknown forms sorted into those of one layout, by the texts they share and where these stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.forms.ink import Affine
from pipeline.forms.laying import ORDINARY_DPI, Anchors, anchors_of, lies_on
from pipeline.labels import LabelBook
from pipeline.layout import Layout
from pipeline.measured import ScanParameters
from pipeline.model import Reading

_LEAST_SHARED = 0.4
"""Share of the texts of either page that both have: labels and print are about half of a filled page."""
_UPRIGHT = 0.1
"""Sine of the greatest turn (6 degrees) and greatest stretch between two pages of one scanner."""
_OTHER_SIZE = 0.04


@dataclass(frozen=True)
class UnknownPage:
    """A page that was read whole, as much of it as sorting needs."""

    sha256: str
    parameters: ScanParameters
    reading: Reading

    @property
    def dpi(self) -> float:
        """Pixels an inch, across."""
        return self.parameters.dpi[0] if self.parameters.dpi else ORDINARY_DPI

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height."""
        return self.parameters.width / self.dpi, self.parameters.height / self.dpi


def gathered(
    pages: Sequence[UnknownPage], least: int, book: LabelBook
) -> Iterator[tuple[UnknownPage, ...]]:
    """Give the groups of ``least`` pages or more of one layout; a page stands in one group at most."""
    seen = [(page, anchors_of(Layout(page.reading.lines, book).pieces)) for page in pages]
    while seen:
        (first, anchors), *others = seen
        group = [first]
        seen = []
        for page, own in others:
            if _alike(page, own, first, anchors):
                group.append(page)
            else:
                seen.append((page, own))
        if len(group) >= least:
            yield tuple(group)


def _alike(page: UnknownPage, own: Anchors, first: UnknownPage, anchors: Anchors) -> bool:
    sizes = zip(page.inches, first.inches, strict=True)
    if any(abs(side / other - 1) > _OTHER_SIZE for side, other in sizes):
        return False
    if len(own.keys() & anchors.keys()) < _LEAST_SHARED * max(len(own), len(anchors)):
        return False
    turn = lies_on(own, anchors, first.dpi)
    return turn is not None and _upright(turn, first.dpi / page.dpi)


def _upright(turn: Affine, scale: float) -> bool:
    return bool(abs(turn[0, 0] / scale - 1) < _UPRIGHT and abs(turn[1, 0]) < _UPRIGHT * scale)
