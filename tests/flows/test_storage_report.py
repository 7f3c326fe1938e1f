"""The report on the copies: what it must name, whoever reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.parts import Parts
from flows.stores import Stores
from pipeline.copies import Place, size
from pipeline.errors import UserError
from storage.store import digest
from tests.flows.conftest import Run
from tests.flows.verified_day import day, file, flip, verified

__all__ = ["day"]


def written(run: Run, path: Path, lang: str) -> str:
    assert run("storage", "report", "--out", str(path), lang=lang).exit_code == 0
    return path.read_text("utf-8")


@pytest.mark.requirement("CG-17.5c")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_names_what_is_lost_and_who_is_to_act(
    day: Parts, stores: Stores, scans: Path, tmp_path: Path, run: Run, lang: str
) -> None:
    page = scans / "0002.jpg"
    for place in (Place.PRIMARY, Place.REPLICA):
        flip(file(day, place, page))
    sha256 = digest(page.read_bytes())
    (day.workspace.spool / sha256).unlink()
    flip(file(day, Place.PRIMARY, scans / "0001.jpg"))
    verified(day, stores)
    shown = written(run, tmp_path / "报告" / "copies.html", lang)
    for word in ("0002.jpg", "wang", sha256, "3301", day.settings.institution):
        assert word in shown
    assert ("act now" if lang == "en" else "请立即处理") in shown
    assert ("repaired" if lang == "en" else "已修复") in shown
    assert "<script" not in shown and "http" not in shown


def test_a_report_of_an_empty_workspace_is_one(tmp_path: Path, run: Run) -> None:
    assert "All copies are there" in written(run, tmp_path / "copies.html", "en")


def test_figures_as_csv(day: Parts, tmp_path: Path, run: Run) -> None:
    lines = written(run, tmp_path / "copies.csv", "en").splitlines()
    assert lines[0].endswith("Copy,Kind of object,State,Objects,Bytes")
    assert any(
        line.startswith("hot replica,Receipts of deliveries,read and whole,") for line in lines
    )


def test_other_forms_are_refused(tmp_path: Path, run: Run) -> None:
    told = run("storage", "report", "--out", str(tmp_path / "copies.pdf")).exception
    assert isinstance(told, UserError)


@pytest.mark.parametrize(
    ("byte_count", "told"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_437_871, "1.44 MB"), (5 * 10**12, "5 TB")],
)
def test_sizes_are_told_in_three_figures(byte_count: int, told: str) -> None:
    assert size(byte_count) == told
