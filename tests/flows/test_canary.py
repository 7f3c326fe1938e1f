"""Canaries go the whole way under the real settings; what is broken on purpose turns them red."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from typer.testing import Result

from flows.canary import canary_day, nest_settings, run_canaries
from flows.canary_settings import CanarySettings
from flows.commands.canary import after_closing
from flows.commands.session import Session
from flows.parts import Parts
from flows.settings import Settings
from flows.store_settings import StoreSettings
from flows.terminal import Terminal
from pipeline.canaries import TITLES, Fact, Group, Outcome
from pipeline.errors import UserError

DAY = date(2026, 11, 26)
FACT = (Fact("MATCHED", "good-qr-1.jpg"),)


def with_settings(parts: Parts, **changes: Any) -> Parts:
    plain = parts.settings.model_dump()
    for name, value in changes.items():
        plain[name] = {**plain[name], **value}
    return replace(parts, settings=Settings.model_validate(plain))


def all_but(*names: str) -> dict[str, Any]:
    return {"leave_out": tuple(name for name in TITLES if name not in names)}


def test_the_day_is_today_or_the_last_trading_day(parts: Parts) -> None:
    assert canary_day(parts.calendar, DAY) == DAY
    assert canary_day(parts.calendar, date(2026, 11, 29)) == date(2026, 11, 27)


def test_their_places_are_their_own_and_all_else_is_as_it_is(parts: Parts) -> None:
    real = with_settings(parts, match={"least_score": 9.0}, primary={"bucket": "vouchers"})
    own = nest_settings(real)
    assert (own.primary.bucket, own.replica.bucket) == (
        "vouchers-canary",
        "paperproof-replica-canary",
    )
    assert own.cold == "canary/cold"
    assert own.match.least_score == 9.0
    assert own.scan == real.settings.scan


def test_serial_numbers_that_no_reader_would_take_are_told(parts: Parts, progress: Any) -> None:
    other = with_settings(parts, reading={"serial_grammar": "LS[0-9]{12}"})
    with pytest.raises(UserError, match="none by serial_grammar"):
        run_canaries(other, DAY, "tester", progress)


@pytest.mark.parametrize("pattern", ["{day}", "{number}{x}", "{number.x}", "{0}"])
def test_a_pattern_without_a_number_or_with_other_places_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="serial"):
        CanarySettings(serial=pattern)


def test_an_unknown_canary_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match="no canary bad-luck"):
        CanarySettings(leave_out=("bad-luck",))


def test_a_chain_that_does_not_end_is_a_red_run(parts: Parts, progress: Any) -> None:
    primary = StoreSettings(kind="s3", bucket="b", endpoint="x", credentials="none.toml")
    broken = with_settings(parts, canary=all_but("bad-missing"), primary=primary.model_dump())
    made = run_canaries(broken, DAY, "tester", progress)
    assert not made.green
    assert "none.toml" in str(made.fault)
    assert parts.catalog.canaries.last() == made


def test_showing_before_the_first_run_says_what_to_do(run: Callable[..., Result]) -> None:
    assert "never ran" in str(run("canary", "show").exception)


def test_a_red_run_is_shown_with_plan_and_outcome(parts: Parts, run: Callable[..., Result]) -> None:
    outcome = Outcome("good-qr", Group.GOOD, FACT, (), False)
    parts.catalog.canaries.keep(DAY, (outcome,), ("bad-cut",), None, "night")
    shown = run("canary", "show")
    assert shown.exit_code == 1
    assert (
        "good-qr (a voucher with a QR code): planned good-qr-1.jpg matched; came nothing on the list."
        in shown.output
    )
    assert "Left out by the settings: bad-cut." in shown.output
    told = json.loads(run("canary", "show", "--json").output)
    assert told["green"] is False
    assert told["counts"] == {"canaries": 1, "as_planned": 0, "otherwise": 1}
    assert told["canaries"][0]["planned"] == [
        {"what": "MATCHED", "page": "good-qr-1.jpg", "detail": None}
    ]


def test_closing_tells_of_a_red_run(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session(parts.workspace.folder, Terminal("en"))
    assert after_closing(session) is False
    assert capsys.readouterr().err == ""
    outcome = Outcome("good-qr", Group.GOOD, FACT, (), False)
    parts.catalog.canaries.keep(DAY, (outcome,), (), None, "night")
    assert after_closing(session) is False
    assert "was red" in capsys.readouterr().err


def test_a_night_on_which_they_cannot_run_is_red_and_the_closing_stands(
    parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = parts.workspace.folder / "paperproof.toml"
    told = settings.read_text("utf-8").replace("# nightly = true", "nightly = true")
    settings.write_text(
        told.replace("[reading] ", "[reading]\nserial_grammar = 'LS[0-9]+' "), "utf-8"
    )
    assert after_closing(Session(parts.workspace.folder, Terminal("en"))) is True
    assert "none by serial_grammar" in capsys.readouterr().err


@pytest.mark.slow
def test_all_canaries_come_out_as_planned(parts: Parts, progress: Any) -> None:
    made = run_canaries(parts, DAY, "tester", progress)
    assert made.fault is None
    assert [one for one in made.outcomes if not one.as_planned] == []
    assert [one.name for one in made.outcomes] == list(TITLES)
    assert parts.catalog.pages.branches_of_day(DAY) == ()


@pytest.mark.slow
def test_a_check_switched_off_and_a_reader_gone_blind_turn_them_red(
    parts: Parts, progress: Any
) -> None:
    flagged = with_settings(
        parts,
        scan={"severities": {"Q07": "flag"}},
        canary=all_but("bad-crooked", "good-qr", "bad-missing"),
    )
    made = run_canaries(flagged, DAY, "tester", progress)
    assert [one.name for one in made.outcomes if not one.as_planned] == ["bad-crooked"]
    blind = with_settings(parts, match={"least_score": 900.0}, canary=all_but("good-plain"))
    assert run_canaries(blind, DAY, "tester", progress).green  # its serial number is read
    blind = with_settings(
        parts, reading={"page_seconds": 0.01}, canary=all_but("good-plain", "bad-missing")
    )
    made = run_canaries(blind, DAY, "tester", progress)
    assert [one.name for one in made.outcomes if not one.as_planned] == ["good-plain"]
