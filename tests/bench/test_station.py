"""The branch day that the station is measured with is one that the program knows."""

from pathlib import Path

from bench.station import make_day, run


def test_a_made_day_has_its_papers_in_but_for_a_few(tmp_path: Path) -> None:
    (row,) = run((40,), seed=1, times=1)
    assert row["pages"] >= 45
    assert row["missing"] <= 3
    make_day(tmp_path, 1, seed=1)  # the smallest there is
