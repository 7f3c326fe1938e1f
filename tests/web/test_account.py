from datetime import timedelta

import pyotp
import pytest
from fastapi.testclient import TestClient

from flows.parts import Parts
from pipeline.staff import Role
from tests.web.conftest import PASSWORD, Clock, Visitor, make_account


def log_in(client: TestClient, name: str, password: str = PASSWORD, next: str = "/") -> int:
    return client.post(
        "/login", data={"name": name, "password": password, "next": next}
    ).status_code


def test_who_is_not_logged_in_is_asked_who_it_is(stranger: TestClient) -> None:
    answer = stranger.get("/station/3301/2026-11-19")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/station/3301/2026-11-19"
    assert stranger.get("/", headers={"accept": "application/json"}).status_code == 401


def test_unknown_names_and_wrong_passwords_get_one_answer(
    stranger: TestClient, parts: Parts, clock: Clock
) -> None:
    make_account(parts, "王芳", clock())
    wrong = stranger.post("/login", data={"name": "王芳", "password": "not it, no"})
    unknown = stranger.post("/login", data={"name": "王芳芳", "password": "not it, no"})
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text == unknown.text.replace("王芳芳", "王芳")
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/", "https://evil.example", "/\\evil.example", "x"]
)
def test_nobody_is_sent_elsewhere_after_logging_in(
    stranger: TestClient, parts: Parts, clock: Clock, elsewhere: str
) -> None:
    make_account(parts, "王芳", clock())
    answer = stranger.post("/login", data={"name": "王芳", "password": PASSWORD, "next": elsewhere})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_session_ends_when_nobody_uses_it_and_when_one_logs_out(
    visitor: Visitor, clock: Clock
) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    assert client.get("/").status_code == 200
    clock.at += timedelta(minutes=16)
    assert client.get("/").status_code == 303
    assert log_in(client, "王芳") == 303
    token = client.cookies["paperproof"]
    page = client.get("/").text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    client.headers["x-csrf-token"] = csrf
    assert client.post("/logout").headers["location"] == "/login"
    client.cookies.set("paperproof", token)
    assert client.get("/").status_code == 303


def test_an_act_from_another_site_is_refused(visitor: Visitor) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    assert client.post("/logout", headers={"x-csrf-token": "guess"}).status_code == 403
    assert client.post("/logout", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post("/logout", headers={"origin": "https://evil.example"}).status_code == 403
    assert client.get("/").status_code == 200
    elsewhere = {"name": "王芳", "password": PASSWORD}
    headers = {"sec-fetch-site": "cross-site"}
    assert client.post("/login", data=elsewhere, headers=headers).status_code == 403


def test_a_first_password_opens_nothing_but_its_change(
    stranger: TestClient, parts: Parts, clock: Clock
) -> None:
    from pipeline.access.accounts import AccountAct, AccountActKind
    from tests.web.conftest import QUICK

    act = AccountAct(AccountActKind.ADD, "王芳", "系统甲", clock())
    parts.catalog.accounts.add((act, QUICK.hashed("first of all passwords")))
    assert log_in(stranger, "王芳", "first of all passwords") == 303
    assert stranger.get("/").headers["location"] == "/password"
    asked = stranger.get("/password")
    csrf = asked.text.split('name="csrf" value="')[1].split('"')[0]
    change = {"old": "first of all passwords", "new": PASSWORD, "again": PASSWORD + "!"}
    assert stranger.post("/password", data={**change, "csrf": csrf}).status_code == 422
    change["again"] = PASSWORD
    assert stranger.post("/password", data={**change, "csrf": "guess"}).status_code == 403
    assert stranger.post("/password", data={**change, "csrf": csrf}).status_code == 303
    assert stranger.get("/").status_code == 200


def test_the_second_factor_is_asked_for_once_it_is_set_up(visitor: Visitor, clock: Clock) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    offered = client.post("/account/factor")
    seed = offered.text.split("<code>")[1].split("</code>")[0]
    assert "<svg" in offered.text
    first = client.post("/account/factor/first", data={"code": pyotp.TOTP(seed).at(clock())})
    assert first.headers["location"] == "/account"
    client.cookies.delete("paperproof")
    assert log_in(client, "王芳") == 303
    assert client.get("/account").headers["location"] == "/login/second?next=/account"
    assert client.post("/login/second", data={"code": "000000"}).status_code == 422
    clock.at += timedelta(seconds=31)
    code = pyotp.TOTP(seed).at(clock())
    assert client.post("/login/second", data={"code": code}).headers["location"] == "/"
    assert client.get("/").status_code == 200


def test_english_is_spoken_once_it_is_chosen(stranger: TestClient) -> None:
    assert "登录" in stranger.get("/login").text
    assert stranger.post("/language", data={"lang": "en", "back": "/login"}).status_code == 303
    assert "Log in" in stranger.get("/login").text
