"""The draft list of what may be destroyed at a branch: papers, images, index entries, backups (CG-20a)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from catalog.volumes import Volume
from flows.destruction_due import Due, Verdict
from flows.stored_papers import StoredPaper
from pipeline.copies import Place
from pipeline.destruction import ONLINE, Item, ItemKind, Order
from pipeline.digital import FiledPackage, PlaceKind
from pipeline.errors import UserError
from pipeline.language import Message, say
from storage.store import digital_key, sha256_of_key

SHELF = "shelf"
"""Where a volume lies that is in its folder."""


@dataclass
class Draft:
    """What was found: items that are due, and everything that is not, by name."""

    items: list[Item] = field(default_factory=list)
    refused: list[Message] = field(default_factory=list)
    order: Order | None = None
    """None: nothing is due."""
    locked_until: date | None = None
    """The last day on which a store locks one of the objects, as the register knows; None: none is."""


@dataclass(frozen=True)
class Listing:
    """One drafting at a branch."""

    due: Due
    branch: str
    on_shelf: frozenset[str]
    """Volumes in their folder."""

    def draft(self, customer: str | None = None) -> Draft:
        """Judge what all closed customers, or one, have at the branch and at those merged into it (CG-21c).

        Enters nothing.
        """
        keeper, draft = self.due.keeper, Draft()
        taken = keeper.parts.catalog.destructions.listed()
        numbers = [customer] if customer is not None else sorted(keeper.closed)
        rows = keeper.parts.catalog.streams.of_customers(numbers)
        merged = keeper.parts.catalog.branches.successions().inherited(self.branch)
        here = {self.branch, *merged}
        vouchers = keeper.vouchers([row for row in rows if row.handling_branch in here])
        packages = [
            one
            for number in numbers
            for one in keeper.parts.catalog.digital.of_customer(number)
            if one.package.branch in here
        ]
        if customer is not None and not vouchers and not packages:
            raise UserError(
                say(
                    "Branch {branch} has no transaction of customer {number}.",
                    branch=self.branch,
                    number=customer,
                )
            )
        for one in vouchers:
            if one.papers and (ItemKind.PAPER, one.name) not in taken:
                self._judge(draft, one.name, self.due.paper(one), [paper_item(one)])
        pages = {page: one for one in vouchers for page in one.images}
        for page, one in pages.items():
            items = self._page_items(page, one.booked.customer_no)
            new = [item for item in items if (item.kind, item.name) not in taken]
            if new:
                self._judge(draft, f"{one.name} {page[:12]}", self.due.page(page), new)
        for filed in packages:
            new = [one for one in package_items(filed) if (one.kind, one.name) not in taken]
            if new:
                verdict = self.due.package(filed.package)
                self._judge(draft, filed.package.number, verdict, new)
        keys = [item.name for item in draft.items if item.kind in ONLINE]
        draft.items += self._backups(keys)
        draft.locked_until = self._locked_until(keys)
        return draft

    def enter(self, who: str, customer: str | None = None) -> Draft:
        """Draft, and enter the list of what is due."""
        draft = self.draft(customer)
        if draft.items:
            draft.order = self.due.keeper.parts.catalog.destructions.enter(
                self.branch, draft.items, who
            )
        return draft

    def _judge(self, draft: Draft, name: str, verdict: Verdict, items: Sequence[Item]) -> None:
        if verdict.refusal:
            draft.refused.append(say("{name}: {why}.", name=name, why=verdict.refusal))
            return
        known = {(one.kind, one.name) for one in draft.items}
        kept = verdict.keeping
        for one in items:
            if (one.kind, one.name) not in known and kept:  # a file comes with each of its pages
                draft.items.append(_ruled(one, kept.rule, kept.until))

    def _page_items(self, page: str, customer_no: str) -> Iterator[Item]:
        """A page's entry in the index first, then its text, itself, and the file it came in."""
        catalog = self.due.keeper.parts.catalog
        if (words := catalog.texts.indexed(page)) is not None:
            digest = hashlib.sha256(words.encode()).hexdigest()
            yield _item(ItemKind.INDEX, page, digest, len(words.encode()), customer_no)
        objects = catalog.verifications.objects(self.due.family([page]))
        for one in sorted(objects, key=lambda one: one.kind != "text"):
            itself = sha256_of_key(one.key) == page
            image = ItemKind.IMAGE if itself else ItemKind.FILE
            kind = ItemKind.TEXT if one.kind == "text" else image
            yield _item(kind, one.key, one.sha256, one.byte_count, customer_no)

    def _locked_until(self, keys: Sequence[str]) -> date | None:
        objects = self.due.keeper.parts.catalog.verifications.objects(keys)
        locks = (copy.locked_until for one in objects for copy in one.copies if copy.locked_until)
        last = max(locks, default=None)
        return last.date() if last and last.date() >= self.due.keeper.today else None

    def _backups(self, keys: Sequence[str]) -> Iterator[Item]:
        """Every volume that has one of these objects, once for its folder and once for each carrier."""
        catalog = self.due.keeper.parts.catalog
        objects = catalog.verifications.objects(list(keys))
        names = {
            copy.version_id
            for one in objects
            for copy in one.copies
            if copy.place is Place.COLD and copy.version_id
        }
        carriers = catalog.carriers.all()
        for name in sorted(names):
            volume = catalog.volumes.one(name)
            places = [SHELF] if name in self.on_shelf else []
            places += [one.number for one in carriers if one.in_use and name in one.holdings]
            for place in places:
                yield _backup(volume, name, place)


def package_items(filed: FiledPackage) -> Iterator[Item]:
    """A born-digital package's files, and each place where people keep one of them besides."""
    customer_no = filed.package.customer_no
    for no, one in enumerate(filed.package.files, start=1):
        key = digital_key(one.sha256)
        yield _item(ItemKind.DIGITAL, key, one.sha256, one.byte_count, customer_no)
        for kind in PlaceKind:
            if filed.place(no, kind):
                name = f"{key}@{kind}"
                yield _item(ItemKind.PLACE, name, one.sha256, one.byte_count, customer_no)


def paper_item(one: StoredPaper) -> Item:
    """A voucher's papers, named by what tells them apart and by their images."""
    told = json.dumps([one.name, one.papers, sorted(one.images)], separators=(",", ":"))
    digest = hashlib.sha256(told.encode()).hexdigest()
    return _item(ItemKind.PAPER, one.name, digest, one.papers, one.booked.customer_no)


def volume_and_place(item: Item) -> tuple[str, str]:
    """Where a backup is: the volume, and the number of the carrier or SHELF."""
    volume, _, place = item.name.partition("@")
    return volume, place


def _backup(volume: Volume | None, name: str, place: str) -> Item:
    digest = (volume.manifest or volume.sealed or "") if volume else ""
    size = volume.objects if volume else 0
    return _item(ItemKind.BACKUP, f"{name}@{place}", digest, size, "")


def _item(kind: ItemKind, name: str, sha256: str, size: int, customer_no: str) -> Item:
    return Item(kind, name, sha256, size, customer_no, "", None)


def _ruled(one: Item, rule: str, until: date | None) -> Item:
    return replace(one, rule=rule, until=until)
