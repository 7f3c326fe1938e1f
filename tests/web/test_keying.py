from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.admit_page import Intake
from flows.keying import ask_people
from flows.parts import Parts
from flows.take_in import take_in
from pipeline.keying.tasks import State
from pipeline.model import Batch, FieldName
from pipeline.staff import Role
from tests.flows.conftest import DAY, booked
from tests.flows.test_keying import reading
from tests.web.conftest import Clock, Visitor

AMOUNT = f"{booked(1).amount:.2f}"


@pytest.fixture
def asked(parts: Parts, intake: Intake, scans: Path, batch: Batch, progress: Any) -> Parts:
    """One page whose amount could not be read."""
    take_in(intake, scans, batch, progress)
    page = next(p for p in parts.catalog.pages.of_day(DAY, "3301") if p.name == "0001.jpg")
    parts.catalog.readings.keep(page.page_id, reading({FieldName.AMOUNT: None}))
    ask_people(parts, DAY, "3301", "wang")
    return parts


def test_two_key_without_seeing_each_other(asked: Parts, visitor: Visitor) -> None:
    (task,) = asked.catalog.keying.tasks(DAY, "3301")
    at = f"/keying/3301/{task.no}"
    first = visitor("李静", Role.REVIEWER, "3301")
    assert first.get(at + "/picture").content.startswith(b"\x89PNG")
    assert first.post(at + "/enter", data={"value": "no amount"}).status_code == 422
    assert first.post(at + "/enter", data={"value": AMOUNT}).status_code == 303
    assert AMOUNT not in first.get("/keying/3301").text
    second = visitor("王芳", Role.OPERATOR, "3301")
    shown = second.get("/keying/3301").text
    assert AMOUNT not in shown
    assert f"{at}/picture" in shown
    assert second.post(at + "/enter", data={"value": AMOUNT}).status_code == 303
    assert asked.catalog.keying.task(task.no).state is State.SETTLED


def test_an_entry_is_taken_back_and_unreadable_is_said(asked: Parts, visitor: Visitor) -> None:
    (task,) = asked.catalog.keying.tasks(DAY, "3301")
    client = visitor("李静", Role.REVIEWER, "3301")
    undo = 'action="/keying/3301/undo"'
    assert undo not in client.get("/keying/3301").text, "nothing was keyed yet"
    client.post(f"/keying/3301/{task.no}/enter", data={"value": "1.00"})
    assert undo in client.get("/keying/3301").text
    assert client.post("/keying/3301/undo").status_code == 303
    assert undo not in client.get("/keying/3301").text
    answer = client.post(f"/keying/3301/{task.no}/cannot", data={"reason": "illegible"})
    assert answer.status_code == 303
    assert asked.catalog.keying.task(task.no).entries[-1].content == "illegible"


def test_a_task_of_another_branch_is_not_there(asked: Parts, visitor: Visitor) -> None:
    (task,) = asked.catalog.keying.tasks(DAY, "3301")
    client = visitor("钱进", Role.REVIEWER, "3302")
    for branch in ("3301", "3302"):
        at = f"/keying/{branch}/{task.no}"
        assert client.get(at + "/picture").status_code == 404
        assert client.post(at + "/enter", data={"value": AMOUNT}).status_code == 404
    assert not asked.catalog.keying.task(task.no).entries


def test_what_was_keyed_on_another_day_is_not_offered_to_be_taken_back(
    asked: Parts, visitor: Visitor, clock: Clock
) -> None:
    (task,) = asked.catalog.keying.tasks(DAY, "3301")
    asked.catalog.keying.enter(task.no, "李静", "1.00")
    clock.at += timedelta(days=1)
    client = visitor("李静", Role.REVIEWER, "3301")
    assert 'action="/keying/3301/undo"' not in client.get("/keying/3301").text
