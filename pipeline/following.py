"""Continuation pages of vouchers in matching: they go where the page that they follow goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.balance import CatalogedPage, Match

Copies = tuple[tuple[CatalogedPage, CatalogedPage], ...]
"""(copy, the page that it repeats)."""


@dataclass(frozen=True)
class Followers:
    """The continuation pages of a branch and day."""

    leader: Mapping[str, CatalogedPage]
    """delivery id -> the page that it follows."""
    weight: Callable[[CatalogedPage, str], float]
    """Bits of evidence that a page is of the transaction of this serial number."""

    def told_apart(
        self, pages: Iterable[CatalogedPage]
    ) -> tuple[list[CatalogedPage], list[CatalogedPage]]:
        """Give the pages that stand for themselves, and those that follow."""
        alone: list[CatalogedPage] = []
        following: list[CatalogedPage] = []
        for page in pages:
            (following if page.delivery_id in self.leader else alone).append(page)
        return alone, following

    def joined(
        self, matches: Sequence[Match], following: Iterable[CatalogedPage]
    ) -> tuple[list[Match], list[CatalogedPage], list[CatalogedPage]]:
        """Give the matches with the pages that follow theirs, the pages that follow others, and strangers.

        A stranger speaks against the transaction of its voucher: a separator may be missing there.
        """
        own = {page.delivery_id: match for match in matches for page in match.pages}
        more: dict[str, list[CatalogedPage]] = defaultdict(list)
        others, strangers = [], []
        for page in following:
            match = own.get(self.leader[page.delivery_id].delivery_id)
            if match is None:
                others.append(page)
            elif self.weight(page, match.serial_no) < 0:
                strangers.append(page)
            else:
                more[match.serial_no].append(page)
        return (
            [replace(m, pages=(*m.pages, *more[m.serial_no])) for m in matches],
            others,
            strangers,
        )

    def of_copies(
        self, copies: Copies, following: Iterable[CatalogedPage]
    ) -> tuple[Copies, list[CatalogedPage]]:
        """Give the copies with the pages that follow one of them, and the pages that follow none."""
        first = {copy.delivery_id: original for copy, original in copies}
        more, others = [], []
        for page in following:
            original = first.get(self.leader[page.delivery_id].delivery_id)
            if original:
                more.append((page, original))
            else:
                others.append(page)
        return (*copies, *more), others
