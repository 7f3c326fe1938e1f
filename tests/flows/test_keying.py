"""What could not be read is asked for once, shown as a picture, and keyed at the command line."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from catalog.streams import DeliveredStream
from flows.admit_page import Intake
from flows.cli import app
from flows.keying import ask_people
from flows.keying_pictures import KeyingPictures
from flows.parts import Parts
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.errors import UserError
from pipeline.evidence import expected_values
from pipeline.keying.tasks import Cause, State
from pipeline.model import Batch, Box, FieldName, FieldValue, Reading, Transaction
from pipeline.sandbox import Sandbox

from .conftest import DAY, booked

BOOKED = booked(1)


def reading(confidences: Mapping[FieldName, float | None]) -> Reading:
    """The booked values as read, with these confidences; None: not found."""
    sure = {**dict.fromkeys(FieldName, 0.95), **confidences}
    fields = {
        name: FieldValue(name, value, confidence, "rapidocr", Box(400, 500, 700, 530))
        for name, value in expected_values(BOOKED).items()
        if value and (confidence := sure[name]) is not None
    }
    return Reading((), fields, (), "hand", 0.0, 0.0)


@pytest.fixture
def keep(
    intake: Intake, scans: Path, batch: Batch, parts: Parts, progress: Any
) -> Callable[..., None]:
    """Take the scans in, and keep readings by the names of the pages."""
    take_in(intake, scans, batch, progress)

    def keep_readings(readings: Mapping[str, Reading]) -> None:
        for page in parts.catalog.pages.of_day(DAY, "3301"):
            if page.name in readings:
                parts.catalog.readings.keep(page.page_id, readings[page.name])

    return keep_readings


def book(parts: Parts, transaction: Transaction) -> None:
    totals = {"3301": {"rows": "1", "amount": "0"}}
    parts.catalog.streams.book(
        DeliveredStream(DAY, "s.csv", "0" * 64, "utf-8", (transaction,), 0, totals), "tester"
    )


@pytest.fixture
def two_tasks(keep: Callable[..., None], parts: Parts) -> Parts:
    """Task 1: the amount of 0001.jpg, not found; task 2: its customer's name, read unsurely."""
    keep({"0001.jpg": reading({FieldName.AMOUNT: None, FieldName.CUSTOMER_NAME: 0.5})})
    assert ask_people(parts, DAY, "3301", "tester") == 2
    return parts


def test_what_could_not_be_read_is_asked_for_once(two_tasks: Parts) -> None:
    assert ask_people(two_tasks, DAY, "3301", "tester") == 0
    causes = {task.field: task.cause for task in two_tasks.catalog.keying.tasks()}
    assert causes == {FieldName.CUSTOMER_NAME: Cause.UNSURE, FieldName.AMOUNT: Cause.NOT_READ}


def test_pages_that_are_not_in_the_archive_are_not_asked_for(
    keep: Callable[..., None], parts: Parts
) -> None:
    keep({"0004.jpg": reading({FieldName.AMOUNT: None}), "0005.jpg": reading({})})
    assert ask_people(parts, DAY, "3301", "tester") == 0


@pytest.mark.parametrize(("amount", "asked"), [(Decimal("1.00"), 1), (None, 0)])
def test_an_amount_that_was_not_booked_is_not_asked_for(
    keep: Callable[..., None], parts: Parts, amount: Decimal | None, asked: int
) -> None:
    book(parts, replace(BOOKED, amount=amount))
    keep({"0001.jpg": reading({FieldName.AMOUNT: None})})
    assert ask_people(parts, DAY, "3301", "tester") == asked


def test_a_picture_is_cut_from_the_stored_master(
    two_tasks: Parts, stores: Stores, opener: Sandbox
) -> None:
    opened = []

    def at_need() -> tuple[Stores, Sandbox]:
        opened.append(1)
        return stores, opener

    pictures = KeyingPictures(two_tasks, at_need)
    sizes = []
    for task in two_tasks.catalog.keying.tasks():
        path = pictures(task)
        assert path is not None
        with Image.open(path) as picture:
            sizes.append(picture.size)
    place, whole = sorted(sizes, key=lambda size: size[1])
    assert whole == (1131, 1600)  # the amount was not found: the page
    assert place == (952, 280)  # the name: 300 x 30 pixels and their margin, 1.87 times as large
    again = KeyingPictures(two_tasks, at_need)
    assert all(again(task) for task in two_tasks.catalog.keying.tasks())
    assert len(opened) == 2  # kept pictures need no store


