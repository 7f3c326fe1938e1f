"""Passkeys as second factor, from registering a device to logging in with it, on an invented clock."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.access import Guard
from flows.account_acts import AccountActs
from flows.accounts import Accounts, LoggedIn
from flows.parts import Parts
from flows.passkeys import PasskeyDesk
from pipeline.access.passkeys import Site
from pipeline.access.passwords import Hasher
from pipeline.errors import UserError
from tests.pipeline.access.authenticator import Authenticator

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
LIGHT = Hasher(memory_kib=64, time_cost=1, parallelism=1)
CHOSEN = "blaues Fahrrad im Regen"
SITE = Site("paperproof.test", "https://paperproof.test", "Paperproof")


@pytest.fixture
def accounts(parts: Parts) -> Accounts:
    return Accounts(parts, LIGHT)


@pytest.fixture
def desk(accounts: Accounts) -> PasskeyDesk:
    return PasskeyDesk(accounts, SITE)


@pytest.fixture
def li(accounts: Accounts, parts: Parts) -> LoggedIn:
    AccountActs(Guard.at_word(parts, "root"), LIGHT).first("孙系", "钱安", NOW)
    given = AccountActs(Guard.at_word(parts, "孙系"), LIGHT).add("李静", NOW)
    begun = accounts.log_in("李静", given, "10.0.0.7", NOW)
    return accounts.change_password(begun.token, given, CHOSEN, NOW)


def enrolled(desk: PasskeyDesk, device: Authenticator, token: str, at: datetime = NOW) -> str:
    answer = device.register(desk.offer(token, at))
    return desk.take(token, answer, "Schlüssel am Bund", at).token


def test_a_device_is_asked_for_at_log_in_and_opens_it(
    accounts: Accounts, desk: PasskeyDesk, li: LoggedIn
) -> None:
    device = Authenticator()
    token = enrolled(desk, device, li.token)
    assert [one.name for one in desk.devices(token, NOW)] == ["Schlüssel am Bund"]
    begun = accounts.log_in("李静", CHOSEN, "10.0.0.7", LATER)
    assert begun.needs_second_factor
    assert accounts.person_of(begun.token, LATER) is None
    proved = desk.confirm(begun.token, device.prove(desk.ask(begun.token, LATER)), LATER)
    person = accounts.person_of(proved.token, LATER)
    assert person is not None
    assert person.second_factor
    assert desk.devices(proved.token, LATER)[0].used_at == LATER


def test_a_question_is_answered_once_and_by_whom_it_was_asked(
    accounts: Accounts, desk: PasskeyDesk, li: LoggedIn
) -> None:
    device = Authenticator()
    token = enrolled(desk, device, li.token)
    answer = device.prove(desk.ask(token, LATER))
    again = desk.confirm(token, answer, LATER)
    with pytest.raises(UserError, match="answered already"):
        desk.confirm(again.token, answer, LATER)
    elsewhere = accounts.log_in("李静", CHOSEN, "10.0.0.8", LATER)
    desk.ask(elsewhere.token, LATER)
    with pytest.raises(UserError, match="did not prove itself"):
        desk.confirm(elsewhere.token, device.prove(desk.ask(again.token, LATER)), LATER)


def test_failures_count_as_wrong_codes_do(
    accounts: Accounts, desk: PasskeyDesk, li: LoggedIn
) -> None:
    device = Authenticator()
    enrolled(desk, device, li.token)
    begun = accounts.log_in("李静", CHOSEN, "10.0.0.7", LATER)
    for _ in range(4):
        with pytest.raises(UserError, match="did not prove itself"):
            desk.confirm(begun.token, Authenticator().prove(desk.ask(begun.token, LATER)), LATER)
    with pytest.raises(UserError, match="Too many"):
        desk.confirm(begun.token, "{}", LATER)
    with pytest.raises(UserError, match="session has ended"):
        desk.ask(begun.token, LATER)


def test_a_further_device_and_the_end_of_one_ask_for_the_factor_there_is(
    accounts: Accounts, desk: PasskeyDesk, li: LoggedIn
) -> None:
    device = Authenticator()
    token = enrolled(desk, device, li.token)
    for at in (NOW + timedelta(minutes=10), NOW + timedelta(minutes=20)):
        assert accounts.person_of(token, at) is not None
    stale = NOW + timedelta(minutes=20)
    id = desk.devices(token, stale)[0].key.id
    for act in (
        lambda: desk.offer(token, stale),
        lambda: desk.end(token, id, stale),
        lambda: accounts.offer_second_factor(token, stale),
    ):
        with pytest.raises(UserError, match="Confirm with your second factor"):
            act()
    fresh = desk.confirm(token, device.prove(desk.ask(token, stale)), stale).token
    fresh = enrolled(desk, Authenticator(), fresh, stale)
    desk.end(fresh, id, stale)
    assert len(desk.devices(fresh, stale)) == 1
    with pytest.raises(UserError, match="no such device"):
        desk.end(fresh, id, stale)
    with pytest.raises(UserError, match="registered already"):
        enrolled(desk, device, fresh, stale)


def test_whoever_waits_for_a_factor_registers_none(
    accounts: Accounts, desk: PasskeyDesk, li: LoggedIn
) -> None:
    enrolled(desk, Authenticator(), li.token)
    begun = accounts.log_in("李静", CHOSEN, "10.0.0.7", LATER)
    for act in (desk.offer, desk.devices):
        with pytest.raises(UserError, match="session has ended"):
            act(begun.token, LATER)


def test_a_lost_device_is_taken_away_by_the_security_administrator(
    accounts: Accounts, desk: PasskeyDesk, li: LoggedIn, parts: Parts
) -> None:
    enrolled(desk, Authenticator(), li.token)
    security = AccountActs(Guard.at_word(parts, "钱安"), LIGHT)
    security.take_factor_away("李静", "lost", LATER)
    assert not accounts.log_in("李静", CHOSEN, "10.0.0.7", LATER).needs_second_factor
