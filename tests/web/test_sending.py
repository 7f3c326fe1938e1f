"""The API's part for stations behind thin lines: files in pieces, their standing, reports and the monitor."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from fastapi.testclient import TestClient

from pipeline.staff import Role
from tests.flows.conftest import DAY
from tests.web.conftest import Clock, Visitor
from web.surroundings import Surroundings

AT = f"/api/v1/branches/3301/stations/station-1/days/{DAY}/batches/1/files"
SCAN = {"content-type": "application/octet-stream"}


def put(client: TestClient, content: bytes, offset: int, end: int, **query: str) -> dict:  # type: ignore[type-arg]
    digest = hashlib.sha256(content).hexdigest()
    asked = {"name": "0001.jpg", "size": str(len(content)), **query}
    at = f"{AT}/{digest}/pieces/{offset}"
    answer = client.put(at, params=asked, content=content[offset:end], headers=SCAN)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def standing(client: TestClient, content: bytes) -> dict:  # type: ignore[type-arg]
    at = f"{AT}/{hashlib.sha256(content).hexdigest()}"
    return client.get(at, params={"name": "0001.jpg"}).json()  # type: ignore[no-any-return]


def test_a_file_comes_in_pieces_and_is_archived(
    site: Surroundings, visitor: Visitor, voucher: Callable[[int], bytes]
) -> None:
    client, scan = visitor("王芳", Role.OPERATOR, "3301"), voucher(1)
    assert standing(client, scan)["standing"] == "unknown"
    assert put(client, scan, 0, 5000) == {"standing": "receiving", "received": 5000, "pages": []}
    assert put(client, scan, 9000, 9999)["received"] == 5000  # a gap: not kept
    assert put(client, scan, 0, 5000)["received"] == 5000  # twice: not added
    assert put(client, scan, 5000, len(scan))["standing"] == "waiting"
    with site.intake.working():
        pass
    told = standing(client, scan)
    assert told["standing"] == "archived"
    assert [page["state"] for page in told["pages"]] == ["admitted"]
    assert put(client, scan, 0, len(scan))["standing"] == "archived"  # nothing is taken again


def test_refused_files_come_with_the_reason(site: Surroundings, visitor: Visitor) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    put(client, b"no picture", 0, 99)
    with site.intake.working():
        pass
    told = standing(client, b"no picture")
    assert told["standing"] == "refused"
    assert told["pages"][0]["findings"][0]["text"]


def test_a_piece_larger_than_one_may_be_is_not_read(visitor: Visitor) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    query = {"name": "0001.jpg", "size": str(2 << 20)}
    at = f"{AT}/{'0' * 64}/pieces/0"
    answer = client.put(at, params=query, content=bytes((1 << 20) + 1), headers=SCAN)
    assert answer.status_code == 413


def test_what_waits_after_a_restart_is_taken_in(
    site: Surroundings, visitor: Visitor, voucher: Callable[[int], bytes]
) -> None:
    client, scan = visitor("王芳", Role.OPERATOR, "3301"), voucher(1)
    put(client, scan, 0, len(scan))
    site.intake._asked.get()  # the process ended here
    site.intake._busy.clear()
    site.intake.ask_left()
    with site.intake.working():
        pass
    assert standing(client, scan)["standing"] == "archived"


def test_stations_report_their_debt_and_the_monitor_shows_it(
    visitor: Visitor, clock: Clock
) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    at = "/api/v1/branches/3301/stations/扫描岗 1/report"
    told = {
        "agent": "a", "version": "1", "files": 3, "byte_count": 3 << 20, "oldest_seconds": 9000,
        "refused": 1, "clock": (clock() + timedelta(minutes=4)).isoformat(),
    }  # fmt: skip
    assert client.post(at, json=told).json()["shared"] is False
    assert client.post(at, json={**told, "agent": "b"}).json()["shared"] is True
    assert client.post(at, json={**told, "clock": "2026-11-19T09:00:00"}).status_code == 422
    chief = visitor("总部乙", Role.HEADQUARTERS)
    (one,) = chief.get("/api/v1/stations").json()
    assert (one["station"], one["files"], one["late"], one["silent"]) == (
        "扫描岗 1",
        3,
        True,
        False,
    )
    assert one["skew_seconds"] == 240
    assert "扫描岗 1" in chief.get("/monitor").text
    clock.at += timedelta(hours=3)
    chief = visitor("总部丙", Role.HEADQUARTERS)
    assert chief.get("/api/v1/stations").json()[0]["silent"] is True


def test_other_branches_stations_are_not_seen(visitor: Visitor, clock: Clock) -> None:
    client = visitor("钱进", Role.OPERATOR, "3302")
    told = {
        "agent": "a", "version": "1", "files": 0, "byte_count": 0, "oldest_seconds": 0, "refused": 0,
        "clock": clock().isoformat(),
    }  # fmt: skip
    at = "/api/v1/branches/3301/stations/s/report"
    assert client.post(at, json=told).status_code == 404
    assert client.get(f"{AT}/{'0' * 64}", params={"name": "1"}).status_code == 404
