"""The archives of customers: made with the first paper or image, and lines that are only added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select

from catalog.customers import must_be_known
from catalog.log import append
from catalog.shelf import branches_now, numbered_container, volume_of
from catalog.tables import archive_line, container_branch, customer_archive
from pipeline.archive import Archive, Line, LineKind, Material, in_order
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.shelf import ContainerKind

_AT_ONCE = 500
"""Customer numbers in one query: SQLite takes no more than 32,766 parameters."""


class Archives:
    """Knows what was registered for each customer; nothing of it is ever changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, branch: str | None = None) -> Sequence[Archive]:
        """Give the archives of a branch (None: of all) by customer number (CG-17.1a)."""
        query = select(customer_archive)
        if branch is not None:
            came = select(container_branch.c.number).where(container_branch.c.branch == branch)
            opened_here = customer_archive.c.branch == branch
            query = query.where(opened_here | customer_archive.c.bag.in_(came))
        with self._engine.connect() as connection:
            found = _read(connection, query)
        return in_order(one for one in found if branch in (None, one.branch))

    def one(self, number: str) -> Archive:
        """Give the archive of a customer number, bag number or entry number; UserError: there is none."""
        named = customer_archive.c.customer_no.in_((number, number.rpartition("-")[0]))
        query = select(customer_archive).where(named | (customer_archive.c.bag == number))
        with self._engine.connect() as connection:
            for one in _read(connection, query):
                if number in (one.customer_no, one.bag, *(line.entry for line in one.lines)):
                    return one
            must_be_known(connection, number)
        raise UserError(
            say(
                "There is no archive under {number}; the customer's first paper or image makes it.",
                number=number,
            )
        )

    def in_container(self, number: str) -> Sequence[Line]:
        """Give the lines that are bound in a volume, or lie in a bag, in order."""
        query = select(archive_line).where(archive_line.c.binding == number)
        with self._engine.connect() as connection:
            return [_line(row) for row in connection.execute(_ordered(query))]

    def with_archive(self, customers: Iterable[str]) -> frozenset[str]:
        """Give those of these customer numbers that have an archive."""
        wanted, found = sorted(set(customers)), set()
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                some = customer_archive.c.customer_no.in_(wanted[start : start + _AT_ONCE])
                found |= set(connection.scalars(select(customer_archive.c.customer_no).where(some)))
        return frozenset(found)

    def registered(self, kind: LineKind, day: date, branch: str) -> frozenset[str]:
        """Give the serial numbers of a branch and day that have a line of this kind."""
        query = select(archive_line.c.serial_no).where(
            archive_line.c.kind == str(kind),
            archive_line.c.business_date == day,
            archive_line.c.branch == branch,
            archive_line.c.serial_no.is_not(None),
        )
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(query))

    def register(
        self, kind: LineKind, materials: Iterable[Material], by: str, note: str = ""
    ) -> list[str]:
        """Add a line for each material, and the archive where there is none; gives entry numbers."""
        with self._engine.begin() as connection:
            return [
                register(connection, kind, one, by, datetime.now(UTC), note) for one in materials
            ]

    def open(self, materials: Iterable[Material], by: str) -> int:
        """Make the archives of customers that have none, each by its first image; counts them."""
        opened = 0
        with self._engine.begin() as connection:
            for one in materials:
                if not _has_archive(connection, one.customer_no):
                    register(connection, LineKind.OPENED, one, by, datetime.now(UTC))
                    opened += 1
        return opened

    def of_voucher(
        self, customer: str, branch: str, day: date, serial_no: str
    ) -> tuple[Archive, Line] | None:
        """Give the line by which a voucher's papers came in; None: there is none."""
        query = select(customer_archive).where(customer_archive.c.customer_no == customer)
        with self._engine.connect() as connection:
            for archive in _read(connection, query):
                for line in archive.lines:
                    came = (line.kind, line.branch, line.day, line.serial_no)
                    if came == (LineKind.RECEIVED, branch, day, serial_no):
                        return archive, line
        return None

    def destroyed(self, archive: Archive, line: Line, reason: str, by: str) -> None:
        """Enter that the papers of a line were destroyed; once is enough."""
        if archive.is_destroyed(line.number):
            return
        values = vars(line) | {
            "kind": LineKind.DESTROYED,
            "serial_no": None,
            "of_line": line.number,
        }
        values |= {"number": len(archive.lines) + 1, "note": reason, "person": by}
        with self._engine.begin() as connection:
            _enter(connection, Line(**values | {"at": datetime.now(UTC)}))


