"""What kind of paper a page is, and whose: asked page by page, where the level of secrecy hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, select, tuple_

from catalog.copies import in_chunks
from catalog.days import Days
from catalog.tables import batch, booked, capture_task, delivery, page, scan_rules, task_act
from catalog.within import begins

_LEAST_BEGINNING = 8
_HEX = frozenset("0123456789abcdef")
Place = tuple[date, str]
"""Business day and branch."""


class Belonging:
    """Tells a page's types and customers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._days = Days(engine)

    def beginning(self, digits: str) -> tuple[str, ...]:
        """Give the SHA-256s of admitted pages that begin so, three at most; none for fewer than 8 digits."""
        if len(digits) < _LEAST_BEGINNING or set(digits) - _HEX:
            return ()
        query = select(page.c.sha256).where(begins(page.c.sha256, digits)).order_by(page.c.sha256)
        with self._engine.connect() as connection:
            return tuple(connection.execute(query.limit(3)).scalars())

    def branches(self, sha256: str) -> tuple[str, ...]:
        """Give the branches that delivered a page."""
        query = select(batch.c.branch).join(delivery).where(delivery.c.sha256 == sha256)
        with self._engine.connect() as connection:
            return tuple(connection.execute(query.distinct().order_by(batch.c.branch)).scalars())

    def types(
        self, pages: Collection[str], tasks: Collection[str]
    ) -> Mapping[str, frozenset[tuple[str, date]]]:
        """Give for each page its document types, each with its business day.

        A page is of the types that its deliveries were judged by, and of those of ``tasks`` whose capture
        tasks it ever served.
        """
        found: dict[str, set[tuple[str, date]]] = {}
        with self._engine.connect() as connection:
            for some in in_chunks(sorted(pages)):
                for row in connection.execute(_JUDGED.where(delivery.c.sha256.in_(some))):
                    found.setdefault(row.sha256, set()).add((row.document_type, row.business_date))
            if tasks:
                places = _places(connection, pages)
                wanted = capture_task.c.document_type.in_(sorted(tasks))
                for place, kind, served in _captured(connection, places, wanted):
                    if served in pages:
                        found.setdefault(served, set()).add((kind, place[0]))
        return {one: frozenset(kinds) for one, kinds in found.items()}

    def customers(
        self, pages: Collection[str], among: Collection[str]
    ) -> Mapping[str, frozenset[str]]:
        """Give for each page those of ``among`` whose transactions it was matched with or ever served."""
        found: dict[str, set[str]] = {}
        if not among:
            return {}
        with self._engine.connect() as connection:
            places = _places(connection, pages)
            owners = _owners(connection, places, among)
            serials = sorted({serial for _, serial in owners})
            wanted = capture_task.c.serial_no.in_(serials)
            rows = list(_served(connection, {place for place, _ in owners}, wanted))
        for place, serial, served in (*rows, *self._matched({place for place, _ in owners})):
            owner = owners.get((place, serial))
            if owner is not None and served in pages:
                found.setdefault(served, set()).add(owner)
        return {one: frozenset(customers) for one, customers in found.items()}

    def _matched(self, places: Iterable[Place]) -> Iterator[tuple[Place, str, str]]:
        for place in places:
            for result in self._days.results(*place):
                for match in result.matches:
                    for one in match.pages:
                        yield place, match.serial_no, one.page_id


_admitted, _judged = scan_rules.alias("admitted_by"), scan_rules.alias("judged_by")
_kind = func.coalesce(_judged.c.document_type, _admitted.c.document_type)
_JUDGED = (
    select(delivery.c.sha256, batch.c.business_date, _kind.label("document_type"))
    .join(batch, batch.c.id == delivery.c.batch_id)
    .outerjoin(_admitted, _admitted.c.id == delivery.c.rules_id)
    .outerjoin(_judged, _judged.c.id == delivery.c.judged_id)
    .where(_kind.is_not(None))
)


def _places(connection: Connection, pages: Collection[str]) -> set[Place]:
    """The days and branches that pages were delivered on."""
    query = select(batch.c.business_date, batch.c.branch).join(delivery).distinct()
    return {
        (row.business_date, row.branch)
        for some in in_chunks(sorted(pages))
        for row in connection.execute(query.where(delivery.c.sha256.in_(some)))
    }


def _owners(
    connection: Connection, places: Collection[Place], customers: Collection[str]
) -> dict[tuple[Place, str], str]:
    """Place and serial number -> customer, of the transactions that some customers have there."""
    query = select(
        booked.c.business_date, booked.c.handling_branch, booked.c.serial_no, booked.c.customer_no
    ).where(booked.c.customer_no.in_(sorted(customers)))
    at = tuple_(booked.c.business_date, booked.c.handling_branch)
    return {
        ((row.business_date, row.handling_branch), row.serial_no): row.customer_no
        for some in in_chunks(sorted(places))
        for row in connection.execute(query.where(at.in_(some)))
    }


def _captured(
    connection: Connection, places: Collection[Place], wanted: ColumnElement[bool]
) -> Iterator[tuple[Place, str, str]]:
    for place, row, served in _acts(connection, places, wanted):
        yield place, row.document_type, served


def _served(
    connection: Connection, places: Collection[Place], wanted: ColumnElement[bool]
) -> Iterator[tuple[Place, str, str]]:
    for place, row, served in _acts(connection, places, wanted):
        yield place, row.serial_no, served


def _acts(
    connection: Connection, places: Collection[Place], wanted: ColumnElement[bool]
) -> Iterator[tuple[Place, Any, str]]:
    """Place, task and page of each capture of the tasks wanted."""
    query = select(
        *(capture_task.c.business_date, capture_task.c.branch, capture_task.c.serial_no),
        *(capture_task.c.document_type, task_act.c.content),
    ).join(task_act, task_act.c.task_id == capture_task.c.id)
    at = tuple_(capture_task.c.business_date, capture_task.c.branch)
    for some in in_chunks(sorted(places)):
        for row in connection.execute(query.where(at.in_(some), wanted)):
            for one in (row.content or {}).get("pages", ()):
                if "page" in one:
                    yield (row.business_date, row.branch), row, one["page"]
