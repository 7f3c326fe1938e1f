"""How secret things are: the maximum over type, own level, archive and contents (RC-12, B2-09)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from flows.parts import Parts
from pipeline.access.policy import Person
from pipeline.access.requests import Subject
from pipeline.clocks import ZONE
from pipeline.digital import DigitalPackage, FiledPackage
from pipeline.profile import Profile
from pipeline.secrecy import Item, ItemKind, Ladder, Level, Mark, Reader, may_know


@dataclass(frozen=True)
class Secrecy:
    """Levels as they stand at this moment; made anew for each question: every reading is judged."""

    parts: Parts

    @cached_property
    def ladder(self) -> Ladder:
        """The levels there are."""
        return self._profile.ladder

    def of(self, subject: Subject, contents: Collection[str] = ()) -> Level:
        """The level of what is looked at: its archive's, and the highest of its page and ``contents``."""
        pages = {*contents, *([subject.page] if subject.page else [])}
        known = self.of_pages(pages)
        return self._highest([self._own_archive(subject.customer), *(known[one] for one in pages)])

    def of_pages(self, pages: Collection[str]) -> Mapping[str, str | None]:
        """Give for each page, or file of a package, the code of its level; None: nothing makes it secret."""
        if all(self._ever) and not self._secret_types and not any(self._own.values()):
            return dict.fromkeys(pages)
        types = self.parts.catalog.belonging.types(pages, self._secret_types)
        archives = self._own[ItemKind.ARCHIVE]
        owners = self.parts.catalog.belonging.customers(pages, archives)
        packages = self._of_files(pages)
        return {
            page: self._code(
                [
                    self._own[ItemKind.PAGE].get(page),
                    *(self.of_type(kind, day) for kind, day in types.get(page, ())),
                    *(archives[one] for one in owners.get(page, ())),
                    *packages.get(page, ()),
                ]
            )
            for page in pages
        }

    def of_page(self, page: str) -> Level:
        """The level of one page."""
        return self._highest(self.of_pages([page]).values())

    def of_type(self, code: str, day: date) -> str | None:
        """The code of a document type's level today; of a type that is no more, on its business day."""
        kind = self._profile.types.get(code) or self.parts.profile_on(day).types.get(code)
        return kind.secrecy if kind else None

    def of_package(self, package: DigitalPackage) -> Level:
        """The level of a born-digital package: its own, its archive's, the highest of its files' types."""
        return self._highest(
            [
                self._own[ItemKind.PACKAGE].get(package.id),
                self._own_archive(package.customer_no),
                *(self.of_type(one.document_type, package.day) for one in package.files),
            ]
        )

    def of_bag(self, customer: str) -> Level:
        """The level of a customer's bag: the highest of all papers and packages of the archive (B2-09)."""
        catalog = self.parts.catalog
        pages = self.of_pages(catalog.named.pages_of_customer(customer))
        packages = (one.package for one in catalog.digital.of_customer(customer))
        return self._highest(
            [
                self._own_archive(customer),
                *pages.values(),
                *(self.of_package(one).code for one in packages),
            ]
        )

    def of_volume(self, name: str) -> Level:
        """The level of a cold volume: the highest of the objects in it (B2-09)."""
        catalog = self.parts.catalog
        keys = [one.key for one in catalog.volumes.objects_in(name)]
        pages = {page for some in catalog.named.contents(keys).values() for page in some}
        return self._highest(self.of_pages(pages).values())

    def item_level(self, item: Item) -> Level:
        """The level of a thing that somebody decides on."""
        if item.kind is ItemKind.ARCHIVE:
            return self._highest([self._own_archive(item.key)])
        if item.kind is ItemKind.PAGE:
            return self.of_page(item.key)
        filed = self.parts.catalog.digital.known(item.key)
        return self._highest([self.of_package(filed.package).code if filed else None])

    def told(self, level: Level) -> str:
        """What a watermark says of a level: nothing of the lowest."""
        return "" if level == self.ladder.lowest else level.name.zh

    def may_know(self, person: Person, level: Level, branch: str, at: datetime) -> bool:
        """Whether a person may know, at a moment, what has a level at a branch."""
        day = at.astimezone(ZONE).date()
        readers = self._readers if self.ladder.rank(level.code) else ()
        return may_know(self.ladder, level.code, readers, person, branch, day)

    def known_packages(
        self, person: Person, filed: Iterable[FiledPackage], at: datetime
    ) -> list[FiledPackage]:
        """Give the packages of a list that a person may know."""
        return [
            one
            for one in filed
            if self.may_know(person, self.of_package(one.package), one.package.branch, at)
        ]

    def marks(
        self, person: Person, pages: Collection[str], branch: str, at: datetime
    ) -> Mapping[str, Mark]:
        """Give for each page of a list its level, and whether a person may know the page."""
        levels = {one: self._highest([code]) for one, code in self.of_pages(pages).items()}
        return {
            one: Mark(level, self.may_know(person, level, branch, at))
            for one, level in levels.items()
        }

    @cached_property
    def _profile(self) -> Profile:
        return self.parts.profile

    @cached_property
    def _own(self) -> Mapping[ItemKind, Mapping[str, str]]:
        return self.parts.catalog.secrecy.own_levels()

    @cached_property
    def _readers(self) -> tuple[Reader, ...]:
        return self.parts.catalog.secrecy.readers()

    @cached_property
    def _ever(self) -> tuple[Profile | None, ...]:
        """Every profile there was; None stands for one that may tell of levels and cannot be read."""
        return self.parts.every_profile()

    @cached_property
    def _secret_types(self) -> frozenset[str]:
        """Types that have a level above the lowest, or had one in any profile that can be read."""
        return frozenset(
            code
            for profile in self._ever
            if profile
            for code, kind in profile.types.items()
            if self.ladder.rank(kind.secrecy)
        )

    def _own_archive(self, customer: str | None) -> str | None:
        return self._own[ItemKind.ARCHIVE].get(customer or "")

    def _of_files(self, sha256s: Collection[str]) -> Mapping[str, Collection[str]]:
        """Levels of the packages in which files lie."""
        found: dict[str, set[str]] = {}
        for sha256, package in self.parts.catalog.digital.holders(sha256s):
            found.setdefault(sha256, set()).add(self.of_package(package).code)
        return found

    def _code(self, codes: Iterable[str | None]) -> str | None:
        highest = self._highest(codes)
        return None if highest == self.ladder.lowest else highest.code

    def _highest(self, codes: Iterable[str | None]) -> Level:
        return self.ladder.highest(codes)
