"""PostgreSQL as the catalog's database: writers take turns, readers see one moment, commits are durable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from select import POLLIN, poll
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Integer,
    create_engine,
    event,
    func,
    select,
)

from catalog.address import shown
from catalog.moment import LOOKERS, Looking
from pipeline.errors import UserError
from pipeline.language import Message, say

OLDEST = 15
"""The version that the tests run on."""
_TURN = 0x74757266
"""The advisory lock that whoever writes holds until the commit."""
_BYTEWISE = ("C", "POSIX")
"""What SQLite sorts by too: lists and keys come in the same order on both."""
_IDLE_SECONDS, _PROBE_SECONDS, _PROBES = 15, 5, 3
"""A host that lost its power or its network says no farewell, and whoever holds the turn keeps all others
from writing: the server lets go of a session whose host was silent for half a minute. Linux alone waits two
hours."""
_GONE_MILLISECONDS = 1000 * (_IDLE_SECONDS + _PROBE_SECONDS * _PROBES)
_SERVER_NOTICES = {
    "tcp_keepalives_idle": str(_IDLE_SECONDS),
    "tcp_keepalives_interval": str(_PROBE_SECONDS),
    "tcp_keepalives_count": str(_PROBES),
    "tcp_user_timeout": str(_GONE_MILLISECONDS),
}
_PROGRAM_NOTICES = {
    "connect_timeout": 15,
    "keepalives_idle": _IDLE_SECONDS,
    "keepalives_interval": _PROBE_SECONDS,
    "keepalives_count": _PROBES,
    "tcp_user_timeout": _GONE_MILLISECONDS,
}
"""The same of a server that is gone; what the address says goes above it."""
_ONE_OF_MANY = {"max_parallel_workers_per_gather": "0", "jit": "off"}
"""Many ask at once: a question that takes all processors, or is compiled first, makes the others wait."""
_LATELY_SECONDS = 2.0
_DURABLE = {"fsync": "on", "full_page_writes": "on"}
_ASKED = ("server_version_num", "server_encoding", "lc_collate", "synchronous_commit", *_DURABLE)


class TakingTurns(Engine):
    """Reads see the database as it was when they began; of those who write, one goes at a time.

    As with SQLite, which has one writer: what a transaction read (the last number, the state of a task)
    still holds when it writes. Why: decision 0036.
    """

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Begin a transaction that writes: once its turn has come, each statement sees all commits."""
        with self.beside() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_TURN)))
            yield connection

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        """Begin a transaction that writes without waiting for its turn (``catalog.locking``)."""
        with self.connect() as connection:
            connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                yield connection


def engine_for(address: URL, wait_seconds: int, *, reading: bool, **options: Any) -> Engine:
    """Give the way into a PostgreSQL database; it is asked at the first statement.

    ``wait_seconds``: how long a writer waits for another one. ``reading``: what is opened cannot write.
    """
    notices = {name: to for name, to in _PROGRAM_NOTICES.items() if name not in address.query}
    options |= {"isolation_level": "REPEATABLE READ", "connect_args": notices}
    sizes = {**LOOKERS, "pool_use_lifo": True} if reading else {}
    # the ping: a server that was restarted meanwhile costs nobody an error
    made = create_engine(address, pool_pre_ping=True, **sizes, **options)
    kinds = made.dialect.colspecs  # without the cast of numbers to 32 bits (postgresql_tables)
    made.dialect.colspecs = {kind: own for kind, own in kinds.items() if kind is not Integer}
    if reading:
        _spare_pings(made)

    def prepare(connection: Any, _: Any) -> None:
        _prepare(connection, address, wait_seconds, reading)

    event.listen(made, "connect", prepare)
    kind = Looking if reading else TakingTurns
    return kind(made.pool, made.dialect, made.url, hide_parameters=True)


def _spare_pings(engine: Engine) -> None:
    """Have a connection that was used a moment ago, and whose server said no farewell since, not pinged.

    A site's request takes two, one after the other; looking at a socket costs no trip to the server.
    """
    lately: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
    pings = engine.dialect.do_ping

    def remember(connection: Any, _: Any) -> None:
        if connection is not None:
            lately[connection] = monotonic()

    def is_there(dbapi_connection: Any) -> bool:
        is_fresh = monotonic() < lately.get(dbapi_connection, 0) + _LATELY_SECONDS
        return (is_fresh and _is_silent(dbapi_connection)) or pings(dbapi_connection)

    event.listen(engine, "checkin", remember)
    engine.dialect.do_ping = is_there  # type: ignore[method-assign]


