"""Looks at one moment share a connection: they see the same, whatever is written meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from catalog.catalog import Catalog
from catalog.streams import DeliveredStream
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


def test_who_can_write_has_a_transaction_for_each_look(
    catalog: Catalog, transaction: Transaction
) -> None:
    with catalog.at_one_moment():
        book(catalog, transaction)
        assert booked(catalog, transaction) == 1
