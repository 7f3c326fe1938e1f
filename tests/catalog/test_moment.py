"""Looks at one moment share a connection: they see the same, whatever is written meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, event, text

from catalog.catalog import Catalog
from catalog.moment import apart
from catalog.streams import DeliveredStream
from pipeline.errors import UserError
from pipeline.model import Transaction
from tests.databases import Databases


@pytest.fixture
def address(databases: Databases) -> str:
    return databases.new()


@pytest.fixture
def catalog(address: str) -> Iterator[Catalog]:
    opened = Catalog.open(address)
    yield opened
    opened.close()


@pytest.fixture
def looking(catalog: Catalog, address: str) -> Iterator[Catalog]:
    opened = Catalog.open(address, reading=True)
    yield opened
    opened.close()


def book(catalog: Catalog, transaction: Transaction) -> None:
    day, branch = transaction.business_date, transaction.handling_branch
    totals = {branch: {"rows": "1", "amount": "0"}}
    catalog.streams.book(
        DeliveredStream(day, "s", "0" * 64, "utf-8", (transaction,), 0, totals), "t"
    )


def booked(catalog: Catalog, transaction: Transaction) -> int:
    return len(catalog.streams.of_day(transaction.business_date, transaction.handling_branch))


def test_all_looks_see_one_moment(
    catalog: Catalog, looking: Catalog, transaction: Transaction
) -> None:
    with looking.at_one_moment():
        assert booked(looking, transaction) == 0
        book(catalog, transaction)
        assert booked(looking, transaction) == 0
        with looking.at_one_moment():  # within another it is the same
            assert booked(looking, transaction) == 0
        with ThreadPoolExecutor(1) as others:
            assert others.submit(booked, looking, transaction).result() == 1
    assert booked(looking, transaction) == 1


def test_a_question_that_fails_spoils_no_other(looking: Catalog, transaction: Transaction) -> None:
    with looking.at_one_moment():
        assert booked(looking, transaction) == 0
        with pytest.raises(Exception, match="nowhere"), looking._engine.connect() as connection:
            connection.execute(text("SELECT * FROM nowhere"))
        assert booked(looking, transaction) == 0


def test_what_is_not_there_ends_no_moment(
    catalog: Catalog, looking: Catalog, transaction: Transaction
) -> None:
    with looking.at_one_moment():
        assert booked(looking, transaction) == 0
        book(catalog, transaction)
        with pytest.raises(UserError):
            looking.keying.task(77)
        assert booked(looking, transaction) == 0


def test_who_looks_waits_for_no_other(looking: Catalog) -> None:
    """The site has 40 threads."""
    with ExitStack() as all_at_once:
        for _ in range(41):
            all_at_once.enter_context(apart(looking._engine))


def test_who_can_write_has_a_transaction_for_each_look(
    catalog: Catalog, transaction: Transaction
) -> None:
    with catalog.at_one_moment():
        book(catalog, transaction)
        assert booked(catalog, transaction) == 1


def test_a_question_of_many_is_asked_once_a_moment(catalog: Catalog, looking: Catalog) -> None:
    day = date(2026, 11, 19)
    with looking.at_one_moment():
        assert looking.profiles.in_force(day) is None
        catalog.profiles.publish("one", day, "t")
        with counted(looking) as statements:
            assert looking.profiles.in_force(day) is None
        assert not statements
        assert looking.profiles.in_force(day + timedelta(days=1)) is None
    found = looking.profiles.in_force(day)
    assert found and found.text == "one"
    with catalog.at_one_moment():  # who can write is told what stands now
        catalog.profiles.publish("two", day, "t")
        found = catalog.profiles.in_force(day)
        assert found and found.text == "two"


@contextmanager
def counted(catalog: Catalog) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(catalog._engine, "before_cursor_execute", count)
    yield statements
    event.remove(catalog._engine, "before_cursor_execute", count)
