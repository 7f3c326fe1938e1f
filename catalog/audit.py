"""The log as it is signed and shown: its entries in order, by filters, and the checkpoints over them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, insert, select

from catalog.log import LogEntry, append
from catalog.tables import log, log_checkpoint
from pipeline.audit.proving import Row as LogRow
from pipeline.clocks import ZONE

_AT_ONCE = 5_000
_CLOCKS_APART = timedelta(hours=1)
"""Entries stand in the order of their writing; clocks of the machines that write may differ by so much."""


@dataclass(frozen=True)
class Wanted:
    """Which entries are asked for; None: any."""

    who: str | None = None
    act: str | None = None
    """The act's name, or the beginning of it up to a dot: “page” means every act on pages."""
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Up to, not with."""

    @classmethod
    def of_days(
        cls,
        who: str | None,
        act: str | None,
        subject: str | None,
        first: date | None,
        last: date | None,
    ) -> Wanted:
        """Ask for whole days of the exchange's time, the last one too; empty words ask for nothing."""
        return cls(
            who or None,
            act or None,
            subject or None,
            datetime.combine(first, time(), ZONE) if first else None,
            datetime.combine(last + timedelta(days=1), time(), ZONE) if last else None,
        )

    def fits(self, body: dict[str, object]) -> bool:
        """Whether an entry is asked for."""
        at = datetime.fromisoformat(str(body["at"]))
        act = str(body["act"])
        return (
            self.who in (None, body["who"])
            and (self.act is None or act == self.act or act.startswith(f"{self.act}."))
            and self.subject in (None, body["subject"])
            and (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
        )

    def likely(self) -> list[ColumnElement[bool]]:
        """Conditions that every fitting body meets: entries are canonical, so their text can be searched."""
        exact = {"who": self.who, "subject": self.subject}
        parts = [
            f'"{name}":{json.dumps(value, ensure_ascii=False)}'
            for name, value in exact.items()
            if value is not None
        ]
        if self.act is not None:
            parts.append(f'"act":{json.dumps(self.act, ensure_ascii=False)[:-1]}')
        return [log.c.body.contains(part, autoescape=True) for part in parts]


@dataclass(frozen=True)
class KeptCheckpoint:
    """A signed checkpoint that both stores hold."""

    size: int
    sha256: str
    """Its name in the stores."""
    note: bytes
    at: datetime


class Audit:
    """Reads the log, and enters checkpoints; entries themselves are written by ``catalog.log`` alone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def size(self) -> int:
        """Give the number of the newest entry; 0 when there is none."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.max(log.c.seq))).scalar() or 0

    def rows(self, after: int = 0, until: int | None = None) -> Iterator[LogRow]:
        """Yield the entries behind number ``after``, up to ``until``, as they stand in the database."""
        while True:
            query = select(log).where(log.c.seq > after).order_by(log.c.seq).limit(_AT_ONCE)
            if until is not None:
                query = query.where(log.c.seq <= until)
            with self._engine.connect() as connection:
                some = connection.execute(query).all()
            if not some:
                return
            for row in some:
                yield LogRow(row.seq, row.prev, row.body, row.sha256)
            after = some[-1].seq

    def find(
        self, wanted: Wanted, *, before: int | None = None, limit: int = 100
    ) -> list[LogEntry]:
        """Give the newest entries asked for, the newest first; ``before``: older than that number."""
        found: list[LogEntry] = []
        with self._engine.connect() as connection:
            likely = [*wanted.likely(), *_numbers(connection, wanted)]
            while len(found) < limit:
                query = select(log).where(*likely).order_by(log.c.seq.desc()).limit(_AT_ONCE)
                if before is not None:
                    query = query.where(log.c.seq < before)
                some = connection.execute(query).all()
                if not some:
                    break
                read = (LogEntry(row.seq, json.loads(row.body), row.sha256) for row in some)
                found += [one for one in read if wanted.fits(one.body)]
                before = some[-1].seq
        return found[:limit]

    def enter_checkpoint(self, size: int, sha256: str, note: bytes) -> None:
        """Enter a checkpoint that both stores hold; once, however often it is signed."""
        with self._engine.begin() as connection:
            known = connection.execute(
                select(log_checkpoint.c.size).where(log_checkpoint.c.sha256 == sha256)
            ).first()
            if known is None:
                values: dict[str, Any] = {"sha256": sha256, "size": size, "note": note.decode()}
                values["at"] = datetime.now(UTC)
                connection.execute(insert(log_checkpoint).values(values))

    def checkpoints(self) -> tuple[KeptCheckpoint, ...]:
        """Give all checkpoints, the smallest first."""
        query = select(log_checkpoint).order_by(log_checkpoint.c.size)
        with self._engine.connect() as connection:
            return tuple(map(_kept, connection.execute(query)))

    def newest_checkpoint(self) -> KeptCheckpoint | None:
        """Give the largest checkpoint; None when none was signed."""
        query = select(log_checkpoint).order_by(log_checkpoint.c.size.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return _kept(row) if row else None

    def key_made(self, who: str, key: str) -> None:
        """Log that a key for signing the log was made; ``key``: the public one."""
        with self._engine.begin() as connection:
            append(connection, who, "audit.key", key)

    def exported(self, who: str, what: str, rows: int, session: str | None) -> None:
        """Log that a list was taken out; ``what``: its file's name."""
        with self._engine.begin() as connection:
            append(connection, who, "report.export", what, session=session, rows=rows)

    def evidence_made(
        self, who: str, serial_no: str, sha256: str, purpose: str, branch: str
    ) -> None:
        """Log that an evidence pack was made; ``sha256``: the pack's."""
        with self._engine.begin() as connection:
            append(
                connection,
                who,
                "evidence.make",
                serial_no,
                pack=sha256,
                purpose=purpose,
                branch=branch,
            )


def _numbers(connection: Connection, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """Conditions on the numbers of entries that lie between the moments asked for."""
    if wanted.since is not None:
        yield log.c.seq >= _first_at(connection, wanted.since - _CLOCKS_APART)
    if wanted.until is not None:
        yield log.c.seq < _first_at(connection, wanted.until + _CLOCKS_APART)


def _first_at(connection: Connection, moment: datetime) -> int:
    """The number of the first entry at a moment or later, by halving: 20 look-ups in a million entries."""
    low, high = 1, (connection.execute(select(func.max(log.c.seq))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        body = connection.execute(select(log.c.body).where(log.c.seq == middle)).scalar()
        if body is not None and datetime.fromisoformat(json.loads(body)["at"]) < moment:
            low = middle + 1
        else:
            high = middle
    return low


def _kept(row: Row[Any]) -> KeptCheckpoint:
    return KeptCheckpoint(row.size, row.sha256, row.note.encode(), row.at)
