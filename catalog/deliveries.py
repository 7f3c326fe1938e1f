"""How a delivered page is entered: its batch, the rules it was checked against, what was found on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from catalog.tables import batch, delivery, finding, scan_rules
from pipeline.content import Content
from pipeline.language import Message
from pipeline.measured import ScanParameters
from pipeline.model import Batch, Delivery, Finding
from pipeline.profile import RulesInForce
from pipeline.scan_rules import as_json

_PARAMETERS = Content(ScanParameters)
_MESSAGE = Content(Message)


@dataclass(frozen=True)
class StoredPage:
    """A page both stores have proved to hold."""

    sha256: str
    suffix: str
    byte_count: int
    container_sha256: str | None
    page_no: int
    parameters: ScanParameters
    copies: Mapping[str, str | None]
    """Store -> version id of the verified object."""


def enter_delivery(
    connection: Connection,
    arrival: Delivery,
    state: str,
    findings: Sequence[Finding],
    quarantined_as: str | None = None,
    rules: RulesInForce | None = None,
    sheet: str | None = None,
) -> bool:
    """Enter a delivery inside the caller's transaction; False when it stands in the catalog already.

    ``sheet``: its code as one of our own.
    """
    if connection.execute(select(delivery.c.id).where(delivery.c.id == arrival.id)).first():
        return False
    _enter_batch(connection, arrival.batch)
    last = connection.execute(
        select(func.max(delivery.c.sequence)).where(delivery.c.batch_id == arrival.batch.id)
    ).scalar()
    connection.execute(
        insert(delivery).values(
            id=arrival.id,
            batch_id=arrival.batch.id,
            sequence=(last or 0) + 1,
            name=arrival.name,
            page_no=arrival.page_no,
            sha256=arrival.sha256,
            state=state,
            at=datetime.now(UTC),
            quarantined_as=quarantined_as,
            rules_id=enter_rules(connection, rules) if rules else None,
            sheet=sheet,
        )
    )
    enter_findings(connection, arrival.id, findings)
    return True


def enter_findings(
    connection: Connection,
    delivery_id: str,
    findings: Iterable[Finding],
    *,
    after_reading: bool = False,
) -> None:
    """Enter what was found on a delivered page, inside the caller's transaction."""
    for found in findings:
        connection.execute(
            insert(finding).values(
                delivery_id=delivery_id,
                check=found.check,
                severity=str(found.severity),
                measured=found.measured,
                limit=found.limit,
                message=_MESSAGE.dump(found.message),
                after_reading=after_reading,
            )
        )


def enter_rules(connection: Connection, rules: RulesInForce) -> str:
    """Keep the rules with all their values at their first use; give their identity."""
    known = select(scan_rules.c.id).where(scan_rules.c.id == rules.id)
    if not connection.execute(known).first():
        connection.execute(
            insert(scan_rules).values(
                id=rules.id,
                source=rules.source,
                document_type=rules.document_type,
                rules=as_json(rules.rules),
                first_used_at=datetime.now(UTC),
            )
        )
    return rules.id


def _enter_batch(connection: Connection, opened: Batch) -> None:
    if connection.execute(select(batch.c.id).where(batch.c.id == opened.id)).first():
        return
    connection.execute(
        insert(batch).values(
            id=opened.id,
            branch=opened.branch,
            business_date=opened.day,
            station=opened.station,
            operator=opened.operator,
            name=opened.name,
            opened_at=datetime.now(UTC),
        )
    )


def page_row(stored: StoredPage) -> dict[str, Any]:
    """Return a stored page as its row."""
    return {
        "sha256": stored.sha256,
        "suffix": stored.suffix,
        "byte_count": stored.byte_count,
        "container_sha256": stored.container_sha256,
        "page_no": stored.page_no,
        "parameters": _PARAMETERS.dump(stored.parameters),
        "perceptual_hash": stored.parameters.perceptual_hash,
        "stored_at": datetime.now(UTC),
        "copies": dict(stored.copies),
    }
