"""PostgreSQL keeps what SQLite keeps, and tells in one sentence why it cannot be used."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from catalog.address import address_of, shown
from catalog.bulk import insert_many
from catalog.catalog import Catalog
from catalog.connection import connect
from catalog.postgresql import _TURN, OLDEST, _unfit
from catalog.postgresql_signs import SHOWN
from catalog.tables import customer, retrieval, retrieval_item, store_test
from pipeline.errors import PaperproofError, UserError
from pipeline.self_test import SelfTest
from tests.databases import Databases, PostgresqlDatabases
from tests.postgresql_server import PostgresqlServer, postgresql_server, start

SECRET = "Gu3ss-me"
CUSTOMER = {"number": "1", "name": "余玲", "id_type": "x", "id_no": "1", "owner_branch": "3301"}


@dataclass
class Clerk:
    """A user who is no superuser, with a password, and a database of his own."""

    server: PostgresqlServer
    database: str

    def url(self, password: str = SECRET, database: str | None = None) -> str:
        host = f"127.0.0.1:{self.server.port}"
        return f"postgresql://clerk:{password}@{host}/{database or self.database}"


@pytest.fixture
def clerk(server: PostgresqlServer, postgresql_template: str) -> Iterator[Clerk]:
    made = PostgresqlDatabases(server, postgresql_template)
    made.new(empty=True)
    server.run(
        f"CREATE ROLE clerk LOGIN PASSWORD '{SECRET}'",
        f"ALTER DATABASE {made.made[0]} OWNER TO clerk",
    )
    yield Clerk(server, made.made[0])
    made.drop()
    server.run("DROP ROLE clerk")


def refused(url: str) -> str:
    """What a person is told who wants to open the database."""
    with pytest.raises(PaperproofError) as caught:
        Catalog.create(url).close()
    whole = "".join(traceback.format_exception(caught.value))
    assert SECRET not in whole
    assert "wrong-one" not in whole
    return str(caught.value)


def test_a_user_with_a_database_of_his_own_needs_no_other_right(clerk: Clerk) -> None:
    Catalog.create(clerk.url()).close()
    with closing(Catalog.create(clerk.url())) as catalog:
        catalog.retrievals.request(["obj/1"], "why", "tester")
        assert catalog.first_broken_log_entry() is None


def test_a_wrong_password_is_told_and_never_shown(
    clerk: Clerk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = refused(clerk.url("wrong-one"))
    assert "does not let this program in" in told
    assert "***" in told
    assert "wrong-one" not in caplog.text


def test_a_server_that_is_away_is_told() -> None:
    told = refused(f"postgresql://clerk:{SECRET}@127.0.0.1:1/paperproof")
    assert "does not answer; see that it runs" in told


def test_a_database_or_user_that_is_not_there_is_told(
    clerk: Clerk, server: PostgresqlServer
) -> None:
    assert "no such database or user" in refused(clerk.url(database="elsewhere"))
    assert "no such database or user" in refused(
        f"{server.url('x').replace('paperproof@', 'she@')}"
    )


def test_a_database_without_a_connection_left_is_told(clerk: Clerk) -> None:
    clerk.server.run(f"ALTER DATABASE {clerk.database} CONNECTION LIMIT 1")
    engine = connect(clerk.url())
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        assert "has no connection left" in refused(clerk.url())
    engine.dispose()


def test_a_database_without_chinese_signs_is_refused(clerk: Clerk) -> None:
    clerk.server.run("CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'")
    assert "in LATIN1, which lacks Chinese signs" in refused(clerk.url(database="latin"))
    clerk.server.run("DROP DATABASE latin")


def test_a_session_that_confirms_before_it_has_written_is_refused(clerk: Clerk) -> None:
    clerk.server.run("ALTER ROLE clerk SET synchronous_commit = off")
    assert "synchronous_commit is off" in refused(clerk.url())


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("server_version_num", "140012", f"PostgreSQL 14; this program needs {OLDEST}"),
        ("lc_collate", "zh_CN.UTF-8", "sorts by zh_CN.UTF-8"),
        ("fsync", "off", "fsync is off"),
        ("full_page_writes", "off", "full_page_writes is off"),
    ],
)
def test_what_a_server_lacks_is_named(setting: str, value: str, words: str) -> None:
    good = {
        "server_version_num": "150018",
        "server_encoding": "UTF8",
        "lc_collate": "C.UTF-8",
        "synchronous_commit": "on",
        "fsync": "on",
        "full_page_writes": "on",
    }
    assert _unfit("there", good) is None
    assert words in str(_unfit("there", {**good, setting: value}))


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://clerk@host/db?password={SECRET}",
        f"postgresql//clerk:{SECRET}@host/db",
        f"postgresql://clerk:{SECRET}@host:port/db",
        f"mysql://clerk:{SECRET}@host/db",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(UserError) as caught:
        address_of(url)
    assert SECRET not in str(caught.value)


def test_an_address_is_shown_without_its_password() -> None:
    told = shown(address_of(f"postgresql://clerk:{SECRET}@db.example/archive"))
    assert told == "postgresql://clerk:***@db.example/archive"


@pytest.mark.parametrize("reading", [False, True])
def test_a_server_that_was_restarted_meanwhile_costs_no_error(reading: bool) -> None:
    with postgresql_server() as first:
        database = first.new_database("template0")
        engine = connect(first.url(database), reading=reading)
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
        first.stop()
        first.process = start(first.folder, first.port).process
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        engine.dispose()


def test_a_host_that_is_gone_holds_its_session_for_half_a_minute(clerk: Clerk) -> None:
    engine = connect(clerk.url())
    with engine.connect() as connection:
        told = {
            name: connection.exec_driver_sql(f"SELECT current_setting('{name}')").scalar()
            for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
        }
        session = connection.connection.driver_connection
        assert session
        given = session.info.get_parameters()
    engine.dispose()
    idle, interval, count = (int(value or 0) for value in told.values())
    assert 0 < idle + interval * count <= 30
    assert 0 < int(given["tcp_user_timeout"]) <= 30_000
    assert int(given["keepalives_idle"]) == idle


@pytest.mark.parametrize("reading", [False, True])
def test_one_question_takes_neither_all_processors_nor_a_compiler(
    clerk: Clerk, reading: bool
) -> None:
    asked = {"max_parallel_workers_per_gather": "0", "jit": "off"}
    engine = connect(clerk.url(), reading=reading)
    with engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in asked}
    engine.dispose()
    assert found == asked


def test_a_writer_who_waited_too_long_is_told_so(server: PostgresqlServer) -> None:
    engine = connect(server.url("postgres"))
    with engine.begin(), closing(engine.connect()) as other:
        other.exec_driver_sql("SET lock_timeout = 10")
        with pytest.raises(PaperproofError, match=r"cannot be used .*lock timeout"):
            other.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
    engine.dispose()


def test_who_looks_only_cannot_write(server: PostgresqlServer, postgresql_template: str) -> None:
    made = PostgresqlDatabases(server, postgresql_template)
    catalog = Catalog.open(made.new(), reading=True)
    with closing(catalog), pytest.raises(PaperproofError, match="read-only"):
        catalog.retrievals.request(["obj/1"], "why", "tester")
    made.drop()


def test_rows_without_what_they_refer_to_come_in_by_rebuilding_alone(databases: Databases) -> None:
    item = {"retrieval_no": 7, "key": "obj/1"}
    with closing(Catalog.create_empty(databases.new())) as catalog:
        with catalog._engine.begin() as connection:
            connection.execute(insert(retrieval_item).values(item))
        if catalog._engine.dialect.name == "sqlite":
            pytest.skip("a catalog in SQLite is refused nothing until it is opened again")
        catalog.ready_for_work()
        catalog.ready_for_work()
        another = insert(retrieval_item).values({**item, "key": "obj/2"})
        with pytest.raises(IntegrityError), catalog._engine.begin() as connection:
            connection.execute(another)
        with catalog._engine.connect() as connection:
            assert connection.execute(select(retrieval_item.c.key)).scalars().all() == ["obj/1"]
            assert connection.execute(select(retrieval)).all() == []


@pytest.mark.parametrize("number", [1, 7])
def test_rows_go_on_behind_those_that_brought_their_numbers(
    databases: Databases, number: int
) -> None:
    """Numbers that PostgreSQL gives come from a sequence, which rows from bundles do not move."""
    at = datetime(2026, 11, 19, tzinfo=UTC)
    with closing(Catalog.create_empty(databases.new())) as catalog:
        with catalog._engine.begin() as connection:
            brought = {"id": number, "store": "s", "at": at, "answers": {}}
            connection.execute(insert(store_test).values(brought))
        for count in (1, 2):
            catalog.ready_for_work()
            catalog.store_tests.enter("s", SelfTest(at, {}))
            with catalog._engine.connect() as connection:
                numbers = connection.execute(select(store_test.c.id)).scalars().all()
            assert numbers == list(range(number, number + count + 1))


def test_a_reader_sees_one_moment(catalog: Catalog) -> None:
    """On both databases: what is committed while a list is made does not come into its second half."""
    with catalog._engine.connect() as reading:
        if reading.dialect.name == "sqlite":
            pytest.skip("a reading transaction of SQLite keeps writers out")
        assert reading.execute(select(customer)).all() == []
        with catalog._engine.begin() as writing:
            writing.execute(insert(customer).values(CUSTOMER))
        assert reading.execute(select(customer)).all() == []


def test_a_sign_that_postgresql_has_not_is_kept_as_one_that_is_seen(catalog: Catalog) -> None:
    """NUL, in what people type or another system delivers: no fault, and nothing altered unseen."""
    rows = [{**CUSTOMER, "number": "1\0"}, {**CUSTOMER, "number": "2", "name": "余\0玲"}]
    shown = "\0" if catalog._engine.dialect.name == "sqlite" else SHOWN
    with catalog._engine.begin() as connection:
        connection.execute(insert(customer).values(rows[0]))
        insert_many(connection, customer, rows[1:])
        names = connection.execute(select(customer.c.name).order_by(customer.c.number)).scalars()
        assert names.all() == ["余玲", f"余{shown}玲"]
        found = select(customer.c.number).where(customer.c.number.in_(["1\0", "3\0"]))
        assert connection.execute(found).scalars().all() == [f"1{shown}"]


def test_what_is_longer_and_larger_than_declared_is_kept(catalog: Catalog) -> None:
    """As SQLite has it, so that a catalog can be rebuilt from one into the other."""
    long = {**CUSTOMER, "number": "9" * 200, "owner_branch": "3" * 99}
    with catalog._engine.begin() as connection:
        connection.execute(insert(customer).values(long))
        values = {
            "no": 1 << 40,
            "reason": "x",
            "person": "p",
            "at": datetime(2026, 11, 19, tzinfo=UTC),
        }
        connection.execute(insert(retrieval).values(values))
        assert connection.execute(select(customer.c.number)).scalar() == "9" * 200
        assert connection.execute(select(retrieval.c.no)).scalar() == 1 << 40
