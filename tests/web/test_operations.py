"""Health and figures as a supervisor and Prometheus ask for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from flows.access import Guard
from flows.last_tested import name_of
from flows.machine_tokens import TokenDesk
from flows.parts import Parts
from flows.stores import Stores
from pipeline.access.acts import Act
from pipeline.errors import Unavailable
from pipeline.language import say
from pipeline.metrics import METRICS
from pipeline.self_test import LOCKS, Outcome, SelfTest
from pipeline.staff import Role
from storage.folder import FolderStore
from tests.web.conftest import Clock, Visitor, appoint, make_account
from web.app import create_app
from web.surroundings import Surroundings


def test_it_lives_and_is_ready(stranger: TestClient) -> None:
    assert stranger.get("/health/live").json() == {"live": True}
    answer = stranger.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "checks": dict.fromkeys(("catalog", "program", "stores", "room", "locks"), True),
    }


def test_a_site_older_than_its_catalog_answers_with_one_sentence(
    stranger: TestClient, parts: Parts, clock: Clock
) -> None:
    assert stranger.get("/login").status_code == 200
    with parts.catalog._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    clock.at += timedelta(seconds=30)
    for path in ("/", "/login", "/api/v1/days", "/metrics"):
        answer = stranger.get(path)
        assert answer.status_code == 503, path
        assert "本站程序的版本比目录库旧" in answer.text, path
    told = stranger.get("/health/ready")
    assert (told.status_code, told.json()["checks"]["program"]) == (503, False)
    assert stranger.get("/health/live").status_code == 200


def test_a_store_that_is_down_makes_it_unready_and_says_no_more(
    stranger: TestClient, stores: Stores, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_store: FolderStore) -> None:
        raise Unavailable(say("The store secret-host:9000 is down."))

    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "check", down)
        answer = stranger.get("/health/ready")
    assert answer.status_code == 503
    told = answer.json()
    assert (told["ready"], told["checks"]["stores"], told["checks"]["catalog"]) == (
        *(False, False, True),
    )
    assert "secret-host" not in answer.text
    assert stranger.get("/health/ready").status_code == 503  # asked again at once: as it was
    clock.at += timedelta(seconds=7)
    assert stranger.get("/health/ready").json()["ready"] is True


def test_a_lock_that_does_not_hold_makes_it_unready(
    stranger: TestClient, parts: Parts, clock: Clock
) -> None:
    primary = parts.settings.primary
    wanted = primary.model_copy(update={"lock": "compliance"})
    object.__setattr__(parts.settings, "primary", wanted)  # settings of a site never change
    answers = dict.fromkeys(LOCKS, Outcome.FAILS)
    parts.catalog.store_tests.enter(name_of(primary), SelfTest(clock(), answers))
    assert stranger.get("/health/ready").json()["checks"]["locks"] is False


def test_prometheus_comes_with_a_token(
    site: Surroundings, parts: Parts, stranger: TestClient, clock: Clock
) -> None:
    appoint(parts, "信息甲", Role.IT)
    make_account(parts, "信息甲", clock())
    parts.catalog.staff.add("安全乙", Role.SECURITY_ADMIN, None, "总部甲")
    desk = TokenDesk(Guard.at_word(parts, "安全乙"))
    last = clock().date() + timedelta(days=10)
    token = desk.make("信息甲", "prometheus", (Act.METRICS_VIEW,), last, clock())
    answer = stranger.get("/metrics", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    names = [one.name for one in text_string_to_metric_families(answer.text)]
    assert names[:-1] == [one.name for one in METRICS]
    refused = stranger.get("/metrics", headers={"authorization": "Bearer pp_wrong"})
    assert refused.status_code == 401
    assert stranger.get("/metrics").status_code == 401
    assert stranger.get("/monitor", headers={"authorization": f"Bearer {token}"}).status_code == 303


def test_a_person_may_look_at_the_figures_too(visitor: Visitor) -> None:
    assert "paperproof_up 1.0" in visitor("总部乙", Role.HEADQUARTERS).get("/metrics").text
    assert visitor("王芳", Role.OPERATOR, "3301").get("/metrics").status_code == 403


def test_the_site_starts_with_them(site: Surroundings) -> None:
    paths = {"/health/live", "/health/ready", "/metrics"}
    client = TestClient(create_app(site), follow_redirects=False)
    assert all(client.get(path).status_code in (200, 401) for path in paths)
