"""How long a page, a customer's bag or a cold volume must stay, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flows.keeping import Keeper, held_by
from flows.stored_papers import StoredPaper
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.retention import Keeping, Medium, longest


@dataclass(frozen=True)
class Part:
    """One page's image or one voucher's papers, and the longest of what keeps it."""

    name: str
    medium: Medium
    keeping: Keeping


@dataclass(frozen=True)
class Shown:
    """What was asked for: its parts, and how long the whole must stay for the sake of any of them."""

    name: Message
    branches: frozenset[str]
    """Where its pages and papers belong."""
    parts: tuple[Part, ...]

    @property
    def whole(self) -> Keeping | None:
        """What lasts longest of all parts (CG-17.3d)."""
        return longest(part.keeping for part in self.parts)


def shown_page(keeper: Keeper, named: str) -> Shown:
    """Show a page, and the papers of the transactions that it belongs to; UserError: there is none."""
    catalog = keeper.parts.catalog
    keys = catalog.named.of_page(named)
    pages = {page for held in catalog.named.contents(keys).values() for page in held}
    places = [place for some in catalog.volumes.places(pages).values() for place in some]
    rows = {one.booked.serial_no: one.booked for one in places if one.booked}
    papers = keeper.vouchers(rows.values())
    branches = frozenset(place.branch for place in places)
    parts = (*images(keeper, keys), *paper_parts(keeper, papers))
    return Shown(say("Page {page}", page=named), branches, parts)


def shown_customer(keeper: Keeper, number: str) -> Shown:
    """Show a customer's images and papers: the longest of them is what the bag must stay for."""
    catalog = keeper.parts.catalog
    rows = catalog.streams.of_customers([number])
    if not rows:
        raise UserError(say("No transaction of customer {number} is known.", number=number))
    keys = catalog.named.of_customer(number)
    papers = keeper.vouchers(rows)
    branches = frozenset(row.handling_branch for row in rows)
    parts = (*images(keeper, keys), *paper_parts(keeper, papers))
    return Shown(say("The bag of customer {number}", number=number), branches, parts)


def shown_bag(keeper: Keeper, number: str) -> Shown:
    """Show what lies in a bag, or in a volume that vouchers are bound in; UserError: there is nothing."""
    catalog = keeper.parts.catalog
    lines = catalog.archives.in_container(number)
    if not lines:
        raise UserError(
            say("Nothing lies in {number}; see “paperproof archive show”.", number=number)
        )
    customers = {line.customer_no for line in lines}
    bound = {(line.branch, line.day, line.serial_no) for line in lines}
    rows = [
        row
        for row in catalog.streams.of_customers(customers)
        if (row.handling_branch, row.business_date, row.serial_no) in bound
    ]
    branches = frozenset(line.branch for line in lines)
    name = say("{number} with its papers", number=number)
    return Shown(name, branches, tuple(paper_parts(keeper, keeper.vouchers(rows))))


def shown_volume(keeper: Keeper, name: str) -> Shown:
    """Show the pages in a cold volume; the catalog's own objects in it are in the stores as well."""
    catalog = keeper.parts.catalog
    if catalog.volumes.one(name) is None:
        raise UserError(
            say("The register has no volume {name}; see “paperproof cold list”.", name=name)
        )
    keys = sorted(one.key for one in catalog.volumes.objects_in(name))
    places = catalog.volumes.places([key.rpartition("/")[2] for key in keys])
    branches = frozenset(one.branch for some in places.values() for one in some)
    return Shown(say("Volume {name}", name=name), branches, tuple(images(keeper, keys)))


def images(keeper: Keeper, keys: Sequence[str]) -> Iterator[Part]:
    """Give each object that holds a page with what keeps it longest."""
    destroyed = keeper.parts.catalog.destructions.destroyed(keys)
    for key, found in keeper.of_objects([key for key in keys if key not in destroyed]).items():
        if kept := longest(found):
            yield Part(key, Medium.ELECTRONIC, kept)


def paper_parts(keeper: Keeper, papers: Iterable[StoredPaper]) -> Iterator[Part]:
    """Give each voucher's papers with what keeps them longest; what holds an image holds its paper."""
    for one in papers:
        if one.papers and (kept := longest(paper_keepings(keeper, one))):
            yield Part(one.name, Medium.PAPER, kept)


def paper_keepings(keeper: Keeper, paper: StoredPaper) -> tuple[Keeping, ...]:
    """All that keeps a voucher's papers."""
    catalog = keeper.parts.catalog
    keys = sorted({key for held in catalog.named.families(paper.images).values() for key in held})
    holds = {hold.no: hold for some in catalog.holds.standing_on(keys).values() for hold in some}
    held = (held_by(hold) for _, hold in sorted(holds.items()))
    return (*held, *keeper.of_voucher(paper.booked, Medium.PAPER))
