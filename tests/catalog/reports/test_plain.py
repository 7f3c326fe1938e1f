"""The list as CSV."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from catalog.reports.plain import render_csv
from catalog.reports.view import Report
from pipeline.balance import BranchDay, CatalogedPage, Discrepancy, DiscrepancyKind

ReportOf = Callable[..., Report]


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))


def test_a_row_for_each_discrepancy(branch_day: BranchDay, report_of: ReportOf) -> None:
    rows = rows_of(render_csv(report_of(branch_day)))
    assert [row["代码"] for row in rows] == [
        "MISSING_IMAGE",
        "SURPLUS_IMAGE",
        "FIELD_MISMATCH",
        "QUALITY_REJECT",
        "BLANK",
    ]
    assert rows[2]["流水号"] == "202611193301999357"
    assert rows[2]["影像所见（识别/实测）"] == "金额: 54,930.33"
    assert rows[2]["应为（账面/要求）"] == "金额: 54,030.33"
    assert (rows[0]["办理期限"], rows[0]["期限暂定"], rows[2]["期限暂定"]) == (
        "2026-11-20",
        "是",
        "否",
    )
    assert "Provisional deadline" in rows_of(render_csv(report_of(branch_day, lang="en")))[0]


@pytest.mark.parametrize("opening", list("=+-@\uff1d\uff0b\uff0d\uff20"))
def test_no_cell_opens_a_formula(
    branch_day: BranchDay,
    report_of: ReportOf,
    discrepancy: Callable[..., Discrepancy],
    page: Callable[..., CatalogedPage],
    opening: str,
) -> None:
    name = f'{opening}HYPERLINK("x")'
    odd = discrepancy(DiscrepancyKind.BLANK, (page(name),), owner_name="-12.50", serial_no="+1-1")
    (row,) = rows_of(render_csv(report_of(replace(branch_day, discrepancies=(odd,)))))
    assert row["影像文件"] == "'" + name
    assert row["流水号"] == "'+1-1"
    assert row["姓名/工号"] == "-12.50"
