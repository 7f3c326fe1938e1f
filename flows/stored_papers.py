"""Vouchers as the archive has them: their papers that the archivist took into store, and their images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from flows.parts import Parts
from pipeline.handover import ItemState
from pipeline.model import Transaction


@dataclass(frozen=True)
class StoredPaper:
    """One transaction with what the archive has of it."""

    booked: Transaction
    papers: int
    """Pages in store, with writing on; 0: none was taken in, or they were destroyed."""
    images: tuple[str, ...]
    """SHA-256s of the pages that the transaction was matched with."""
    closed: bool
    """Whether its day is closed and nothing came since."""

    @property
    def place(self) -> tuple[str, str, date, str]:
        """Customer, branch, day and serial number: where the archive has its line."""
        one = self.booked
        return one.customer_no, one.handling_branch, one.business_date, one.serial_no

    @property
    def name(self) -> str:
        """What tells it apart: branch, day and serial number."""
        one = self.booked
        return f"{one.handling_branch}/{one.business_date.isoformat()}/{one.serial_no}"


def vouchers_of(parts: Parts, rows: Iterable[Transaction]) -> tuple[StoredPaper, ...]:
    """Give what the archive has of transactions, in their order."""
    destroyed = parts.catalog.destructions.destroyed_papers()
    days: dict[tuple[date, str], _Day] = {}
    found = []
    for row in rows:
        place = (row.business_date, row.handling_branch)
        if place not in days:
            days[place] = _day(parts, *place)
        day = days[place]
        one = StoredPaper(
            *(row, day.papers.get(row.serial_no, 0), day.images.get(row.serial_no, ()), day.closed)
        )
        found.append(replace(one, papers=0) if one.name in destroyed else one)
    return tuple(found)


@dataclass(frozen=True)
class _Day:
    papers: Mapping[str, int]
    images: Mapping[str, tuple[str, ...]]
    closed: bool


def _day(parts: Parts, day: date, branch: str) -> _Day:
    catalog = parts.catalog
    results = catalog.days.results(day, branch)
    papers = {
        item.serial_no: item.papers
        for handover in catalog.handovers.all(day, branch)
        for item in handover.of(ItemState.IN_STORE)
    }
    images = {
        match.serial_no: tuple(page.page_id for page in match.pages)
        for result in results
        for match in result.matches
    }
    return _Day(papers, images, bool(results) and all(one.closed for one in results))
