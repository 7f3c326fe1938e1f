"""Logging in by the company's identity provider: a real one answers, and its forged answers prove nobody."""

import base64
import hmac
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from playwright.sync_api import Browser, expect
from pydantic import ValidationError

from catalog.log import entries
from flows.accounts import Accounts
from flows.oidc_settings import OidcSettings
from flows.parts import Parts
from flows.settings import oidc_secret
from pipeline.access.accounts import AccountAct, AccountActKind
from pipeline.errors import UserError
from pipeline.staff import Role
from tests.web.conftest import PASSWORD, QUICK, Clock, appoint, make_account
from tests.web.provider import CLIENT, SECRET, Claims, Provider, provider
from tests.web.test_walks import CHROMIUM, served
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


def test_whom_the_company_proves_is_logged_in(
    browser: TestClient, company: Provider, parts: Parts
) -> None:
    assert 'href="/login/company?next=/"' in browser.get("/login").text
    answer = log_in(browser, company)
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/worklist">' in answer.text
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    assert browser.get("/worklist").status_code == 200
    entry = log_ins(parts)[-1]
    assert (entry["who"], entry["ok"], entry["by"]) == ("李静", True, "company")
    assert browser.post("/logout").status_code == 403  # as ever: only with the session's own token


def test_after_logging_out_the_way_out_at_the_company_is_shown(
    browser: TestClient, company: Provider
) -> None:
    log_in(browser, company)
    csrf = browser.get("/").text.split('name="csrf" value="')[1].split('"')[0]
    left = browser.post("/logout", headers={"x-csrf-token": csrf}).headers["location"]
    assert browser.get("/").status_code == 303
    assert "/login/company/leave" in browser.get(left).text
    away = browser.get("/login/company/leave").headers["location"]
    assert away.startswith(
        f"{company.address}/leave?client_id=paperproof&post_logout_redirect_uri="
    )


FORGED: dict[str, tuple[Claims, str, str]] = {
    "issuer": ({"iss": "https://other.example"}, "issuer", "another provider made it"),
    "audience": ({"aud": "another"}, "audience", "made for another site"),
    "audiences": ({"aud": [CLIENT, "another"]}, "audience", "made for another site"),
    "party": ({"aud": [CLIENT], "azp": "another"}, "audience", "made for another site"),
    "nonce": ({"nonce": "guessed"}, "nonce", "made for another log-in"),
    "expired": ({"exp": 1}, "time", "too old, or not good yet"),
    "old": ({"iat": 1}, "time", "too old, or not good yet"),
    "early": ({"nbf": 99_999_999_999}, "time", "too old, or not good yet"),
    "endless": ({"exp": "never"}, "time", "too old, or not good yet"),
    "nobody": ({"preferred_username": " "}, "claim", "does not name a person"),
    "several": ({"preferred_username": ["李静"]}, "claim", "does not name a person"),
}


def test_forged_claims_prove_nobody(browser: TestClient, company: Provider, parts: Parts) -> None:
    for changed, reason, told in FORGED.values():
        company.forge = partial(_with, changed)
        must_be_refused(browser, company, parts, reason, told)
    for name in ("iss", "aud", "nonce", "exp", "iat", "sub"):
        company.forge = partial(_without, name)
        assert log_in(browser, company).status_code == 422, name
        assert not log_ins(parts)[-1]["ok"]


def _with(changed: Claims, claims: Claims) -> Claims:
    return {**claims, **changed}


def _without(name: str, claims: Claims) -> Claims:
    return {key: one for key, one in claims.items() if key != name}


def unsigned(claims: Claims) -> str:
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def by_the_public_key(claims: Claims, company: Provider) -> str:
    """The provider's public key taken for a shared secret, the oldest trick (RFC 8725, 2.1)."""
    told = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
    shared = company.key.as_pem(private=False)
    return f"{told}.{_base64(hmac.digest(shared, told.encode(), 'sha256'))}"


def _part(told: Claims) -> str:
    return _base64(json.dumps(told).encode())


def _base64(told: bytes) -> str:
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def by_another_key(claims: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048))


