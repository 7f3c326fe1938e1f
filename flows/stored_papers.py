"""The papers that lie in the archive's store: the vouchers that the archivist took in, and their images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from flows.parts import Parts
from pipeline.handover import ItemState
from pipeline.model import Transaction


@dataclass(frozen=True)
class StoredPaper:
    """The papers of one transaction in store."""

    booked: Transaction
    papers: int
    """Pages with writing on."""
    images: tuple[str, ...]
    """SHA-256s of the pages that the transaction was matched with."""

    @property
    def name(self) -> str:
        """What tells it apart: branch, day and serial number."""
        one = self.booked
        return f"{one.handling_branch}/{one.business_date.isoformat()}/{one.serial_no}"


def papers_in_store(parts: Parts, rows: Iterable[Transaction]) -> tuple[StoredPaper, ...]:
    """Give the papers of those transactions of which the archivist has some, in the order of the rows."""
    days: dict[tuple[date, str], _Day] = {}
    found = []
    for row in rows:
        place = (row.business_date, row.handling_branch)
        if place not in days:
            days[place] = _day(parts, *place)
        day = days[place]
        if papers := day.papers.get(row.serial_no):
            found.append(StoredPaper(row, papers, day.images.get(row.serial_no, ())))
    return tuple(found)


@dataclass(frozen=True)
class _Day:
    papers: Mapping[str, int]
    images: Mapping[str, tuple[str, ...]]


def _day(parts: Parts, day: date, branch: str) -> _Day:
    catalog = parts.catalog
    papers = {
        item.serial_no: item.papers
        for handover in catalog.handovers.all(day, branch)
        for item in handover.of(ItemState.IN_STORE)
    }
    images = {
        match.serial_no: tuple(page.page_id for page in match.pages)
        for result in catalog.days.results(day, branch)
        for match in result.matches
    }
    return _Day(papers, images)
