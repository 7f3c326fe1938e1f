"""The registration form and labels as people print them: read again as a scanner and a program would."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest
import zxingcpp
from pypdf import PdfReader

from flows.parts import Parts

from .conftest import Run, booked
from .test_customer_archive import ARCHIVIST, received
from .test_reading_room import approved, desk

SHOWN_DPI = 200


@pytest.fixture
def archived(parts: Parts, run: Run) -> Parts:
    """Two customers, the first with a supplement that went out."""
    received(parts, run, (booked(1), booked(2, business_name="=1+1")))
    add = ("archive", "add", "9409350101", "--branch", "3301", "--pages", "2", "--class", "CUST")
    run(*add, "--content", "身份证复印件", *ARCHIVIST)
    desk(parts).give(approved(parts, purpose="法院查阅"), ["9409350101-0002"], datetime.now(UTC))
    return parts


def codes(path: Path) -> list[str]:
    """What a scanner reads on a PDF's pages."""
    with pdfium.PdfDocument(path) as pdf:
        pages = [
            np.asarray(page.render(scale=SHOWN_DPI / 72).to_pil().convert("L")) for page in pdf
        ]
    return [one.text for page in pages for one in zxingcpp.read_barcodes(page)]


@pytest.mark.requirement("CG-17.1b", "CG-29")
def test_the_form_is_printed_with_its_lines_and_leads_back(
    archived: Parts, run: Run, tmp_path: Path
) -> None:
    place = tmp_path / "登记表.pdf"
    told = run("archive", "form", "9409350101", "-o", str(place), *ARCHIVIST, lang="zh")
    assert told.exit_code == 0, told.output
    assert codes(place) == ["BAG-000001"]
    assert "9409350101" in run("archive", "show", "BAG-000001", *ARCHIVIST).output
    reader = PdfReader(place)
    page: Any = reader.pages[0]
    text = page.extract_text()
    for words in (
        "客户资料登记表",
        "余玲",
        "资金取出",
        "身份证复印件",
        "法院查阅",
        "何静",
        "档案管理员",
    ):
        assert words in text
    [font] = page["/Resources"]["/Font"].values()
    embedded = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
    assert "/FontFile2" in embedded
    assert reader.xmp_metadata is not None
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx([595.28, 841.89], abs=0.1)


def test_people_and_programs_get_the_same_lines(archived: Parts, run: Run, tmp_path: Path) -> None:
    for shape in ("html", "csv", "json"):
        out = ("--format", shape, "-o", str(tmp_path / shape))
        assert run("archive", "form", "9409350101", *out, *ARCHIVIST).exit_code == 0
    told = json.loads((tmp_path / "json").read_text("utf-8"))
    assert told["code"] == "BAG-000001"
    assert [(row["line"], row["pages"]) for row in told["rows"]] == [
        ("1", "1"),
        ("2", "2"),
        ("3", "2"),
    ]
    table = list(csv.reader((tmp_path / "csv").read_text("utf-8-sig").splitlines()))
    assert [list(row.values()) for row in told["rows"]] == table[1:]
    page = (tmp_path / "html").read_text("utf-8")
    assert all(row["content"] in page for row in told["rows"])
    assert "<script" not in page
    assert date.fromisoformat(told["rows"][0]["day"])


def test_a_spreadsheet_computes_nothing_of_a_form(
    archived: Parts, run: Run, tmp_path: Path
) -> None:
    place = tmp_path / "b.csv"
    run("archive", "form", "9409350102", "--format", "csv", "-o", str(place), *ARCHIVIST)
    assert "'=1+1" in place.read_text("utf-8-sig")


@pytest.mark.requirement("CG-17.1a")
def test_labels_stand_by_customer_number_and_are_read(
    archived: Parts, run: Run, tmp_path: Path
) -> None:
    place = tmp_path / "labels.pdf"
    told = run("archive", "label", "--branch", "3301", "-o", str(place), *ARCHIVIST)
    assert "2 labels" in told.output
    assert sorted(codes(place)) == ["BAG-000001", "BAG-000002"]
    text = PdfReader(place).pages[0].extract_text()
    assert text.index("9409350101") < text.index("9409350102")
    run("archive", "place", "box", "X-0117", "--branch", "3301", *ARCHIVIST)
    for bag in ("BAG-000001", "BAG-000002"):
        run("archive", "move", bag, "X-0117", *ARCHIVIST)
    assert run("archive", "label", "X-0117", "-o", str(place), *ARCHIVIST).exit_code == 0
    assert codes(place) == ["X-0117"]
    assert "9409350101 … 9409350102" in PdfReader(place).pages[0].extract_text()
    assert "9409350101" in run("archive", "show", "X-0117", *ARCHIVIST).output


def test_labels_are_for_named_things_or_a_branch(archived: Parts, run: Run, tmp_path: Path) -> None:
    out = ("-o", str(tmp_path / "x.pdf"), *ARCHIVIST)
    assert "either" in str(run("archive", "label", *out).exception)
    assert "no bags" in str(run("archive", "label", "--branch", "3302", *out).exception)
    other = ("-o", str(tmp_path / "x.docx"))
    assert "are a PDF" in str(run("archive", "label", "--branch", "3301", *other).exception)
    assert "end it in" in str(run("archive", "form", "9409350101", *other, *ARCHIVIST).exception)