def take(
    connection: Connection,
    customer: str,
    line: int,
    kind: LineKind,
    note: str,
    by: str,
    at: datetime,
) -> None:
    """Enter in the caller's transaction that papers went OUT or came BACK; UserError: ``Archive.moved``."""
    query = select(customer_archive).where(customer_archive.c.customer_no == customer)
    archive = _read(connection, query)[0]
    values = vars(archive.moved(line, kind)) | {
        "kind": kind,
        "serial_no": None,
        "of_line": line,
        "note": note,
    }
    number = len(archive.lines) + 1
    _enter(connection, Line(**values | {"number": number, "person": by, "at": at}))


def register(
    connection: Connection, kind: LineKind, what: Material, by: str, at: datetime, note: str = ""
) -> str:
    """Add a line inside the caller's transaction, with archive and bag for a new customer (CG-17.1c)."""
    if not _has_archive(connection, what.customer_no):
        _open(connection, what, by, at)
    bag = connection.execute(
        select(customer_archive.c.bag).where(customer_archive.c.customer_no == what.customer_no)
    ).scalar_one()
    binding = (
        bag
        if what.bound_as is None
        else volume_of(connection, what.branch, f"{what.bound_as} {what.day.year}", by)
    )
    last = connection.execute(
        select(func.max(archive_line.c.number)).where(
            archive_line.c.customer_no == what.customer_no
        )
    ).scalar()
    line = Line(
        customer_no=what.customer_no,
        number=(last or 0) + 1,
        kind=kind,
        branch=what.branch,
        day=what.day,
        serial_no=what.serial_no,
        content=what.content,
        category=what.category,
        pages=what.pages,
        binding=binding,
        of_line=None,
        note=note,
        person=by,
        at=at,
    )
    _enter(connection, line)
    return line.entry


def _has_archive(connection: Connection, customer: str) -> bool:
    query = select(customer_archive.c.bag).where(customer_archive.c.customer_no == customer)
    return connection.execute(query).first() is not None


def _open(connection: Connection, what: Material, by: str, at: datetime) -> None:
    bag = numbered_container(connection, ContainerKind.BAG, what.owner_branch, "", by)
    values = {"customer_no": what.customer_no, "branch": what.owner_branch, "bag": bag}
    connection.execute(insert(customer_archive).values(**values, person=by, at=at))
    append(connection, by, "archive.open", bag, branch=what.owner_branch)


def _enter(connection: Connection, line: Line) -> None:
    values = dict(vars(line))
    values["business_date"] = values.pop("day")
    connection.execute(insert(archive_line).values(values | {"kind": str(line.kind)}))
    append(
        connection,
        line.person,
        f"archive.{line.kind}",
        line.binding,
        branch=line.branch,
        line=line.number,
        pages=line.pages,
    )


def _read(connection: Connection, query: Select[Any]) -> list[Archive]:
    wanted = query.with_only_columns(customer_archive.c.customer_no)
    lines: dict[str, list[Line]] = {}
    of_archives = select(archive_line).where(archive_line.c.customer_no.in_(wanted))
    for row in connection.execute(_ordered(of_archives)):
        lines.setdefault(row.customer_no, []).append(_line(row))
    now = branches_now(connection)
    return [_archive(row, lines, now) for row in connection.execute(query)]


def _ordered(query: Select[Any]) -> Select[Any]:
    return query.order_by(archive_line.c.customer_no, archive_line.c.number)


def _archive(row: Row[Any], lines: Mapping[str, Sequence[Line]], now: Mapping[str, str]) -> Archive:
    own = tuple(lines.get(row.customer_no, ()))
    branch = now.get(row.bag, row.branch)
    return Archive(row.customer_no, branch, row.bag, row.person, row.at, own, row.branch)


def _line(row: Row[Any]) -> Line:
    return Line(
        customer_no=row.customer_no,
        number=row.number,
        kind=LineKind(row.kind),
        branch=row.branch,
        day=row.business_date,
        serial_no=row.serial_no,
        content=row.content,
        category=row.category,
        pages=row.pages,
        binding=row.binding,
        of_line=row.of_line,
        note=row.note,
        person=row.person,
        at=row.at,
    )
