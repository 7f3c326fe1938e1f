"""The customer master as it was last imported, with every change on record; nobody is taken out of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, func, insert, select, update

from catalog.log import append
from catalog.tables import booked, customer, customer_archive, customer_change, digital_package
from pipeline.content import Content
from pipeline.customers import KnownCustomer
from pipeline.errors import UserError
from pipeline.language import say

_CUSTOMER = Content(KnownCustomer)
_AT_ONCE = 500
"""Customer numbers in one query: SQLite takes no more than 32,766 parameters."""
_KNOWN_BY = (
    *(customer.c.number, booked.c.customer_no),
    *(digital_package.c.customer_no, customer_archive.c.customer_no),
)
"""Where a customer's number stands when anybody knows it; pages are theirs through a transaction."""


@dataclass(frozen=True)
class CustomerChange:
    """What an import did to one customer."""

    before: KnownCustomer | None
    after: KnownCustomer
    by: str
    at: datetime


@dataclass(frozen=True)
class ImportedCustomers:
    """What an import did; new + changed + same = the customers of the file."""

    new: int
    changed: int
    same: int
    not_in_file: int
    """Customers known before that the file does not have; they are kept."""


class Customers:
    """Knows customers by their number."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def any(self) -> bool:
        """Whether a master was ever imported."""
        with self._engine.connect() as connection:
            return connection.execute(select(customer.c.number).limit(1)).first() is not None

    def of_numbers(self, numbers: Collection[str]) -> Mapping[str, KnownCustomer]:
        """Give the customers of these numbers that are known."""
        with self._engine.connect() as connection:
            return _known(connection, sorted(set(numbers)))

    def must_be_known(self, number: str) -> None:
        """Raise UserError for a customer of whom nobody has ever heard."""
        with self._engine.connect() as connection:
            must_be_known(connection, number)

    def history(self, number: str) -> tuple[CustomerChange, ...]:
        """Give what the imports did to one customer, oldest first."""
        query = (
            select(customer_change)
            .where(customer_change.c.number == number)
            .order_by(customer_change.c.id)
        )
        with self._engine.connect() as connection:
            return tuple(
                CustomerChange(
                    _CUSTOMER.load(row.before) if row.before else None,
                    _CUSTOMER.load(row.after),
                    row.person,
                    row.at,
                )
                for row in connection.execute(query)
            )

    def take_over(
        self, customers: Iterable[KnownCustomer], sha256: str, who: str
    ) -> ImportedCustomers:
        """Make the customers those of a file, whole or not at all; ``sha256`` is the file's."""
        after = {one.number: one for one in customers}
        with self._engine.begin() as connection:
            before = _known(connection, sorted(after))
            new = [one for number, one in after.items() if number not in before]
            changed = [one for number, one in after.items() if before.get(number, one) != one]
            total = connection.execute(select(func.count()).select_from(customer)).scalar() or 0
            _enter(connection, before, new, changed, who)
            told = ImportedCustomers(
                new=len(new),
                changed=len(changed),
                same=len(after) - len(new) - len(changed),
                not_in_file=total - len(before),
            )
            append(connection, who, "customers.import", sha256, new=told.new, changed=told.changed)
        return told


def must_be_known(connection: Connection, number: str) -> None:
    """Raise UserError in the caller's transaction, see ``Customers.must_be_known``."""
    queries = (select(one).where(one == number).limit(1) for one in _KNOWN_BY)
    if not any(connection.execute(query).first() for query in queries):
        raise UserError(
            say(
                "Nobody knows customer {number}: neither the customer master nor a transaction, package or "
                "archive has the number; look at it once more.",
                number=number,
            )
        )


def _enter(
    connection: Connection,
    before: Mapping[str, KnownCustomer],
    new: list[KnownCustomer],
    changed: list[KnownCustomer],
    who: str,
) -> None:
    if new:
        connection.execute(insert(customer), [_row(one) for one in new])
    for one in changed:
        of_number = update(customer).where(customer.c.number == one.number)
        connection.execute(of_number.values(_row(one)))
    last = connection.execute(select(func.max(customer_change.c.id))).scalar() or 0
    rows = [
        {
            "id": last + place,
            "number": one.number,
            "before": _json(before[one.number]) if one.number in before else None,
            "after": _json(one),
            "person": who,
            "at": datetime.now(UTC),
        }
        for place, one in enumerate([*new, *changed], start=1)
    ]
    if rows:
        connection.execute(insert(customer_change), rows)


_OF_NUMBERS = select(customer).where(customer.c.number.in_(bindparam("numbers", expanding=True)))


def _known(connection: Connection, numbers: list[str]) -> dict[str, KnownCustomer]:
    found = {}
    for start in range(0, len(numbers), _AT_ONCE):
        some = {"numbers": numbers[start : start + _AT_ONCE]}
        for row in connection.execute(_OF_NUMBERS, some):
            found[row.number] = _told(row)
    return found


def _row(one: KnownCustomer) -> dict[str, Any]:
    return {name: getattr(one, name) for name in KnownCustomer.__dataclass_fields__}


def _told(row: Row[Any]) -> KnownCustomer:
    return KnownCustomer(
        **{name: getattr(row, name) for name in KnownCustomer.__dataclass_fields__}
    )


def _json(one: KnownCustomer) -> dict[str, Any]:
    dumped: dict[str, Any] = _CUSTOMER.dump(one)
    return dumped
