"""What importing a stream says beside booking it: rows rejected, amounts that may be in fen."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from flows.parts import Parts
from pipeline.model import Transaction
from pipeline.specimens.stream import write_stream
from pipeline.specimens.week_truth import BranchDayTruth

from .captured_day import book, ran
from .conftest import DAY, booked


def test_rejected_rows_make_the_exit_code_3(parts: Parts, tmp_path: Path) -> None:
    stream = written(tmp_path, booked(1), booked(2))
    stream.write_text(stream.read_text("utf-8").replace("counter", "nowhere", 1), "utf-8")
    code, told = ran(parts, "stream", "import", str(stream), "--day", str(DAY))
    assert code == 3
    assert "1 rows are rejected" in told
    assert "1 transactions of 2026-11-19 are booked" in told


def test_amounts_in_fen_are_told_beside_those_of_another_branch(
    parts: Parts, tmp_path: Path
) -> None:
    odd = [booked(n, amount=Decimal(f"{n}0{n}.{n}")) for n in range(10, 40)]
    book(parts, *(replace(one, business_date=DAY - timedelta(days=1)) for one in odd))
    other = [
        replace(one, handling_branch="3302", amount=(one.amount or Decimal(0)) * 100) for one in odd
    ]
    stream = written(tmp_path, *other)
    code, told = ran(parts, "stream", "import", str(stream), "--day", str(DAY))
    assert code == 0
    assert "branch 3302 have no fen and are some 100 times those booked before" in told


def written(folder: Path, *rows: Transaction) -> Path:
    """Write the rows of one branch as a stream file."""
    path = folder / "stream.csv"
    write_stream(path, [BranchDayTruth(DAY, rows[0].handling_branch, rows, (), ())])
    return path
