"""``paperproof alerts``: what somebody has to look at, for people and programs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.admit_page import Intake
from flows.parts import Parts
from flows.rule_file import rule_file
from flows.take_in import take_in
from pipeline.model import Batch
from tests.flows.conftest import Run


@pytest.fixture
def late(intake: Intake, scans: Path, batch: Batch, progress: Any) -> Parts:
    """A day of long ago that nobody closed."""
    take_in(intake, scans, replace(batch, day=date(2026, 1, 15)), progress)
    return intake.parts


def test_where_nothing_needs_anybody_it_says_so(run: Run) -> None:
    told = run("alerts")
    assert (told.exit_code, told.stdout.strip()) == (0, "Nothing needs anybody.")
    assert json.loads(run("alerts", "--json").stdout) == []


def test_what_is_critical_makes_the_exit_code_1(late: Parts, run: Run) -> None:
    told = run("alerts")
    assert told.exit_code == 1
    for word in ("critical", "DayNotClosed", "2026-01-15", "close-day"):
        assert word in told.stdout
    assert "没有结账" in run("alerts", lang="zh").stdout


def test_programs_get_the_same_with_labels_and_runbook(late: Parts, run: Run) -> None:
    told = run("alerts", "--json")
    assert told.exit_code == 1
    (found,) = json.loads(told.stdout)
    assert found["value"] > 0
    assert {name: found[name] for name in ("rule", "severity", "labels", "runbook")} == {
        "rule": "DayNotClosed",
        "severity": "critical",
        "labels": {"branch": "3301", "day": "2026-01-15"},
        "runbook": "docs/operations.md#daynotclosed",
    }


def test_the_rules_for_prometheus_are_printed(run: Run) -> None:
    assert run("alerts", "--rules").stdout == rule_file()
