"""The recognition report in every form and both languages."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from catalog.reports.recognition import (
    CAUSES,
    RecognitionReport,
    as_contract,
    as_csv,
    as_html,
    recognition_report,
    write_workbook,
)
from catalog.reports.trend_chart import trend_chart
from pipeline.recognition import Figures, Handled
from pipeline.recognition_causes import Cause

from .test_html import Outline

DAY = date(2026, 11, 19)


def handled(number: int, cause: Cause | None, form: str | None = "slip") -> Handled:
    day = DAY + timedelta(days=number % 2)
    station = None if cause is Cause.MISSING_VOUCHER else "=1+1"
    return Handled(
        day, "3301", station, form, "20101", cause is None, False, int(bool(cause)), cause
    )


EVERY = [
    handled(0, None),
    handled(1, None, None),
    handled(2, Cause.FAINT_PRINT),
    handled(3, Cause.MISSING_VOUCHER),
]


def report(lang: str = "en", every: list[Handled] = EVERY) -> RecognitionReport:
    return recognition_report(
        every,
        institution="望川证券 <&>",
        lang=lang,
        generated_at=datetime(2026, 11, 26, 20, 0, tzinfo=UTC),
        first=DAY,
        last=DAY + timedelta(days=9),
        branch=None,
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_whole_and_needs_nothing_beside_itself(lang: str) -> None:
    outline = Outline(as_html(report(lang)))
    assert {tag for tag, _ in outline.tags}.isdisjoint({"script", "link", "img", "a"})
    assert "50.0 %" in outline.text
    assert "望川证券 <&>" in outline.text
    assert CAUSES[Cause.FAINT_PRINT].in_language(lang) in outline.text
    assert [tag for tag, _ in outline.tags].count("svg") == 2


def test_days_without_a_voucher_and_no_days_at_all_make_a_page_too() -> None:
    stray = Handled(DAY, "3301", "s", None, None, False, False, 1, Cause.PAGE_LEFT_IN)
    assert "No voucher was due" in Outline(as_html(report(every=[stray]))).text


def test_the_contract_tells_every_figure_and_cause() -> None:
    told = as_contract(report())
    assert told["total"] == {
        "transactions": 4,
        "automatic": 2,
        "share": 0.5,
        "keyed": 0,
        "discrepancies": 2,
    }
    assert sum(told["causes"].values()) == 2
    assert set(told["causes"]) == {str(cause) for cause in Cause}
    assert [one["key"] for one in told["by"]["station"]] == [["3301", "–"], ["3301", "=1+1"]]
    assert [one["key"] for one in told["by"]["form"]] == [
        ["no page"],
        ["slip"],
        ["read whole, of no known form"],
    ]
    assert told["branch"] is None
    assert told["trade"] == {"least": 0.3128, "average": 0.6002, "most": 0.8045}


def test_the_csv_holds_all_and_runs_nothing() -> None:
    text = as_csv(report())
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert {len(row) for row in rows} == {8}
    assert [row[2] for row in rows if row[0] == "station"] == ["–", "'=1+1"]
    assert sum(int(row[3]) for row in rows if row[0] == "day") == 4


def test_the_workbook_has_a_sheet_for_each_way(tmp_path: Path) -> None:
    write_workbook(report(), tmp_path / "r.xlsx")
    book = load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == [
        "Overview",
        "By day",
        "By branch",
        "By station",
        "By form",
        "By teller",
    ]
    assert book["By branch"]["D2"].value == 0.5
    assert book["By branch"]["D2"].number_format == "0.0%"
    assert book["By station"]["B3"].data_type == "s"


def test_the_chart_keeps_its_columns_apart_and_names_a_few() -> None:
    days = [(DAY + timedelta(days=n), Figures(10, n % 11, 0, 0)) for n in range(60)]
    chart = trend_chart(days)
    assert len(chart.columns) == 60
    assert all(a.x + a.width < b.x for a, b in zip(chart.columns, chart.columns[1:], strict=False))
    assert all(one.x >= 0 and one.x + one.width <= chart.width for one in chart.columns)
    assert all(0 <= one.height <= chart.height for one in chart.columns)
    assert sum(one.named for one in chart.columns) == 10