def test_signatures_of_others_and_none_prove_nobody(
    browser: TestClient, company: Provider, parts: Parts
) -> None:
    company.signed = unsigned
    must_be_refused(browser, company, parts, "algorithm", "signed in a way that is not accepted")
    company.signed = lambda claims: by_the_public_key(claims, company)
    must_be_refused(browser, company, parts, "algorithm", "signed in a way that is not accepted")
    company.signed = by_another_key
    must_be_refused(browser, company, parts, "signature", "signature is not the provider's")
    company.signed = lambda claims: company.sign(claims)[:-6] + "AAAAAA"
    must_be_refused(browser, company, parts, "signature", "signature is not the provider's")
    company.signed = lambda claims: "no token"
    must_be_refused(browser, company, parts, "signature", "signature is not the provider's")


def must_be_refused(
    browser: TestClient, company: Provider, parts: Parts, reason: str, told: str
) -> None:
    answer = log_in(browser, company)
    assert answer.status_code == 422
    assert told in answer.text.replace("&#39;", "'")
    assert "paperproof" not in browser.cookies
    entry = log_ins(parts)[-1]
    assert (entry["ok"], entry["reason"], entry["by"]) == (False, reason, "company")


def test_an_answer_counts_once_in_the_browser_that_asked_and_for_ten_minutes(
    browser: TestClient, company: Provider, parts: Parts, clock: Clock
) -> None:
    back = company.log_in(sent_away(browser))
    other = TestClient(browser.app, follow_redirects=False)
    assert other.get("/login/company/back", params=back).status_code == 422
    assert log_ins(parts)[-1]["reason"] == "state"
    kept = browser.cookies["paperproof-company"]
    assert browser.get("/login/company/back", params=back).status_code == 200
    browser.cookies.set("paperproof-company", kept)
    assert browser.get("/login/company/back", params=back).status_code == 422
    assert log_in(browser, company, state="guessed").status_code == 422
    late = company.log_in(sent_away(browser))
    clock.at += timedelta(minutes=10)
    assert browser.get("/login/company/back", params=late).status_code == 422
    assert log_ins(parts)[-1]["reason"] == "state"
    clock.at -= timedelta(minutes=10)
    assert log_in(browser, company, iss="https://other.example").status_code == 422
    assert log_ins(parts)[-1]["reason"] == "issuer"
    assert log_in(browser, company, code="guessed").status_code == 422
    assert log_ins(parts)[-1]["reason"] == "provider"


def test_another_site_cannot_begin_it_and_nobody_is_sent_elsewhere(
    browser: TestClient, company: Provider
) -> None:
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert browser.get("/login/company", headers=elsewhere).status_code == 403
    back = company.log_in(sent_away(browser, "//evil.example/"))
    assert "0;url=/&" not in (told := browser.get("/login/company/back", params=back).text)
    assert "evil" not in told


def test_a_provider_that_says_it_is_another_is_not_asked(
    browser: TestClient, company: Provider
) -> None:
    company.described = {"issuer": "https://other.example"}
    assert browser.get("/login/company").status_code == 422
    company.described = {"authorization_endpoint": "http://other.example/authorize"}
    assert browser.get("/login/company").status_code == 422


def test_only_an_account_that_stands_is_opened_and_its_second_factor_asked_for(
    browser: TestClient, company: Provider, parts: Parts, clock: Clock
) -> None:
    company.person = "何敏"
    stranger = log_in(browser, company)
    assert (stranger.status_code, log_ins(parts)[-1]["reason"]) == (422, "no account")
    assert "Paperproof has no account of yours" in stranger.text
    company.person = "李静"
    accounts = Accounts(parts, QUICK)
    token = accounts.log_in("李静", PASSWORD, "-", clock()).token
    seed = accounts.offer_second_factor(token, clock()).seed
    accounts.take_second_factor(token, pyotp.TOTP(seed).at(clock()), clock())
    assert "0;url=/login/second?next=/worklist" in log_in(browser, company).text
    assert browser.get("/worklist").headers["location"].startswith("/login/second")
    act = AccountAct(AccountActKind.LOCK, "李静", "系统甲", clock(), "leaves")
    parts.catalog.accounts.change(act)
    assert log_in(browser, company).status_code == 422
    assert log_ins(parts)[-1]["reason"] == "no account"


