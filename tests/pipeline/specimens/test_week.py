"""A week of branches: every paper has its place, every document that is due an outcome."""

import csv
import hashlib
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from ingest.transactions import read_stream
from pipeline.calendar import TradingCalendar
from pipeline.specimens.week import make_firm_week, trading_days
from pipeline.specimens.week_truth import BranchDayTruth, Outcome

DAYS = (date(2026, 9, 30), date(2026, 10, 9))
BRANCHES = ("3301", "3302")


def week(folder: Path, seed: int = 5) -> tuple[BranchDayTruth, ...]:
    return make_firm_week(folder, seed=seed, branches=BRANCHES, days=DAYS, slips=1, dpi=50)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("week")


@pytest.fixture(scope="module")
def truths(folder: Path) -> tuple[BranchDayTruth, ...]:
    return week(folder)


def test_trading_days_step_over_the_holidays() -> None:
    days = trading_days(TradingCalendar(), date(2026, 9, 27), 4)
    assert days == (date(2026, 9, 28), date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 8))


def test_every_scan_is_written_and_told(folder: Path, truths: tuple[BranchDayTruth, ...]) -> None:
    written = {p.relative_to(folder).as_posix() for p in folder.rglob("*.jpg")}
    told = [scan.path for truth in truths for scan in truth.scans]
    assert len(told) == len(set(told))
    assert set(told) == written
    assert len(json.loads((folder / "truth.json").read_text("utf-8"))) == 4


def test_every_stream_file_is_one_that_can_be_imported(
    folder: Path, truths: tuple[BranchDayTruth, ...]
) -> None:
    for day in DAYS:
        read = read_stream((folder / f"stream-{day}.csv").read_bytes(), day=day)
        assert not read.rejects
        expected = {row for truth in truths if truth.day == day for row in truth.transactions}
        assert set(read.transactions) == expected


def test_what_is_due_has_its_paper(truths: tuple[BranchDayTruth, ...]) -> None:
    for truth in truths:
        scanned = Counter(
            (scan.serial_no, scan.document_type) for scan in truth.scans if scan.serial_no
        )
        for due in truth.due:
            kind = "ID_COPY" if due.document_type in ("ID_F", "ID_B") else due.document_type
            there = due.outcome in (Outcome.CAPTURED, Outcome.LATE)
            assert scanned[due.serial_no, kind] == int(there)
        late = {s.serial_no for s in truth.scans if s.path.startswith("late/")}
        assert late == {serial for serial, _ in truth.of(Outcome.LATE)}


def test_strayed_papers_are_those_that_are_lacking_elsewhere(
    truths: tuple[BranchDayTruth, ...],
) -> None:
    assert Counter(s.why_strayed for t in truths for s in t.scans if s.why_strayed) == {
        "other_branch": 4,
        "other_day": 2,
    }
    for truth in truths:
        reversals = [row for row in truth.transactions if row.reverse_of]
        assert len(reversals) == 1
        assert len(truth.of(Outcome.SHARED)) == len(truth.of(Outcome.ELECTRONIC)) == 2


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    week(tmp_path)
    for path in tmp_path.rglob("*.jpg"):
        same = folder / path.relative_to(tmp_path)
        assert (
            hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(same.read_bytes()).digest()
        )
    with (tmp_path / "stream-2026-09-30.csv").open(encoding="utf-8") as opened:
        assert sum(row[0] == "#TRAILER" for row in csv.reader(opened)) == len(BRANCHES)
