"""Closed accounts: their pages are locked until the years of the rule have passed, at both stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from catalog.closures import Closure
from catalog.retention import Retention
from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.parts import Parts
from flows.retention import extend, keep_until
from flows.store_settings import RetentionSettings
from flows.stores import Stores, open_stores, prepare_stores
from flows.take_in import take_in
from flows.upkeep import PARTS, retained
from pipeline.customers import KnownCustomer
from pipeline.errors import UserError
from pipeline.model import Batch
from storage.store import LATEST, Lock, NoteKind, Store, digest, object_key
from storage.vault import Vault
from tests.flows.captured_day import book, ran, read
from tests.flows.conftest import DAY, Silent, booked
from tests.flows.test_self_test import LOCKED, lying

CLOSED = Closure(booked(1).customer_no, date(2026, 11, 20))
UNTIL = datetime(2046, 11, 21, tzinfo=UTC)


@pytest.fixture
def locked(parts: Parts) -> Parts:
    return replace(parts, settings=LOCKED)


@pytest.fixture
def liars(tmp_path: Path, stores: Stores, intake: Intake, scans: Path, batch: Batch) -> Stores:
    """Two stores that pretend to lock, with a batch in each."""
    primary, replica = lying(tmp_path / "lp"), lying(tmp_path / "lr")
    made = Stores(Vault(primary, replica, register=stores.vault._register), stores.cold)
    take_in(replace(intake, stores=made), scans, batch, Silent())
    made.vault.flush()
    primary.lie = replica.lie = "pretends locks"
    return made


@pytest.fixture
def page(scans: Path) -> str:
    """The page of the customer whose account is closed."""
    return object_key(digest((scans / "0001.jpg").read_bytes()))


@pytest.fixture
def matched(liars: Stores, parts: Parts, closing: Closing) -> Closing:
    book(parts, booked(1), booked(2))
    read(parts, "0001.jpg", booked(1))
    read(parts, "0002.jpg", booked(2))
    made = replace(closing, stores=liars)
    close_branch(made, DAY, "3301", Silent())
    return made


def until(store: Store, key: str) -> datetime | None:
    found = store.head(key)
    return found.lock.until if found and found.lock else None


@pytest.mark.requirement("CG-17.3b")
def test_a_closed_customers_pages_are_locked_for_the_years_of_the_rule(
    locked: Parts, liars: Stores, matched: Closing, page: str
) -> None:
    assert extend(locked, liars).dated == 0
    locked.catalog.closures.enter(CLOSED, "李")
    done = extend(locked, liars)
    assert (done.dated, done.extended, done.left) == (1, 2, 0)
    assert [until(store, page) for store in liars.healable.values()] == [UNTIL, UNTIL]
    assert locked.catalog.retention.of([page])[page].rule == "CG-17.3b"
    assert keep_until(locked, page, datetime.now(UTC)) == UNTIL
    again = extend(locked, liars)
    assert (again.dated, again.extended, again.messages) == (0, 0, ())
    assert retained in PARTS


def test_the_master_tells_it_too_and_the_later_date_counts(
    locked: Parts, liars: Stores, matched: Closing, page: str
) -> None:
    row = booked(1)
    known = KnownCustomer(
        row.customer_no, "余", "x", "y", "3301", closed_on=CLOSED.closed_on - timedelta(days=1)
    )
    locked.catalog.customers.take_over([known], "a", "it")
    assert extend(locked, liars).dated == 1
    locked.catalog.closures.enter(CLOSED, "李")
    assert extend(locked, liars).extended == 2
    assert until(liars.vault.primary, page) == UNTIL
    locked.catalog.closures.enter(replace(CLOSED, closed_on=date(2020, 1, 1)), "李")
    assert extend(locked, liars).dated == 0, "no date gets earlier"


def test_what_is_matched_after_the_closing_is_dated_too(
    locked: Parts, liars: Stores, parts: Parts, closing: Closing, page: str
) -> None:
    book(parts, booked(1), booked(2))
    locked.catalog.closures.enter(CLOSED, "李")
    assert extend(locked, liars).dated == 0
    read(parts, "0001.jpg", booked(1))
    read(parts, "0002.jpg", booked(2))
    close_branch(replace(closing, stores=liars), DAY, "3301", Silent())
    assert extend(locked, liars).dated == 1
    assert until(liars.vault.replica, page) == UNTIL


def test_what_a_store_does_not_do_is_told_and_tried_again(
    locked: Parts, liars: Stores, matched: Closing, page: str
) -> None:
    locked.catalog.closures.enter(CLOSED, "李")
    liars.vault.replica.lie = "is down"  # type: ignore[attr-defined]
    with patch.object(liars.vault.primary, "extend_retention", lambda *_: None):
        done = extend(locked, liars)
    assert (done.dated, done.extended, done.left, len(done.faults)) == (1, 0, 2, 2)
    assert any("until 2046-11-21" in str(one) for one in done.messages)
    liars.vault.replica.lie = "pretends locks"  # type: ignore[attr-defined]
    assert extend(locked, liars).extended == 2


def test_without_locks_it_says_so(parts: Parts, liars: Stores, matched: Closing, page: str) -> None:
    parts.catalog.closures.enter(CLOSED, "李")
    done = extend(parts, liars)
    assert (done.dated, done.extended) == (1, 0)
    assert len([one for one in done.messages if "LOCKS NOTHING" in str(one)]) == 2


@pytest.mark.requirement("CG-17.3f", "B1-25")
def test_the_longest_rule_wins_and_nothing_gets_shorter(parts: Parts, page: str) -> None:
    retention: Retention = parts.catalog.retention
    later = UNTIL + timedelta(days=1)
    retention.keep([page], "CG-17.3b", UNTIL)
    retention.keep([page], "B2-40", later)
    retention.keep([page], "B2-40", UNTIL - timedelta(days=9))
    assert (retention.of([page])[page].rule, retention.of([page])[page].until) == ("B2-40", later)
    put_at = datetime(2090, 1, 1, tzinfo=UTC)
    assert keep_until(parts, page, put_at) == Lock.for_days(put_at, 400).until


def test_no_lock_passes_the_last_date_that_every_store_keeps(
    locked: Parts, liars: Stores, matched: Closing, page: str
) -> None:
    settings = LOCKED.model_copy(update={"retention": RetentionSettings(after_closure_years=100)})
    locked.catalog.closures.enter(CLOSED, "李")
    extend(replace(locked, settings=settings), liars)
    assert until(liars.vault.primary, page) == LATEST


def test_closing_an_account_at_the_command_line(parts: Parts) -> None:
    book(parts, booked(1))
    row = booked(1)
    parts.catalog.customers.take_over(
        [KnownCustomer(row.customer_no, "余", "x", "y", "3301")], "a", "it"
    )
    told = ran(parts, "customers", "closed", row.customer_no, "--on", "2026-11-20", "--as", "李")[1]
    assert "for 20 years" in told
    assert "Closed on 2026-11-20" in ran(parts, "customers", "show", row.customer_no)[1]
    for number, on, why in (
        (row.customer_no, "2999-01-01", "yet to come"),
        ("7", "2026-11-20", "7"),
    ):
        with pytest.raises(UserError, match=why):
            ran(parts, "customers", "closed", number, "--on", on)


def test_a_real_store_locks_until_then(locked: Parts) -> None:
    prepare_stores(locked.workspace, LOCKED)
    with open_stores(locked.workspace, LOCKED, locked.catalog) as stores:
        key = stores.vault.keep_note(NoteKind.DECISION, b"{}").key
        stores.vault.flush()
        locked.catalog.retention.keep([key], "CG-17.3b", UNTIL)
        assert extend(locked, stores).extended == 2
        assert [until(store, key) for store in stores.healable.values()] == [UNTIL, UNTIL]
        assert extend(locked, stores).extended == 0
