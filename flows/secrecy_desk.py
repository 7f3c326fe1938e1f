"""Deciding on levels of secrecy, and keeping their access lists (BM-01, RC-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from catalog.secrecy import SecrecyRegister
from flows.access import Guard
from flows.secrecy import Secrecy
from pipeline.access.acts import Act
from pipeline.access.policy import NotAllowed, branches_of
from pipeline.access.requests import Subject
from pipeline.access.separation import ADMINISTRATORS
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.secrecy import Item, ItemKind, Level, LevelAct, LevelActKind, Reader, own_level
from pipeline.staff import ROLES, Role, checked_person, in_force, person_key


@dataclass(frozen=True)
class SecrecyDesk:
    """What one person does with levels and access lists."""

    guard: Guard

    def page(self, named: str) -> Item:
        """Find a page by its SHA-256, or its first 8 digits or more; UserError unless just one begins so."""
        catalog = self.guard.parts.catalog
        pages = catalog.belonging.beginning(named.strip().lower())
        if len(pages) != 1:
            raise UserError(
                say(
                    "Just one page must begin with {page}; {count} do.",
                    page=named,
                    count=len(pages),
                )
            )
        return Item(ItemKind.PAGE, pages[0], catalog.belonging.branches(pages[0])[0])

    def archive(self, number: str) -> Item:
        """Find a customer's archive by the number of customer, bag or entry; raises UserError for none."""
        catalog = self.guard.parts.catalog
        known = catalog.customers.of_numbers([number]).get(number)
        if known is not None and not catalog.archives.with_archive([number]):
            return Item(ItemKind.ARCHIVE, number, known.owner_branch)
        archive = catalog.archives.one(number)
        return Item(ItemKind.ARCHIVE, archive.customer_no, archive.branch)

    def package(self, number: str) -> Item:
        """Find a born-digital package by its number; raises UserError when there is none."""
        package = self.guard.parts.catalog.digital.one(number).package
        return Item(ItemKind.PACKAGE, package.id, package.branch)

    def visible(self) -> tuple[LevelAct, ...]:
        """Give the decisions that this person may see: all, or those of the branches where they decide."""
        person, catalog = self.guard.person, self.guard.parts.catalog
        places = branches_of(person, Act.SECRECY_SET)
        sees_all = branches_of(person, Act.SECRECY_VIEW) is None or places is None
        free = person.session is None and not in_force(catalog.staff.appointments())
        every = catalog.secrecy.all()
        if sees_all or free:
            return every
        if not places:
            self.guard.require(Act.SECRECY_VIEW)
        return tuple(one for one in every if places and one.item.branch in places)

    def set(self, item: Item, level: Level, reason: str, at: datetime) -> LevelAct:
        """Decide on a thing's own level: raised it counts at once, lowered once another person confirms it.

        Raises NotAllowed unless the person may, and may know the level that is to be lowered; UserError when
        there is no reason, or nothing would change.
        """
        self.guard.require(Act.SECRECY_SET, item.branch)
        secrecy, why = Secrecy(self.guard.parts), _reason(reason)
        own = own_level(self._register.of(item))
        before, after = secrecy.ladder.rank(own), secrecy.ladder.rank(level.code)
        if before == after:
            raise UserError(say("Its own level is {level} already.", level=level.name))
        if after < before:
            self._must_know(item, at)
        by = self.guard.person.name
        return self._register.decide(item, level.code, why, by, at, lower=after < before)

    def settle(self, no: int, kind: LevelActKind, reason: str, at: datetime) -> LevelAct:
        """Confirm or refuse that a level is lowered, as another person than who asked."""
        asked = self._register.one(no)
        self.guard.require(Act.SECRECY_SET, asked.item.branch)
        self._must_know(asked.item, at)
        by, staff = self.guard.person.name, self.guard.parts.catalog.staff
        with staff.refusals_logged(by, f"secrecy.{kind}", str(no), branch=asked.item.branch):
            return self._register.settle(no, kind, _reason(reason), by, at)

    def admit(
        self,
        level: Level,
        who: Role | str,
        days: tuple[date, date | None],
        reason: str,
        at: datetime,
    ) -> int:
        """Put a role or a person on the access list of a level; return the number of the place.

        Raises NotAllowed for oneself and for administrators, who read no customer's papers (三员分立).
        """
        self.guard.require(Act.SECRECY_ADMIT)
        by, why = self.guard.person, _reason(reason)
        if level == Secrecy(self.guard.parts).ladder.lowest:
            raise UserError(
                say(
                    "{level} has no access list: roles and requests alone open it.",
                    level=level.name,
                )
            )
        if days[1] is not None and (days[1] < days[0] or days[1] < at.astimezone(ZONE).date()):
            raise UserError(say("It would have ended before it begins; name a later last day."))
        named = who if isinstance(who, Role) else checked_person(who)
        staff = self.guard.parts.catalog.staff
        with staff.refusals_logged(by.name, str(Act.SECRECY_ADMIT), str(named), level=level.code):
            if not isinstance(named, Role) and person_key(named) == by.key:
                raise NotAllowed(
                    say("Nobody puts themselves on an access list; another must."), "own admission"
                )
            self._must_be_no_administrator(named)
        return self._register.admit(level.code, named, days, why, by.name, at)

    def end(self, no: int, reason: str, at: datetime) -> Reader:
        """End a place on an access list; it counts from the next reading on."""
        self.guard.require(Act.SECRECY_ADMIT)
        return self._register.end(no, _reason(reason), self.guard.person.name, at)

    def _must_be_no_administrator(self, who: Role | str) -> None:
        held = (
            [who]
            if isinstance(who, Role)
            else [one.role for one in Guard.at_word(self.guard.parts, who).person.roles]
        )
        for role in held:
            if role in ADMINISTRATORS:
                raise NotAllowed(
                    say(
                        "{who} cannot stand on an access list: administrators read no customer's papers.",
                        who=ROLES[role] if isinstance(who, Role) else who,
                    ),
                    "separation",
                )

    def _must_know(self, item: Item, at: datetime) -> None:
        """Who lowers a level knows it: else it could be lowered to be read."""
        page = item.key if item.kind is ItemKind.PAGE else None
        customer = item.key if item.kind is ItemKind.ARCHIVE else None
        files: tuple[str, ...] = ()
        if item.kind is ItemKind.PACKAGE:
            filed = self.guard.parts.catalog.digital.known(item.key)
            files = tuple(one.sha256 for one in filed.package.files) if filed else ()
        subject = Subject(item.branch, customer, page)
        self.guard.must_know(Act.SECRECY_SET, subject, at, files)

    @property
    def _register(self) -> SecrecyRegister:
        return self.guard.parts.catalog.secrecy


def _reason(text: str) -> str:
    told = " ".join(text.split())
    if not told or not told.isprintable():
        raise UserError(say("Say why, for the record."))
    return told
