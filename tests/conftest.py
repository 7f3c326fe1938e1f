"""For all tests: which database the catalog is in; no property test is timed, machines are shared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from tests.databases import Databases, KeptDatabases, PostgresqlDatabases, SqliteFiles, migrated
from tests.postgresql_server import PostgresqlServer, postgresql_server

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--catalog",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="the database that the tests' catalogs are in",
    )


@pytest.fixture(scope="session")
def on_postgresql(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--catalog") == "postgresql")


@pytest.fixture
def sqlite_only(on_postgresql: bool) -> None:
    """For what is about SQLite's own ways."""
    if on_postgresql:
        pytest.skip("about SQLite's own ways")


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as running:
        yield running


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("template") / "template.sqlite"
    migrated(f"sqlite:///{place}")
    return place


@pytest.fixture(scope="session")
def postgresql_template(server: PostgresqlServer) -> str:
    name = server.new_database("template0")
    migrated(server.url(name))
    return name


@pytest.fixture(scope="session")
def kept_databases(on_postgresql: bool, request: pytest.FixtureRequest) -> KeptDatabases:
    """Gives databases for the length of a block: for tests that need new ones again and again."""
    wanted = "postgresql_template" if on_postgresql else "sqlite_template"
    template = request.getfixturevalue(wanted)
    server = request.getfixturevalue("server") if on_postgresql else None

    @contextmanager
    def kept() -> Iterator[Databases]:
        with TemporaryDirectory() as folder:
            files = SqliteFiles(Path(folder), template)
            made = PostgresqlDatabases(server, template) if server else files
            yield made
            made.drop()

    return kept


@pytest.fixture
def databases(kept_databases: KeptDatabases) -> Iterator[Databases]:
    with kept_databases() as made:
        yield made
