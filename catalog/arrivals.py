"""What arrived in a batch, page by page, for those who stand beside the scanner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, bindparam, select

from catalog.tables import batch, delivery, finding, page, reading
from catalog.within import BRANCH, DAY
from pipeline.content import Content
from pipeline.model import Finding

_FINDING = Content(Finding)


@dataclass(frozen=True)
class Arrival:
    """One delivery of a page."""

    delivery_id: str
    sequence: int
    """Order within the batch."""
    name: str
    page_id: str
    state: str
    """"admitted", "blank", "refused" or "sheet"."""
    at: datetime
    branch: str
    day: date
    batch: str
    batch_id: str
    operator: str
    is_read: bool
    findings: tuple[Finding, ...]


class Arrivals:
    """Looks up deliveries; enters nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def one(self, delivery_id: str) -> Arrival | None:
        """Give a delivery by its identity; None when there is none."""
        with self._engine.connect() as connection:
            found = _arrivals(connection, _ARRIVED.where(delivery.c.id == delivery_id))
        return found[0] if found else None

    def of_batch(self, batch_id: str, after: int = 0, limit: int = 200) -> tuple[Arrival, ...]:
        """Give what arrived in a batch behind a place in its order, at most ``limit`` pages."""
        asked = {"batch": batch_id, "after": after, "limit": limit}
        with self._engine.connect() as connection:
            return _arrivals(connection, _OF_BATCH, asked)

    def as_named(self, batch_id: str, name: str) -> tuple[Arrival, ...]:
        """Give every delivery under one name in a batch, oldest first: a page and its scans again."""
        query = _ARRIVED.where(delivery.c.batch_id == batch_id, delivery.c.name == name)
        with self._engine.connect() as connection:
            return _arrivals(connection, query.order_by(delivery.c.sequence))

    def of_file(self, batch_id: str, name: str, sha256: str) -> tuple[Arrival, ...]:
        """Give the pages of a delivered file of a batch; of one that holds several, those named after it.

        A refused page does not tell which file it was cut from: it counts to the last of that name.
        """
        whole = (delivery.c.name == name) & (delivery.c.sha256 == sha256)
        cut = delivery.c.name.startswith(f"{name}#", autoescape=True)
        container = select(page.c.container_sha256).where(page.c.sha256 == delivery.c.sha256)
        of_it = (container.scalar_subquery() == sha256) | (delivery.c.state == "refused")
        query = _ARRIVED.where(delivery.c.batch_id == batch_id, whole | (cut & of_it))
        with self._engine.connect() as connection:
            return _arrivals(connection, query.order_by(delivery.c.sequence))

    def batches(self, day: date, branch: str) -> tuple[tuple[str, str, str], ...]:
        """Give (id, name, operator) of a branch and day's batches, the newest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(_BATCHES, {"day": day, "branch": branch})
            return tuple((row.id, row.name, row.operator) for row in rows)


_BATCHES = (
    select(batch.c.id, batch.c.name, batch.c.operator)
    .where(batch.c.business_date == DAY, batch.c.branch == BRANCH)
    .order_by(batch.c.opened_at.desc())
)

_ARRIVED = (
    select(
        delivery.c.id,
        delivery.c.sequence,
        delivery.c.name,
        delivery.c.sha256,
        delivery.c.state,
        delivery.c.at,
        batch.c.branch,
        batch.c.business_date,
        batch.c.name.label("batch"),
        delivery.c.batch_id,
        batch.c.operator,
        reading.c.sha256.is_not(None).label("is_read"),
    )
    .join(batch, batch.c.id == delivery.c.batch_id)
    .outerjoin(reading, reading.c.sha256 == delivery.c.sha256)
)


_OF_BATCH = (
    _ARRIVED.where(
        delivery.c.batch_id == bindparam("batch"), delivery.c.sequence > bindparam("after")
    )
    .order_by(delivery.c.sequence)
    .limit(bindparam("limit"))
)


def _arrivals(
    connection: Connection, query: Select[Any], asked: Mapping[str, Any] | None = None
) -> tuple[Arrival, ...]:
    rows = connection.execute(query, asked or {}).all()
    found = _findings(connection, query, asked or {}) if rows else {}
    return tuple(_arrival(row, found.get(row.id, ())) for row in rows)


def _findings(
    connection: Connection, of: Select[Any], asked: Mapping[str, Any]
) -> dict[str, tuple[Finding, ...]]:
    found: dict[str, tuple[Finding, ...]] = {}
    ids = of.with_only_columns(delivery.c.id)
    query = select(finding).where(finding.c.delivery_id.in_(ids)).order_by(finding.c.id)
    for row in connection.execute(query, asked):
        one = _FINDING.load(dict(row._mapping))
        found[row.delivery_id] = (*found.get(row.delivery_id, ()), one)
    return found


def _arrival(row: Row[Any], findings: tuple[Finding, ...]) -> Arrival:
    return Arrival(
        delivery_id=row.id,
        sequence=row.sequence,
        name=row.name,
        page_id=row.sha256,
        state=row.state,
        at=row.at,
        branch=row.branch,
        day=row.business_date,
        batch=row.batch,
        batch_id=row.batch_id,
        operator=row.operator,
        is_read=bool(row.is_read),
        findings=findings,
    )
