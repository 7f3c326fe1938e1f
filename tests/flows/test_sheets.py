"""Own sheets from the printer to the closed day: made, known again, counted apart, vouchers parted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from typer.testing import CliRunner

from flows.admit_page import Intake
from flows.cli import app
from flows.commands.intake import tell_counts
from flows.take_in import take_in
from flows.terminal import Terminal
from pipeline.barcode import find_sheet
from pipeline.model import Batch
from pipeline.sheets import Cover, OwnSheet, Separator, cover_of
from pipeline.specimens.cases import Case, DayTruth, Level, VoucherTruth
from pipeline.specimens.fonts import find_font
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.scanner import scan
from pipeline.specimens.sheet import A4, Sheet
from pipeline.specimens.stream import write_stream
from tests.flows.test_branch_day import paperproof

DAY = date(2026, 11, 19)
COVER = ["cover", "--branch", "3301", "--day", "2026-11-19", "--batch", "柜台/一"]


def made(path: Path, *arguments: str) -> OwnSheet | None:
    ran = CliRunner().invoke(app, ["--lang", "zh", "sheets", *arguments, "--output", str(path)])
    assert ran.exit_code == 0, ran.output
    assert str(path) in ran.output.replace("\n", "")
    page = pypdfium2.PdfDocument(path)[0].render(scale=150 / 72).to_numpy()
    return find_sheet(np.ascontiguousarray(page[:, :, :3]))


def test_sheets_are_made_that_are_known_again(tmp_path: Path) -> None:
    assert made(tmp_path / "new" / "s.pdf", "separator") == Separator()
    cover = made(tmp_path / "c.pdf", *COVER, "--vouchers", "3", "--pages", "5")
    assert isinstance(cover, Cover)
    assert (cover.vouchers, cover.pages) == (3, 5)


def test_counts_no_batch_has_are_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot be"):
        CliRunner().invoke(
            app, ["sheets", *COVER, "--vouchers", "6", "--pages", "5"], catch_exceptions=False
        )


def test_read_knows_a_sheet_without_reading_it(tmp_path: Path) -> None:
    run = CliRunner()
    path = str(tmp_path / "separator.pdf")
    run.invoke(app, ["sheets", "separator", "--output", path])
    told = json.loads(run.invoke(app, ["read", "--json", path]).stdout)
    assert (told["sheet"], told["refused"], told["fields"]) == ("separator", None, {})
    assert "Voucher separator" in run.invoke(app, ["--lang", "en", "read", path]).stdout


def put(folder: Path, *contents: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for number, content in enumerate(contents, 1):
        (folder / f"{number}.jpg").write_bytes(content)
    return folder


def test_sheets_are_stored_and_counted_apart_and_part_the_pages(
    intake: Intake,
    tmp_path: Path,
    batch: Batch,
    progress: Any,
    voucher: Callable[[int], bytes],
    blank: bytes,
    sheet_scan: Callable[[OwnSheet], bytes],
) -> None:
    cover = cover_of("3301", DAY, "batch-01", vouchers=2, pages=3)
    separator = sheet_scan(Separator())
    contents = (sheet_scan(cover), blank, voucher(1), voucher(2), separator, voucher(3), separator)
    folder = put(tmp_path / "scans", *contents)
    taken = take_in(intake, folder, batch, progress)
    assert (taken.pages, taken.sheets, taken.admitted, taken.blank) == (7, 3, 3, 1)
    assert list(taken.remarks) == ["Q10"], "a sheet may lie askew and come twice"
    assert [count.agrees for count in taken.counts] == [True]
    pages = intake.parts.catalog.pages.of_day(DAY, "3301")
    assert [page.state for page in pages] == [
        *("sheet", "blank", "admitted", "admitted", "sheet", "admitted", "sheet")
    ]
    assert [page.voucher for page in pages] == [None, 1, 1, 1, None, 2, None]
    assert intake.stores.vault.read(pages[0].page_id) == contents[0]
    assert intake.parts.catalog.readings.unread(DAY, "3301") == tuple(
        sorted(page.page_id for page in pages if page.state == "admitted")
    )
    again = take_in(intake, folder, batch, progress)
    assert (again.already, again.counts) == (7, taken.counts)


def test_a_batch_that_lacks_a_page_is_told_in_one_sentence(
    intake: Intake,
    tmp_path: Path,
    batch: Batch,
    progress: Any,
    voucher: Callable[[int], bytes],
    sheet_scan: Callable[[OwnSheet], bytes],
    capsys: pytest.CaptureFixture[str],
) -> None:
    cover = cover_of("3301", DAY, "batch-01", vouchers=1, pages=2)
    folder = put(tmp_path / "scans", sheet_scan(cover), voucher(1), voucher(2)[:20_000])
    taken = take_in(intake, folder, batch, progress)
    tell_counts(Terminal("en"), batch, taken)
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("Cover 1.jpg says 2 pages, 1 are in and 1 refused; count the paper")
    (folder / "3.jpg").write_bytes(voucher(2))
    taken = take_in(intake, folder, batch, progress)
    tell_counts(Terminal("en"), batch, taken)
    assert "its 2 pages are in" in capsys.readouterr().out


def continuation() -> bytes:
    """The second page of a voucher: text, but no field of it."""
    paper = Sheet(A4, find_font(), 200)
    for row in range(12):
        paper.label(20, 30 + 14 * row, f"续页第{row + 1}条：本条款由客户本人阅读并确认无误。", 5)
    page = np.repeat((255 - paper.form_ink())[:, :, None], 3, axis=2)
    return scan(page, Level.EASY, np.random.default_rng(1), skew_degrees=0.2, dpi=200)


@pytest.mark.slow
def test_a_day_of_vouchers_with_two_pages_closes_and_a_short_batch_is_on_the_list(
    tmp_path: Path, voucher: Callable[[int], bytes], sheet_scan: Callable[[OwnSheet], bytes]
) -> None:
    papers = [
        invent_transaction(
            np.random.default_rng(n), day=DAY, branch="3301", serial_no=f"202611193301{n:06d}"
        )
        for n in (1, 2, 3)
    ]
    truths = tuple(VoucherTruth(Case.AGREES, {}, paper, paper) for paper in papers)
    write_stream(tmp_path / "stream.csv", [DayTruth(DAY, "3301", truths)])
    whole = sheet_scan(cover_of("3301", DAY, "1", vouchers=2, pages=3))
    short = sheet_scan(cover_of("3301", DAY, "2", vouchers=2, pages=2))
    separator = sheet_scan(Separator())
    put(tmp_path / "1", whole, voucher(1), continuation(), separator, voucher(2), separator)
    put(tmp_path / "2", short, voucher(3), separator)
    at = ("--lang", "en", "--workspace", tmp_path / "w")
    of_day = ("--day", DAY.isoformat(), *at)
    assert paperproof("init", *at).code == 0
    assert paperproof("stream", "import", tmp_path / "stream.csv", *of_day).code == 0
    told = [
        " ".join(paperproof("take-in", tmp_path / name, "--branch", "3301", *of_day).out.split())
        for name in ("1", "2")
    ]
    assert "6 pages = 3 admitted + 0 blank + 3 separators and covers" in told[0]
    assert "Cover 1.jpg: its 3 pages are in" in told[0]
    assert "says 2 vouchers of 2 pages, 1 of 1 are in" in told[1]
    ran = paperproof("close-day", DAY.isoformat(), "--json", *at)
    closed = json.loads(ran.out)
    assert (ran.code, closed["closed"]) == (4, False)
    assert closed["counts"]["papers"] == 5
    assert [(one["batch"], one["without_image"]) for one in closed["papers"]] == [
        ("1", 0),
        ("2", 1),
    ]
    assert closed["counts"]["sheets"] == 5
    assert closed["counts"]["images"] == 9
    assert [match["pages"] for match in closed["matches"]] == [
        ["2.jpg", "3.jpg"],
        ["5.jpg"],
        ["2.jpg"],
    ]
    (found,) = closed["discrepancies"]
    assert (found["kind"], found["owner"]) == ("PAGE_CHECK", "scan_operator")
    assert found["read"] == {"Q11": "1", "voucher_count": "1"}
    assert found["expected"] == {"Q11": "2", "voucher_count": "2"}
    explained = ("--branch", "3301", "--batch", "2", "--reason", "miscounted")
    assert paperproof("paper", "explain", *explained, *of_day).code == 0
    ran = paperproof("close-day", DAY.isoformat(), *at)
    assert ran.code == 3
    assert "Papers: 5 = 4 with an image (80.0%) + 1 explained + 0 without" in " ".join(
        ran.out.split()
    )
