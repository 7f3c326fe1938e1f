"""Every route by every role, at one's own branch and at another: generated from the route table (T6)."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.policy import RULES, Scope
from pipeline.access.requests import Asked
from pipeline.staff import Role
from tests.flows.conftest import DAY, booked
from tests.pipeline.test_exports import WANTED
from tests.web.conftest import Visitor
from web.app import declared
from web.guarding import Guarded

OWN, OTHER = "3301", "3302"
EVERYWHERE = {
    Role.HEADQUARTERS,
    Role.IT,
    Role.COMPLIANCE,
    Role.AUDITOR,
    Role.SYSTEM_ADMIN,
    Role.SECURITY_ADMIN,
    Role.AUDIT_ADMIN,
}
"""Appointed to all branches in these tests."""
QUERY = {
    "batch": "1", "name": "x.jpg", "sha256": "0" * 64, "day": str(DAY), "last": str(DAY),
    "first": str(DAY), "vouchers": "1", "pages": "1", "lang": "en", "purpose": "test",
}  # fmt: skip
FORM = {"reason": "other", "note": "n", "value": "1", "code": "1"}


def asked(client: TestClient, route: Guarded, filled: dict[str, str]) -> int:
    path = route.path.format(**filled)
    if route.method == "GET":
        return client.get(path, params=QUERY).status_code
    if route.method == "PUT":
        headers = {"content-type": "application/octet-stream"}
        return client.put(path, params=QUERY, content=b"x", headers=headers).status_code
    if path.startswith("/api/"):
        return client.post(path, params=QUERY, json={"reason": "n"}).status_code
    return client.post(path, params=QUERY, data=FORM).status_code


def turned_away(route: Guarded) -> int:
    """What somebody without a session gets: the log-in page, or a program its answer."""
    return 401 if route.path.startswith(("/api/", "/metrics")) else 303


@pytest.fixture
def filled(captured: Parts) -> dict[str, str]:
    """The parts of paths, naming what lies at the own branch."""
    page = captured.catalog.pages.of_day(DAY, OWN)[0]
    asked = Asked(OWN, "c1", (), (Act.PAGE_VIEW,), "test", DAY, DAY)
    captured.catalog.access_requests.apply("别人", asked, datetime.now(UTC))
    captured.catalog.exports.ask("别人", WANTED, datetime.now(UTC))
    return {
        "branch": OWN,
        "day": str(DAY),
        "delivery": page.delivery_id,
        "serial": booked(1).serial_no,
        "kind": "CASH_SLIP",
        "no": "1",
        "item": "0" * 16,
        "batch": "1",
        "form": "xlsx",
        "sha256": "0" * 64,
        "seq": "1",
        "page": page.page_id,
        "handler": "10009",
        "station": "station-1",
        "offset": "0",
    }


def is_of_branch(route: Guarded) -> bool:
    return route.branch_of is not None


@pytest.mark.requirement("CG-07a")
@pytest.mark.parametrize("role", list(Role))
def test_routes_open_to_whom_the_table_says(
    role: Role, visitor: Visitor, filled: dict[str, str]
) -> None:
    client = visitor("一个人", role, None if role in EVERYWHERE else OWN)
    for route in declared():
        if route.act is None:
            continue
        rule, status = RULES[route.act], asked(client, route, filled)
        may = role in rule.roles or rule.scope in (Scope.OWN, Scope.PUBLIC)
        short = rule.scope is Scope.ALL_BRANCHES and role not in EVERYWHERE
        told = f"{route.method} {route.path} as {role}: {status}"
        if not may or short:
            assert status in (403, 404), told
        elif rule.step_up:  # nobody here has shown a second factor: asked for it, by page or by API
            assert status in (303, 403), told
        else:
            assert status not in (401, 403), told
        assert status < 500, told


@pytest.mark.requirement("CG-09a")
@pytest.mark.parametrize("role", sorted(set(Role) - EVERYWHERE))
def test_another_branch_is_closed_to_all_who_have_their_own(
    role: Role, visitor: Visitor, filled: dict[str, str]
) -> None:
    client = visitor("别处的人", role, OTHER)
    for route in declared():
        if route.act is None or not is_of_branch(route):
            continue
        status = asked(client, route, filled)
        assert status in (403, 404), f"{route.method} {route.path} as {role}: {status}"


def test_nobody_gets_in_without_a_session(stranger: TestClient, filled: dict[str, str]) -> None:
    for route in declared():
        assert asked(stranger, route, filled) == turned_away(route), f"{route.method} {route.path}"


def test_who_may_not_ask_is_not_told_what_is_unfit_in_it(
    stranger: TestClient, visitor: Visitor, filled: dict[str, str]
) -> None:
    unfit = filled | dict.fromkeys(("day", "no", "number"), "never")
    keeper = visitor("一个人", Role.SYSTEM_ADMIN)
    refused = 0
    for route in declared():
        if route.method != "GET":
            continue
        path = route.path.format(**unfit)
        by_nobody = stranger.get(path, params=dict.fromkeys(QUERY, "never"))
        assert by_nobody.status_code == turned_away(route), path
        if asked(keeper, route, filled) == 403:
            refused += 1
            by_another = keeper.get(path, params=dict.fromkeys(QUERY, "never"))
            refusals = {403, 404} if is_of_branch(route) else {403}
            assert by_another.status_code in refusals, path
    assert refused


def test_a_session_that_was_ended_opens_nothing(
    visitor: Visitor, filled: dict[str, str], captured: Parts
) -> None:
    client = visitor("总部乙", Role.HEADQUARTERS)
    token = client.cookies["paperproof"]
    client.post("/logout")
    client.cookies.set("paperproof", token)
    for route in declared():
        assert asked(client, route, filled) == turned_away(route), f"{route.method} {route.path}"
