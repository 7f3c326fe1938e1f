"""Which pages make a voucher, and whether a batch holds what its cover says (Q11).

Separators part a batch; between two covers it is parted when there is a separator at all. Nothing of
this is kept: it follows from the pages and their order, so that a page scanned again finds its voucher.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import count, groupby

from pipeline.balance import CatalogedPage
from pipeline.language import Message, say
from pipeline.model import FieldName
from pipeline.sheets import Cover, sheet_of

SHEET = "sheet"
"""State of a page that is one of our own sheets."""


@dataclass(frozen=True)
class BatchCount:
    """A cover against what came after it."""

    cover: Cover
    page: CatalogedPage
    """The cover as it was scanned, the first time when it was scanned again."""
    pages: int
    """Pages in hand, blank ones left out."""
    vouchers: int | None
    """Vouchers in hand; None where no separator parts them."""
    refused: int

    @property
    def agrees(self) -> bool:
        """Whether what came is what the cover says."""
        return self.pages == self.cover.pages and self.vouchers in (None, self.cover.vouchers)

    @property
    def message(self) -> Message:
        """What differs and what to do, in one sentence."""
        said = {"name": self.page.name, "pages": self.cover.pages, "came": self.pages}
        if self.vouchers is None:
            return say(
                "Cover {name} says {pages} pages, {came} are in and {refused} refused; count the paper "
                "and scan what is missing.",
                **said,
                refused=self.refused,
            )
        return say(
            "Cover {name} says {vouchers} vouchers of {pages} pages, {came_vouchers} of {came} are in and "
            "{refused} pages refused; count the paper, look for missing separators, scan what is missing.",
            **said,
            vouchers=self.cover.vouchers,
            came_vouchers=self.vouchers,
            refused=self.refused,
        )


@lru_cache(maxsize=20_000)
def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts names as people do: 2 before 10."""
    parts = re.split(r"(\d+)", name)
    return tuple(
        (0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part
    )


def parted(pages: Iterable[CatalogedPage]) -> tuple[CatalogedPage, ...]:
    """Return the pages of a branch and day in their order, each with its voucher's number.

    Sheets have none, nor have pages that no separator parts.
    """
    numbers = count(1)
    voucher: dict[str, int] = {}
    given = tuple(pages)
    for section in _sections(given):
        if not any(_is_separator(page) for page in section):
            continue
        for is_sheet, group in groupby(section, key=lambda page: page.sheet is not None):
            if not is_sheet:
                voucher |= dict.fromkeys((page.delivery_id for page in group), next(numbers))
    return tuple(
        page
        if page.voucher == (number := voucher.get(page.delivery_id))
        else replace(page, voucher=number)
        for page in given
    )


def leaders(pages: Iterable[CatalogedPage]) -> dict[str, CatalogedPage]:
    """Give, for each continuation page of a voucher by its delivery, the page that it follows.

    A page without a serial number, or with one that a page of its voucher has already, follows the page
    before it that leads, else the first behind it. Where no page of the voucher has a serial number, the
    page on which most was read leads.
    """
    given = tuple(pages)
    if all(page.voucher is None for page in given):
        return {}
    members: dict[int, list[CatalogedPage]] = {}
    for page in _in_scan_order(given):
        if page.voucher is not None and page.state == "admitted":
            members.setdefault(page.voucher, []).append(page)
    followed: dict[str, CatalogedPage] = {}
    for voucher in members.values():
        serials = {page.delivery_id: page.fields.get(FieldName.SERIAL_NO) for page in voucher}
        leading: dict[str, CatalogedPage] = {}
        for page in voucher:
            if serial := serials[page.delivery_id]:
                leading.setdefault(serial.value, page)
        leader = next(iter(leading.values()), max(voucher, key=lambda page: len(page.fields)))
        for page in voucher:
            serial = serials[page.delivery_id]
            leader = leading[serial.value] if serial else leader
            if page is not leader:
                followed[page.delivery_id] = leader
    return followed


def continuation_pages(pages: Sequence[CatalogedPage]) -> frozenset[str]:
    """Give the pages, by their SHA-256, that follow another wherever they were delivered."""
    followed = leaders(pages)
    leading = {page.page_id for page in pages if page.delivery_id not in followed}
    return frozenset(page.page_id for page in pages if page.delivery_id in followed) - leading


def counted_by_cover(pages: Iterable[CatalogedPage]) -> tuple[BatchCount, ...]:
    """Count what came behind each cover of a branch and day; ``pages`` are parted already.

    A cover that was scanned twice counts what came behind both.
    """
    behind: dict[tuple[str, Cover], list[CatalogedPage]] = {}
    for section in _sections(tuple(pages)):
        cover = sheet_of(section[0].sheet or "")
        if isinstance(cover, Cover):
            behind.setdefault((section[0].batch_id, cover), []).extend(section)
    return tuple(_count(cover, section) for (_, cover), section in behind.items())


def differences(
    counts: Iterable[BatchCount], branch: str, day: date
) -> Iterator[tuple[BatchCount, Message]]:
    """Give the covers that do not agree with what came, and those of another branch or business day."""
    for each in counts:
        if not each.cover.is_of(branch, day):
            yield (
                each,
                say(
                    "Cover {name} was made for another branch or business day than {branch} on {day}; "
                    "look whose vouchers these are.",
                    name=each.page.name,
                    branch=branch,
                    day=day,
                ),
            )
        elif not each.agrees:
            yield each, each.message


def _count(cover: Cover, section: Sequence[CatalogedPage]) -> BatchCount:
    states = Counter(page.state for page in section)
    vouchers = {page.voucher for page in section if page.state == "admitted"}
    parted_here = any(_is_separator(page) for page in section)
    return BatchCount(
        cover=cover,
        page=section[0],
        pages=states["admitted"],
        vouchers=len(vouchers) if parted_here else None,
        refused=states["refused"],
    )


def _sections(pages: Sequence[CatalogedPage]) -> Iterator[list[CatalogedPage]]:
    """Give the pages from each cover up to the next; what came before the first cover apart.

    None where no page is a sheet: nothing is parted or counted there.
    """
    if all(page.sheet is None for page in pages):
        return
    section: list[CatalogedPage] = []
    for page in _in_scan_order(pages):
        ends = section and page.batch_id != section[0].batch_id
        if section and (ends or _is_cover(page)):
            yield section
            section = []
        section.append(page)
    if section:
        yield section


def _in_scan_order(pages: Sequence[CatalogedPage]) -> Iterator[CatalogedPage]:
    """Give the pages as they lay in the scanner, batch by batch.

    That is the order of their names: a page that was refused and scanned again as "0005" or "0005b", or
    came late, stands at its place. Only where names of pages that are in repeat, as in an inbox whose
    scanner counts anew, is it the order of arrival.
    """
    batches: dict[str, list[CatalogedPage]] = {}
    for page in pages:
        batches.setdefault(page.batch_id, []).append(page)
    for batch in batches.values():
        names = [page.name for page in batch if page.state != "refused"]
        if len(set(names)) == len(names):
            yield from sorted(batch, key=lambda page: natural(page.name))
        else:
            yield from batch


def _is_cover(page: CatalogedPage) -> bool:
    return page.sheet is not None and isinstance(sheet_of(page.sheet), Cover)


def _is_separator(page: CatalogedPage) -> bool:
    return page.sheet is not None and not _is_cover(page)
