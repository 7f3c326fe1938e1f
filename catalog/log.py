"""Who did what: entries chained by hash, written in the transaction of the act itself (rule R5).

The chain alone proves nothing against someone who can rewrite the database; signed checkpoints kept
under lock elsewhere will (design decision 12). Entries carry ids and digests, no personal data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from catalog.tables import log

_FIRST = "0" * 64


@dataclass(frozen=True)
class LogEntry:
    """One act as it stands in the log."""

    seq: int
    body: dict[str, Any]
    sha256: str


def append(connection: Connection, who: str, act: str, subject: str, **details: Any) -> None:
    """Add an entry to the log inside the caller's transaction; it stands or falls with the act."""
    last = connection.execute(select(log.c.seq, log.c.sha256).order_by(log.c.seq.desc())).first()
    seq, prev = (last.seq + 1, last.sha256) if last else (1, _FIRST)
    body = json.dumps(
        {
            "seq": seq,
            "prev": prev,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "who": who,
            "act": act,
            "subject": subject,
            **details,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    digest = hashlib.sha256(body.encode()).hexdigest()
    connection.execute(log.insert().values(seq=seq, prev=prev, body=body, sha256=digest))


def entries(connection: Connection) -> Iterator[LogEntry]:
    """Give the log in order."""
    for row in connection.execute(select(log).order_by(log.c.seq)):
        yield LogEntry(row.seq, json.loads(row.body), row.sha256)


def first_broken(connection: Connection) -> int | None:
    """Return the number of the first entry that does not follow from the one before, None if all do."""
    prev = _FIRST
    for count, row in enumerate(connection.execute(select(log).order_by(log.c.seq)), start=1):
        digest = hashlib.sha256(row.body.encode()).hexdigest()
        body = json.loads(row.body)
        if (row.seq, row.prev, row.sha256) != (count, prev, digest) or body["prev"] != prev:
            return count
        prev = digest
    return None
