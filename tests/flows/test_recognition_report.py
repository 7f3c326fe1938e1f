"""The recognition report at the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.parts import Parts
from pipeline.balance import BranchDay, Discrepancy, DiscrepancyKind
from pipeline.language import say

from .conftest import DAY

Run = Callable[..., Result]


@pytest.fixture
def run(parts: Parts) -> Run:
    def call(*arguments: str) -> Result:
        return CliRunner().invoke(
            app, ["-w", str(parts.workspace.folder), "report", "recognition", *arguments]
        )

    return call


@pytest.fixture
def closed(parts: Parts) -> None:
    words = say("The page is blank.")
    missing = Discrepancy(
        DiscrepancyKind.MISSING_IMAGE,
        *("3301", "1", (), {}, {}, words, words, "teller", None, DAY, False),
    )
    result = BranchDay(DAY, "3301", True, {}, (), (missing,))
    parts.catalog.days.keep(result, "decision/aa", "tester")


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("form", ["html", "xlsx", "csv", "json"])
def test_it_comes_in_every_form(run: Run, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"报告.{form}"
    ran = run("--from", "2026-11-01", "--to", "2026-11-30", "--format", form, "-o", str(target))
    assert ran.exit_code == 0, ran.exception
    assert target.stat().st_size > 300
    if form == "json":
        assert json.loads(target.read_text("utf-8"))["total"]["transactions"] == 1


@pytest.mark.usefixtures("closed")
def test_it_stands_among_the_reports_and_speaks_chinese(run: Run, parts: Parts) -> None:
    run("--from", "2026-11-01", "--to", "2026-11-30", "--branch", "3301")
    path = parts.workspace.folder / "reports" / "recognition-2026-11-01-2026-11-30-3301-zh.html"
    assert "识别率报告" in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--to", "2026-11-30"), "No day from 2026-10-31 to 2026-11-30 was closed"),
        (("--from", "2026-12-01", "--to", "2026-11-30"), "lies behind 2026-11-30"),
        (("--from", "yesterday"), "is not a day"),
        (("--format", "pdf"), "no format pdf"),
    ],
)
def test_what_cannot_be_told_is_said(run: Run, arguments: tuple[str, ...], told: str) -> None:
    assert told in str(run(*arguments).exception)
