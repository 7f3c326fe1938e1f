"""Who asks too often is told to wait, and nobody else."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from flows.web_settings import WebSettings
from pipeline.staff import Role
from tests.web.conftest import Visitor
from tests.web.test_station import send
from web.app import create_app
from web.rates import Rate, Rates, TooMany
from web.surroundings import Surroundings


@pytest.fixture
def site(site: Surroundings) -> Surroundings:
    """A site that lets little through."""
    rules = WebSettings(log_ins_by_address=4, log_ins_by_account=2, scans_by_session=1)
    return replace(site, rates=Rates.of(rules))


def tried(client: TestClient, name: str) -> int:
    return client.post("/login", data={"name": name, "password": "x"}).status_code


def test_an_account_is_tried_so_often_and_an_address_so_often(site: Surroundings) -> None:
    client = TestClient(create_app(site), follow_redirects=False)
    assert [tried(client, "王芳"), tried(client, " 王芳 "), tried(client, "王芳")] == [
        422,
        422,
        429,
    ]
    assert [tried(client, "李静"), tried(client, "李静")] == [422, 429]
    told = client.post("/login", data={"name": "赵六", "password": "x"})
    assert told.status_code == 429
    assert 1 <= int(told.headers["retry-after"]) <= 60
    assert f"{told.headers['retry-after']} 秒" in told.text


def test_second_factors_and_passwords_are_counted_too(site: Surroundings) -> None:
    client = TestClient(create_app(site), follow_redirects=False)
    client.cookies.set("paperproof", "some session")
    codes = [client.post("/login/second", data={"code": "1"}).status_code for _ in range(3)]
    assert codes == [303, 303, 429]
    told = client.post("/password", data={"old": "a", "new": "b", "again": "b", "csrf": "c"})
    assert told.status_code == 429


def test_scans_are_counted_by_session(visitor: Visitor) -> None:
    first, second = (visitor(name, Role.OPERATOR, "3301") for name in ("王芳", "李静"))
    assert [send(first, "1.jpg", b"x"), send(first, "2.jpg", b"x")] == [201, 429]
    assert send(second, "1.jpg", b"x") == 201
    assert first.get("/station").status_code == 303  # looking is not counted


def test_others_are_counted_apart() -> None:
    rates = Rates.of(WebSettings(api_by_session=1))
    rates.spend(Rate.API, "one")
    rates.spend(Rate.API, "another")
    rates.spend(Rate.UPLOAD, "one")
    with pytest.raises(TooMany) as told:
        rates.spend(Rate.API, "one")
    assert told.value.seconds >= 1
