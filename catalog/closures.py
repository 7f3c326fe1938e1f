"""When customers' accounts were closed: as the customer master has it, or as somebody entered it.

A customer who does business after the closing, or of whom somebody entered it, is back: the account counts as
open until it is closed again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, Engine, func, insert, select

from catalog.copies import in_chunks
from catalog.customers import must_be_known
from catalog.log import append
from catalog.tables import (
    booked,
    closure_act,
    closure_applied,
    customer,
    customer_return,
    day_close,
)
from catalog.upsert import insert_or_update
from pipeline.audit.entry import digest_of


@dataclass(frozen=True)
class Closure:
    """A customer whose account is closed."""

    customer_no: str
    closed_on: date


class Closures:
    """Knows closed accounts. Of several dates the latest counts, so that nothing is kept too short."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def enter(self, closure: Closure, who: str) -> None:
        """Enter that an account was closed; raises UserError when nobody knows the customer."""
        with self._engine.begin() as connection:
            must_be_known(connection, closure.customer_no)
            last = connection.execute(select(func.max(closure_act.c.id))).scalar() or 0
            values = {**vars(closure), "id": last + 1, "person": who, "at": datetime.now(UTC)}
            connection.execute(insert(closure_act).values(values))
            on = closure.closed_on.isoformat()
            append(connection, who, "customer.closed", _in_log(closure.customer_no), closed_on=on)

    def enter_return(self, number: str, on: date, who: str) -> None:
        """Enter that a customer came back; raises UserError when nobody knows the customer."""
        with self._engine.begin() as connection:
            must_be_known(connection, number)
            last = connection.execute(select(func.max(customer_return.c.id))).scalar() or 0
            values = {"id": last + 1, "customer_no": number, "returned_on": on}
            values |= {"person": who, "at": datetime.now(UTC)}
            connection.execute(insert(customer_return).values(values))
            append(
                connection, who, "customer.returned", _in_log(number), returned_on=on.isoformat()
            )

    def of_customer(self, number: str) -> date | None:
        """Give when a customer's account was closed; None: it is open, or nobody said that it was closed."""
        return self.all().get(number)

    def all(self) -> Mapping[str, date]:
        """Give every customer whose account is closed, and since when."""
        with self._engine.connect() as connection:
            return _closed(connection)

    def not_applied(self) -> tuple[Closure, ...]:
        """Give the closures of which some objects may not have their date.

        Those are new or changed ones, and those of customers on whose transactions a day was closed since.
        """
        with self._engine.connect() as connection:
            closed = _closed(connection)
            query = select(closure_applied.c.customer_no, closure_applied.c.closed_on)
            applied = {row.customer_no: row.closed_on for row in connection.execute(query)}
            again = set(connection.execute(_CLOSED_SINCE).scalars())
        return tuple(
            Closure(number, on)
            for number, on in sorted(closed.items())
            if applied.get(number) != on or number in again
        )

    def applied(self, closure: Closure, at: datetime) -> None:
        """Enter that all objects that a customer had at a moment have their date."""
        with self._engine.begin() as connection:
            made = insert_or_update(connection, closure_applied)
            new = made.excluded
            statement = made.on_conflict_do_update(
                index_elements=["customer_no"], set_={"closed_on": new.closed_on, "at": new.at}
            )
            connection.execute(statement, [{**vars(closure), "at": at}])


_CLOSED_SINCE = (
    select(closure_applied.c.customer_no)
    .join(booked, booked.c.customer_no == closure_applied.c.customer_no)
    .join(
        day_close,
        (day_close.c.business_date == booked.c.business_date)
        & (day_close.c.branch == booked.c.handling_branch),
    )
    .where(day_close.c.at >= closure_applied.c.at)
    .distinct()
)


def _closed(connection: Connection) -> dict[str, date]:
    found: dict[str, date] = {}
    master = select(customer.c.number, customer.c.closed_on).where(
        customer.c.closed_on.is_not(None)
    )
    acts = select(closure_act.c.customer_no, closure_act.c.closed_on)
    for number, on in (*connection.execute(master), *connection.execute(acts)):
        found[number] = max(on, found.get(number, on))
    back = _last_seen(connection, sorted(found))
    return {number: on for number, on in found.items() if back.get(number, on) <= on}


def _last_seen(connection: Connection, numbers: Collection[str]) -> dict[str, date]:
    """The last day on which each customer did business, or is said to have come back."""
    seen: dict[str, date] = {}
    for some in in_chunks(list(numbers)):
        for table, on in (
            (booked, booked.c.business_date),
            (customer_return, customer_return.c.returned_on),
        ):
            query = (
                select(table.c.customer_no, func.max(on))
                .where(table.c.customer_no.in_(some))
                .group_by(table.c.customer_no)
            )
            for number, day in connection.execute(query):
                seen[number] = max(day, seen.get(number, day))
    return seen


def _in_log(number: str) -> str:
    """How the log names a customer, as entries of viewings do: by digest, no personal data (0026)."""
    return f"customer {digest_of(number)}"
