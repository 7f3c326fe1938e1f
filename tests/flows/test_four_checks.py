"""The four checks: a whole day holds in each; whatever is spoilt is named under its own quality."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from flows.four_checks import Checker
from flows.parts import Parts
from flows.stores import Stores
from pipeline.copies import Place
from pipeline.four_checks import FourChecks, Quality, Stage
from pipeline.sandbox import Sandbox
from storage.store import object_key
from tests.flows.conftest import DAY, Run, Silent


@pytest.fixture
def check(archived: Parts, stores: Stores, opener: Sandbox) -> Callable[[Stage], FourChecks]:
    checker = Checker(archived, stores, opener, Silent())
    return lambda stage: checker.of_day(stage, DAY, "3301")


def faults(found: FourChecks) -> dict[Quality, set[str]]:
    return {
        quality: names
        for quality in Quality
        if (
            names := {
                fault.name
                for line in found.lines
                if line.quality is quality
                for fault in line.faults
            }
        )
    }


def test_a_filed_day_holds_in_all_four(check: Callable[[Stage], FourChecks]) -> None:
    found = check(Stage.FILING)
    assert {line.quality for line in found.lines} == set(Quality)
    assert not faults(found)
    assert found.pages
    assert all(line.means for line in found.lines)


@pytest.mark.requirement("CG-17.5c")
def test_whatever_is_spoilt_is_named_under_its_own_quality(
    check: Callable[[Stage], FourChecks], archived: Parts, stores: Stores
) -> None:
    page = next(
        one for one in archived.catalog.pages.of_day(DAY, "3301") if one.state == "admitted"
    )
    path = stores.healable[Place.REPLICA]._root / object_key(page.page_id)  # type: ignore[attr-defined]
    path.chmod(0o600)
    path.write_bytes(b"other")
    with archived.catalog._engine.begin() as connection:
        connection.execute(
            text("UPDATE log SET body = replace(body, 'wang', 'wong') WHERE seq = 1")
        )
        connection.execute(text("UPDATE batch SET operator = ''"))
    found = faults(check(Stage.STORAGE))
    assert page.name in found[Quality.AUTHENTICITY]
    assert page.name in found[Quality.USABILITY]  # its searchable PDF was never made
    assert Quality.INTEGRITY not in found


def test_the_report_is_written_and_stands_in_the_log(
    archived: Parts, run: Run, tmp_path: Path, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import contextmanager

    monkeypatch.setattr("flows.stores.open_stores", contextmanager(lambda *_: iter([stores])))
    for suffix in ("pdf", "html", "csv", "json"):
        out = tmp_path / f"report.{suffix}"
        told = run(
            "archive", "four-checks", "--day", str(DAY), "--branch", "3301", "--out", str(out)
        )
        assert told.exit_code == 0, (told.output, told.exception)
        assert out.stat().st_size > 500
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["code"].startswith("SX-")
    assert {row["result"] for row in report["rows"]} <= {"all holds", "nothing to look at"}
    wrong = run("archive", "four-checks", "--day", str(DAY))
    assert "Name day and branch" in str(wrong.exception)
    assert io.BytesIO((tmp_path / "report.pdf").read_bytes()).read(5) == b"%PDF-"
