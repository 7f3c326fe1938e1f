"""How a delivered page is entered: its batch, the rules it was checked against, what was found on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, func, insert, select

from catalog.tables import batch, delivery, finding, page, scan_rules
from pipeline.content import Content
from pipeline.language import Message
from pipeline.measured import ScanParameters
from pipeline.model import Batch, Delivery, Finding
from pipeline.profile import RulesInForce
from pipeline.scan_rules import as_json
from pipeline.vouchers import SHEET

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


@dataclass(frozen=True)
class Entry:
    """A delivered page as it is to be entered; see ``admitted`` and ``refused``."""

    arrival: Delivery
    state: str
    findings: Sequence[Finding]
    stored: StoredPage | None = None
    """None: it was refused."""
    quarantined_as: str | None = None
    rules: RulesInForce | None = None
    """Those it was checked against; None where it was not opened."""
    sheet: str | None = None
    """Its code as one of our own sheets."""


def admitted(
    arrival: Delivery,
    stored: StoredPage,
    findings: Sequence[Finding] = (),
    *,
    blank: bool = False,
    sheet: str | None = None,
    rules: RulesInForce | None = None,
) -> Entry:
    """Return the entry of a page that is stored."""
    state = SHEET if sheet else "blank" if blank else "admitted"
    return Entry(arrival, state, findings, stored, rules=rules, sheet=sheet)


def refused(
    arrival: Delivery,
    findings: Sequence[Finding],
    quarantined_as: str,
    rules: RulesInForce | None = None,
) -> Entry:
    """Return the entry of a page that was refused."""
    return Entry(arrival, "refused", findings, None, quarantined_as, rules)


def enter_deliveries(connection: Connection, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Enter deliveries in their order inside the caller's transaction.

    Returns those that were entered: the others stand in the catalog already, or before in ``entries``.
    """
    known = _there(connection, delivery.c.id, [one.arrival.id for one in entries])
    fresh = {one.arrival.id: one for one in reversed(entries) if one.arrival.id not in known}
    entered = tuple(one for one in entries if fresh.get(one.arrival.id) is one)
    _enter_batches(connection, {one.arrival.batch.id: one.arrival.batch for one in entered})
    for rules in {one.rules.id: one.rules for one in entered if one.rules}.values():
        enter_rules(connection, rules)
    last = _last_numbers(connection, entered)
    rows = []
    for one in entered:
        last[one.arrival.batch.id] += 1
        rows.append(_delivery_row(one, last[one.arrival.batch.id]))
    if rows:
        connection.execute(insert(delivery), rows)
    for one in entered:
        enter_findings(connection, one.arrival.id, one.findings)
    return entered


def enter_pages(connection: Connection, stored: Iterable[StoredPage]) -> None:
    """Enter the pages that are not in the catalog yet, inside the caller's transaction."""
    pages = {one.sha256: one for one in stored}
    known = _there(connection, page.c.sha256, list(pages))
    if rows := [page_row(one) for one in pages.values() if one.sha256 not in known]:
        connection.execute(insert(page), rows)


def _there(connection: Connection, column: Column[Any], values: Sequence[str]) -> frozenset[str]:
    """Give those of some values that a column has."""
    return frozenset(connection.execute(select(column).where(column.in_(values))).scalars())


def _last_numbers(connection: Connection, entries: Iterable[Entry]) -> dict[str, int]:
    """Give for each batch the number of its last delivery, 0 for none."""
    batches = {one.arrival.batch.id for one in entries}
    query = (
        select(delivery.c.batch_id, func.max(delivery.c.sequence).label("last"))
        .where(delivery.c.batch_id.in_(batches))
        .group_by(delivery.c.batch_id)
    )
    found = {row.batch_id: row.last for row in connection.execute(query)}
    return dict.fromkeys(batches, 0) | found


def _delivery_row(one: Entry, sequence: int) -> dict[str, Any]:
    return {
        "id": one.arrival.id,
        "batch_id": one.arrival.batch.id,
        "sequence": sequence,
        "name": one.arrival.name,
        "page_no": one.arrival.page_no,
        "sha256": one.arrival.sha256,
        "state": one.state,
        "at": datetime.now(UTC),
        "quarantined_as": one.quarantined_as,
        "rules_id": one.rules.id if one.rules else None,
        "sheet": one.sheet,
    }


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


def _enter_batches(connection: Connection, batches: Mapping[str, Batch]) -> None:
    known = _there(connection, batch.c.id, list(batches))
    rows = [
        {
            "id": opened.id,
            "branch": opened.branch,
            "business_date": opened.day,
            "station": opened.station,
            "operator": opened.operator,
            "name": opened.name,
            "opened_at": datetime.now(UTC),
        }
        for opened in batches.values()
        if opened.id not in known
    ]
    if rows:
        connection.execute(insert(batch), rows)


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
