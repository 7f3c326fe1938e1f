"""What was found on pages after they were read, each page judged once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Engine, Row, func, select, update

from catalog.deliveries import enter_findings, enter_rules
from catalog.log import append
from catalog.pages import of_branch_day
from catalog.tables import delivery, finding, page, reading, scan_rules
from pipeline.content import Content
from pipeline.measured import ScanParameters
from pipeline.model import Finding, Reading
from pipeline.profile import RulesInForce

_PARAMETERS = Content(ScanParameters)
_READING = Content(Reading)


@dataclass(frozen=True)
class ReadPage:
    """An admitted page with what was measured and read of it."""

    delivery_id: str
    sha256: str
    name: str
    document_type: str | None
    """The type it was taken in as."""
    parameters: ScanParameters
    reading: Reading
    """Of a page that was judged before without its lines and codes: they are most of the work of a day."""
    judged: bool
    """Whether it was judged after reading."""


class Findings:
    """Enters what reading brought to light; a page that is judged is not judged again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read_pages(self, day: date, branch: str) -> tuple[ReadPage, ...]:
        """Give a branch and day's admitted pages that were read, in order; none when all are judged."""
        query = (
            of_branch_day(_READ_PAGES, day, branch)
            .join(page, page.c.sha256 == delivery.c.sha256)
            .outerjoin(scan_rules, scan_rules.c.id == delivery.c.rules_id)
            .where(delivery.c.state == "admitted", reading.c.sha256.is_not(None))
        )
        unjudged = select(func.count()).select_from(
            query.where(delivery.c.judged_id.is_(None)).order_by(None).subquery()
        )
        with self._engine.connect() as connection:
            if not connection.execute(unjudged).scalar():
                return ()
            return tuple(map(_read_page, connection.execute(query)))

    def checks_of(self, delivery_id: str) -> frozenset[str]:
        """Give the checks that a delivery did not quite pass so far."""
        query = select(finding.c.check).where(finding.c.delivery_id == delivery_id)
        with self._engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def keep(
        self, judged: ReadPage, rules: RulesInForce, found: Sequence[Finding], who: str
    ) -> bool:
        """Enter what was found on a page, and under which rules; False when it was judged already.

        What an earlier judgement found stands and is not entered twice: a page is judged anew when it is
        read after the reader had failed on it.
        """
        of_delivery = delivery.c.id == judged.delivery_id
        with self._engine.begin() as connection:
            known = connection.execute(select(delivery.c.judged_id).where(of_delivery)).scalar()
            if known is not None:
                return False
            connection.execute(
                update(delivery).where(of_delivery).values(judged_id=enter_rules(connection, rules))
            )
            told = select(finding.c.check).where(
                finding.c.delivery_id == judged.delivery_id, finding.c.after_reading
            )
            earlier = set(connection.execute(told).scalars())
            new = [one for one in found if one.check not in earlier]
            enter_findings(connection, judged.delivery_id, new, after_reading=True)
            append(
                connection,
                who,
                "page.judge",
                judged.sha256,
                delivery=judged.delivery_id,
                rules=rules.source,
                checks=[one.check for one in found],
            )
            return True


_READ_PAGES = select(
    delivery.c.id,
    delivery.c.name,
    delivery.c.sha256,
    delivery.c.judged_id,
    page.c.parameters,
    reading.c.content,
    scan_rules.c.document_type,
)


def _read_page(row: Row[Any]) -> ReadPage:
    judged = row.judged_id is not None
    content = {**row.content, "lines": (), "codes": ()} if judged else row.content
    return ReadPage(
        delivery_id=row.id,
        sha256=row.sha256,
        name=row.name,
        document_type=row.document_type,
        parameters=_PARAMETERS.load(row.parameters),
        reading=_READING.load(content),
        judged=judged,
    )
