"""The database is made by migrations alone, durable at every commit, and its log is a chain."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from catalog.catalog import Catalog
from catalog.connection import connect
from catalog.log import append, entries
from catalog.tables import metadata
from catalog.text_search import TRIGRAM_TABLE
from pipeline.errors import PaperproofError, UserError
from tests.databases import Databases


def test_the_migrations_make_the_tables_the_program_uses(catalog: Catalog) -> None:
    with catalog._engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": False, "include_name": _is_ours}
        )
        assert compare_metadata(context, metadata) == []


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Leave out the search table, which is no table to SQLAlchemy; tests/catalog/test_texts.py uses it."""
    return not (name or "").startswith(TRIGRAM_TABLE)


def test_a_database_of_another_version_is_refused(databases: Databases) -> None:
    with pytest.raises(UserError, match="paperproof init"):
        Catalog.open(databases.new(empty=True))


def test_a_database_of_a_newer_program_asks_for_that_program(databases: Databases) -> None:
    url = databases.new()
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for opened in (Catalog.open, Catalog.create):
        with pytest.raises(UserError, match="upgrade the program on this machine"):
            opened(url)


def test_a_database_that_fails_is_told_in_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "catalog.sqlite"
    place.write_bytes(b"this is no database, but it is long enough to be one " * 100)
    with pytest.raises(PaperproofError, match=r"cannot be used .*run this again"):
        Catalog.open(f"sqlite:///{place}")
    with pytest.raises(PaperproofError, match=r"cannot be used .*run this again"):
        Catalog.create(f"sqlite:///{tmp_path / 'missing' / 'catalog.sqlite'}")


def test_creating_twice_keeps_what_is_there(databases: Databases) -> None:
    url = databases.new(empty=True)
    first = Catalog.create(url)
    with first._engine.begin() as connection:
        append(connection, "tester", "test", "1")
    first.close()
    second = Catalog.create(url)
    with second._engine.connect() as connection:
        assert [entry.body["act"] for entry in entries(connection)] == ["test"]
    second.close()


def test_every_commit_is_synced_to_disk(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE log SET body = replace(body, 'two', 'owt') WHERE seq = 2",
        "DELETE FROM log WHERE seq = 2",
        "UPDATE log SET seq = 9 WHERE seq = 2",
    ],
)
def test_a_changed_or_missing_log_entry_is_found(databases: Databases, tampering: str) -> None:
    url = databases.new()
    catalog = Catalog.open(url)
    for subject in ("one", "two", "three"):
        with catalog._engine.begin() as connection:
            append(connection, "tester", "test", subject)
    assert catalog.first_broken_log_entry() is None
    database = connect(url)
    with database.begin() as connection:
        connection.execute(text(tampering))
    database.dispose()
    assert catalog.first_broken_log_entry() == 2
    catalog.close()
