"""Logging in at the command line: who acts there is proved, as in the web."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner, Result

from catalog.log import entries
from flows.access import Guard
from flows.account_acts import AccountActs
from flows.accounts import Accounts
from flows.cli import app
from flows.commands import login
from flows.commands.session import system_account
from flows.parts import Parts
from flows.token_file import TokenFile
from pipeline.access.passwords import Hasher
from pipeline.errors import UserError

from .conftest import Run

TOLD = re.compile(r"One-time password of (\S+): (\S+) –")
LIGHT = Hasher(memory_kib=64, time_cost=1, parallelism=1)
CHOSEN = "blaues Fahrrad im Regen"
Typed = Callable[..., Result]


@pytest.fixture(autouse=True)
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which log-ins lie."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return tmp_path / "run" / "paperproof"


@pytest.fixture
def given(parts: Parts) -> dict[str, str]:
    """One-time passwords of the first two; from then on people log in."""
    given = AccountActs(Guard.at_word(parts, "root"), LIGHT).first(
        "孙系", "钱安", datetime.now(UTC)
    )
    settings = parts.workspace.folder / "paperproof.toml"
    asked = settings.read_text("utf-8").replace("[access]", '[access]\ncommand_line = "login"')
    settings.write_text(asked, "utf-8")
    return dict(zip(("孙系", "钱安"), given, strict=True))


@pytest.fixture
def typed(parts: Parts) -> Typed:
    """A command with what is typed into it."""

    def typed(lines: str, *arguments: str) -> Result:
        at = ("--workspace", str(parts.workspace.folder), "--lang", "en")
        return CliRunner().invoke(app, [*at, *arguments], input=lines)

    return typed


@pytest.fixture
def seed(parts: Parts, given: dict[str, str]) -> str:
    """孙系 has chosen a password and set up codes; their seed."""
    accounts, now = Accounts(parts, LIGHT), datetime.now(UTC)
    token = accounts.log_in("孙系", given["孙系"], "terminal", now).token
    token = accounts.change_password(token, given["孙系"], CHOSEN, now).token
    seed = accounts.offer_second_factor(token, now).seed
    before = now - timedelta(seconds=60)
    accounts.take_second_factor(token, pyotp.TOTP(seed).at(before + timedelta(seconds=30)), now)
    return seed


def log_in(typed: Typed, seed: str) -> Result:
    return typed(f"{CHOSEN}\n{pyotp.TOTP(seed).now()}\n", "login", "--as", "孙系")


def logged(parts: Parts, act: str) -> list[dict[str, object]]:
    with parts.catalog._engine.connect() as connection:
        return [one.body for one in entries(connection) if one.body["act"] == act]


def test_nothing_is_open_to_a_name_that_is_not_proved(run: Run, given: dict[str, str]) -> None:
    for command in (
        ("account", "add", "李静", "--as", "孙系"),
        ("staff", "list"),
        ("branch", "add", "3301", "分店"),
        ("task", "list", "--day", "2026-11-19"),
        ("whoami",),
    ):
        refused = run(*command)
        assert isinstance(refused.exception, UserError), command
        assert "paperproof login --as NAME" in str(refused.exception)


def test_who_logged_in_acts_and_nobody_else(
    parts: Parts, run: Run, typed: Typed, seed: str, private: Path
) -> None:
    assert "孙系 is logged in until" in log_in(typed, seed).output
    kept = list(private.iterdir())
    assert [one.stat().st_mode & 0o777 for one in kept] == [0o600]
    with parts.catalog._engine.connect() as connection:
        dump = str(connection.exec_driver_sql("select * from web_session").all())
    assert kept[0].read_text() not in dump
    assert run("whoami").output == "孙系, logged in.\n"
    assert TOLD.search(run("account", "add", "李静").output)
    assert TOLD.search(run("account", "add", "何敏", "--as", "孙 系").output)
    other = run("staff", "add", "李静", "--role", "reviewer", "--branch", "3301", "--as", "钱安")
    assert str(other.exception) == (
        "You are logged in as 孙系 and cannot act as 钱安; leave --as out."
    )
    [refusal] = logged(parts, "session.act_as")
    assert (refusal["who"], refusal["subject"], refusal["ok"]) == ("孙系", "钱安", False)
    assert run("logout").output == "Nobody is logged in here now.\n"
    assert list(private.iterdir()) == []
    assert isinstance(run("whoami").exception, UserError)
    assert logged(parts, "session.log_out")
    assert run("logout").exception is None


def test_an_act_of_weight_asks_for_a_second_factor(
    typed: Typed, run: Run, given: dict[str, str]
) -> None:
    typed(f"{given['孙系']}\n{CHOSEN}\n", "account", "password", "孙系")
    assert typed(f"{CHOSEN}\n", "login", "--as", "孙系").exception is None
    refused = run("account", "add", "李静")
    assert str(refused.exception) == "Confirm with your second factor first."


def test_a_password_that_was_given_is_changed_first(
    parts: Parts, typed: Typed, given: dict[str, str], private: Path
) -> None:
    refused = typed(f"{given['孙系']}\n", "login", "--as", "孙系")
    assert "paperproof account password 孙系" in str(refused.exception)
    assert not private.exists()


def test_failures_lock_and_are_logged_as_in_the_web(parts: Parts, typed: Typed, seed: str) -> None:
    coded = typed(f"{CHOSEN}\n000000\n", "login", "--as", "孙系")
    assert "code is not right" in str(coded.exception)
    for _ in range(4):
        wrong = typed("wrong\n", "login", "--as", "孙系")
        assert "is not right, or the account is locked" in str(wrong.exception)
    assert "or the account is locked" in str(log_in(typed, seed).exception)
    failed = [one["reason"] for one in logged(parts, "session.log_in") if not one["ok"]]
    assert failed == ["second factor", *["password"] * 4, "locked"]
    assert logged(parts, "account.lock")


def test_a_log_in_ends_as_in_the_web(
    parts: Parts, typed: Typed, run: Run, seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = datetime.now(UTC) - timedelta(minutes=16)
    code = pyotp.TOTP(seed).at(before)
    monkeypatch.setattr(login, "now", lambda: before)
    with parts.catalog._engine.begin() as connection:
        connection.exec_driver_sql("update credential set last_step = 0")
    assert typed(f"{CHOSEN}\n{code}\n", "login", "--as", "孙系").exception is None
    assert "log-in has ended" in str(run("whoami").exception)


def test_a_service_acts_under_its_own_name_alone(
    parts: Parts, run: Run, given: dict[str, str]
) -> None:
    settings, account = parts.workspace.folder / "paperproof.toml", system_account()
    named = settings.read_text("utf-8").replace("[access]", f'[access]\nservices = ["{account}"]')
    settings.write_text(named, "utf-8")
    assert run("whoami").output.startswith(f"service:{account}, a service's account")
    refused = run("canary", "run", "--as", "孙系")
    assert "cannot act as 孙系" in str(refused.exception)
    needs = run("branch", "add", "3301", "分店")
    assert f"service:{account} is not registered as" in str(needs.exception)


def test_while_there_are_no_accounts_names_are_taken_at_their_word(run: Run, parts: Parts) -> None:
    settings = parts.workspace.folder / "paperproof.toml"
    assert "at your word" in run("whoami").output
    assert "command_line" in str(run("login", "--as", "孙系").exception)
    asked = settings.read_text("utf-8").replace("[access]", '[access]\ncommand_line = "login"')
    settings.write_text(asked, "utf-8")
    assert "at your word" in run("whoami").output


def test_a_token_that_others_could_have_read_counts_for_nothing(tmp_path: Path) -> None:
    file = TokenFile.of(tmp_path / "run", tmp_path)
    file.keep("abc")
    assert file.read() == "abc"
    file.path.chmod(0o640)
    assert file.read() is None
    file.keep("def")
    assert file.read() == "def"
    other = file.path.with_name("other")
    file.path.rename(other)
    file.path.symlink_to(other)
    assert file.read() is None
    assert TokenFile.of(tmp_path / "run", tmp_path / "b").path != file.path


def test_the_password_is_not_shown_at_a_real_terminal(
    parts: Parts, typed: Typed, given: dict[str, str]
) -> None:
    typed(f"{given['孙系']}\n{CHOSEN}\n", "account", "password", "孙系")
    ours, theirs = pty.openpty()
    words = ["-w", str(parts.workspace.folder), "--lang", "en", "login", "--as", "孙系"]
    program = subprocess.Popen(
        [sys.executable, "-c", "from flows.cli import main; main()", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""
    while "Password: " not in shown:  # the blank follows once nothing is echoed any more
        shown += os.read(ours, 1000).decode()
    os.write(ours, f"{CHOSEN}\n".encode())
    while "minutes" not in shown:
        shown += os.read(ours, 1000).decode()
    assert program.wait() == 0
    os.close(ours)
    assert "孙系 is logged in until" in shown
    assert CHOSEN not in shown
