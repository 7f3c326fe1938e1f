import re

import pytest
from fastapi.testclient import TestClient

from flows.parts import Parts
from pipeline.access.accounts import AccountState
from pipeline.staff import Role
from tests.web.conftest import Clock, Visitor, make_account
from tests.web.second_factor import stepped_up
from web.surroundings import Surroundings


@pytest.fixture
def system(visitor: Visitor, site: Surroundings) -> TestClient:
    return stepped_up(visitor("系统甲", Role.SYSTEM_ADMIN), site)


@pytest.fixture
def security(visitor: Visitor, site: Surroundings) -> TestClient:
    return stepped_up(visitor("安全乙", Role.SECURITY_ADMIN), site)


def change(client: TestClient, person: str, kind: str, reason: str = "长假") -> int:
    form = {"person": person, "kind": kind, "reason": reason}
    return client.post("/admin/accounts/person", data=form).status_code


def test_a_one_time_password_is_shown_once_and_opens_the_account(
    system: TestClient, stranger: TestClient
) -> None:
    made = system.post("/admin/accounts", data={"person": "李静"})
    password = re.search(r"<code>([^<]+)</code>", made.text)
    assert password, made.text
    assert made.headers["cache-control"] == "no-store"
    assert password[1] not in system.get("/admin/accounts/person", params={"name": "李静"}).text
    entered = stranger.post("/login", data={"name": "李静", "password": password[1]})
    assert entered.status_code == 303
    again = system.post("/admin/accounts", data={"person": "李 静"})
    assert again.status_code == 422
    assert 'class="fault"' in again.text


@pytest.mark.parametrize("name", ["管理员", "admin", " "])
def test_accounts_of_several_people_are_refused_in_a_sentence(
    system: TestClient, parts: Parts, name: str
) -> None:
    answer = system.post("/admin/accounts", data={"person": name})
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text
    assert len(parts.catalog.accounts.all()) == 1


def test_an_account_is_locked_unlocked_and_ended(
    system: TestClient, parts: Parts, clock: Clock
) -> None:
    make_account(parts, "李静", clock())

    def state() -> AccountState:
        found = parts.catalog.accounts.one("李静")
        assert found
        return found.state

    for kind, after in (
        ("lock", AccountState.LOCKED),
        ("unlock", AccountState.OPEN),
        ("end", AccountState.ENDED),
    ):
        assert change(system, "李静", kind) == 303
        assert state() is after
    assert change(system, "李静", "unlock") == 422
    assert change(system, "李静", "factor") == 404
    assert change(system, "李静", "nonsense") == 422


def test_nobody_does_it_to_their_own_account(system: TestClient, parts: Parts) -> None:
    assert change(system, "系统甲", "end") == 422
    account = parts.catalog.accounts.one("系统甲")
    assert account
    assert account.state is AccountState.OPEN
    assert "另一位管理员" in system.get("/admin/accounts/person", params={"name": "系统甲"}).text


def test_without_the_second_factor_shown_nothing_is_changed(
    visitor: Visitor, parts: Parts, clock: Clock
) -> None:
    client = visitor("系统甲", Role.SYSTEM_ADMIN)
    make_account(parts, "李静", clock())
    asked = client.post("/admin/accounts", data={"person": "王芳"})
    assert asked.headers["location"].startswith("/login/second")
    assert change(client, "李静", "lock") == 303
    assert "/login/second" in client.get("/admin/accounts").text
    assert {one.person for one in parts.catalog.accounts.all()} == {"系统甲", "李静"}


def test_each_administrator_has_half_of_an_account(
    system: TestClient, security: TestClient, parts: Parts, clock: Clock
) -> None:
    form = {"person": "系统甲", "reason": "手机丢失"}
    assert system.post("/admin/accounts/factor", data=form).status_code == 403
    assert change(security, "系统甲", "reset") == 403
    held = parts.catalog.credentials.of("系统甲")
    assert held
    assert held.has_second_factor
    assert security.post("/admin/accounts/factor", data=form).status_code == 303
    held = parts.catalog.credentials.of("系统甲")
    assert held
    assert not held.has_second_factor


def test_the_list_says_who_is_locked_has_a_second_factor_and_was_here(
    system: TestClient, parts: Parts, clock: Clock
) -> None:
    make_account(parts, "李静", clock())
    for _ in range(5):
        parts.catalog.credentials.failed("李静", "李静", clock(), parts.settings.access, "password")
    text = system.get("/admin/accounts").text
    assert "因多次失败锁定" in text or "locked by failures" in text
    only = system.get("/admin/accounts", params={"name": "李", "standing": "failures"}).text
    rows = re.findall(r"name=([^\"]+)\">", only.split("<tbody>")[1])
    assert len(rows) == 1
    assert system.get("/admin/accounts", params={"standing": ""}).status_code == 200
    assert system.get("/admin/accounts/person", params={"name": "无人"}).status_code == 404


def test_a_long_list_goes_on_where_it_stopped(
    system: TestClient, parts: Parts, clock: Clock
) -> None:
    for number in range(100):
        make_account(parts, f"员工{number:03d}", clock())
    seen: list[str] = []
    path: str | None = "/admin/accounts"
    while path:
        text = system.get(path).text
        seen += re.findall(r'<th scope="row"><a [^>]+>([^<]+)</a>', text)
        found = re.search(r'<a href="([^"]+)" rel="next">', text)
        path = found[1].replace("&amp;", "&") if found else None
    assert len(seen) == len(set(seen)) == 101