def test_a_password_that_is_too_old_binds_only_who_logs_in_by_it(
    browser: TestClient, company: Provider, clock: Clock, parts: Parts
) -> None:
    with parts.catalog._engine.begin() as connection:
        connection.exec_driver_sql("update credential set must_change = 1")
    log_in(browser, company)
    assert browser.get("/worklist").status_code == 200


def test_passwords_may_be_switched_off_but_for_those_who_break_the_glass(
    site: Surroundings, settings: OidcSettings, parts: Parts, clock: Clock, browser: TestClient
) -> None:
    make_account(parts, "孙系", clock())
    only = settings.model_copy(update={"passwords": False, "break_glass": ("孙 系",)})
    accounts = opened(site, only).accounts
    with pytest.raises(UserError, match="switched off here"):
        accounts.log_in("李静", PASSWORD, "-", clock())
    assert log_ins(parts)[-1]["reason"] == "password switched off"
    with pytest.raises(UserError, match="is not right"):
        accounts.log_in("李静", "guessed", "-", clock())
    assert accounts.log_in("孙系", PASSWORD, "-", clock()).token


def test_names_of_the_provider_may_be_others(
    site: Surroundings,
    settings: OidcSettings,
    company: Provider,
    parts: Parts,
    browser: TestClient,
) -> None:
    named = settings.model_copy(update={"people": {"li.jing": "李静"}})
    company.person = "li.jing"
    other = TestClient(create_app(opened(site, named)), follow_redirects=False)
    assert log_in(other, company).status_code == 200


def test_settings_that_would_be_unsafe_do_not_hold(parts: Parts) -> None:
    whole = {"issuer": "https://id.example", "client_id": "c", "site": "https://p.example"}
    assert OidcSettings.model_validate(whole).on
    for changed in (
        {"issuer": "http://id.example"},
        {"site": "http://p.example"},
        {"client_id": ""},
        {"passwords": False},
        {"algorithms": ["none"]},
        {"algorithms": ["HS256"]},
    ):
        with pytest.raises(ValidationError):
            OidcSettings.model_validate({**whole, **changed})
    folder, settings = parts.workspace.folder, OidcSettings.model_validate(whole)
    assert oidc_secret(folder, settings) is None
    file = folder / settings.credential_file
    file.parent.mkdir(exist_ok=True)
    file.write_text("secret\n")
    file.chmod(0o644)
    with pytest.raises(UserError, match="0600"):
        oidc_secret(folder, settings)
    file.chmod(0o600)
    assert oidc_secret(folder, settings) == "secret"


def test_without_a_provider_there_is_nothing_of_it(stranger: TestClient) -> None:
    assert "company" not in stranger.get("/login").text
    assert stranger.get("/login/company").status_code == 404


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_real_browser_comes_back_logged_in(
    site: Surroundings,
    settings: OidcSettings,
    browser: TestClient,
    chromium: Browser,
    tmp_path: Path,
) -> None:
    """The session's strict cookie is not sent along the way from elsewhere; the page between mends that."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    here = settings.model_copy(update={"site": f"http://localhost:{port}"})
    with served(opened(site, here), port) as address:
        page = chromium.new_page()
        complaints: list[str] = []
        page.on(
            "console", lambda told: complaints.append(told.text) if told.type == "error" else None
        )
        page.goto(f"{address}/worklist")
        page.screenshot(path=tmp_path / "login.png")
        page.click("text=使用公司账号登录")
        page.wait_for_url(f"{address}/worklist")
        expect(page.locator("h1")).to_be_visible()
        cookies = {one["name"]: one for one in page.context.cookies()}
        assert cookies["paperproof"]["sameSite"] == "Strict"
        assert "paperproof-company" not in cookies
        page.close()
    assert not complaints
