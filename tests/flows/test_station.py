"""Before the operator leaves: what is missing, what to scan again, and nothing entered by asking."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.parts import Parts
from flows.station import station_status
from flows.take_in import take_in
from pipeline.model import Batch, FieldName

from .captured_day import book, ran, read, reading, take_in_typed
from .conftest import DAY, booked


@pytest.fixture
def scanned(parts: Parts, intake: Intake, scans: Path, batch: Batch, progress: Any) -> Parts:
    """Three transactions; two pages, a copy, a blank page and a broken file are in, all read."""
    book(parts, booked(1), booked(2), booked(3, teller_no="10010"))
    take_in(intake, scans, batch, progress)
    for number, name in ((1, "0001.jpg"), (2, "0002.jpg"), (1, "0003 再次.jpg")):
        read(parts, name, booked(number))
    return parts


def test_missing_papers_and_pages_to_scan_again_are_told(scanned: Parts) -> None:
    status = station_status(scanned, DAY, "3301", "wang")
    assert [(one.serial_no, one.document_type) for one in status.missing] == [
        (booked(3).serial_no, "CASH_SLIP")
    ]
    assert [one.pages[0].name for one in status.rescan] == ["0005.jpg"]
    assert {one.kind for one in status.others} >= {"DUPLICATE", "BLANK"}
    assert (status.transactions, status.pages, status.unread) == (3, 5, 0)
    assert not status.is_done


def test_asking_enters_nothing_and_says_what_closing_then_says(
    scanned: Parts, closing: Closing, progress: Any
) -> None:
    before = scanned.catalog.tasks.of_day(DAY, "3301")
    asked = station_status(scanned, DAY, "3301", "wang")
    assert scanned.catalog.tasks.of_day(DAY, "3301") == before
    closed = close_branch(closing, DAY, "3301", progress)
    told = {(one.kind, one.serial_no) for one in closed.discrepancies}
    foreseen = [*asked.others, *asked.rescan, *(one.why for one in asked.missing)]
    assert {(one.kind, one.serial_no) for one in foreseen} == told


def test_without_a_stream_nobody_says_that_something_is_missing(
    parts: Parts, intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    take_in(intake, scans, batch, progress)
    status = station_status(parts, DAY, "3301", "wang")
    assert not status.stream_is_in
    assert not status.missing
    assert [one.pages[0].name for one in status.rescan] == ["0005.jpg"]
    code, told = ran(parts, "station", "status", "--branch", "3301", "--day", str(DAY))
    assert code == 3
    assert "stream of 2026-11-19 is not in" in told


def test_the_command_tells_it_in_both_languages_and_as_json(scanned: Parts) -> None:
    at = ("station", "status", "--branch", "3301", "--day", str(DAY))
    code, told = ran(scanned, *at, lang="zh")
    assert code == 3
    assert "缺少的资料" in told
    assert told.count("有流无单：请找到凭证") == 1  # what to do, once a kind
    assert "10010" in told
    code, told = ran(scanned, *at, "--json")
    found = json.loads(told)
    assert code == 3
    assert [one["teller"] for one in found["missing"]] == ["10010"]
    assert [one["pages"] for one in found["rescan"]] == [["0005.jpg"]]
    assert found["done"] is False


def test_a_day_of_which_all_is_in_lets_the_operator_leave(
    parts: Parts, intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    book(parts, booked(1))
    (scans / "0005.jpg").unlink()
    take_in(intake, scans, batch, progress)
    for name in ("0001.jpg", "0002.jpg", "0003 再次.jpg"):
        read(parts, name, booked(1))
    code, told = ran(parts, "station", "status", "--branch", "3301", "--day", str(DAY))
    assert code == 0
    assert "you may leave" in told


def test_a_paper_that_serves_two_businesses_is_missed_by_neither_before_nor_after_the_closing(
    parts: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch, progress: Any
) -> None:
    first, second, other = (
        booked(number, business_code=code, customer_no=customer)
        for number, code, customer in ((1, "B201", "c1"), (2, "B202", "c1"), (3, "B201", "c2"))
    )
    book(parts, first, second, other)
    take_in_typed(intake, scans, batch, progress, "RISK_Q", "0001.jpg")
    [page] = parts.catalog.pages.of_day(DAY, "3301")
    customer_no = {FieldName.CUSTOMER_NO: reading(first).fields[FieldName.CUSTOMER_NO]}
    parts.catalog.readings.keep(page.page_id, replace(reading(first), fields=customer_no))
    before = station_status(parts, DAY, "3301", "wang")
    assert {(one.serial_no, one.document_type) for one in before.missing} >= {
        (other.serial_no, "RISK_Q")
    }
    assert not {"RISK_Q"} & {
        one.document_type
        for one in before.missing
        if one.serial_no in (first.serial_no, second.serial_no)
    }
    closed = close_branch(closing, DAY, "3301", progress)
    after = station_status(parts, DAY, "3301", "wang")
    for status in (before, after):
        assert [one.why for one in status.missing] == [
            one for one in closed.discrepancies if one.kind == "MISSING_IMAGE"
        ]


def test_no_question_is_asked_of_the_catalog_twice(scanned: Parts) -> None:
    asked: list[tuple[str, str]] = []

    @event.listens_for(scanned.catalog._engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "profile_version" not in statement:  # remembered within one moment only
            asked.append((statement, str(values)))

    station_status(scanned, DAY, "3301", "wang")
    questions = [one for one in asked if one[0].startswith("SELECT")]
    assert len(questions) == len(set(questions)) <= 16
    assert not any("text_trigram" in statement for statement, _ in asked)
