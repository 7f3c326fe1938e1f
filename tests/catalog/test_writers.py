"""Several who write at the same moment: numbers have no gap, the log no fork, a row goes to one alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import insert, select, update

from catalog.catalog import Catalog
from catalog.locking import beside
from catalog.log import entries
from catalog.tables import customer

WRITERS, ACTS = 4, 8


def opened_again(catalog: Catalog) -> Catalog:
    """What another program on the same database has."""
    return Catalog.open(catalog._engine.url.render_as_string(hide_password=False))


def at_once(catalog: Catalog, act: Callable[[Catalog, int], object]) -> None:
    """Have several programs act many times, all at the same moment."""

    def work(number: int) -> None:
        with closing(opened_again(catalog)) as own:
            for turn in range(ACTS):
                act(own, number * ACTS + turn)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))


def enter(catalog: Catalog, count: int) -> None:
    fixed = {"name": "", "id_type": "x", "id_no": "1", "owner_branch": "3301"}
    with catalog._engine.begin() as connection:
        connection.execute(
            insert(customer), [{"number": f"{no:03d}", **fixed} for no in range(count)]
        )


def take(catalog: Catalog, who: str) -> str | None:
    """Take the first customer that nobody has, as claims are made."""
    free = select(customer.c.number).where(customer.c.name == "").order_by(customer.c.number)
    with beside(catalog._engine) as connection:
        query = free.limit(1).with_for_update(skip_locked=True)
        number: str | None = connection.execute(query).scalar()
        mine = update(customer).where(customer.c.number == number).values(name=who)
        connection.execute(mine)
        return number


def test_numbers_and_the_log_have_neither_gap_nor_fork(catalog: Catalog) -> None:
    at_once(catalog, lambda own, no: own.retrievals.request([f"obj/{no}"], "why", "tester"))
    wanted = list(range(1, WRITERS * ACTS + 1))
    assert [one.no for one in catalog.retrievals.all()] == wanted
    assert catalog.first_broken_log_entry() is None
    with catalog._engine.connect() as connection:
        assert [entry.seq for entry in entries(connection)] == wanted


def test_a_row_is_taken_by_one_alone(catalog: Catalog) -> None:
    enter(catalog, WRITERS * ACTS)
    taken: list[str | None] = []
    at_once(catalog, lambda own, no: taken.append(take(own, f"worker {no}")))
    assert None not in taken
    assert len(set(taken)) == WRITERS * ACTS
    assert take(catalog, "late") is None


def test_who_takes_a_row_waits_for_no_other_writer(catalog: Catalog, on_postgresql: bool) -> None:
    if not on_postgresql:
        pytest.skip("SQLite has one writer")
    enter(catalog, 2)
    with closing(opened_again(catalog)) as other, catalog._engine.begin() as connection:
        connection.execute(update(customer).where(customer.c.number == "000").values(name="held"))
        assert take(other, "quick") == "001"
