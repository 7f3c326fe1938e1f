"""Chunks in the catalog: claimed by one, taken over when the lease ends, late results thrown away."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import text, update

from catalog.catalog import Catalog
from catalog.claims import moment
from catalog.connection import newest_version
from catalog.tables import reading_chunk
from pipeline.claims import Chunk, LeaseRules, Worker
from pipeline.errors import UserError
from pipeline.model import NO_READER, Reading

from .conftest import DAY
from .test_keying import admit

RULES = LeaseRules(chunk_pages=20)
FIRST, SECOND = (Worker(name, newest_version()) for name in ("a/1", "b/1"))
READ = Reading((), {}, (), "hand", 0.0, 0.0)
SHAS = [f"{number:064x}" for number in range(30)]


@pytest.fixture
def queued(catalog: Catalog) -> Iterator[Catalog]:
    for number, sha256 in enumerate(SHAS):
        admit(catalog, sha256, name=f"{number}.jpg")
    assert catalog.claims.queue(DAY, "3301", RULES) == len(SHAS)
    yield catalog


def lapse(catalog: Catalog) -> None:
    """Let every lease end, as the database's clock sees it."""
    with catalog._engine.begin() as connection:
        past = moment(connection) - timedelta(seconds=1)
        held = reading_chunk.c.until.is_not(None)
        connection.execute(update(reading_chunk).where(held).values(until=past))


def claim(catalog: Catalog, worker: Worker) -> Chunk:
    got = catalog.claims.claim(worker, RULES)
    assert got
    return got


def test_a_page_waits_in_one_chunk_only(queued: Catalog) -> None:
    assert queued.claims.queue(DAY, "3301", RULES) == 0
    chunks = queued.claims.open(DAY, "3301")
    assert [len(one.pages) for one in chunks] == [15, 15]
    assert sorted(sha for one in chunks for sha in one.pages) == SHAS
    assert queued.claims.open(DAY, "3302") == ()


def test_two_workers_get_two_chunks_and_a_third_none(queued: Catalog) -> None:
    one, other = claim(queued, FIRST), claim(queued, SECOND)
    assert one.no != other.no
    assert queued.claims.claim(FIRST, RULES) is None


def test_a_dead_workers_chunk_goes_on_where_it_stopped(queued: Catalog) -> None:
    one = claim(queued, FIRST)
    assert queued.claims.enter(one, FIRST, one.pages[0], READ)
    lapse(queued)
    again = claim(queued, SECOND)
    assert (again.no, again.fence, again.worker) == (one.no, 2, SECOND.name)
    assert tuple(queued.claims.unread(again)) == one.pages[1:]


def test_what_comes_late_is_thrown_away_and_counted(queued: Catalog) -> None:
    one = claim(queued, FIRST)
    lapse(queued)
    again = claim(queued, SECOND)
    assert not queued.claims.renew(one, FIRST, RULES)
    assert not queued.claims.enter(one, FIRST, one.pages[0], READ)
    assert not queued.claims.finish(one, FIRST)
    assert not queued.claims.give_back(one, FIRST)
    assert queued.readings.of_page(one.pages[0]) is None
    assert queued.claims.enter(again, SECOND, again.pages[0], READ)
    assert queued.claims.finish(again, SECOND)
    assert [(found.no, found.late, bool(found.done_at)) for found in queued.claims.all()] == [
        (1, 1, True),
        (2, 0, False),
    ]


def test_a_slow_workers_work_stands_while_nobody_else_has_claimed(queued: Catalog) -> None:
    one = claim(queued, FIRST)
    lapse(queued)
    assert queued.claims.enter(one, FIRST, one.pages[0], READ)
    assert queued.claims.renew(one, FIRST, RULES)
    assert claim(queued, SECOND).no != one.no


def test_a_chunk_given_back_is_anybodys_at_once(queued: Catalog) -> None:
    one = claim(queued, FIRST)
    assert queued.claims.give_back(one, FIRST)
    assert claim(queued, SECOND).no == one.no


def test_what_a_reader_failed_on_is_queued_again_once_its_chunk_is_done(queued: Catalog) -> None:
    one = claim(queued, FIRST)
    for sha256 in one.pages:
        queued.claims.enter(one, FIRST, sha256, Reading((), {}, (), NO_READER, 0.0, 0.0))
    assert queued.claims.queue(DAY, "3301", RULES) == 0
    queued.claims.finish(one, FIRST)
    assert queued.claims.queue(DAY, "3301", RULES) == len(one.pages)


def test_a_worker_of_another_version_is_named_and_gets_nothing(queued: Catalog) -> None:
    held = claim(queued, FIRST)
    old = Worker("old/7", "0047")
    with pytest.raises(UserError, match="Worker old/7 runs a program for catalogs of version 0047"):
        queued.claims.claim(old, RULES)
    with queued._engine.begin() as connection:  # the catalog is upgraded while the worker reads
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    acts: list[Callable[[], bool]] = [
        lambda: queued.claims.enter(held, FIRST, held.pages[0], READ),
        lambda: queued.claims.renew(held, FIRST, RULES),
        lambda: queued.claims.finish(held, FIRST),
    ]
    for act in acts:
        with pytest.raises(UserError, match="upgrade its program"):
            act()
    assert queued.readings.of_page(held.pages[0]) is None


def test_of_many_at_once_each_chunk_goes_to_one(queued: Catalog) -> None:
    got: list[Chunk | None] = []
    workers = [Worker(f"w/{number}", newest_version()) for number in range(8)]

    def take(worker: Worker) -> None:
        got.append(queued.claims.claim(worker, RULES))

    threads = [Thread(target=take, args=(one,)) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.no for one in got if one) == [1, 2]
