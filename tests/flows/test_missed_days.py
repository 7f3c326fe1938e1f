"""Missed nights: every day that is not closed is closed, the oldest first; what cannot be is named."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from catalog.streams import DeliveredStream
from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.missed_days import close_due, days_due
from flows.parts import Parts
from pipeline.balance import BranchDay
from pipeline.errors import PaperproofError
from pipeline.language import say
from tests.catalog.test_keying import SHA, admit

from .conftest import DAY, booked

LATER = DAY + timedelta(days=1)
TODAY = DAY + timedelta(days=4)


def book(parts: Parts, day: date, branch: str, number: int) -> None:
    row = booked(number, business_date=day, handling_branch=branch)
    totals = {branch: {"rows": "1", "amount": "0"}}
    stream = DeliveredStream(day, f"{branch}.csv", f"{number:064d}", "utf-8", (row,), 0, totals)
    parts.catalog.streams.book(stream, "tester")


@pytest.fixture
def missed(parts: Parts) -> Parts:
    """Two days of which no night closed anything, the later one booked first; pages without a stream."""
    book(parts, LATER, "3301", 1)
    book(parts, DAY, "3301", 2)
    admit(parts.catalog, SHA, branch="3302")
    return parts


def nothing(*_: object) -> None:
    """Write no report."""


def test_days_are_due_in_order_and_streams_that_lack_are_named(missed: Parts) -> None:
    first, second = days_due(missed, TODAY)
    assert (first.day, first.branches, first.without_stream) == (DAY, ("3301",), ("3302",))
    assert (second.day, second.branches, second.without_stream) == (LATER, ("3301",), ())
    assert days_due(missed, DAY) == (first,), "days to come are not due"


def test_missed_nights_are_made_up_for_in_order(
    missed: Parts, closing: Closing, intake: Intake, progress: Any
) -> None:
    tried: list[date] = []

    def close(
        closing: Closing, day: date, branches: Sequence[str], progress: Any
    ) -> tuple[BranchDay, ...]:
        tried.append(day)
        return tuple(close_branch(closing, day, branch, progress) for branch in branches)

    night = close_due(closing, TODAY, close, progress, nothing)
    assert tried == [DAY, LATER]
    assert [(one.day, one.closed) for one in night.closed] == [(DAY, True), (LATER, True)]
    told = [note.in_language("en") for note in night.notes]
    assert any("waits for the transaction stream of branch 3302" in one for one in told)
    assert not any("trading day 2026-11-23" in one for one in told), "today may still come"
    assert [one.branches for one in days_due(missed, TODAY)] == [()], "but for the lacking stream"


def test_a_day_that_fails_keeps_no_other_from_being_closed(
    missed: Parts, closing: Closing, progress: Any
) -> None:
    def close(
        closing: Closing, day: date, branches: Sequence[str], progress: Any
    ) -> tuple[BranchDay, ...]:
        if day == DAY:
            raise PaperproofError(say("Branch {branch} cannot be closed.", branch=branches[0]))
        return tuple(close_branch(closing, day, branch, progress) for branch in branches)

    night = close_due(closing, TODAY, close, progress, nothing)
    assert [one.day for one in night.closed] == [LATER]
    assert night.fault is not None and "cannot be closed" in str(night.fault)
    assert [one.day for one in days_due(missed, TODAY) if one.branches] == [DAY]


def test_a_trading_day_without_anything_is_named(
    missed: Parts, closing: Closing, progress: Any
) -> None:
    nobody: Any = lambda *_: ()  # noqa: E731
    night = close_due(closing, DAY + timedelta(days=6), nobody, progress, nothing)
    told = " ".join(note.in_language("en") for note in night.notes)
    assert "trading day 2026-11-23 are in" in told and "2026-11-24" in told
    assert "2026-11-21" not in told and "2026-11-22" not in told, "a weekend"
