"""Logging in by the company's identity provider: whom it opens, how long an answer counts, settings."""

from datetime import timedelta

import pyotp
import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from flows.accounts import Accounts
from flows.oidc_settings import OidcSettings
from flows.parts import Parts
from flows.settings import oidc_secret
from pipeline.access.accounts import AccountAct, AccountActKind
from pipeline.errors import UserError
from tests.web.conftest import PASSWORD, QUICK, Clock, make_account
from tests.web.provider import Provider
from tests.web.signing_on import browser, company, key, log_in, log_ins, opened, sent_away, settings
from web.app import create_app
from web.surroundings import Surroundings

__all__ = ["browser", "company", "key", "settings"]  # fixtures


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
        connection.exec_driver_sql("update credential set must_change = true")
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
