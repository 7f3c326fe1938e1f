"""The pages that the archive holds of a span of days, one row each: for the index that other systems take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, func, select

from catalog.tables import batch, delivery, page, scan_rules
from catalog.tombstones import destroyed_sha256s
from catalog.within import between

_ADMITTED = "admitted"
_JUDGED = scan_rules.alias("judged_by")


@dataclass(frozen=True)
class ArchivedPage:
    """A page that is kept, as it was delivered first on its day."""

    day: date
    branch: str
    sha256: str
    name: str
    suffix: str
    byte_count: int
    document_type: str | None
    """What it was scanned or judged as; None where nothing told."""
    station: str
    operator: str
    stored_at: datetime


@dataclass(frozen=True)
class PageCounts:
    """What became of the admitted deliveries: ``deliveries = pages + again + destroyed``."""

    deliveries: int
    pages: int
    again: int
    """The same bytes once more on the same day."""
    destroyed: int


class ArchivedPages:
    """Lists pages and counts them by another way."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, branch: str, first: date, last: date) -> tuple[ArchivedPage, ...]:
        """Give a branch's pages of a span of days, in the order of their deliveries."""
        kind = func.coalesce(_JUDGED.c.document_type, scan_rules.c.document_type)
        query = (
            select(
                batch.c.business_date, batch.c.branch, delivery.c.sha256, delivery.c.name,
                page.c.suffix, page.c.byte_count, kind, batch.c.station, batch.c.operator,
                page.c.stored_at,
            )
            .join(batch, batch.c.id == delivery.c.batch_id)
            .join(page, page.c.sha256 == delivery.c.sha256)
            .outerjoin(scan_rules, scan_rules.c.id == delivery.c.rules_id)
            .outerjoin(_JUDGED, _JUDGED.c.id == delivery.c.judged_id)
            .where(delivery.c.state == _ADMITTED, delivery.c.sha256.not_in(destroyed_sha256s()))
            .order_by(batch.c.business_date, batch.c.opened_at, delivery.c.sequence)
        )  # fmt: skip
        found: dict[tuple[date, str], ArchivedPage] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(between(query, batch, first, last, frozenset({branch}))):
                found.setdefault((row.business_date, row.sha256), ArchivedPage(*row))
        return tuple(found.values())

    def counts(self, branch: str, first: date, last: date) -> PageCounts:
        """Count the deliveries of a span of days and what became of them."""
        gone = delivery.c.sha256.in_(destroyed_sha256s())
        every = (
            select(func.count())
            .select_from(delivery)
            .join(batch, batch.c.id == delivery.c.batch_id)
            .where(delivery.c.state == _ADMITTED)
        )
        kept = (
            select(batch.c.business_date, batch.c.branch, delivery.c.sha256)
            .join(batch, batch.c.id == delivery.c.batch_id)
            .where(delivery.c.state == _ADMITTED, ~gone)
            .distinct()
        )
        own = frozenset({branch})
        with self._engine.connect() as connection:
            deliveries, destroyed = (
                connection.execute(between(query, batch, first, last, own)).scalar_one()
                for query in (every, every.where(gone))
            )
            distinct = between(kept, batch, first, last, own).subquery()
            pages = connection.execute(select(func.count()).select_from(distinct)).scalar_one()
        return PageCounts(deliveries, pages, deliveries - destroyed - pages, destroyed)
