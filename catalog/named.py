"""Objects as people name them: a page, a branch's day, a customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, select

from catalog.copies import in_chunks
from catalog.days import Days
from catalog.tables import (
    batch,
    booked,
    delivery,
    digital_file,
    digital_package,
    page,
    page_text,
    stored_object,
)
from catalog.within import begins, within
from pipeline.errors import UserError
from pipeline.language import say

_LEAST_BEGINNING = 8
_HEX = frozenset("0123456789abcdef")


class NamedObjects:
    """Gives the keys of pages, of the files these came in, of their texts, and of born-digital files."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._days = Days(engine)

    def of_page(self, named: str) -> tuple[str, ...]:
        """Give the objects of a transaction's matched pages and packages, or of a page by its SHA-256.

        The beginning of that is enough. Raises UserError when there is no such page, or several begin so.
        """
        digital = self._digital(digital_package.c.serial_no == named)
        pages = self._of_serial(named) or (
            set() if digital else self._beginning_with(named.lower())
        )
        if not pages | digital:
            raise UserError(
                say(
                    "There is no page {page}; name the serial number of a transaction whose pages are "
                    "matched, or at least 8 digits of a page's SHA-256.",
                    page=named,
                )
            )
        return self._keys(pages | digital)

    def of_day(self, day: date, branch: str | None = None) -> tuple[str, ...]:
        """Give the objects of a business day's pages, of one branch or of all; none when nothing is in."""
        query = select(delivery.c.sha256).join(batch, batch.c.id == delivery.c.batch_id)
        with self._engine.connect() as connection:
            pages = set(connection.execute(within(query, batch, day, branch)).scalars())
        wanted = digital_package.c.business_date == day
        if branch is not None:
            wanted &= digital_package.c.branch == branch
        return self._keys(pages | self._digital(wanted))

    def of_customer(self, number: str) -> tuple[str, ...]:
        """Give the objects of a customer's packages, and of all pages matched with their transactions."""
        digital = self._digital(digital_package.c.customer_no == number)
        return self._keys(self.pages_of_customer(number) | digital)

    def pages_of_customer(self, number: str) -> frozenset[str]:
        """Give the SHA-256s of all pages that are matched with a customer's transactions."""
        rows = select(booked.c.business_date, booked.c.handling_branch, booked.c.serial_no)
        return frozenset(self._matched(rows.where(booked.c.customer_no == number)))

    def contents(self, keys: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Give for each object the SHA-256s of what is in it: itself, a file's pages, a text's page."""
        found: dict[str, set[str]] = {}
        with self._engine.connect() as connection:
            for some in in_chunks(keys):
                for query in _contents(some):
                    for key, sha256 in connection.execute(query):
                        found.setdefault(key, set()).add(sha256)
        return {key: frozenset(pages) for key, pages in found.items()}

    def families(self, pages: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Give for each page the keys of its objects: itself, the file it came in, its text."""
        keys = self._keys(pages)
        found: dict[str, set[str]] = {page: set() for page in pages}
        for key, held in self.contents(keys).items():
            for one in held & found.keys():
                found[one].add(key)
        return {one: frozenset(some) for one, some in found.items()}

    def _digital(self, wanted: ColumnElement[bool]) -> set[str]:
        """SHA-256s of the files of packages."""
        query = select(digital_file.c.sha256).join(digital_package).where(wanted)
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def _of_serial(self, serial_no: str) -> set[str]:
        rows = select(booked.c.business_date, booked.c.handling_branch, booked.c.serial_no)
        return self._matched(rows.where(booked.c.serial_no == serial_no))

    def _matched(self, rows: object) -> set[str]:
        """Pages of transactions, as each branch's day was closed last."""
        with self._engine.connect() as connection:
            found = connection.execute(rows).all()  # type: ignore[call-overload]
        serials: dict[tuple[date, str], set[str]] = {}
        for day, branch, serial_no in found:
            serials.setdefault((day, branch), set()).add(serial_no)
        return {
            one.page_id
            for (day, branch), wanted in serials.items()
            for result in self._days.results(day, branch)
            for match in result.matches
            if match.serial_no in wanted
            for one in match.pages
        }

    def _beginning_with(self, beginning: str) -> set[str]:
        if len(beginning) < _LEAST_BEGINNING or set(beginning) - _HEX:
            return set()
        query = select(page.c.sha256).where(begins(page.c.sha256, beginning))
        with self._engine.connect() as connection:
            pages = set(connection.execute(query.limit(2)).scalars())
        if len(pages) > 1:
            raise UserError(
                say("Several pages begin with {page}; give more digits.", page=beginning)
            )
        return pages

    def _keys(self, pages: Collection[str]) -> tuple[str, ...]:
        found: set[str] = set()
        with self._engine.connect() as connection:
            for some in in_chunks(sorted(pages)):
                found |= _keys(connection, some)
        return tuple(sorted(found))


def _keys(connection: Connection, pages: Collection[str]) -> set[str]:
    containers = select(page.c.container_sha256).where(
        page.c.sha256.in_(pages), page.c.container_sha256.is_not(None)
    )
    texts = select(page_text.c.text_sha256).where(page_text.c.sha256.in_(pages))
    query = select(stored_object.c.key).where(
        stored_object.c.sha256.in_(pages)
        | stored_object.c.sha256.in_(containers)
        | stored_object.c.sha256.in_(texts)
    )
    return set(connection.execute(query).scalars())


def _contents(keys: Sequence[str]) -> tuple[Select[Any], ...]:
    """Queries for (key, page): pages themselves, pages in files, pages of texts."""
    of_object, key = stored_object.c.key.in_(keys), stored_object.c.key
    itself = select(key, page.c.sha256).join(page, page.c.sha256 == stored_object.c.sha256)
    file = select(key, page.c.sha256).join(page, page.c.container_sha256 == stored_object.c.sha256)
    text = select(key, page_text.c.sha256).join(
        page_text, page_text.c.text_sha256 == stored_object.c.sha256
    )
    digital = select(key, digital_file.c.sha256).join(
        digital_file, digital_file.c.sha256 == stored_object.c.sha256
    )
    return tuple(query.where(of_object) for query in (itself, file, text, digital))
