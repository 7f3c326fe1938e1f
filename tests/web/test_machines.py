"""Machines' tokens: for one account, some acts and some days, kept as a hash, ended at once."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flows.access import Guard
from flows.machine_tokens import TokenDesk
from flows.parts import Parts
from pipeline.access.accounts import AccountAct, AccountActKind
from pipeline.access.acts import Act
from pipeline.access.policy import NotAllowed
from pipeline.errors import UserError
from pipeline.staff import Role
from tests.flows.conftest import DAY
from tests.web.conftest import Clock, appoint, make_account
from web.app import create_app
from web.surroundings import Surroundings

AT = f"/api/v1/branches/3301/days/{DAY}"


@pytest.fixture
def desk(parts: Parts, clock: Clock) -> TokenDesk:
    """The security administrator's; 王芳 scans at 3301."""
    appoint(parts, "王芳", Role.OPERATOR, "3301")
    make_account(parts, "王芳", clock())
    parts.catalog.staff.add("安全乙", Role.SECURITY_ADMIN, None, "总部甲")
    return TokenDesk(Guard.at_word(parts, "安全乙"))


def made(desk: TokenDesk, clock: Clock, *acts: Act) -> dict[str, str]:
    last = clock().date() + timedelta(days=10)
    token = desk.make("王芳", "scan server", acts or (Act.TASK_VIEW,), last, clock())
    return {"authorization": f"Bearer {token}"}


def test_a_token_opens_its_acts_and_nothing_else(
    site: Surroundings, captured: Parts, desk: TokenDesk, clock: Clock
) -> None:
    client, headers = TestClient(create_app(site), follow_redirects=False), made(desk, clock)
    assert len(client.get(f"{AT}/tasks", headers=headers).json()["items"]) == 2
    assert client.get(f"{AT}/batches/1/pages", headers=headers).status_code == 403
    assert (
        client.get("/api/v1/branches/3302/days/2026-11-19/tasks", headers=headers).status_code
        == 404
    )
    assert client.get("/station", headers=headers).status_code == 303  # pages are for people
    asked = client.post("/api/v1/access-requests", json={}, headers=headers)
    assert asked.status_code == 403


def test_a_machine_writes_without_a_browsers_token(
    site: Surroundings, desk: TokenDesk, clock: Clock
) -> None:
    client, headers = TestClient(create_app(site)), made(desk, clock, Act.PAGE_SUBMIT)
    headers["content-type"] = "application/octet-stream"
    at = f"{AT}/batches/1/files/{'0' * 64}"
    told = client.put(at, params={"name": "1.jpg"}, content=b"x", headers=headers)
    assert told.status_code == 422  # of another digest: past every gate


def test_it_ends_with_its_day_its_account_and_by_hand(
    site: Surroundings, captured: Parts, desk: TokenDesk, clock: Clock
) -> None:
    client, first, second = TestClient(create_app(site)), made(desk, clock), made(desk, clock)

    def opens(headers: dict[str, str]) -> bool:
        return client.get(f"{AT}/tasks", headers=headers).status_code == 200

    newest = desk.all()[0]
    desk.end(newest.id, "lost", clock())
    assert sorted([opens(first), opens(second)]) == [False, True]
    clock.at += timedelta(days=12)
    assert not opens(first) and not opens(second)
    clock.at -= timedelta(days=12)
    lock = AccountAct(AccountActKind.LOCK, "王芳", "系统甲", clock(), "left")
    desk.guard.parts.catalog.accounts.change(lock)
    assert not opens(first) and not opens(second)
    assert client.get(f"{AT}/tasks", headers={"authorization": "Bearer x"}).status_code == 401


def test_only_the_security_administrator_makes_one_that_can_be_made(
    desk: TokenDesk, parts: Parts, clock: Clock
) -> None:
    last = clock().date() + timedelta(days=10)
    with pytest.raises(NotAllowed):
        TokenDesk(Guard.at_word(parts, "王芳")).make("王芳", "m", [Act.TASK_VIEW], last, clock())
    for name, acts, until in (
        ("没有", [Act.TASK_VIEW], last),
        ("王芳", [Act.SETTINGS_CHANGE], last),
        ("王芳", [], last),
        ("王芳", [Act.TASK_VIEW], last + timedelta(days=400)),
        ("王芳", [Act.TASK_VIEW], last - timedelta(days=30)),
    ):
        with pytest.raises(UserError):
            desk.make(name, "m", acts, until, clock())
    with pytest.raises(UserError):
        desk.end("", "nothing", clock())
