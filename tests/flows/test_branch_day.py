"""A whole branch day through the real command line: real server, real reading, real flow engine."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from flows.prefect_guard import servers
from pipeline.specimens.cases import Case, DayTruth
from pipeline.specimens.day import make_branch_day
from tests.planted import found, planted, serial

pytestmark = pytest.mark.slow
DAY = "2026-11-19"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class ClosedDay:
    workspace: Path
    scans: Path
    truth: DayTruth
    closing: Ran
    result: dict[str, Any]


def paperproof(*arguments: str | Path) -> Ran:
    program = [sys.executable, "-c", "from flows.cli import main; main()"]
    ran = subprocess.run(
        [*program, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> ClosedDay:
    """22 pages with every planted case, taken in and closed once."""
    folder = tmp_path_factory.mktemp("branch day")
    truth = make_branch_day(folder, seed=11, pages=22, branch="3301", day=date(2026, 11, 19))
    workspace, scans = folder / "工作区", folder / "scans" / "3301" / "batch-01"
    at = ("--workspace", workspace, "--lang", "en")
    assert paperproof(*at, "init").code == 0
    assert paperproof("stream", "import", folder / "stream.csv", "--day", DAY, *at).code == 0
    taken = paperproof("take-in", scans, "--branch", "3301", "--day", DAY, *at)
    assert taken.code == 0, taken.err
    closing = paperproof("close-day", DAY, "--branch", "3301", "--json", *at)
    return ClosedDay(workspace, scans, truth, closing, json.loads(closing.out))


@pytest.mark.requirement("CG-16.3b")
def test_the_day_closes_with_the_discrepancies_that_were_planted(closed: ClosedDay) -> None:
    assert closed.closing.code == 3, closed.closing.err
    assert found(closed.result) == planted(closed.truth)


def test_no_page_is_matched_with_a_transaction_that_is_not_its_own(closed: ClosedDay) -> None:
    matched = {one["serial_no"]: one["pages"] for one in closed.result["matches"]}
    own = {
        serial(voucher): [voucher.scans[0]]
        for voucher in closed.truth.vouchers
        if voucher.case in (Case.AGREES, Case.AMOUNT_DIFFERS, Case.NAME_DIFFERS, Case.SCANNED_TWICE)
    }
    assert matched == own


@pytest.mark.requirement("CG-08b")
def test_the_closing_equation_balances(closed: ClosedDay) -> None:
    counts = closed.result["counts"]
    assert (
        counts["images"]
        == 22
        == sum(
            counts[k]
            for k in ("matched_images", "surplus", "duplicate", "blank", "sheets", "rejected")
        )
    )
    assert counts["transactions"] == sum(counts[k] for k in ("matched", "missing", "no_paper_due"))


def test_standard_output_is_one_json_object_of_the_documented_shape(closed: ClosedDay) -> None:
    assert closed.closing.out.count("\n") == 1
    assert {"day", "branch", "closed", "counts", "matches", "discrepancies"} <= set(closed.result)
    assert closed.result["day"] == DAY
    assert closed.result["branch"] == "3301"
    assert closed.result["closed"] is True


def test_closing_again_gives_the_same(closed: ClosedDay) -> None:
    again = paperproof(
        "close-day", DAY, "--branch", "3301", "--json", "-w", closed.workspace, "--lang", "en"
    )
    assert again.code == 3
    assert json.loads(again.out) == closed.result


@pytest.mark.requirement("CG-17.2a")
def test_every_page_has_a_cold_copy(closed: ClosedDay) -> None:
    stored = closed.result["counts"]["images"] - closed.result["counts"]["rejected"]
    cold = [
        path for path in (closed.workspace / "cold").glob("PP-*/data/pages/**/*") if path.is_file()
    ]
    assert len(cold) == stored


@pytest.mark.parametrize("form", ["html", "xlsx", "csv", "json"])
def test_the_report_comes_in_every_form(closed: ClosedDay, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"报告.{form}"
    ran = paperproof(
        *("report", "mismatch", "--day", DAY, "--format", form, "-o", target),
        *("-w", closed.workspace),
    )
    assert ran.code == 0, ran.err
    look: dict[str, Callable[[], bool]] = {
        "html": lambda: "要素不符" in target.read_text("utf-8"),
        "xlsx": lambda: len(load_workbook(target).sheetnames) == 3,
        "csv": lambda: "FIELD_MISMATCH" in target.read_text("utf-8-sig"),
        "json": lambda: json.loads(target.read_text("utf-8"))["closed"],
    }
    assert look[form]()


def test_read_needs_no_workspace(closed: ClosedDay, tmp_path: Path) -> None:
    voucher = next(v for v in closed.truth.vouchers if v.case is Case.AGREES)
    ran = paperproof("read", closed.scans / voucher.scans[0], "--json", "-w", tmp_path / "none")
    assert ran.code == 0, ran.err
    (told,) = map(json.loads, ran.out.splitlines())
    assert {"file", "checks", "codes", "fields", "cpu_seconds", "wall_seconds"} <= set(told)
    read = told["fields"]["serial_no"]
    assert set(read) == {"value", "confidence", "source", "box"}
    assert read["value"] == serial(voucher)


def test_a_killed_closing_leaves_no_server_behind(closed: ClosedDay) -> None:
    program = [sys.executable, "-c", "from flows.cli import main; main()"]
    closing = subprocess.Popen(
        [*program, "close-day", DAY, "-w", closed.workspace],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    home = os.fsencode(closed.workspace / "prefect")
    assert eventually(lambda: bool(servers(home))), "the flow engine was never started"
    closing.kill()
    closing.wait()
    assert eventually(lambda: not servers(home))
    again = paperproof("close-day", DAY, "-w", closed.workspace, "--json", "--lang", "en")
    assert json.loads(again.out) == closed.result


def eventually(holds: Callable[[], bool], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def test_nothing_runs_on_after_the_last_command(closed: ClosedDay) -> None:
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(closed.workspace) not in running.stdout
