"""Canaries are the same vouchers on every run, and every one has its plan."""

import csv
from datetime import date
from pathlib import Path

import pytest

from pipeline.canaries import MATCHED, TITLES, Canary, Fact, Group
from pipeline.specimens.canaries import make_canaries

DAY = date(2026, 11, 26)


def hatched(folder: Path, leave_out: tuple[str, ...] = ()) -> tuple[Canary, ...]:
    return make_canaries(
        folder,
        day=DAY,
        branch="9999",
        serial=lambda number: f"{DAY:%Y%m%d}9999{number:06d}",
        business="B601",
        leave_out=leave_out,
    )


QUICK = tuple(name for name in TITLES if name not in ("good-slip", "bad-missing", "good-online"))


def test_equal_arguments_make_equal_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        hatched(tmp_path / name, QUICK)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        contents.append({path.name: path.read_bytes() for path in files})
    assert contents[0] == contents[1]
    assert sorted(contents[0]) == ["good-slip-1.jpg", "stream.csv"]


@pytest.mark.slow
def test_every_canary_is_hatched_with_its_plan(tmp_path: Path) -> None:
    canaries = hatched(tmp_path)
    assert [one.name for one in canaries] == list(TITLES)
    on_disk = {path.name for path in (tmp_path / "scans").rglob("*") if path.is_file()}
    assert on_disk == {name for one in canaries for name in one.pages}
    with (tmp_path / "stream.csv").open(encoding="utf-8") as opened:
        rows = {row[1] for row in list(csv.reader(opened))[1:-1]}
    assert rows == {one.serial_no for one in canaries if one.serial_no}
    for one in canaries:
        matched = {fact for fact in one.planned if fact.what == MATCHED}
        if one.group is Group.GOOD:
            assert one.planned == matched
        else:
            assert one.planned - matched
        assert (Fact("MISSING_IMAGE") in one.planned) <= (one.serial_no is not None)
