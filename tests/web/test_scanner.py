"""Scanning from the station's own devices on the site."""

from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from flows.station_settings import StationSettings
from pipeline.staff import Role
from tests.flows.conftest import DAY
from tests.sane import devices
from tests.web.conftest import Visitor
from web.scanning import Scanners
from web.surroundings import Surroundings

AT = f"/station/3301/{DAY}"
JSON = {"accept": "application/json"}


@pytest.fixture
def site(site: Surroundings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """The site beside a scanner of branch 3301."""
    surroundings = devices(tmp_path / "sane", "test")
    monkeypatch.setenv("SANE_CONFIG_DIR", surroundings["SANE_CONFIG_DIR"])
    chosen = StationSettings(scanning=True, branches=("3301",), paper="ID")
    settings = site.reading.settings.model_copy(update={"station": chosen})
    reading = replace(site.reading, settings=settings)
    desk = replace(site.scanners.desk, parts=reading)
    return replace(site, reading=reading, scanners=Scanners(desk, site.intake))


def start(client: TestClient, **form: str) -> dict:  # type: ignore[type-arg]
    wanted = {"batch": "1", "device": "test:0", "sides": "feeder", **form}
    return client.post(f"{AT}/scanner", data=wanted, headers=JSON).json()  # type: ignore[no-any-return]


def ended(site: Surroundings, client: TestClient) -> dict:  # type: ignore[type-arg]
    with site.scanners.working():
        batch = next(iter(site.scanners._runs.values()))
        batch.ended.wait(60)
    return client.get(f"{AT}/scanner", params={"batch": "1"}).json()  # type: ignore[no-any-return]


def test_pages_from_the_feeder_arrive_with_their_verdicts(
    site: Surroundings, visitor: Visitor
) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    assert 'id="scanner"' in client.get(AT).text
    names = [one["name"] for one in client.get(f"{AT}/scanners", headers=JSON).json()]
    assert names == ["test:0", "test:1"]
    assert start(client)["running"]
    told = ended(site, client)
    assert (told["running"], told["fault"], len(told["pages"])) == (False, None, 10)
    with site.intake.working():
        pass
    arrived = client.get(f"{AT}/arrivals", params={"batch": "1"}).json()
    assert arrived["waiting"] == 0
    assert len(arrived["pages"]) == 10
    assert all(page["state"] in ("admitted", "refused") for page in arrived["pages"])


def test_what_goes_wrong_is_told_with_the_run(site: Surroundings, visitor: Visitor) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    start(client, device="nosuch:0")
    told = ended(site, client)
    assert "nosuch:0" in told["fault"]
    assert "“扫描岗”" in told["fault"], "the page, not the command"
    assert not told["running"]


def test_other_branches_are_told_nothing_of_the_device(
    site: Surroundings, visitor: Visitor
) -> None:
    other = visitor("钱进", Role.OPERATOR, "3302")
    at = f"/station/3302/{DAY}"
    assert 'id="scanner"' not in other.get(at).text
    assert other.get(f"{at}/scanners", headers=JSON).status_code == 404
    assert other.get(f"{AT}/scanners", headers=JSON).status_code == 404
    form = {"batch": "1", "device": "test:0"}
    assert other.post(f"{AT}/scanner", data=form, headers=JSON).status_code == 404


def test_a_run_is_stopped(site: Surroundings, visitor: Visitor) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    start(client)
    answer = client.post(f"{AT}/scanner/stop", data={"batch": "1"}, headers=JSON)
    assert answer.status_code == 200
    assert not ended(site, client)["running"]
