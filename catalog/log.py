"""Who did what: entries chained by hash, written in the transaction of the act itself (rule R5).

The chain alone proves nothing against someone who can rewrite the database; checkpoints signed by another
and kept under lock do (decision 0026). Entries carry ids and digests, no personal data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from catalog.locking import one_at_a_time
from catalog.tables import log
from pipeline.audit.entry import FIRST, canonical, told

_NUMBERING = 0x70617065
"""The lock under which entries are numbered."""


@dataclass(frozen=True)
class LogEntry:
    """One act as it stands in the log."""

    seq: int
    body: dict[str, Any]
    sha256: str


def append(
    connection: Connection,
    who: str,
    act: str,
    subject: str,
    *,
    ok: bool = True,
    session: str | None = None,
    before: str | None = None,
    after: str | None = None,
    **details: Any,
) -> None:
    """Add an entry to the log inside the caller's transaction; it stands or falls with the act.

    ``subject``: the id of what was acted on. ``session``: the id of the login. ``before`` and ``after``:
    digests (``pipeline.audit.entry.digest_of``). ``ok``: False for an act that was refused, the
    ``reason`` among the details tells why. Names and values of customers are never given here.
    """
    given = {"session": session, "before": before, "after": after}
    named = {name: value for name, value in given.items() if value is not None}
    append_all(
        connection, [{"who": who, "act": act, "subject": subject, "ok": ok, **named, **details}]
    )


def append_all(connection: Connection, acts: Sequence[Mapping[str, Any]]) -> None:
    """Add an entry for each act, in their order, as ``append`` does; an act is what ``told`` is given."""
    one_at_a_time(connection, _NUMBERING)
    newest = select(log.c.seq, log.c.sha256).order_by(log.c.seq.desc()).limit(1)
    last = connection.execute(newest).first()
    before, prev = (last.seq, last.sha256) if last else (0, FIRST)
    at, rows = datetime.now(UTC).isoformat(timespec="milliseconds"), []
    for seq, one in enumerate(acts, start=before + 1):
        body = canonical(told(seq, prev, at, **{"ok": True, **one}))
        digest = hashlib.sha256(body).hexdigest()
        rows.append({"seq": seq, "prev": prev, "body": body.decode(), "sha256": digest})
        prev = digest
    if rows:
        connection.execute(insert(log), rows)


def append_refused(
    engine: Engine,
    who: str,
    act: str,
    subject: str,
    reason: str,
    *,
    session: str | None = None,
    **details: Any,
) -> None:
    """Log an act that was refused, in a transaction of its own: the act's is rolled back."""
    with engine.begin() as connection:
        append(connection, who, act, subject, ok=False, session=session, reason=reason, **details)


def entries(connection: Connection) -> Iterator[LogEntry]:
    """Give the log in order."""
    for row in connection.execute(select(log).order_by(log.c.seq)):
        yield LogEntry(row.seq, json.loads(row.body), row.sha256)


def first_broken(connection: Connection) -> int | None:
    """Return the number of the first entry that does not follow from the one before, None if all do."""
    prev = FIRST
    for count, row in enumerate(connection.execute(select(log).order_by(log.c.seq)), start=1):
        digest = hashlib.sha256(row.body.encode()).hexdigest()
        body = json.loads(row.body)
        if (row.seq, row.prev, row.sha256) != (count, prev, digest) or body["prev"] != prev:
            return count
        prev = digest
    return None
