"""Papers held against book and image: expected and found, differences, tasks, the signed result."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from catalog.log import entries
from flows.custody import papers_of, to_be_checked, to_be_rectified
from flows.parts import Parts
from pipeline.clocks import ZONE
from pipeline.custody import Check, CheckKind, CustodyRules, Expected, drawn, result_of
from tests.databases import drop_guards

from .conftest import Run, booked
from .test_customer_archive import ARCHIVIST, received
from .test_reading_room import approved, desk

FIRST, SECOND, THIRD = (f"94093501{number:02d}-0001" for number in (1, 2, 3))


@pytest.fixture
def store(parts: Parts, run: Run) -> Parts:
    """Three vouchers of three customers in store, each with its image."""
    received(parts, run, tuple(booked(number) for number in (1, 2, 3)))
    return parts


def test_all_papers_of_the_book_are_expected_by_customer_number(store: Parts, run: Run) -> None:
    assert [(one.entry, one.pages, one.imaged) for one in papers_of(store, "3301")] == [
        (FIRST, 1, 1),
        (SECOND, 1, 1),
        (THIRD, 1, 1),
    ]
    no = approved(store, customer="9409350102")
    desk(store).give(no, ["9409350102-0001"], datetime.now(UTC))
    assert [one.entry for one in papers_of(store, "3301")] == [FIRST, THIRD]
    assert papers_of(store, "3302") == ()


@pytest.mark.requirement("CG-17.5a", "RC-07", "RC-08")
def test_a_full_check_lists_what_differs_and_is_signed(store: Parts, run: Run) -> None:
    started = run("archive", "check", "start", "--branch", "3301", "--full", *ARCHIVIST)
    assert started.exit_code == 0, (started.output, started.exception)
    assert "goes on" in str(
        run("archive", "check", "start", "--branch", "3301", *ARCHIVIST).exception
    )
    assert "Nothing was counted" in str(
        run("archive", "check", "finish", "1", *ARCHIVIST).exception
    )
    counts = (f"{FIRST}=1", f"{SECOND}=2", "9409350199-0001=1")
    assert "2 of 3 papers" in run("archive", "check", "found", "1", *counts, *ARCHIVIST).output
    signed = run("archive", "check", "finish", "1", "--owner", "吴敏", *ARCHIVIST)
    assert signed.exit_code == 3, signed.output
    assert (
        "1 of 3 papers as expected, 2 of 3 vouchers with their image: NOT passed." in signed.output
    )
    check = store.catalog.custody.one(1)
    assert check.result is not None
    assert [(one.entry, str(one.kind)) for one in check.result.differences] == [
        (SECOND, "pages"),
        (SECOND, "image_pages"),
        (THIRD, "missing"),
        ("9409350199-0001", "surplus"),
    ]
    assert (check.signed_by, len(check.digest)) == ("何静", 64)
    with store.catalog._engine.connect() as connection:
        [entry] = [one for one in entries(connection) if one.body["act"] == "custody.sign"]
    assert entry.body["after"] == check.digest
    again = run("archive", "check", "found", "1", f"{THIRD}=1", *ARCHIVIST)
    assert "is signed by 何静" in str(again.exception)
    with (
        store.catalog._engine.begin() as connection,
        pytest.raises(IntegrityError, match="only added to"),
    ):
        connection.execute(text("UPDATE custody_result SET passed = TRUE"))


@pytest.mark.requirement("CG-23")
def test_what_differs_has_an_owner_a_date_evidence_and_a_closing_check(
    store: Parts, run: Run
) -> None:
    run("archive", "check", "start", "--branch", "3301", "--full", *ARCHIVIST)
    run("archive", "check", "found", "1", f"{FIRST}=1", f"{SECOND}=1", *ARCHIVIST)
    run("archive", "check", "finish", "1", "--owner", "吴敏", *ARCHIVIST)
    [duty] = to_be_rectified(store, None, "3301")
    assert (duty.kind, duty.person, duty.what.in_language("en")) == (
        "RECTIFY",
        "吴敏",
        f"{THIRD} in the book, not found",
    )
    assert datetime.now(ZONE) < duty.due.before
    early = run("archive", "task", "close", "1", "--evidence", "看过", *ARCHIVIST)
    assert "is to be put right" in str(early.exception)
    run("archive", "task", "done", "1", "--evidence", "在邻袋找到", "--as", "吴敏")
    own = run("archive", "task", "close", "1", "--evidence", "看过", "--as", "吴 敏")
    assert "another looks" in str(own.exception)
    [waiting] = to_be_rectified(store, None, None)
    assert waiting.person is None
    run("archive", "task", "reopen", "1", "--evidence", "仍不在袋内", *ARCHIVIST)
    run("archive", "task", "done", "1", "--evidence", "已放回 BAG-000003", "--as", "吴敏")
    closed = run("archive", "task", "close", "1", "--evidence", "核对无误", *ARCHIVIST)
    assert "Task 1: closed." in closed.output
    assert list(to_be_rectified(store, None, None)) == []
    listed = run("archive", "task", "list", *ARCHIVIST, lang="zh").output
    assert "吴敏" in listed
    assert len(store.catalog.rectifications.one(1).steps) == 4


@pytest.mark.requirement("RC-07")
def test_the_yearly_check_is_due_until_it_is_signed(store: Parts, run: Run) -> None:
    assert list(to_be_checked(store, None, None)) == []  # its first year
    with store.catalog._engine.begin() as connection:
        drop_guards(connection, "archive_line")
        connection.execute(text("UPDATE archive_line SET at = '2020-05-01 00:00:00'"))
    [duty] = to_be_checked(store, None, "3301")
    year = datetime.now(ZONE).year
    assert (duty.kind, duty.due.before) == ("CUSTODY_CHECK", datetime(year, 2, 1, tzinfo=ZONE))
    moved = replace(
        store, settings=store.settings.model_copy(update={"custody": CustodyRules(full_month=12)})
    )
    [later] = to_be_checked(moved, None, None)
    assert later.due.before == datetime(year + 1, 1, 1, tzinfo=ZONE)
    run("archive", "check", "start", "--branch", "3301", "--full", *ARCHIVIST)
    counts = tuple(f"{entry}=1" for entry in (FIRST, SECOND, THIRD))
    run("archive", "check", "found", "1", *counts, *ARCHIVIST)
    passed = run("archive", "check", "finish", "1", *ARCHIVIST)
    assert passed.exit_code == 0, passed.output
    assert "3 of 3 papers as expected" in passed.output
    assert list(to_be_checked(store, None, None)) == []
    assert "3 / 3" in run("archive", "check", "list", *ARCHIVIST).output


def papers(count: int, imaged: int | None = 1) -> tuple[Expected, ...]:
    return tuple(Expected(f"C-{n:04d}", "BAG-000001", 1, imaged) for n in range(count))


def checked(expected: tuple[Expected, ...], missing: int) -> Check:
    found = {one.entry: 1 for one in expected[missing:]}
    at = datetime(2026, 11, 27, tzinfo=ZONE)
    return Check(1, "3301", CheckKind.SAMPLE, "何静", at, expected, found)


@pytest.mark.requirement("CG-17.5a")
@pytest.mark.parametrize(("missing", "passed"), [(0, True), (5, True), (6, False)])
def test_a_sample_passes_at_95_per_cent(missing: int, passed: bool) -> None:
    assert result_of(checked(papers(100), missing), CustodyRules()).passed is passed


@pytest.mark.parametrize(("imaged", "passed"), [(1, True), (None, True), (0, False)])
def test_every_voucher_needs_its_image(imaged: int | None, passed: bool) -> None:
    expected = (*papers(99), Expected("C-9999", "BAG-000001", 1, imaged))
    assert result_of(checked(expected, 0), CustodyRules()).passed is passed


@pytest.mark.parametrize(("count", "drawn_count"), [(4, 4), (100, 10), (1000, 50), (1001, 51)])
def test_a_sample_is_a_twentieth_and_ten_at_least(count: int, drawn_count: int) -> None:
    first, again, other = (drawn(papers(count), no, CustodyRules()) for no in (1, 1, 2))
    assert len(first) == drawn_count
    assert first == again
    assert count == drawn_count or first != other


def test_a_count_that_is_none_is_told(store: Parts, run: Run) -> None:
    run("archive", "check", "start", "--branch", "3301", *ARCHIVIST)
    for told in ("7", "7=x", "=1", f"{FIRST}=-1"):
        result = run("archive", "check", "found", "1", *ARCHIVIST, "--", told)
        assert "write ENTRY=PAGES" in str(result.exception)
    assert "no check 9" in str(run("archive", "check", "show", "9", *ARCHIVIST).exception)
    assert "no task 9" in str(
        run("archive", "task", "done", "9", "--evidence", "x", *ARCHIVIST).exception
    )
