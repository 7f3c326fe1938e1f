"""Requests to bring objects back online from a carrier (DK-22), and what became of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, func, insert, select

from catalog.log import append
from catalog.tables import retrieval, retrieval_end, retrieval_item
from pipeline.errors import UserError
from pipeline.language import say


@dataclass(frozen=True)
class Retrieval:
    """One request: the objects, who needs them and why."""

    no: int
    reason: str
    who: str
    at: datetime
    keys: tuple[str, ...]
    done_by: str | None = None
    """Who brought them back; None: it is open."""
    done_at: datetime | None = None


class Retrievals:
    """Keeps requests; each act with its log line in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def request(self, keys: Collection[str], reason: str, who: str) -> Retrieval:
        """Enter that somebody needs objects."""
        now, reason = datetime.now(UTC), reason.strip()
        if not reason:
            raise UserError(say("Say why with --why; it stands in the register for good."))
        with self._engine.begin() as connection:
            no = (connection.execute(select(func.max(retrieval.c.no))).scalar() or 0) + 1
            values = {"no": no, "reason": reason, "person": who, "at": now}
            connection.execute(insert(retrieval).values(values))
            rows = [{"retrieval_no": no, "key": key} for key in sorted(set(keys))]
            connection.execute(insert(retrieval_item), rows)
            append(connection, who, "retrieval.request", str(no), objects=len(rows), reason=reason)
        return self.one(no)

    def all(self) -> tuple[Retrieval, ...]:
        """Give all requests in their order."""
        query = (
            select(
                retrieval,
                retrieval_end.c.person.label("done_by"),
                retrieval_end.c.at.label("done_at"),
            )
            .outerjoin(retrieval_end, retrieval_end.c.retrieval_no == retrieval.c.no)
            .order_by(retrieval.c.no)
        )
        keys: dict[int, list[str]] = {}
        with self._engine.connect() as connection:
            items = select(retrieval_item).order_by(retrieval_item.c.key)
            for item in connection.execute(items):
                keys.setdefault(item.retrieval_no, []).append(item.key)
            return tuple(
                Retrieval(
                    *(row.no, row.reason, row.person, row.at, tuple(keys.get(row.no, ()))),
                    *(row.done_by, row.done_at),
                )
                for row in connection.execute(query)
            )

    def one(self, no: int) -> Retrieval:
        """Give a request; raises UserError when there is none of that number."""
        for found in self.all():
            if found.no == no:
                return found
        raise UserError(
            say("There is no request {number}; see “paperproof storage retrieve list”.", number=no)
        )

    def end(self, no: int, source: str, who: str) -> None:
        """Enter that all objects of a request are online again."""
        with self._engine.begin() as connection:
            values = {"retrieval_no": no, "person": who, "at": datetime.now(UTC), "source": source}
            connection.execute(insert(retrieval_end).values(values))
            append(connection, who, "retrieval.done", str(no), source=source)
