"""Access requests in the browser: one applies, another decides, and it ends by itself."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flows.access import Guard
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.policy import NotAllowed, person_of
from pipeline.access.requests import RequestState, Subject
from pipeline.staff import Role
from tests.web.conftest import Clock, Visitor

CUSTOMER = "9409350101"
FORM = {
    "branch": "3301",
    "customer": CUSTOMER,
    "act": ["page.view", "page.print"],
    "purpose": "诉讼 2026-118",
}


@pytest.fixture
def archivist(captured: Parts, visitor: Visitor) -> TestClient:
    return visitor("何敏", Role.ARCHIVIST, "3302")


def applied(client: TestClient, **other: object) -> str:
    answer = client.post("/requests", data={**FORM, **other})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_what_one_asks_for_another_approves_until_it_ends(
    captured: Parts, archivist: TestClient, visitor: Visitor, clock: Clock
) -> None:
    at = applied(archivist)
    person = person_of(captured.catalog.staff.appointments(), "何敏", "s1")
    subject = Subject("3301", CUSTOMER, "a" * 64)

    def view() -> None:
        Guard(captured, person).view(Act.PAGE_VIEW, subject, "诉讼", clock())

    with pytest.raises(NotAllowed):
        view()
    approver = visitor("郑规", Role.COMPLIANCE, "3301")
    assert "诉讼 2026-118" in approver.get("/requests").text
    assert f"{at}/approve" in approver.get(at).text
    assert approver.post(f"{at}/approve").status_code == 303
    assert "批准" in archivist.get(at).text
    view()
    clock.at += timedelta(days=8)
    with pytest.raises(NotAllowed):
        view()
    assert captured.catalog.access_requests.one(1).state_at(clock()) is RequestState.EXPIRED


def test_nobody_decides_on_their_own_request(visitor: Visitor, captured: Parts) -> None:
    compliance = visitor("郑规", Role.COMPLIANCE, "3301")
    at = applied(compliance)
    assert "/approve" not in compliance.get(at).text
    assert compliance.post(f"{at}/approve").status_code == 403
    assert compliance.post(f"{at}/withdraw", data={"reason": "settled"}).status_code == 303
    (request,) = captured.catalog.access_requests.of("郑规")
    assert request.state_at(request.at) is RequestState.REVOKED


def test_refusing_and_revoking_say_why(
    archivist: TestClient, visitor: Visitor, captured: Parts, clock: Clock
) -> None:
    head = visitor("总部乙", Role.HEADQUARTERS)
    first, second = applied(archivist), applied(archivist)
    assert head.post(f"{first}/refuse", data={"reason": " "}).status_code == 422
    assert head.post(f"{first}/refuse", data={"reason": "not named"}).status_code == 303
    assert "not named" in archivist.get(first).text
    head.post(f"{second}/approve")
    assert head.post(f"{second}/revoke", data={"reason": "settled"}).status_code == 303
    states = [one.state_at(clock()) for one in captured.catalog.access_requests.of("何敏")]
    assert states == [RequestState.REVOKED, RequestState.REFUSED]
    assert head.post(f"{second}/approve").status_code == 422


def test_a_request_of_others_is_not_there(archivist: TestClient, visitor: Visitor) -> None:
    at = applied(archivist)
    operator, elsewhere = (
        visitor("王芳", Role.OPERATOR, "3301"),
        visitor("冯规", Role.COMPLIANCE, "3302"),
    )
    for client in (operator, elsewhere):
        assert CUSTOMER not in client.get("/requests").text
        assert client.get(at).status_code == 404
        assert client.post(f"{at}/withdraw", data={"reason": "x"}).status_code == 404
        assert client.post(f"{at}/approve").status_code in (403, 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": " "},
        {"customer": ""},
        {"act": []},
        {"act": ["audit.sign"]},
        {"branch": "9999"},
        {"customer": "9409350199"},
        {"pages": "../../etc/passwd"},
        {"until": "2020-01-01"},
        {"since": "2026-11-27", "until": "2027-11-27"},
    ],
)
def test_a_wrong_request_is_told_and_kept_in_the_form(
    archivist: TestClient, captured: Parts, wrong: dict[str, object]
) -> None:
    answer = archivist.post("/requests", data={**FORM, **wrong})
    assert answer.status_code in (404, 422)
    assert not captured.catalog.access_requests.of("何敏")
    if answer.status_code == 422 and "act" not in wrong:
        assert "page.print" in answer.text


def test_the_list_goes_on_page_by_page(
    archivist: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.requests._AT_ONCE", 2)
    for _ in range(3):
        applied(archivist)
    newest = archivist.get("/requests").text
    assert 'href="/requests/3"' in newest
    assert 'href="/requests/1"' not in newest
    assert 'href="/requests?before=2"' in newest
    assert 'href="/requests/1"' in archivist.get("/requests?before=2").text


def test_the_form_knows_what_led_to_it(archivist: TestClient) -> None:
    page = archivist.get(f"/requests/new?branch=3301&customer={CUSTOMER}&act=page.print").text
    assert f'value="{CUSTOMER}"' in page
    assert 'value="page.print" checked' in page
