"""What a store is owed: objects that came in while it was down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, and_, func, select

from catalog.tables import batch, delivery, object_copy, page, stored_object
from pipeline.copies import CopyState, Place


@dataclass(frozen=True)
class Debt:
    """One object that one place is to be given, and the page that it is, where it is one."""

    key: str
    sha256: str
    byte_count: int
    place: Place
    since: datetime
    name: str | None = None
    """A name under which the page was delivered; None: it is no page."""
    branch: str | None = None
    day: date | None = None


class Debts:
    """The list of what is owed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Debt, ...]:
        """Give every debt, the oldest first."""
        first = (
            select(delivery.c.sha256, func.min(delivery.c.id).label("id"))
            .group_by(delivery.c.sha256)
            .subquery()
        )
        query = (
            select(
                *(stored_object.c.key, stored_object.c.sha256, stored_object.c.byte_count),
                *(object_copy.c.place, object_copy.c.since),
                *(delivery.c.name, batch.c.branch, batch.c.business_date),
            )
            .join(object_copy, object_copy.c.key == stored_object.c.key)
            .outerjoin(
                first, and_(first.c.sha256 == stored_object.c.sha256, stored_object.c.kind == "obj")
            )
            .outerjoin(delivery, delivery.c.id == first.c.id)
            .outerjoin(batch, batch.c.id == delivery.c.batch_id)
            .where(object_copy.c.state == CopyState.OWED)
            .order_by(object_copy.c.since, stored_object.c.key)
        )
        with self._engine.connect() as connection:
            return tuple(
                Debt(
                    *(row.key, row.sha256, row.byte_count, Place(row.place), row.since),
                    *(row.name, row.branch, row.business_date),
                )
                for row in connection.execute(query)
            )

    def count(self) -> int:
        """Count the debts."""
        query = select(func.count()).where(object_copy.c.state == CopyState.OWED)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def files(self) -> frozenset[str]:
        """Give the delivered files, by SHA-256, of which something is owed: their first copy must stay."""
        owed = (
            select(stored_object.c.sha256)
            .join(object_copy, object_copy.c.key == stored_object.c.key)
            .where(object_copy.c.state == CopyState.OWED)
        )
        containers = select(page.c.container_sha256).where(
            page.c.container_sha256.is_not(None), page.c.sha256.in_(owed)
        )
        with self._engine.connect() as connection:
            return frozenset(connection.execute(owed.union(containers)).scalars())
