"""A site with a company's identity provider, and a browser that goes there and back."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from catalog.log import entries
from flows.accounts import Accounts
from flows.oidc_settings import OidcSettings
from flows.parts import Parts
from pipeline.staff import Role
from tests.web.conftest import QUICK, Clock, appoint, make_account
from tests.web.provider import CLIENT, SECRET, Provider, provider
from web.app import create_app
from web.surroundings import Surroundings


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


@pytest.fixture
def company(key: RSAKey) -> Iterator[Provider]:
    with provider(key) as served:
        yield served


@pytest.fixture
def settings(company: Provider) -> OidcSettings:
    return OidcSettings(issuer=company.address, client_id=CLIENT, site="http://localhost")


def opened(site: Surroundings, settings: OidcSettings) -> Surroundings:
    """The site with a provider."""
    parts = replace(site.parts, settings=site.parts.settings.model_copy(update={"oidc": settings}))
    return replace(site, parts=parts, accounts=Accounts(parts, QUICK, site.reading))


@pytest.fixture
def browser(
    site: Surroundings,
    settings: OidcSettings,
    clock: Clock,
    parts: Parts,
    monkeypatch: pytest.MonkeyPatch,
) -> TestClient:
    """A browser at a site with a provider; 李静 has an account and is an archivist."""
    monkeypatch.setenv("PAPERPROOF_OIDC_SECRET", SECRET)
    appoint(parts, "李静", Role.ARCHIVIST, "3301")
    make_account(parts, "李静", clock())
    return TestClient(create_app(opened(site, settings)), follow_redirects=False)


def sent_away(browser: TestClient, to: str = "/worklist") -> str:
    answer = browser.get("/login/company", params={"next": to})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def log_in(browser: TestClient, company: Provider, **changed: str) -> Any:
    back = {**company.log_in(sent_away(browser)), **changed}
    elsewhere = {"sec-fetch-site": "cross-site", "accept-language": "en"}
    browser.cookies.set("lang", "en")
    return browser.get("/login/company/back", params=back, headers=elsewhere)


def log_ins(parts: Parts) -> list[dict[str, Any]]:
    with parts.catalog._engine.connect() as connection:
        every = [one.body for one in entries(connection)]
    return [one for one in every if one["act"] == "session.log_in"]


def must_be_refused(
    browser: TestClient, company: Provider, parts: Parts, reason: str, told: str
) -> None:
    answer = log_in(browser, company)
    assert answer.status_code == 422
    assert told in answer.text.replace("&#39;", "'")
    assert "paperproof" not in browser.cookies
    entry = log_ins(parts)[-1]
    assert (entry["ok"], entry["reason"], entry["by"]) == (False, reason, "company")
