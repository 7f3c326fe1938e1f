"""Requests in the log: numbers, routes and how they ended; nothing of whom or about whom."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flows.access import Guard
from flows.machine_tokens import TokenDesk
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.staff import Role
from tests.flows.conftest import booked
from tests.flows.test_logs import SECRETS, logged
from tests.web.conftest import PASSWORD, Clock, Visitor
from tests.web.test_matrix import asked, filled  # noqa: F401 - the parts of paths
from web.app import create_app, declared
from web.surroundings import Surroundings


def test_an_error_page_names_the_request_that_stands_in_the_log(
    site: Surroundings, visitor: Visitor, parts: Parts
) -> None:
    with logged(parts.workspace) as events:
        client = visitor("总部乙", Role.HEADQUARTERS)
        answer = client.get("/monitor/3301/2026-13-99")
        number = answer.headers["x-request-id"]
        assert answer.status_code == 404
        assert number in answer.text
        told = client.get("/api/v1/pages/none", headers={"accept": "application/json"})
        assert told.json()["request"] == told.headers["x-request-id"] != number
    found = {one["request"]: one for one in events() if one["event"] == "request"}
    assert (found[number]["status"], found[number]["route"]) == (404, "/monitor/{branch}/{day}")
    assert found[number]["method"] == "GET"
    assert found[number]["seconds"] >= 0


def test_a_fault_is_found_by_the_number_that_the_page_told(
    site: Surroundings, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(create_app(site), raise_server_exceptions=False)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("余玲")

    monkeypatch.setattr("web.pages.account.own_page", broken)
    with logged(parts.workspace) as events:
        answer = client.get("/login")
    (told,) = [one for one in events() if one["event"] == "fault"]
    assert told["request"] == answer.headers["x-request-id"]
    assert told["request"] in answer.text
    assert (told["error"], told["route"]) == ("ZeroDivisionError", "/login")
    assert "余玲" not in json.dumps(told, ensure_ascii=False)


def test_supervisors_who_ask_all_day_fill_no_log(stranger: TestClient, parts: Parts) -> None:
    with logged(parts.workspace) as events:
        for path in ("/health/live", "/static/site.css", "/metrics", "/nowhere/余玲"):
            stranger.get(path)
    found = [(one.get("route"), one["status"]) for one in events() if one["event"] == "request"]
    assert found == [("/metrics", 401), (None, 404)]


def test_a_walk_through_the_whole_site_leaves_nothing_of_anybody_in_the_log(
    site: Surroundings,
    visitor: Visitor,
    parts: Parts,
    clock: Clock,
    filled: dict[str, str],  # noqa: F811
) -> None:
    with logged(parts.workspace) as events:
        walker = visitor("赵档案", Role.ARCHIVIST, "3301")
        number = booked(1).customer_no
        walker.post("/archive/3301", data={"number": number, "purpose": "查询函 2026-8"})
        parts.catalog.staff.add("安全乙", Role.SECURITY_ADMIN, None, "总部甲")
        desk = TokenDesk(Guard.at_word(parts, "安全乙"))
        last = clock().date() + timedelta(days=9)
        token = desk.make("赵档案", "archive server", (Act.MONITOR_VIEW,), last, clock())
        walker.get("/api/v1/days", headers={"authorization": f"Bearer {token}"})
        for route in declared():
            asked(walker, route, filled)
        walker.post("/login", data={"name": "赵档案", "password": f"{PASSWORD}!"})
        session = walker.cookies.get("paperproof", "")
    text = json.dumps(events(), ensure_ascii=False)
    assert text.count('"event": "request"') > len(declared())
    words = ("赵档案", "总部甲", "查询函", PASSWORD, token, session, booked(1).serial_no)
    for secret in (*SECRETS, *filter(None, words)):
        assert secret not in text, secret
