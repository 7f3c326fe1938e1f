"""One way into the catalog's database: settings that make a commit durable, and transactions that log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import ExceptionContext

from catalog import append_only, outbox, postgresql_tables
from catalog.address import address_of, shown
from catalog.moment import LOOKERS, Looking, apart
from catalog.postgresql import engine_for, why_unusable
from pipeline.errors import PaperproofError, UserError
from pipeline.language import say

_MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_SECONDS = 60
"""How long a writer waits for another one before it gives up."""
_ONLY_READS = "paperproof_only_reads"
_ROWS_AT_ONCE = 1000
_OF_THE_STATEMENT = {"IntegrityError", "DataError", "ProgrammingError", "NotSupportedError"}
"""Kinds of errors that tell nothing of the database's health, but for a right that is lacking."""
_FORBIDDEN = {"InsufficientPrivilege"}


def connect(url: str, *, references: bool = True, reading: bool = False) -> Engine:
    """Open the database at ``url``; SQLite in WAL mode with a full sync at every commit (rule R5).

    ``references``: whether SQLite refuses a row that refers to one which is not there. ``reading``: what is
    opened cannot write, and waits for no writer.
    """
    address = address_of(url)
    sqlite = address.get_backend_name() == "sqlite"
    options: dict[str, Any] = {
        "json_deserializer": from_json  # twice as quick as the one that is used otherwise
    }
    if sqlite:
        sizes = LOOKERS if reading else {}
        engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS}, **sizes, **options)
        if reading:
            engine = Looking(engine.pool, engine.dialect, engine.url)
    else:
        engine = engine_for(address, BUSY_SECONDS, reading=reading, **options)
    event.listen(engine, "handle_error", _in_words)
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        if not references:
            event.listen(engine, "connect", _without_references)
        if reading:
            event.listen(engine, "connect", _read_only)
        event.listen(engine, "begin", _begin if reading else _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's own BEGIN, not the driver's late one
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _without_references(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")


def _read_only(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Any) -> None:
    # A transaction that reads first and writes later would otherwise fail when another one wrote.
    only_reads = connection.get_execution_options().get(_ONLY_READS)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Read the database as it is now, however long it takes; nobody who writes meanwhile waits.

    Rows come from the database in pieces, so that memory stays flat.
    """
    options: dict[str, Any] = {_ONLY_READS: True, "yield_per": _ROWS_AT_ONCE}
    if engine.dialect.name != "sqlite":
        options |= {"isolation_level": "REPEATABLE READ"}
    with apart(engine) as connection:
        yield connection.execution_options(**options)


def _in_words(context: ExceptionContext) -> None:
    """Tell a failing database (no room, no rights, locked, damaged) in one sentence."""
    if context.is_pre_ping:
        return  # a connection of the pool is gone; another one is made in its place
    error = context.original_exception
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "DatabaseError" not in kinds or (kinds & _OF_THE_STATEMENT and not kinds & _FORBIDDEN):
        return
    place = shown(context.engine.url) if context.engine else "–"
    on_server = context.dialect.name == "postgresql"
    if on_server and (told := why_unusable(place, error)):
        raise PaperproofError(told) from error
    raise PaperproofError(
        say(
            "The catalog {place} cannot be used ({why}); check the room on its disk, its rights and its "
            "server, then run this again: what was finished is kept.",
            place=place,
            why=str(error).strip().replace("\n", " "),
        )
    ) from error


def migrate(engine: Engine, *, references: bool = True) -> None:
    """Bring the database's tables to this program's version; safe to call at every start.

    ``references``: whether rows must refer to what is there (``connect``); what stood there before stays.
    Raises UserError when a newer program made the tables.
    """
    from alembic import (
        command,  # takes half a second to load, and only init brings tables up to date
    )
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        _refuse_newer(_found_version(connection))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        outbox.install(connection)
        append_only.install(connection)
        postgresql_tables.install(connection)
        if not references:
            postgresql_tables.lift_references(connection)


def require_current(engine: Engine) -> None:
    """Raise UserError when the tables are of another version than the program."""
    with engine.connect() as connection:
        found = _found_version(connection)
    _refuse_newer(found)
    if found != newest_version():
        raise UserError(
            say(
                "The catalog is of version {found}, this program needs {wanted}; run “paperproof init” "
                "on this workspace to bring it up to date.",
                found=found or "–",
                wanted=newest_version(),
            )
        )


def is_ahead(engine: Engine) -> bool:
    """Whether a newer program than this process made the tables."""
    with engine.connect() as connection:
        return (_found_version(connection) or "") > newest_version()


def _refuse_newer(found: str | None) -> None:
    """Raise UserError when tables are of a version that this program does not know."""
    if found and found > newest_version():
        raise UserError(
            say(
                "The catalog is of version {found}, this program knows versions up to {newest} only; upgrade "
                "the program on this machine, then run this again.",
                found=found,
                newest=newest_version(),
            )
        )


def _found_version(connection: Connection) -> str | None:
    """Return the version of the database's tables; None: it has none yet."""
    return version_of(connection) if inspect(connection).has_table("alembic_version") else None


def version_of(connection: Connection) -> str | None:
    """Return the version of the database's tables."""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


@cache
def newest_version() -> str:
    """Return the version that the newest migration makes: v0019_confirmations.py makes 0019.

    It is what this process was started with, also where a newer program was put in its place since.
    """
    newest = max(one.name for one in (_MIGRATIONS / "versions").glob("v*.py"))
    return newest.removeprefix("v").partition("_")[0]
