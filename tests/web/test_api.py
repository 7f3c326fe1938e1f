"""The API: the same acts as the site, lists in pieces, sentences for what goes wrong, no 500."""

import hashlib
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings

from flows.parts import Parts
from flows.web_settings import WebSettings
from pipeline.clocks import ZONE
from pipeline.staff import Role
from tests.flows.conftest import DAY, booked
from tests.web.conftest import Clock, Visitor
from web.app import create_app
from web.rates import Rate, Rates
from web.surroundings import Surroundings

AT = f"/api/v1/branches/3301/days/{DAY}"
SCAN = {"content-type": "application/octet-stream"}


def put(client: TestClient, name: str, content: bytes, sha256: str | None = None) -> int:
    digest = sha256 or hashlib.sha256(content).hexdigest()
    path = f"{AT}/batches/1/files/{digest}"
    return client.put(path, params={"name": name}, content=content, headers=SCAN).status_code


def test_days_and_the_monitor_tell_the_same(captured: Parts, visitor: Visitor) -> None:
    client = visitor("总部乙", Role.HEADQUARTERS)
    (listed,) = client.get("/api/v1/days", params={"last": str(DAY)}).json()["items"]
    assert (listed["branch"], listed["due"], listed["captured"]) == ("3301", 2, 2)
    assert client.get(AT).json() == listed
    figures = client.get("/api/v1/monitor", params={"last": str(DAY), "days": 2}).json()
    assert figures["cells"] == [listed]
    assert figures["shares"][f"3301/{DAY}"]["captured"] == 1.0
    assert client.get(f"/api/v1/branches/9999/days/{DAY}").status_code == 404


def test_lists_go_on_where_they_broke_off(captured: Parts, visitor: Visitor) -> None:
    client = visitor("李静", Role.REVIEWER, "3301")
    first = client.get(f"{AT}/tasks", params={"limit": 1}).json()
    rest = client.get(f"{AT}/tasks", params={"limit": 1, "after": first["next"]}).json()
    serials = [one["serial_no"] for one in first["items"] + rest["items"]]
    assert serials == [booked(1).serial_no, booked(2).serial_no]
    assert rest["next"] is None


def test_what_does_not_agree_is_told_without_values(captured: Parts, visitor: Visitor) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    told = client.get(f"{AT}/discrepancies").json()
    (result,) = captured.catalog.days.results(DAY, "3301")
    assert [one["kind"] for one in told["items"]] == [one.kind for one in result.discrepancies]
    assert not {"read", "expected"} & {key for one in told["items"] for key in one}


def test_a_folder_goes_on_where_sending_it_broke_off(
    site: Surroundings, visitor: Visitor, voucher: object
) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    scan = voucher(1)  # type: ignore[operator]
    digest = hashlib.sha256(scan).hexdigest()
    at = f"{AT}/batches/1/files/{digest}"
    assert client.get(at, params={"name": "0001.jpg"}).status_code == 404
    assert put(client, "0001.jpg", scan, "0" * 64) == 422
    assert put(client, "0001.jpg", scan) == 201
    assert client.get(at, params={"name": "0001.jpg"}).json()["taken_in"] is False
    assert put(client, "0001.jpg", scan) == 200
    with site.intake.working():
        pass
    assert client.get(at, params={"name": "0001.jpg"}).json()["taken_in"] is True
    assert put(client, "0001.jpg", scan) == 200
    (page,) = client.get(f"{AT}/batches/1/pages").json()["items"]
    assert (page["state"], page["sha256"]) == ("admitted", digest)
    history = client.get(f"/api/v1/pages/{page['delivery']}").json()
    assert history["scans"] == [page]
    assert history["seen"] is None  # who saw it is for those who see access requests


