"""Closing a day: what is read counts, what differs is read again, the proof is kept, and it may run twice."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalog.streams import DeliveredStream
from flows.admit_page import Intake
from flows.close_day import Closing, branches_to_close, close_branch
from flows.import_stream import import_stream
from flows.parts import Parts
from flows.reading_pool import ReadingPool
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.balance import DiscrepancyKind
from pipeline.errors import UserError
from pipeline.evidence import expected_values
from pipeline.model import Batch, Box, FieldName, FieldValue, Reading, Transaction
from pipeline.sandbox import Sandbox
from pipeline.specimens.cases import Case, DayTruth, VoucherTruth
from pipeline.specimens.stream import write_stream
from storage.store import NoteKind
from tests.kept import notes

from .conftest import DAY, booked


def reading(transaction: Transaction, changed: Mapping[FieldName, str] | None = None) -> Reading:
    values = {**expected_values(transaction), **(changed or {})}
    fields = {
        name: FieldValue(name, value, 0.99, "rapidocr", Box(0, 0, 9, 9))
        for name, value in values.items()
        if value
    }
    return Reading((), fields, (), "hand", 0.0, 0.0)


class SecondLook:
    """Stands where the reading processes stand: pages are read already, single fields are answered."""

    def __init__(self, answer: str | None) -> None:
        self.answer, self.asked = answer, 0

    def read_again(self, content: bytes, field: FieldValue) -> FieldValue | None:
        self.asked += 1
        return self.answer and replace(field, value=self.answer, source="tesseract")  # type: ignore[return-value]


@pytest.fixture
def closing(parts: Parts, stores: Stores, opener: Sandbox) -> Closing:
    def never() -> ReadingPool:
        raise AssertionError("nothing was to be read")

    return Closing(parts, stores, never, parts.calendar, "tester", opener)


def with_second_look(closing: Closing, look: SecondLook) -> Closing:
    return replace(closing, readers=lambda: look)  # type: ignore[arg-type, return-value]


def book(parts: Parts, *transactions: Transaction) -> None:
    totals = {"3301": {"rows": str(len(transactions)), "amount": "0"}}
    parts.catalog.streams.book(
        DeliveredStream(DAY, "s.csv", "0" * 64, "utf-8", transactions, 0, totals), "tester"
    )


def keep_readings(parts: Parts, readings: Mapping[str, Reading]) -> None:
    for page in parts.catalog.pages.of_day(DAY, "3301"):
        if page.name in readings:
            parts.catalog.readings.keep(page.page_id, readings[page.name])


@pytest.fixture
def taken_in(intake: Intake, scans: Path, batch: Batch, progress: Any) -> None:
    take_in(intake, scans, batch, progress)


@pytest.mark.usefixtures("taken_in")
def test_a_day_is_closed_with_its_proof_and_cold_copies(
    closing: Closing, parts: Parts, stores: Stores, progress: Any
) -> None:
    book(parts, booked(1), booked(2), booked(3))
    keep_readings(parts, {"0001.jpg": reading(booked(1)), "0002.jpg": reading(booked(2))})
    result = close_branch(closing, DAY, "3301", progress)
    assert sorted(found.kind for found in result.discrepancies) == [
        "BLANK",
        "DUPLICATE",
        "MISSING_IMAGE",
        "QUALITY_REJECT",
    ]
    assert parts.catalog.days.results(DAY) == (result,)
    (decision,) = notes(stores.vault, NoteKind.DECISION)
    assert json.loads(decision)["counts"] == result.counts
    assert list(parts.catalog.copies.not_in_volume()) == []
    assert len(list(stores.cold.iter_keys("obj/"))) == 3


@pytest.mark.usefixtures("taken_in")
def test_closing_again_changes_nothing_until_something_new_comes(
    closing: Closing, parts: Parts, stores: Stores, progress: Any
) -> None:
    book(parts, booked(1))
    keep_readings(parts, {"0001.jpg": reading(booked(1)), "0002.jpg": reading(booked(2))})
    first = close_branch(closing, DAY, "3301", progress)
    assert close_branch(closing, DAY, "3301", progress) == first
    assert len(list(notes(stores.vault, NoteKind.DECISION))) == 1
    book(parts, booked(1), booked(2))
    second = close_branch(closing, DAY, "3301", progress)
    assert second.counts["matched"] == first.counts["matched"] + 1
    assert len(list(notes(stores.vault, NoteKind.DECISION))) == 2
    assert parts.catalog.days.results(DAY) == (second,)


@pytest.mark.usefixtures("taken_in")
def test_a_page_that_comes_in_while_its_day_is_closed_is_not_passed_over(
    closing: Closing, parts: Parts, progress: Any, intake: Intake, scans: Path, batch: Batch
) -> None:
    class Late(SecondLook):
        def read_again(self, content: bytes, field: FieldValue) -> FieldValue | None:
            take_in(intake, scans, replace(batch, name="late"), progress)
            return super().read_again(content, field)

    book(parts, booked(1))
    slip = reading(booked(1), {FieldName.AMOUNT: "54930.33"})
    keep_readings(parts, {"0001.jpg": slip, "0002.jpg": reading(booked(2))})
    close_branch(with_second_look(closing, Late("54030.33")), DAY, "3301", progress)
    assert parts.catalog.days.results(DAY)[0].changed
    assert (DAY, "3301") in parts.catalog.days.open()


@pytest.mark.usefixtures("taken_in")
@pytest.mark.parametrize(
    ("second", "mismatches"),
    [
        ("54030.33", 0),  # the second reading agrees with the booking: the first was a slip
        ("54930.33", 1),  # it agrees with the first: the paper says so
        (None, 1),  # nothing was read: a person looks
    ],
)
def test_a_differing_field_is_read_a_second_time_once(
    closing: Closing, parts: Parts, progress: Any, second: str | None, mismatches: int
) -> None:
    book(parts, booked(1))
    slip = reading(booked(1), {FieldName.AMOUNT: "54930.33"})
    keep_readings(parts, {"0001.jpg": slip, "0002.jpg": reading(booked(2))})
    look = SecondLook(second)
    for _ in range(2):
        result = close_branch(with_second_look(closing, look), DAY, "3301", progress)
        kinds = [found.kind for found in result.discrepancies]
        assert kinds.count(DiscrepancyKind.FIELD_MISMATCH) == mismatches
    assert look.asked == 1


@pytest.mark.usefixtures("taken_in")
def test_a_value_proved_by_the_page_itself_is_not_outvoted(
    closing: Closing, parts: Parts, progress: Any
) -> None:
    book(parts, booked(1))
    proved = reading(booked(1), {FieldName.AMOUNT: "54930.33"})
    fields = {
        **proved.fields,
        FieldName.AMOUNT: replace(proved.fields[FieldName.AMOUNT], source="rapidocr+words"),
    }
    keep_readings(
        parts, {"0001.jpg": replace(proved, fields=fields), "0002.jpg": reading(booked(2))}
    )
    result = close_branch(with_second_look(closing, SecondLook("54030.33")), DAY, "3301", progress)
    assert result.counts["field_mismatch"] == 1


@pytest.mark.usefixtures("taken_in")
def test_keyed_values_are_used_in_place_of_read_ones(
    closing: Closing, parts: Parts, stores: Stores, progress: Any
) -> None:
    book(parts, booked(1), booked(2))
    unsure = {FieldName.SERIAL_NO: 0.5, FieldName.AMOUNT: 0.5}
    first = reading(
        booked(1), {FieldName.SERIAL_NO: "202611193301999999", FieldName.AMOUNT: "1.00"}
    )
    fields = {
        name: replace(value, confidence=unsure.get(name, 0.99))
        for name, value in first.fields.items()
    }
    keep_readings(
        parts, {"0001.jpg": replace(first, fields=fields), "0002.jpg": reading(booked(2))}
    )
    assert close_branch(closing, DAY, "3301", progress).counts["matched"] == 1
    keyed = {FieldName.SERIAL_NO: booked(1).serial_no, FieldName.AMOUNT: "54930.33"}
    for task in parts.catalog.keying.tasks(DAY, "3301"):
        for person in ("an", "bo"):
            parts.catalog.keying.enter(task.no, person, keyed[task.field])
    result = close_branch(closing, DAY, "3301", progress)  # asks no reader about keyed values
    match = next(one for one in result.matches if one.serial_no == booked(1).serial_no)
    evidence = {part.field: (part.read, part.verdict, part.source) for part in match.evidence}
    assert evidence[FieldName.SERIAL_NO] == (booked(1).serial_no, "agrees", "keyed")
    assert evidence[FieldName.AMOUNT] == ("54930.33", "near", "keyed")
    assert result.counts["field_mismatch"] == 1
    (note,) = notes(stores.vault, NoteKind.KEYING)
    kept = [(task["field"], [act["person"] for act in task["acts"]]) for task in json.loads(note)]
    assert kept == [("serial_no", ["an", "bo"]), ("amount", ["an", "bo"])]
    (page,) = match.pages
    read = parts.catalog.readings.of_page(page.page_id)
    assert read is not None
    assert read.fields[FieldName.AMOUNT].value == "1.00"


def test_a_day_without_a_stream_stays_open(parts: Parts) -> None:
    with pytest.raises(UserError, match="import the stream"):
        branches_to_close(parts, DAY, None)
    with pytest.raises(UserError, match="branch 3302"):
        branches_to_close(parts, DAY, "3302")


@pytest.mark.usefixtures("taken_in")
def test_the_spool_is_swept_after_its_days(closing: Closing, parts: Parts, progress: Any) -> None:
    book(parts, booked(1))
    keep_readings(parts, {"0001.jpg": reading(booked(1)), "0002.jpg": reading(booked(2))})
    spooled = sorted(parts.workspace.spool.iterdir())
    old = time.time() - 10 * 86_400
    os.utime(spooled[0], (old, old))
    close_branch(closing, DAY, "3301", progress)
    assert sorted(parts.workspace.spool.iterdir()) == spooled[1:]


@pytest.mark.requirement("CG-13d")
def test_an_import_is_idempotent_and_a_change_waits_to_be_taken_over(
    parts: Parts, tmp_path: Path
) -> None:
    def write(*transactions: Transaction) -> Path:
        vouchers = tuple(VoucherTruth(Case.AGREES, {}, t, t) for t in transactions)
        write_stream(tmp_path / "s.csv", [DayTruth(DAY, "3301", vouchers)])
        return tmp_path / "s.csv"

    def load(path: Path, *, replace: bool = False) -> bool:
        imported = import_stream(
            parts, path, DAY, mapping=None, replace=replace, lang="en", who="tester"
        )
        return imported.booked

    assert load(write(booked(1), booked(2)))
    assert not load(write(booked(1), booked(2)))
    changed = write(booked(1), booked(2, amount=Decimal("1.00")))
    assert not load(changed)
    assert parts.catalog.streams.of_day(DAY)[1].amount == Decimal("54030.33")
    assert load(changed, replace=True)
    assert parts.catalog.streams.of_day(DAY)[1].amount == Decimal("1.00")