@pytest.fixture
def paperproof(two_tasks: Parts, stores: Stores, opener: Sandbox) -> Callable[..., Result]:
    """The command line on a workspace whose pictures are made."""
    pictures = KeyingPictures(two_tasks, lambda: (stores, opener))
    for task in two_tasks.catalog.keying.tasks():
        pictures(task)

    def run(*words: str, keyed: str = "") -> Result:
        everywhere = ("--workspace", str(two_tasks.workspace.folder), "--lang", "en")
        return CliRunner().invoke(app, [*everywhere, "key", *words], input=keyed)

    return run


def field_no(parts: Parts, field: FieldName) -> str:
    return next(str(task.no) for task in parts.catalog.keying.tasks() if task.field is field)


def test_two_persons_key_an_amount_and_do_not_see_each_others(
    paperproof: Callable[..., Result], two_tasks: Parts
) -> None:
    no = field_no(two_tasks, FieldName.AMOUNT)
    assert paperproof("enter", no, "54,030.33", "--as", "an").exit_code == 0
    assert isinstance(paperproof("enter", no, "54030.33", "--as", "AN").exception, UserError)
    for command in (("show", no), ("next",), ("list",)):
        named = () if command == ("list",) else ("--as", "bo")
        assert "54030.33" not in paperproof(*command, *named).output
    assert "54030.33" in paperproof("show", no, "--as", "an").output
    paperproof("enter", no, "54930.33", "--as", "bo")
    decides = paperproof("next", "--as", "cy").output
    decides = decides if "Amount" in decides else paperproof("show", no, "--as", "cy").output
    assert "Others keyed: 54030.33." in decides
    assert "Others keyed: 54930.33." in decides
    assert "an" not in decides.split("Others")[1].split()
    assert paperproof("enter", no, "54030.33", "--as", "cy").exit_code == 0
    assert two_tasks.catalog.keying.task(int(no)).value == "54030.33"
    assert "by an" in paperproof("show", no, "--as", "di").output


def test_what_cannot_be_read_is_on_the_archivists_list_with_a_name(
    paperproof: Callable[..., Result], two_tasks: Parts
) -> None:
    no = field_no(two_tasks, FieldName.CUSTOMER_NAME)
    assert isinstance(paperproof("cannot", no, "tired", "--as", "an").exception, UserError)
    assert paperproof("cannot", no, "stamped", "--as", "an").exit_code == 0
    listed = paperproof("list", "--unreadable", "--day", "2026-11-19").output
    assert "an (covered by a stamp)" in listed
    assert "2 = 1 open + 0 to be decided + 0 settled + 1 that cannot be read" in listed
    assert paperproof("undo", "--as", "an").exit_code == 0
    assert "an (" not in paperproof("list", "--unreadable").output


def test_a_wrong_value_is_told_in_one_sentence(
    paperproof: Callable[..., Result], two_tasks: Parts
) -> None:
    refused = paperproof("enter", field_no(two_tasks, FieldName.AMOUNT), "much", "--as", "an")
    assert isinstance(refused.exception, UserError)
    assert "an amount in figures" in str(refused.exception)


def test_a_person_works_through_the_queue(
    paperproof: Callable[..., Result], two_tasks: Parts
) -> None:
    tasks = two_tasks.catalog.keying.tasks()
    answers = {FieldName.AMOUNT: "much\n54030.33", FieldName.CUSTOMER_NAME: "?\n2"}
    keyed = "\n".join(answers[task.field] for task in tasks) + "\n"
    worked = paperproof("work", "--as", "an", keyed=keyed)
    assert worked.exit_code == 0, worked.output
    assert "1 of 2" in worked.output
    assert "2 of 2" in worked.output
    assert "was not kept" in worked.output
    assert "2 of 2 tasks were keyed." in worked.output
    states = {task.field: task.state for task in two_tasks.catalog.keying.tasks()}
    assert states == {FieldName.AMOUNT: State.OPEN, FieldName.CUSTOMER_NAME: State.GIVEN_UP}
    assert "Nothing waits for an" in paperproof("next", "--as", "an").output


def test_at_work_the_last_entry_is_taken_back_and_asked_for_again(
    paperproof: Callable[..., Result], two_tasks: Parts
) -> None:
    assert two_tasks.catalog.keying.tasks()[1].field is FieldName.AMOUNT
    # the name later; the amount wrong, the name again not there, the way back, then the amount right
    ended = paperproof("work", "--as", "an", keyed="\n1.00\n")
    assert "1 of 2 tasks were keyed." in ended.output
    back = paperproof("work", "--as", "an", keyed="<\n.\n")
    assert "was taken back" in back.output
    assert all(not task.entries for task in two_tasks.catalog.keying.tasks())
    worked = paperproof("work", "--as", "an", keyed="余玲\n54030.33\n")
    assert "2 of 2 tasks were keyed." in worked.output