def _is_silent(connection: Any) -> bool:
    socket = poll()
    socket.register(connection.fileno(), POLLIN)
    return not socket.poll(0)


def _prepare(connection: Any, address: URL, wait_seconds: int, reading: bool) -> None:
    """Look at the server and set the session up, in one question."""
    from catalog.postgresql_signs import keep_all_signs  # the driver, which SQLite does without

    session = {
        "lock_timeout": f"{wait_seconds}s",
        "default_transaction_read_only": "on" if reading else "off",
        "application_name": "paperproof",
        **_ONE_OF_MANY,
        **_SERVER_NOTICES,
    }
    sets = ", ".join(["set_config(%s, %s, false)"] * len(session))
    asks = ", ".join(["current_setting(%s)"] * len(_ASKED))
    values = [part for one in session.items() for part in one]
    with connection.cursor() as cursor:
        row = cursor.execute(f"SELECT {sets}, {asks}", [*values, *_ASKED]).fetchone()
    connection.commit()
    keep_all_signs(connection)
    found = dict(zip(_ASKED, row[len(session) :], strict=True))
    if refusal := _unfit(shown(address), found):
        connection.close()
        raise UserError(refusal)


def _unfit(place: str, found: dict[str, str]) -> Message | None:
    """Tell why a server cannot keep the catalog."""
    version = int(found["server_version_num"]) // 10_000
    if version < OLDEST:
        return say(
            "The catalog {place} is on PostgreSQL {version}; this program needs {oldest} or newer.",
            place=place,
            version=version,
            oldest=OLDEST,
        )
    if found["server_encoding"] != "UTF8":
        return say(
            "The database {place} is in {encoding}, which lacks Chinese signs; make one in UTF-8 "
            "(createdb --encoding UTF8 --locale C.UTF-8 --template template0).",
            place=place,
            encoding=found["server_encoding"],
        )
    if found["lc_collate"].partition(".")[0] not in _BYTEWISE:
        return say(
            "The database {place} sorts by {collation}; this program needs one that sorts by the signs "
            "alone (createdb --locale C.UTF-8 --template template0).",
            place=place,
            collation=found["lc_collate"],
        )
    lax = [name for name, wanted in _DURABLE.items() if found[name] != wanted]
    if found["synchronous_commit"] == "off":
        lax.append("synchronous_commit")
    if not lax:
        return None
    return say(
        "The server of the catalog {place} may lose what it confirmed: {names} is off; turn it on.",
        place=place,
        names=", ".join(lax),
    )


def why_unusable(place: str, error: BaseException) -> Message | None:
    """Tell in words why the server turned a connection away; None when it is something else.

    Before a session stands libpq gives no codes, only the server's words; those of another language than
    English are not known here.
    """
    told = str(error)
    if any(mark in told for mark in _NOT_LET_IN):
        return say(
            "The catalog {place} does not let this program in; check user, password and the server's "
            "pg_hba.conf.",
            place=place,
        )
    if any(mark in told for mark in _NO_CONNECTION_LEFT):
        return say(
            "The catalog {place} has no connection left for this program; run this again later, or raise "
            "max_connections or the limit of the database or user.",
            place=place,
        )
    if _NOT_THERE.search(told):
        return say("The server has no such database or user: {place}; make them.", place=place)
    if any(mark in told for mark in _AWAY):
        return say(
            "The server of the catalog {place} does not answer; see that it runs, then run this again: "
            "what was finished is kept.",
            place=place,
        )
    return None


_NOT_LET_IN = ("password authentication failed", "no password supplied", "no pg_hba.conf entry")
_NO_CONNECTION_LEFT = ("too many clients", "remaining connection slots", "too many connections for")
_NOT_THERE = re.compile(r'FATAL: +(database|role) ".*" does not exist')
_AWAY = (
    "Connection refused",
    "could not translate host name",
    "failed to resolve host",
    "No such file or directory",
    "No route to host",
    "Network is unreachable",
    "timeout expired",
    "timed out",
    "the database system is ",  # starting up, shutting down, in recovery
    "server closed the connection",
    "terminating connection",
    "the connection is closed",
)
