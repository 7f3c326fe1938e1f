"""The pages the archive holds, and every delivery of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, select, union_all, update

from catalog.deliveries import Entry, enter_deliveries, enter_pages
from catalog.log import append, append_all
from catalog.tables import batch, delivery, finding, page, reading, scan_rules
from catalog.within import BRANCH, DAY, Later
from pipeline.balance import CatalogedPage
from pipeline.content import Content
from pipeline.language import Message
from pipeline.measured import ScanParameters
from pipeline.model import FieldName, FieldValue, Finding
from pipeline.vouchers import parted

_PARAMETERS = Content(ScanParameters)
_MESSAGE = Content(Message)
_FINDING = Content(Finding)
_FIELDS = Content(dict[FieldName, FieldValue])


class Pages:
    """Enters deliveries; each entry and its log line are one transaction (rule R5)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def known(self, delivery_id: str) -> bool:
        """Say whether this delivery stands in the catalog, admitted or refused."""
        with self._engine.connect() as connection:
            query = select(delivery.c.id).where(delivery.c.id == delivery_id)
            return connection.execute(query).first() is not None

    def delivered(self, batch_id: str) -> frozenset[tuple[str, str]]:
        """Give (name, SHA-256) of every delivery of a batch that stands in the catalog."""
        with self._engine.connect() as connection:
            query = select(delivery.c.name, delivery.c.sha256).where(
                delivery.c.batch_id == batch_id
            )
            return frozenset((row.name, row.sha256) for row in connection.execute(query))

    def last_state(self, batch_id: str) -> str | None:
        """Give the state of the page that was entered last in a batch; None when there is none."""
        query = (
            select(delivery.c.state)
            .where(delivery.c.batch_id == batch_id)
            .order_by(delivery.c.sequence.desc())
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def first_delivered_as(self, sha256s: Sequence[str], branch: str) -> dict[str, str]:
        """Give SHA-256 -> the name under which a branch delivered a page of these very bytes first (Q12)."""
        query = (
            select(delivery.c.sha256, delivery.c.name)
            .join(batch, batch.c.id == delivery.c.batch_id)
            .where(delivery.c.sha256.in_(sha256s), batch.c.branch == branch)
            .order_by(delivery.c.at.desc())
        )
        with self._engine.connect() as connection:
            return {row.sha256: row.name for row in connection.execute(query)}

    def enter(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Enter delivered pages in their order, all or none of them.

        Returns those that were entered: the others stand in the catalog already.
        """
        with self._engine.begin() as connection:
            entered = enter_deliveries(connection, entries)
            enter_pages(connection, (one.stored for one in entered if one.stored))
            append_all(connection, [_act(one) for one in entered])
            return entered

    def of_day(self, day: date, branch: str) -> tuple[CatalogedPage, ...]:
        """Give every delivery of a branch and day with what was found and read on it, in order.

        The pages that separators part have the numbers of their vouchers.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(_OF_DAY, {"day": day, "branch": branch}).all()
            findings = _findings(connection, day, branch)
        return parted(
            _cataloged(
                *(branch, number, row),
                *(findings.get((row.id, after_reading), ()) for after_reading in (False, True)),
            )
            for number, row in enumerate(rows, start=1)
        )

    def operators_of_day(self, day: date, branch: str) -> dict[str, str]:
        """Give delivery id -> operator for a branch and day."""
        with self._engine.connect() as connection:
            rows = connection.execute(_OPERATORS, {"day": day, "branch": branch})
            return {row.id: row.operator for row in rows}

    def branches_of_day(self, day: date) -> tuple[str, ...]:
        """Give the branches that delivered pages for a day."""
        query = select(batch.c.branch).where(batch.c.business_date == day).distinct()
        with self._engine.connect() as connection:
            return tuple(sorted(connection.execute(query).scalars()))

    def quarantined(self, delivery_id: str) -> str | None:
        """Give the place of a refused page below the quarantine folder."""
        query = select(delivery.c.quarantined_as).where(delivery.c.id == delivery_id)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def all_stored(self) -> Iterator[tuple[str, str]]:
        """Give (SHA-256, name) of every stored page, and of the file it came in where that held several.

        In ascending order of the SHA-256.
        """
        name = func.min(delivery.c.name)
        joined = page.join(delivery, delivery.c.sha256 == page.c.sha256)
        both = union_all(
            *(
                select(column.label("sha256"), name)
                .select_from(joined)
                .where(column.is_not(None))
                .group_by(column)
                for column in (page.c.sha256, page.c.container_sha256)
            )
        )
        with self._engine.connect() as connection:
            for row in connection.execute(both.order_by("sha256")):
                yield row[0], row[1]

    def mark_cold(self, sha256s: Iterable[str], who: str) -> None:
        """Enter that these pages have a verified cold copy."""
        marked = list(sha256s)
        with self._engine.begin() as connection:
            for sha256 in marked:
                connection.execute(
                    update(page).where(page.c.sha256 == sha256).values(cold_at=datetime.now(UTC))
                )
            if marked:
                append(connection, who, "pages.cold", str(len(marked)), pages=marked)


def _act(entry: Entry) -> dict[str, Any]:
    """A page's entry as an act for the log."""
    arrival, stored = entry.arrival, entry.stored
    act = {"who": arrival.batch.operator, "subject": arrival.sha256, "delivery": arrival.id}
    if stored is None:
        return {**act, "act": "page.refuse", "checks": [one.check for one in entry.findings]}
    told: dict[str, Any] = {"sheet": entry.sheet} if entry.sheet else {}
    return {**act, "act": "page.admit", "copies": dict(stored.copies), **told}


_admitted, _judged = scan_rules.alias("admitted_by"), scan_rules.alias("judged_by")
_DELIVERIES = select(
    delivery.c.id,
    delivery.c.name,
    delivery.c.sha256,
    delivery.c.state,
    delivery.c.sheet,
    delivery.c.batch_id,
    delivery.c.at,
    reading.c.content["fields"].label("fields"),
    reading.c.content["doubts"].label("doubts"),
    batch.c.name.label("batch_name"),
    func.coalesce(_judged.c.document_type, _admitted.c.document_type).label("document_type"),
)


def of_branch_day(query: Select[Any], day: date | Later, branch: str | Later) -> Select[Any]:
    """Restrict a query over deliveries to one branch and day, in order of delivery."""
    query = query.select_from(
        delivery.join(batch, batch.c.id == delivery.c.batch_id).outerjoin(
            reading, reading.c.sha256 == delivery.c.sha256
        )
    ).where(batch.c.business_date == day, batch.c.branch == branch)
    return query if query._distinct else query.order_by(batch.c.opened_at, delivery.c.sequence)


_OF_DAY = (
    of_branch_day(_DELIVERIES, DAY, BRANCH)
    .outerjoin(_admitted, _admitted.c.id == delivery.c.rules_id)
    .outerjoin(_judged, _judged.c.id == delivery.c.judged_id)
)
_OPERATORS = of_branch_day(select(delivery.c.id, batch.c.operator), DAY, BRANCH)
_FINDINGS = (
    select(finding)
    .join(delivery, delivery.c.id == finding.c.delivery_id)
    .join(batch, batch.c.id == delivery.c.batch_id)
    .where(batch.c.business_date == DAY, batch.c.branch == BRANCH)
    .order_by(finding.c.id)
)


def _findings(
    connection: Connection, day: date, branch: str
) -> dict[tuple[str, bool], tuple[Finding, ...]]:
    """Delivery id and whether it was found after reading -> what was found."""
    found: dict[tuple[str, bool], tuple[Finding, ...]] = {}
    for row in connection.execute(_FINDINGS, {"day": day, "branch": branch}):
        key = (row.delivery_id, row.after_reading)
        found[key] = (*found.get(key, ()), _FINDING.load(dict(row._mapping)))
    return found


def _cataloged(
    branch: str,
    number: int,
    row: Row[Any],
    findings: tuple[Finding, ...],
    read_findings: tuple[Finding, ...],
) -> CatalogedPage:
    return CatalogedPage(
        page_id=row.sha256,
        delivery_id=row.id,
        name=row.name,
        branch=branch,
        sequence=number,
        state=row.state,
        findings=findings,
        read_findings=read_findings,
        fields=_FIELDS.load(row.fields or {}),
        doubts=tuple(row.doubts or ()),
        batch=row.batch_name,
        batch_id=row.batch_id,
        sheet=row.sheet,
        document_type=row.document_type,
        delivered_at=row.at,
        refused_at=row.at if row.state == "refused" else None,
    )
