import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from flows.admit_page import Intake
from flows.parts import Parts
from flows.take_in import take_in
from pipeline.model import Batch
from pipeline.staff import Role
from pipeline.tasks.states import TaskState
from tests.flows.captured_day import book
from tests.flows.conftest import DAY, booked
from tests.web.conftest import Visitor

AT = f"/review/3301/{DAY}"
ONE, TWO = (f"{AT}/tasks/{booked(n).serial_no}/CASH_SLIP" for n in (1, 2))


def states(parts: Parts) -> list[TaskState]:
    return [task.state for task in parts.catalog.tasks.of_day(DAY, "3301")]


def test_a_task_lies_on_the_desk_with_its_fields_in_their_places(
    captured: Parts, visitor: Visitor
) -> None:
    client = visitor("李静", Role.REVIEWER, "3301")
    assert booked(1).serial_no in client.get(AT).text
    told = client.get(ONE).json()
    assert [page["name"] for page in told["pages"]] == ["0001.jpg"]
    fields = {one["booked"]: one for one in told["fields"]}
    amount = fields[str(booked(1).amount)]
    assert (amount["verdict"], amount["mark"], amount["page"]) == ("agrees", "good", 0)
    assert all(0 <= share <= 1 for share in amount["place"])
    assert client.get(told["pages"][0]["picture"]).content.startswith(b"\xff\xd8\xff")


def test_one_key_passes_and_two_reject(captured: Parts, visitor: Visitor) -> None:
    client = visitor("李静", Role.REVIEWER, "3301")
    assert client.post(ONE + "/pass").json() == {"state": "reviewed"}
    rejected = client.post(TWO + "/reject", data={"reason": "not_signed", "note": " 缺签名 "})
    assert rejected.json() == {"state": "pending"}
    assert states(captured) == [TaskState.REVIEWED, TaskState.PENDING]
    assert client.post(TWO + "/undo").json() == {"state": "captured"}
    assert client.post(TWO + "/reject", data={"reason": "ugly"}).status_code == 422


def test_of_two_who_decide_the_second_is_told(captured: Parts, visitor: Visitor) -> None:
    first = visitor("李静", Role.REVIEWER, "3301")
    second = visitor("周复核", Role.REVIEWER, "3301")
    assert first.post(ONE + "/pass").status_code == 200
    answer = second.post(ONE + "/pass", headers={"accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]


@pytest.mark.requirement("CG-14")
def test_who_captured_does_not_review(captured: Parts, visitor: Visitor) -> None:
    client = visitor("wang", Role.REVIEWER, "3301")
    assert booked(1).serial_no not in client.get(AT).text
    assert client.post(ONE + "/pass").status_code == 422
    assert states(captured) == [TaskState.CAPTURED, TaskState.CAPTURED]


def test_another_branch_sees_nothing_of_it(captured: Parts, visitor: Visitor) -> None:
    def refused(client: TestClient) -> set[int]:
        asked = {client.get(AT).status_code, client.get(ONE).status_code}
        return asked | {client.post(ONE + "/pass").status_code}

    assert refused(visitor("钱进", Role.REVIEWER, "3302")) == {404}
    assert refused(visitor("王芳", Role.OPERATOR, "3301")) == {403}
    assert states(captured) == [TaskState.CAPTURED, TaskState.CAPTURED]


def nothing(client: TestClient) -> str:
    """What the desk says when nothing lies on it."""
    [words] = re.findall(r'id="words">(.*?)</script>', client.get(AT).text)
    return str(json.loads(words)["none"])


def test_a_day_of_which_something_is_missing_is_not_called_reviewed(
    parts: Parts, visitor: Visitor, intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    client = visitor("李静", Role.REVIEWER, "3301")
    assert "既没有流水" in nothing(client)
    take_in(intake, scans, batch, progress)
    assert "流水尚未导入" in nothing(client)
    book(parts, booked(1))
    assert "尚未结账" in nothing(client)


def test_a_day_without_a_page_says_so(parts: Parts, visitor: Visitor) -> None:
    book(parts, booked(1))
    assert "尚无影像" in nothing(visitor("李静", Role.REVIEWER, "3301"))


def test_a_day_that_is_reviewed_is_called_so(captured: Parts, visitor: Visitor) -> None:
    client = visitor("李静", Role.REVIEWER, "3301")
    for task in (ONE, TWO):
        client.post(task + "/pass")
    assert "已复核完毕" in nothing(client)


def test_the_list_asks_once_who_reviews_and_by_which_rules(
    captured: Parts, visitor: Visitor
) -> None:
    client = visitor("李静", Role.REVIEWER, "3301")
    asked: list[str] = []

    def keep(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        assert booked(1).serial_no in client.get(AT).text
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
    tables = [found[1] for one in asked if (found := re.search(r"FROM (\w+)", one))]
    assert [tables.count(one) for one in ("staff", "succession")] == [1, 1]
    assert tables.count("profile_version") == 2  # the one in force, and which there ever were
