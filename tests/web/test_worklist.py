from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from catalog.mergers import Going
from flows.parts import Parts
from flows.worklist import worklist
from pipeline.settling import WorkItem
from pipeline.staff import Role
from tests.flows.conftest import DAY, booked
from tests.flows.test_settling import left_open  # noqa: F401 - a day whose closing left something
from tests.web.conftest import Clock, Visitor

LIST = {"first": str(DAY), "last": str(DAY)}


def items(parts: Parts) -> tuple[WorkItem, ...]:
    return worklist(parts, DAY, DAY, None)


@pytest.fixture
def at(left_open: Parts) -> str:  # noqa: F811
    """The address of the transaction without a page."""
    (one,) = [one for one in items(left_open) if one.key.kind == "MISSING_IMAGE"]
    return f"/worklist/{one.key.address}"


def texts(client: TestClient, **asked: str) -> str:
    answer = client.get("/worklist", params={**LIST, **asked})
    assert answer.status_code == 200
    return answer.text


def test_the_list_is_chosen_from_and_goes_on(left_open: Parts, visitor: Visitor) -> None:  # noqa: F811
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    assert booked(3).serial_no in texts(client)
    assert booked(3).serial_no in texts(client, kind="MISSING_IMAGE", standing="unassigned")
    assert booked(3).serial_no not in texts(client, kind="BLANK")
    assert booked(3).serial_no not in texts(client, standing="settled")
    assert booked(3).serial_no not in texts(client, to="赵档案")
    last = items(left_open)[-1].place
    assert booked(3).serial_no not in texts(client, after=last)
    assert "/worklist?branch=" in texts(client, first=str(DAY + timedelta(1)), last="2026-12-31")


def test_settled_with_a_page_as_proof_and_taken_back(
    left_open: Parts,  # noqa: F811
    visitor: Visitor,
    at: str,
) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    proof = {"proof": "page", "reference": "0001.jpg", "text": "its paper lies behind this one"}
    answer = client.post(f"{at}/resolve", data={**proof, "seen": "0"})
    assert (answer.status_code, answer.headers["location"]) == (303, at)
    shown = client.get(at).text
    assert "its paper lies behind this one" in shown
    assert f"/station/3301/{DAY}/pages/" in shown
    assert booked(3).serial_no not in texts(client)
    assert booked(3).serial_no in texts(client, standing="settled")
    assert client.post(f"{at}/reopen", data={"seen": "1", "text": "wrong paper"}).status_code == 303
    assert booked(3).serial_no in texts(client)


def test_pressed_twice_it_is_done_once(left_open: Parts, visitor: Visitor, at: str) -> None:  # noqa: F811
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    for _ in range(2):
        answer = client.post(f"{at}/explain", data={"seen": "0", "text": "客户次日补交"})
        assert answer.status_code == 303
    (one,) = [one for one in items(left_open) if one.acts]
    assert len(one.acts) == 1


def test_of_two_who_settle_the_second_sees_what_the_first_did(
    left_open: Parts,  # noqa: F811
    visitor: Visitor,
    at: str,
) -> None:
    first, second = (visitor(name, Role.ARCHIVIST, "3301") for name in ("赵档案", "钱档案"))
    given = {"seen": "0", "proof": "note", "text": "客户已销户"}
    assert first.post(f"{at}/resolve", data=given).status_code == 303
    answer = second.post(f"{at}/resolve", data={**given, "text": "duplicate booking"})
    assert answer.status_code == 422
    assert "赵档案" in answer.text
    assert "客户已销户" in answer.text
    assert "duplicate booking" in answer.text  # nothing typed is lost


def test_who_may_not_settle_may_explain_and_auditors_see_masked_values(
    left_open: Parts,  # noqa: F811
    visitor: Visitor,
    at: str,
    clock: Clock,
) -> None:
    teller = visitor("孙柜员", Role.TELLER, "3301")
    assert teller.post(f"{at}/explain", data={"seen": "0", "text": "明日补"}).status_code == 303
    assert teller.post(f"{at}/resolve", data={"seen": "1", "text": "done"}).status_code == 403
    auditor = visitor("周审计", Role.AUDITOR)
    shown = auditor.get(at).text
    assert "明日补" in shown
    assert "余玲" not in shown
    assert "余玲" in teller.get(at).text
    assert auditor.post(f"{at}/explain", data={"seen": "1", "text": "x y"}).status_code == 403


def test_another_branch_sees_nothing_of_it(left_open: Parts, visitor: Visitor, at: str) -> None:  # noqa: F811
    other = visitor("钱进", Role.ARCHIVIST, "3302")
    assert booked(3).serial_no not in texts(other)
    assert other.get("/worklist", params={**LIST, "branch": "3301"}).status_code == 404
    assert other.get(at).status_code == 404
    assert other.post(f"{at}/resolve", data={"text": "mine"}).status_code == 404
    assert other.get("/worklist", params={"kind": "<script>"}).status_code == 404


def test_what_a_merged_branch_left_is_settled_by_its_successors_people(
    left_open: Parts,  # noqa: F811
    visitor: Visitor,
    at: str,
) -> None:
    for code in ("3300", "3301"):
        left_open.catalog.branches.add(code, f"{code} 营业部", "总部甲")
    client = visitor("冯承接", Role.ARCHIVIST, "3300")
    assert booked(3).serial_no not in client.get("/worklist", params=LIST).text
    going = Going("3301", "3300", (), ())
    left_open.catalog.mergers.merge(going, DAY + timedelta(1), "总部甲")
    assert booked(3).serial_no in texts(client, branch="3301")
    answer = client.post(f"{at}/explain", data={"seen": "0", "text": "客户次日补交"})
    assert answer.status_code == 303
