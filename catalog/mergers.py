"""Branches that merge: list, succession and the end of the old number in one transaction (CG-21c)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, insert, select

from catalog import branches
from catalog.log import append
from catalog.staff import end_at
from catalog.tables import batch, stream_file, succession
from catalog.transfers import enter
from pipeline.staff import Role
from pipeline.transfer import ListedArchive, ShelvedPaper, Why


@dataclass(frozen=True)
class Going:
    """What goes from one branch to another."""

    giver: str
    taker: str
    archives: Sequence[ListedArchive]
    papers: Sequence[ShelvedPaper]


class Mergers:
    """Enters mergers; what follows from one is told by ``Branches.successions``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def last_day(self, branch: str) -> date | None:
        """Give the last day of which a branch has a page or booked rows; None: there is none."""
        scanned = select(batch.c.business_date).where(batch.c.branch == branch).distinct()
        booked = select(stream_file.c.business_date, stream_file.c.totals)
        with self._engine.connect() as connection:
            days = set(connection.execute(scanned).scalars())
            rows = connection.execute(booked)
            days |= {row.business_date for row in rows if branch in row.totals}
        return max(days, default=None)

    def merge(self, going: Going, first_day: date, by: str) -> tuple[int, int]:
        """Enter a merger; gives the transfer's number, and how many appointments at the old branch ended.

        Archivists of the old branch stay until the list is signed by both: they hand over.
        """
        with self._engine.begin() as connection:
            branches.end(connection, going.giver, by)
            no = enter(
                *(connection, going.giver, going.taker, Why.MERGER),
                *(going.papers, by, going.archives),
            )
            values: dict[str, Any] = {"giver": going.giver, "taker": going.taker}
            values |= {"first_day": first_day}
            values |= {"transfer_no": no, "person": by, "at": datetime.now(UTC)}
            connection.execute(insert(succession).values(values))
            ended = end_at(connection, going.giver, by, but=(Role.ARCHIVIST,))
            told: dict[str, Any] = {
                "into": going.taker,
                "first_day": first_day.isoformat(),
                "ended": ended,
            }
            append(connection, by, "branch.merge", going.giver, **told)
        return no, ended
