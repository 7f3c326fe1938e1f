"""A page on which the reader failed: tried again at each later closing, once, and judged when it is read."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.parts import Parts
from flows.reading_process import NO_COPY, TOO_SLOW, nothing_read
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.balance import DiscrepancyKind as Kind
from pipeline.doubts import TWO_PAGES
from pipeline.errors import UserError
from pipeline.keying.tasks import WAITING, State
from pipeline.model import Batch, FieldName, Reading
from pipeline.sandbox import Sandbox
from storage.store import digest, object_key

from .conftest import DAY, booked
from .test_close_day import book, reading
from .verified_day import flip


class Readers:
    """Stands where the reading processes stand: fails on every page, or reads each as it is told."""

    def __init__(self) -> None:
        self.knows: Mapping[bytes, Reading] = {}
        self.asked: list[bytes] = []

    def submit(self, content: bytes) -> Future[Reading]:
        self.asked.append(content)
        future: Future[Reading] = Future()
        future.set_result(self.knows.get(content, nothing_read(TOO_SLOW)))
        return future

    def use(self, make_reader: object) -> None:
        """Read by another reader: this one reads as it is told."""

    def read_again(self, content: bytes, field: object) -> None:
        return None


@pytest.fixture
def readers() -> Readers:
    return Readers()


@pytest.fixture
def closing(
    intake: Intake, scans: Path, batch: Batch, parts: Parts, stores: Stores, opener: Sandbox,
    readers: Readers, progress: Any,
) -> Closing:  # fmt: skip
    """The closing of a day that was taken in and booked, whose pages are read as ``readers`` know them."""
    take_in(intake, scans, batch, progress)
    book(parts, booked(1), booked(2))
    return Closing(parts, stores, lambda: readers, parts.calendar, "tester", opener)  # type: ignore[arg-type, return-value]


def test_a_later_closing_tries_once_more_what_the_reader_failed_on(
    parts: Parts, closing: Closing, readers: Readers, stores: Stores, progress: Any
) -> None:
    first = close_branch(closing, DAY, "3301", progress)
    pages = len(readers.asked)
    assert pages == len(set(readers.asked)) > 0 and first.counts["matched"] == 0

    assert close_branch(closing, DAY, "3301", progress) == first
    assert len(readers.asked) == 2 * pages, "once in each closing"

    one = next(p for p in parts.catalog.pages.of_day(DAY, "3301") if p.name == "0001.jpg")
    assert "Q11" not in parts.catalog.findings.checks_of(one.delivery_id)
    read = replace(reading(booked(1)), doubts=(TWO_PAGES,))
    readers.knows = {stores.vault.read(one.page_id): read}
    third = close_branch(closing, DAY, "3301", progress)
    assert third.counts["matched"] == 1
    assert len(readers.asked) == 3 * pages
    assert "Q11" in parts.catalog.findings.checks_of(one.delivery_id), "judged as it was read"

    close_branch(closing, DAY, "3301", progress)
    assert len(readers.asked) == 4 * pages - 1, "what was read stands"
    assert parts.catalog.readings.of_page(one.page_id) == read


def test_what_people_were_asked_for_is_closed_when_the_page_is_read_after_all(
    parts: Parts, closing: Closing, readers: Readers, stores: Stores, progress: Any
) -> None:
    close_branch(closing, DAY, "3301", progress)
    pages = {one.name: one.page_id for one in parts.catalog.pages.of_day(DAY, "3301")}
    first, second = pages["0001.jpg"], pages["0002.jpg"]
    keying = parts.catalog.keying
    mine = {(one.page_id, one.field): one for one in keying.tasks(DAY, "3301")}
    half, gap = mine[second, FieldName.AMOUNT], mine[second, FieldName.CUSTOMER_NO]
    keying.enter(half.no, "li", "54030.33")

    both = {sha: reading(booked(number)) for number, sha in ((1, first), (2, second))}
    fields = {name: one for name, one in both[second].fields.items() if name != gap.field}
    both[second] = replace(both[second], fields=fields)
    readers.knows = {stores.vault.read(sha): read for sha, read in both.items()}
    result = close_branch(closing, DAY, "3301", progress)

    left = {(one.page_id, one.field) for one in keying.tasks(DAY, "3301", states=WAITING)}
    assert left == {(second, FieldName.AMOUNT), (second, FieldName.CUSTOMER_NO)}
    assert result.counts["to_key"] == 2, "keyed by one already, and not read"
    closed = keying.task(mine[first, FieldName.AMOUNT].no)
    assert (closed.state, closed.acts[-1].content) == (State.CLOSED, "read")
    assert close_branch(closing, DAY, "3301", progress).counts == result.counts
    with pytest.raises(UserError, match="is done"):
        keying.enter(closed.no, "li", "1.00")


def test_a_page_lost_in_both_stores_keeps_no_other_page_from_its_closing(
    parts: Parts, closing: Closing, readers: Readers, scans: Path, progress: Any
) -> None:
    lost, whole = ((scans / name).read_bytes() for name in ("0001.jpg", "0002.jpg"))
    in_primary, in_replica = (
        parts.workspace.folder / place / object_key(digest(lost)) for place in ("p", "r")
    )
    in_primary.unlink()
    flip(in_replica)
    readers.knows = {whole: reading(booked(2)), lost: reading(booked(1))}
    result = close_branch(closing, DAY, "3301", progress)

    assert [match.serial_no for match in result.matches] == [booked(2).serial_no]
    assert lost not in readers.asked
    (missing,) = (one for one in result.discrepancies if one.kind == Kind.MISSING_IMAGE)
    surplus = [one for one in result.discrepancies if one.kind == Kind.SURPLUS_IMAGE]
    assert missing.serial_no == booked(1).serial_no
    (listed,) = (one for one in surplus if one.pages[0].name == "0001.jpg")
    assert listed.owner == "teller"
    kept = parts.catalog.readings.of_page(digest(lost))
    assert kept is not None and kept.doubts == (NO_COPY,)

    for place in (in_primary, in_replica):  # found again: an old backup, a cold volume
        place.unlink(missing_ok=True)
        place.write_bytes(lost)
    assert close_branch(closing, DAY, "3301", progress).counts["matched"] == 2
