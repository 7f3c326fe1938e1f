"""Accounts at the command line: passwords told once, one's own password and second factor."""

import re

import pyotp
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.parts import Parts
from pipeline.errors import UserError

from .conftest import Run

TOLD = re.compile(r"One-time password of (\S+): (\S+) –")
CHOSEN = "blaues Fahrrad im Regen"


def typed(parts: Parts, lines: str, *arguments: str) -> str:
    at = ("--workspace", str(parts.workspace.folder), "--lang", "en")
    ran = CliRunner().invoke(app, [*at, *arguments], input=lines)
    assert ran.exception is None, ran.output
    return ran.output


@pytest.fixture
def given(run: Run) -> dict[str, str]:
    """One-time passwords of the first two."""
    return dict(
        TOLD.findall(run("account", "first", "--system", "孙系", "--security", "钱安").output)
    )


def test_the_first_accounts_and_those_they_make(run: Run, given: dict[str, str]) -> None:
    assert set(given) == {"孙系", "钱安"}
    added = run("account", "add", "李静", "--as", "孙系").output
    assert TOLD.search(added)
    assert "李静 has no role yet" in added
    refused = run("account", "add", "何敏", "--as", "钱安")
    assert isinstance(refused.exception, UserError)
    shared = run("account", "add", "柜台", "--as", "孙系")
    assert "accounts are never shared" in str(shared.exception)
    run("account", "lock", "李静", "--because", "leaves", "--as", "孙系")
    listed = run("account", "list").output
    assert "3 accounts." in listed
    assert re.search(r"李静\s+│ locked", listed)
    assert "open again" in run("account", "unlock", "李静", "--because", "x", "--as", "孙系").output
    assert TOLD.search(run("account", "reset", "李静", "--because", "x", "--as", "孙系").output)
    assert "is ended" in run("account", "end", "李静", "--because", "x", "--as", "孙系").output


def test_ones_own_password_and_second_factor(
    parts: Parts, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = typed(parts, f"{given['孙系']}\n{CHOSEN}\n", "account", "password", "孙系")
    assert "The password of 孙系 is changed." in told
    assert CHOSEN not in told

    def shown(terminal: object, message: object) -> str:
        seed = pyotp.TOTP(re.search(r"app: ([A-Z2-7]{32})", "".join(seen))[1])  # type: ignore[index]
        return seed.now()

    seen: list[str] = []
    from flows.terminal import Terminal

    monkeypatch.setattr(Terminal, "tell", lambda _, message: seen.append(str(message)))
    monkeypatch.setattr(Terminal, "ask", shown)
    typed(parts, f"{CHOSEN}\n", "account", "second-factor", "孙系")
    assert seen[-1] == "孙系 has a second factor from now on."