def test_access_is_asked_for_and_decided_on_by_another(
    captured: Parts, visitor: Visitor, clock: Clock
) -> None:
    applicant = visitor("李静", Role.REVIEWER, "3301")
    today = str(clock().astimezone(ZONE).date())
    asked = {
        "branch": "3301", "customer": "9409350101", "acts": ["page.view"], "purpose": "court file",
        "since": today, "until": today,
    }  # fmt: skip
    refused = applicant.post("/api/v1/access-requests", json={**asked, "purpose": " "})
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail"]
    no = applicant.post("/api/v1/access-requests", json=asked).json()["no"]
    at = f"/api/v1/access-requests/{no}/approve"
    assert applicant.post(at, json={}).status_code == 403
    assert visitor("钱合规", Role.COMPLIANCE, "3302").post(at, json={}).status_code == 404
    decided = visitor("郑合规", Role.COMPLIANCE, "3301").post(at, json={}).json()
    assert (decided["state"], decided["decided_by"]) == ("approved", ["郑合规"])
    (mine,) = applicant.get("/api/v1/access-requests").json()["items"]
    assert mine["no"] == no


def test_the_auditor_reads_the_log_in_pieces(captured: Parts, visitor: Visitor) -> None:
    client = visitor("孙审计", Role.AUDITOR)
    query: dict[str, str | int] = {"act": "page", "limit": 1}
    first = client.get("/api/v1/audit/entries", params=query).json()
    second = client.get("/api/v1/audit/entries", params={**query, "before": first["next"]}).json()
    numbers = [one["items"][0]["seq"] for one in (first, second)]
    assert numbers[0] > numbers[1]
    assert first["items"][0]["body"]["act"].startswith("page.")


def test_writing_needs_the_sessions_token(visitor: Visitor) -> None:
    client = visitor("李静", Role.REVIEWER, "3301")
    del client.headers["x-csrf-token"]
    assert client.post("/api/v1/access-requests", json={}).status_code == 403


def test_the_description_is_for_who_is_logged_in(stranger: TestClient, visitor: Visitor) -> None:
    assert stranger.get("/api/v1/openapi.json").status_code == 401
    told = visitor("李静", Role.REVIEWER, "3301").get("/api/v1/openapi.json").json()
    assert f"{AT}/tasks".replace("3301", "{branch}").replace(str(DAY), "{day}") in told["paths"]


def test_who_asks_too_often_waits(site: Surroundings, visitor: Visitor) -> None:
    client = visitor("总部乙", Role.HEADQUARTERS)
    for _ in range(site.parts.settings.web.api_by_session):
        site.rates.spend(Rate.API, client.cookies["paperproof"])
    told = client.get("/api/v1/monitor", params={"last": str(DAY)})
    assert told.status_code == 429
    assert int(told.headers["retry-after"]) >= 1


@pytest.mark.slow
def test_no_request_that_the_description_allows_is_a_fault(
    captured: Parts, site: Surroundings, visitor: Visitor
) -> None:
    rates = Rates.of(WebSettings(api_by_session=10**9, scans_by_session=10**9))
    app = create_app(replace(site, rates=rates))
    people = ((Role.HEADQUARTERS, None), (Role.OPERATOR, "3301"), (Role.AUDITOR, None))
    answered: Counter[int] = Counter()
    for number, (role, branch) in enumerate(people):
        client = visitor(f"试验{number}", role, branch)
        headers = {
            "cookie": f"paperproof={client.cookies['paperproof']}",
            "x-csrf-token": client.headers["x-csrf-token"],
        }
        at = "/api/v1/openapi.json"
        schema = schemathesis.openapi.from_asgi(at, app, headers=headers)
        for found in schema.get_all_operations():
            _try(found, headers, answered)
    assert answered[200] > 0
    assert answered[422] > 0
    assert not [status for status in answered if status >= 500]


def _try(found: Any, headers: dict[str, str], answered: Counter[int]) -> None:
    @given(case=found.ok().as_strategy())
    @settings(
        max_examples=20,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def asked(case: Any) -> None:
        answer = case.call(headers=headers)
        answered[answer.status_code] += 1
        assert answer.status_code < 500, f"{case.as_curl_command()}: {answer.text}"

    asked()
