"""Lists for a spreadsheet: marked, logged, of one's own branches, and never computed."""

import io

from openpyxl import load_workbook

from catalog.audit import Wanted
from catalog.reports.export import Table, as_csv, as_workbook
from flows.parts import Parts
from pipeline.staff import Role
from tests.flows.conftest import DAY
from tests.flows.test_settling import left_open  # noqa: F401 - a day whose closing left something
from tests.web.conftest import Visitor

HOSTILE = (
    "=1+1",
    "+1+2",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://x")',
    "a\x00b",
    "-12.50",
    "plain",
)
FIGURES = {"last": str(DAY)}


def test_no_cell_is_computed() -> None:
    table = Table("mark", ["=head"], [HOSTILE, ("=1",)])
    sheet = load_workbook(io.BytesIO(as_workbook(table))).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)
    assert [cell.value for cell in sheet[3]] == [one.replace("\x00", "") for one in HOSTILE]
    lines = as_csv(table).decode("utf-8-sig").splitlines()
    assert lines[0] == "mark"
    assert "'=1+1,'+1+2,'-2+3,'@SUM(A1)" in lines[2]
    assert ",-12.50,plain" in lines[2]


def test_figures_are_marked_and_entered_in_the_log(captured: Parts, visitor: Visitor) -> None:
    client = visitor("总部乙", Role.HEADQUARTERS)
    told = client.get("/monitor/figures.xlsx", params=FIGURES)
    sheet = load_workbook(io.BytesIO(told.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert "总部乙" in str(rows[0][0])
    assert rows[2][:2] == ("3301", str(DAY))
    assert isinstance(rows[2][3], int)
    (entry,) = captured.catalog.audit.find(Wanted(act="report.export"))
    assert (entry.body["who"], entry.body["rows"]) == ("总部乙", 1)
    plain = client.get("/monitor/figures.csv", params=FIGURES).content.decode("utf-8-sig")
    assert "总部乙" in plain.splitlines()[0]


def test_the_mismatch_list_is_taken_out_by_those_of_the_branch(
    captured: Parts, visitor: Visitor
) -> None:
    (result,) = captured.catalog.days.results(DAY, "3301")
    at = f"/monitor/3301/{DAY}/discrepancies.xlsx"
    told = visitor("赵档案", Role.ARCHIVIST, "3301").get(at)
    sheet = load_workbook(io.BytesIO(told.content)).active
    assert sheet is not None
    assert sheet.max_row == 2 + len(result.discrepancies)
    assert visitor("钱档案", Role.ARCHIVIST, "3302").get(at).status_code == 404
    assert visitor("王芳", Role.OPERATOR, "3301").get(at).status_code == 403


def test_the_work_list_is_taken_out_as_it_was_asked_for(
    left_open: Parts,  # noqa: F811
    visitor: Visitor,
) -> None:
    client = visitor("赵敏", Role.ARCHIVIST, "3301")
    asked = {"first": str(DAY), "last": str(DAY)}
    assert "/worklist/list.xlsx?branch=&amp;first=" in client.get("/worklist", params=asked).text
    told = client.get("/worklist/list.xlsx", params=asked)
    sheet = load_workbook(io.BytesIO(told.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert "赵敏" in str(rows[0][0])
    assert len(rows) > 2
    assert {row[:2] for row in rows[2:]} == {("3301", str(DAY))}
    settled = client.get("/worklist/list.csv", params={**asked, "standing": "settled"})
    assert len(settled.content.decode("utf-8-sig").splitlines()) == 2
    assert client.get("/worklist/list.csv", params={"branch": "9999"}).status_code == 404
    (entry, _) = left_open.catalog.audit.find(Wanted(act="report.export"))
    assert entry.body["who"] == "赵敏"
    assert visitor("李静", Role.REVIEWER, "3301").get("/worklist/list.csv").status_code == 403
