"""Logging in with all its limits, on an invented clock; what administrators may do to accounts of others."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pyotp
import pytest

from catalog.log import entries
from flows.access import Guard
from flows.account_acts import AccountActs
from flows.accounts import Accounts, LoggedIn
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.passwords import Hasher
from pipeline.access.policy import Allowed, Because, Refused, decide, person_of
from pipeline.errors import UserError
from pipeline.staff import Role
from tests.databases import content_of

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
LIGHT = Hasher(memory_kib=64, time_cost=1, parallelism=1)
FIRST, CHOSEN = 0, "blaues Fahrrad im Regen"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Acting = Callable[[str], AccountActs]


@pytest.fixture
def accounts(parts: Parts) -> Accounts:
    return Accounts(parts, LIGHT)


@pytest.fixture
def acting(parts: Parts) -> Acting:
    """Administrators 孙系 and 钱安, and who acts under a name."""
    made = partial(AccountActs, hasher=LIGHT)
    made(Guard.at_word(parts, "root")).first("孙系", "钱安", NOW)
    parts.catalog.staff.add("李静", Role.ARCHIVIST, "3301", "钱安")
    return lambda name: made(Guard.at_word(parts, name))


@pytest.fixture
def first_password(acting: Acting) -> str:
    return acting("孙系").add("李静", NOW)


@pytest.fixture
def li(accounts: Accounts, first_password: str) -> LoggedIn:
    """李静, logged in with a password of her own."""
    begun = accounts.log_in("李静", first_password, "10.0.0.7", NOW)
    return accounts.change_password(begun.token, first_password, CHOSEN, NOW)


def acts_of(parts: Parts) -> list[tuple[str, bool]]:
    with parts.catalog._engine.connect() as connection:
        return [(one.body["act"], one.body["ok"]) for one in entries(connection)]


def seed_of(accounts: Accounts, token: str, at: datetime) -> tuple[pyotp.TOTP, LoggedIn]:
    offered = accounts.offer_second_factor(token, at)
    clock = pyotp.TOTP(offered.seed)
    return clock, accounts.take_second_factor(token, clock.at(at), at)


def test_the_first_password_opens_ones_own_account_alone(
    accounts: Accounts, first_password: str, parts: Parts
) -> None:
    begun = accounts.log_in("李 静", first_password, "10.0.0.7", NOW)
    assert begun.must_change
    person = accounts.person_of(begun.token, NOW)
    assert person is not None
    assert decide(person, Act.OWN_ACCOUNT) == Allowed()
    assert isinstance(decide(person, Act.HANDOVER_RECEIVE, "3301"), Refused)
    changed = accounts.change_password(begun.token, first_password, CHOSEN, NOW)
    assert not changed.must_change
    assert accounts.person_of(begun.token, NOW) is None  # the token was changed too
    person = accounts.person_of(changed.token, NOW)
    assert person is not None
    assert decide(person, Act.HANDOVER_RECEIVE, "3301") == Allowed()
    assert acts_of(parts)[-2:] == [("session.log_in", True), ("account.password", True)]


def test_what_is_wrong_is_not_told(accounts: Accounts, li: LoggedIn, parts: Parts) -> None:
    told = set()
    for name, password in (("李静", "wrong"), ("nobody", CHOSEN), ("", ""), ("李静\x00", "x")):
        with pytest.raises(UserError) as refused:
            accounts.log_in(name, password, "10.0.0.7", NOW)
        told.add(str(refused.value))
    assert len(told) == 1
    assert acts_of(parts)[-4:] == [("session.log_in", False)] * 4


@pytest.mark.requirement("CG-19f")
def test_five_failures_lock_for_a_quarter_of_an_hour(
    accounts: Accounts, li: LoggedIn, parts: Parts
) -> None:
    for minute in range(5):
        with pytest.raises(UserError):
            accounts.log_in("李静", "wrong", "10.0.0.7", NOW + minute * MINUTE)
    assert acts_of(parts)[-1] == ("account.lock", True)
    with pytest.raises(UserError, match="account is locked"):
        accounts.log_in("李静", CHOSEN, "10.0.0.7", NOW + 5 * MINUTE)
    assert accounts.log_in("李静", CHOSEN, "10.0.0.7", NOW + 20 * MINUTE).token


def test_failures_far_apart_or_before_a_success_do_not_add_up(
    accounts: Accounts, li: LoggedIn
) -> None:
    at = NOW
    for step in (MINUTE, MINUTE, MINUTE, 20 * MINUTE, MINUTE, MINUTE, MINUTE):
        at += step
        with pytest.raises(UserError):
            accounts.log_in("李静", "wrong", "10.0.0.7", at)
    accounts.log_in("李静", CHOSEN, "10.0.0.7", at)
    with pytest.raises(UserError):
        accounts.log_in("李静", "wrong", "10.0.0.7", at + MINUTE)
    assert accounts.log_in("李静", CHOSEN, "10.0.0.7", at + MINUTE).token


@pytest.mark.requirement("CG-19f")
def test_a_session_ends_idle_old_logged_out_or_with_its_account(
    accounts: Accounts, li: LoggedIn, acting: Acting
) -> None:
    assert accounts.person_of(li.token, NOW + 14 * MINUTE) is not None
    assert accounts.person_of(li.token, NOW + 28 * MINUTE) is not None  # used in between
    assert accounts.person_of(li.token, NOW + 44 * MINUTE) is None

    busy = accounts.log_in("李静", CHOSEN, "10.0.0.7", NOW)
    minutes = [at for at in range(10, 481, 10) if accounts.person_of(busy.token, NOW + at * MINUTE)]
    assert minutes[-1] == 470  # eight hours, though never idle

    left = accounts.log_in("李静", CHOSEN, "10.0.0.7", NOW)
    accounts.log_out(left.token, NOW)
    accounts.log_out(left.token, NOW)
    assert accounts.person_of(left.token, NOW) is None

    other = accounts.log_in("李静", CHOSEN, "10.0.0.7", NOW)
    acting("孙系").lock("李静", "leaves", NOW)
    acting("孙系").unlock("李静", "is back", NOW)
    assert accounts.person_of(other.token, NOW) is None
    assert accounts.person_of("", NOW) is None
    assert accounts.person_of("forged", NOW) is None


def test_use_is_written_at_most_once_a_minute(
    accounts: Accounts, li: LoggedIn, parts: Parts
) -> None:
    sessions = parts.catalog.known_sessions
    for seconds, seen in ((59, 0), (60, 60), (90, 60)):
        accounts.person_of(li.token, NOW + timedelta(seconds=seconds))
        found = sessions.one(li.token, NOW + 2 * MINUTE, parts.settings.access)
        assert found is not None
        assert found[0].seen_at == NOW + timedelta(seconds=seen)


def test_the_database_has_neither_token_nor_password_nor_seed(
    accounts: Accounts, li: LoggedIn, parts: Parts
) -> None:
    clock, _ = seed_of(accounts, li.token, NOW)
    content = content_of(parts.catalog._engine)
    for secret in (li.token, CHOSEN, clock.secret):
        assert secret.encode() not in content
    assert li.csrf.encode() in content  # what is looked for would be found


def test_a_second_factor_is_asked_for_at_each_log_in(accounts: Accounts, li: LoggedIn) -> None:
    clock, enrolled = seed_of(accounts, li.token, NOW)
    assert accounts.person_of(li.token, NOW) is None
    assert accounts.person_of(enrolled.token, NOW) is not None
    begun = accounts.log_in("李静", CHOSEN, "10.0.0.7", NOW + MINUTE)
    assert begun.needs_second_factor
    assert accounts.person_of(begun.token, NOW + MINUTE) is None
    for forbidden in (
        lambda: accounts.change_password(begun.token, CHOSEN, "ein ganz anderes Lied", NOW),
        lambda: accounts.offer_second_factor(begun.token, NOW),
    ):
        with pytest.raises(UserError, match="session has ended"):
            forbidden()
    proved = accounts.confirm_second_factor(begun.token, clock.at(NOW + MINUTE), NOW + MINUTE)
    person = accounts.person_of(proved.token, NOW + MINUTE)
    assert person is not None
    assert person.second_factor
    assert proved.token != begun.token


def test_a_code_is_taken_once(accounts: Accounts, li: LoggedIn) -> None:
    clock, enrolled = seed_of(accounts, li.token, NOW)
    for used in (clock.at(NOW), clock.at(NOW - timedelta(seconds=30))):
        with pytest.raises(UserError, match="used already"):
            accounts.confirm_second_factor(enrolled.token, used, NOW)
    later = NOW + MINUTE
    again = accounts.confirm_second_factor(enrolled.token, clock.at(later), later)
    with pytest.raises(UserError, match="used already"):
        accounts.confirm_second_factor(again.token, clock.at(later), later)


def test_wrong_codes_lock_like_wrong_passwords_and_end_the_session(
    accounts: Accounts, li: LoggedIn
) -> None:
    clock, _ = seed_of(accounts, li.token, NOW)
    later = NOW + MINUTE
    begun = accounts.log_in("李静", CHOSEN, "10.0.0.7", later)
    for _ in range(4):
        with pytest.raises(UserError, match="not right"):
            accounts.confirm_second_factor(begun.token, "000000", later)
    with pytest.raises(UserError, match="Too many wrong codes"):
        accounts.confirm_second_factor(begun.token, "000000", later)
    with pytest.raises(UserError, match="session has ended"):
        accounts.confirm_second_factor(begun.token, clock.at(later), later)


def test_a_known_password_does_not_let_codes_be_guessed_for_ever(
    accounts: Accounts, li: LoggedIn
) -> None:
    seed_of(accounts, li.token, NOW)
    for minute in range(1, 6):
        begun = accounts.log_in("李静", CHOSEN, "10.0.0.7", NOW + minute * MINUTE)
        with pytest.raises(UserError):
            accounts.confirm_second_factor(begun.token, "000000", NOW + minute * MINUTE)
    with pytest.raises(UserError, match="account is locked"):
        accounts.log_in("李静", CHOSEN, "10.0.0.7", NOW + 6 * MINUTE)


def test_a_second_factor_counts_for_a_quarter_of_an_hour(accounts: Accounts, li: LoggedIn) -> None:
    _, enrolled = seed_of(accounts, li.token, NOW)
    for minutes, fresh in ((10, True), (16, False)):
        person = accounts.person_of(enrolled.token, NOW + minutes * MINUTE)
        assert person is not None
        assert person.second_factor is fresh
    with pytest.raises(UserError, match="Confirm with your second factor"):
        accounts.offer_second_factor(enrolled.token, NOW + 16 * MINUTE)


def test_changing_the_password_ends_all_other_sessions(accounts: Accounts, li: LoggedIn) -> None:
    elsewhere = accounts.log_in("李静", CHOSEN, "10.0.0.8", NOW)
    with pytest.raises(UserError, match="present password is wrong"):
        accounts.change_password(li.token, "wrong", "ein ganz anderes Lied", NOW)
    with pytest.raises(UserError, match="is the old one"):
        accounts.change_password(li.token, CHOSEN, CHOSEN, NOW)
    accounts.change_password(li.token, CHOSEN, "ein ganz anderes Lied", NOW)
    assert accounts.person_of(elsewhere.token, NOW) is None


def test_passwords_age_and_one_time_passwords_expire(
    accounts: Accounts, li: LoggedIn, acting: Acting
) -> None:
    aged = NOW + timedelta(days=90)
    assert accounts.log_in("李静", CHOSEN, "10.0.0.7", aged).must_change
    assert not accounts.log_in("李静", CHOSEN, "10.0.0.7", aged - HOUR).must_change
    given = acting("孙系").reset("李静", "forgotten", NOW)
    with pytest.raises(UserError, match="has expired"):
        accounts.log_in("李静", given, "10.0.0.7", NOW + timedelta(hours=72))
    assert accounts.log_in("李静", given, "10.0.0.7", NOW + timedelta(hours=71)).must_change


def test_no_administrator_can_take_over_another_account_alone(
    accounts: Accounts, li: LoggedIn, acting: Acting
) -> None:
    seed_of(accounts, li.token, NOW)
    given = acting("孙系").reset("李静", "forgotten", NOW)
    assert accounts.log_in("李静", given, "10.0.0.7", NOW).needs_second_factor
    with pytest.raises(UserError, match="孙系 is not registered as Security administrator"):
        acting("孙系").take_factor_away("李静", "lost", NOW)
    with pytest.raises(UserError, match="钱安 is not registered as System administrator"):
        acting("钱安").reset("李静", "curious", NOW)
    acting("钱安").take_factor_away("李静", "lost", NOW)
    assert not accounts.log_in("李静", given, "10.0.0.7", NOW).needs_second_factor


def test_administrators_do_nothing_to_their_own_accounts(acting: Acting, parts: Parts) -> None:
    for act in ("lock", "end", "reset"):
        with pytest.raises(UserError, match="Nobody does this to their own account"):
            getattr(acting("孙系"), act)("孙 系", "why not", NOW)
    assert acts_of(parts)[-1] == ("account.change", False)


def test_business_makes_no_accounts(acting: Acting) -> None:
    for name in ("李静", "钱安", "nobody"):
        with pytest.raises(UserError, match="not registered as System administrator"):
            acting(name).add("何敏", NOW)
    acting("孙系").add("何敏", NOW)
    with pytest.raises(UserError, match="has an account already"):
        acting("孙系").add("何 敏", NOW)


def test_an_ended_account_opens_nothing_and_may_be_made_anew(
    accounts: Accounts, li: LoggedIn, acting: Acting, parts: Parts
) -> None:
    acting("孙系").end("李静", "has left", NOW)
    with pytest.raises(UserError, match="not right"):
        accounts.log_in("李静", CHOSEN, "10.0.0.7", NOW)
    with pytest.raises(UserError, match="has no account"):
        acting("孙系").reset("李静", "why", NOW)
    assert parts.catalog.credentials.of("李静") is None
    given = acting("孙系").add("李静", NOW)
    assert accounts.log_in("李静", given, "10.0.0.7", NOW).must_change


def test_the_first_two_are_different_people_and_only_once(acting: Acting, parts: Parts) -> None:
    with pytest.raises(UserError, match="two different people"):
        acting("root").first("孙系", "孙 系", NOW)
    with pytest.raises(UserError, match="There are accounts already"):
        acting("root").first("甲一", "乙二", NOW)


def test_a_session_of_the_web_needs_the_second_factor_for_accounts(
    acting: Acting, parts: Parts
) -> None:
    known = parts.catalog.staff.appointments()
    guard = Guard(parts, person_of(known, "孙系", session="s1"))
    with pytest.raises(UserError, match="Confirm with your second factor"):
        AccountActs(guard, LIGHT).add("何敏", NOW)
    refused = decide(guard.person, Act.ACCOUNT_ADD)
    assert isinstance(refused, Refused)
    assert refused.because is Because.SECOND_FACTOR
