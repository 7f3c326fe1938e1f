"""Chunks of pages that wait to be read, shared out among workers by leases (rules in ``pipeline.claims``).

Every act looks at the chunk's row and changes it in one transaction that holds the row, and waits for no
other writer where the database can do so. Moments are those of the database, so that clocks of workers may
be apart. An act of a worker whose program is of another version than the catalog is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select, text, update

from catalog.connection import version_of
from catalog.locking import beside
from catalog.readings import keep_reading, unread_pages
from catalog.tables import reading_chunk
from catalog.within import within
from pipeline.claims import (
    Chunk,
    LeaseRules,
    Worker,
    claimed,
    finished,
    given_back,
    in_chunks,
    renewed,
)
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Reading


class Claims:
    """Queues chunks, hands them out, and enters what comes back while the claim still counts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def queue(self, day: date, branch: str, rules: LeaseRules) -> int:
        """Queue the unread pages of a branch and day that no open chunk has; return how many."""
        with self._engine.begin() as connection:
            queued = {sha for one in self._open(connection, day, branch) for sha in one.pages}
            pages = [sha for sha in unread_pages(connection, day, branch) if sha not in queued]
            newest = connection.execute(select(func.max(reading_chunk.c.no))).scalar() or 0
            now = moment(connection)
            rows = [
                {
                    "no": no,
                    "business_date": day,
                    "branch": branch,
                    "pages": list(some),
                    "fence": 0,
                    "late": 0,
                    "made_at": now,
                }
                for no, some in enumerate(in_chunks(pages, rules.chunk_pages), start=newest + 1)
            ]
            if rows:
                connection.execute(insert(reading_chunk), rows)
            return len(pages)

    def claim(
        self,
        worker: Worker,
        rules: LeaseRules,
        day: date | None = None,
        branch: str | None = None,
    ) -> Chunk | None:
        """Claim a free chunk: one that a dead worker left, else of the oldest day; None: none is free now.

        Raises UserError when the worker's program is of another version than the catalog.
        """
        with beside(self._engine) as connection:
            _must_fit(connection, worker)
            now = moment(connection)
            lapsed = reading_chunk.c.until.is_(None) | (reading_chunk.c.until <= now)
            query = _open_chunks(day, branch).where(lapsed)
            query = query.order_by(None).order_by(reading_chunk.c.until.is_(None), *_IN_ORDER)
            row = connection.execute(query.limit(1).with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            chunk = claimed(_chunk(row), worker, now, rules)
            _keep(connection, chunk)
            return chunk

    def is_one_left(
        self, rules: LeaseRules, day: date | None = None, branch: str | None = None
    ) -> bool:
        """Whether a chunk waits whose worker let its lease end and missed one more renewal: it is dead."""
        with self._engine.connect() as connection:
            ended = moment(connection) - timedelta(seconds=rules.renew_seconds)
            left = _open_chunks(day, branch).where(reading_chunk.c.until <= ended)
            return connection.execute(left.limit(1)).first() is not None

    def renew(self, claim: Chunk, worker: Worker, rules: LeaseRules) -> bool:
        """Renew a claim's lease; False: it does not count any more, another worker has the chunk."""
        return self._change(
            claim, worker, lambda chunk, now: renewed(chunk, claim.fence, now, rules)
        )

    def give_back(self, claim: Chunk, worker: Worker) -> bool:
        """Let anybody claim the chunk at once."""
        return self._change(claim, worker, lambda chunk, _: given_back(chunk, claim.fence))

    def finish(self, claim: Chunk, worker: Worker) -> bool:
        """Say that all its pages were entered; False: the claim does not count any more."""
        return self._change(claim, worker, lambda chunk, now: finished(chunk, claim.fence, now))

    def enter(self, claim: Chunk, worker: Worker, sha256: str, result: Reading) -> bool:
        """Enter what was read on a page of a claimed chunk.

        False: the claim does not count any more; the reading is thrown away and counted.
        """
        with beside(self._engine) as connection:
            _must_fit(connection, worker)
            chunk = _held(connection, claim.no)
            counts = chunk.is_held(claim.fence)
            if counts:
                keep_reading(connection, sha256, result)
            else:
                of_chunk = reading_chunk.c.no == chunk.no
                connection.execute(
                    update(reading_chunk).where(of_chunk).values(late=reading_chunk.c.late + 1)
                )
            return counts

    def unread(self, claim: Chunk) -> Mapping[str, str]:
        """Give the pages of a chunk on which nothing was read yet, each with its batch.

        Those that a dead worker entered stand.
        """
        with self._engine.connect() as connection:
            left = unread_pages(connection, claim.day, claim.branch)
        return {sha256: left[sha256] for sha256 in claim.pages if sha256 in left}

    def open(self, day: date | None = None, branch: str | None = None) -> tuple[Chunk, ...]:
        """Give the chunks that are not done, of the oldest day first."""
        with self._engine.connect() as connection:
            return self._open(connection, day, branch)

    def all(self) -> tuple[Chunk, ...]:
        """Give every chunk there ever was."""
        with self._engine.connect() as connection:
            query = select(reading_chunk).order_by(reading_chunk.c.no)
            return tuple(map(_chunk, connection.execute(query)))

    def _open(
        self, connection: Connection, day: date | None, branch: str | None
    ) -> tuple[Chunk, ...]:
        return tuple(map(_chunk, connection.execute(_open_chunks(day, branch))))

    def _change(
        self,
        claim: Chunk,
        worker: Worker,
        change: Callable[[Chunk, datetime], Chunk | None],
    ) -> bool:
        with beside(self._engine) as connection:
            _must_fit(connection, worker)
            changed = change(_held(connection, claim.no), moment(connection))
            if changed:
                _keep(connection, changed)
            return changed is not None


def moment(connection: Connection) -> datetime:
    """Return what time the database has."""
    if connection.dialect.name == "postgresql":
        told: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return told.astimezone(UTC)
    now = connection.execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")).scalar_one()
    return datetime.fromisoformat(now).replace(tzinfo=UTC)


def _must_fit(connection: Connection, worker: Worker) -> None:
    found = version_of(connection)
    if found != worker.version:
        raise UserError(
            say(
                "Worker {worker} runs a program for catalogs of version {own}, this one is of {found}; it "
                "gets no pages and what it read is not entered: upgrade its program and start it anew.",
                worker=worker.name,
                own=worker.version,
                found=found or "–",
            )
        )


_IN_ORDER = reading_chunk.c.business_date, reading_chunk.c.no


def _open_chunks(day: date | None, branch: str | None) -> Select[Any]:
    query = select(reading_chunk).where(reading_chunk.c.done_at.is_(None))
    query = within(query, reading_chunk, day, branch)
    return query.order_by(*_IN_ORDER)


def _held(connection: Connection, no: int) -> Chunk:
    """Read a chunk and hold its row until the transaction ends."""
    query = select(reading_chunk).where(reading_chunk.c.no == no).with_for_update()
    return _chunk(connection.execute(query).one())


def _keep(connection: Connection, chunk: Chunk) -> None:
    values = asdict(chunk)
    changing = ("fence", "worker", "version", "until", "done_at")
    connection.execute(
        update(reading_chunk)
        .where(reading_chunk.c.no == chunk.no)
        .values({name: values[name] for name in changing})
    )


def _chunk(row: Row[Any]) -> Chunk:
    return Chunk(
        no=row.no,
        day=row.business_date,
        branch=row.branch,
        pages=tuple(row.pages),
        fence=row.fence,
        worker=row.worker,
        version=row.version,
        until=row.until,
        done_at=row.done_at,
        late=row.late,
    )
