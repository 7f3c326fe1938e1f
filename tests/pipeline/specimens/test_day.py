"""A branch day: as many pages as ordered, the cases planted, stream and truth of one mind."""

import csv
import hashlib
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.barcode import find_sheet
from pipeline.errors import UserError
from pipeline.sheets import Cover, Separator
from pipeline.specimens.cases import Case, DayCases, DayTruth
from pipeline.specimens.day import make_branch_day, make_firm_day

DAY = date(2026, 11, 19)
DPI = 60
SMALL = DayCases(amount_differs=1, missing_image=1, scanned_twice=1)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def small_day(folder: Path, seed: int = 1, branch: str = "3301") -> DayTruth:
    return make_branch_day(folder, seed=seed, pages=4, branch=branch, day=DAY, cases=SMALL, dpi=DPI)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("day")


@pytest.fixture(scope="module")
def truth(folder: Path) -> DayTruth:
    return make_branch_day(folder, seed=3, pages=24, branch="3301", day=DAY, dpi=DPI)


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    for run, seed in (("a", 1), ("b", 1), ("c", 2)):
        small_day(tmp_path / run, seed)
    first, again, other = (digests(tmp_path / run) for run in "abc")
    assert len(first) == 6
    assert first == again
    assert not set(first.values()) & set(other.values())


def test_sheets_stand_before_the_batch_and_behind_each_voucher(tmp_path: Path) -> None:
    truth = make_branch_day(
        tmp_path, seed=1, pages=4, branch="3301", day=DAY, cases=SMALL, dpi=150, sheets=True
    )
    scans = sorted((tmp_path / "scans").rglob("*.jpg"))
    sheets = [find_sheet(np.asarray(Image.open(path).convert("RGB"), np.uint8)) for path in scans]
    cover, *others = sheets
    scanned = [voucher for voucher in truth.vouchers if voucher.scans]
    assert isinstance(cover, Cover)
    assert (cover.vouchers, cover.pages) == (len(scanned), len(scanned)), "one was scanned twice"
    assert others.count(Separator()) == len(scanned)
    assert others.count(None) == truth.pages == 4


def test_a_day_may_be_made_again_in_its_folder(tmp_path: Path) -> None:
    small_day(tmp_path)
    before = digests(tmp_path)
    small_day(tmp_path)
    assert digests(tmp_path) == before


def test_every_case_is_planted_and_every_page_counted(folder: Path, truth: DayTruth) -> None:
    cases = Counter(voucher.case for voucher in truth.vouchers)
    assert set(cases) == set(Case)
    assert all(count == 1 for case, count in cases.items() if case is not Case.AGREES)
    named = [name for voucher in truth.vouchers for name in voucher.scans]
    assert named == [f"{number:04d}.jpg" for number in range(1, 25)]
    assert sorted(p.name for p in (folder / "scans/3301/batch-01").iterdir()) == named
    assert truth.pages == 24


def test_scans_are_as_their_case_says(folder: Path, truth: DayTruth) -> None:
    for voucher in truth.vouchers:
        assert len(voucher.scans) == len(voucher.skew_degrees)
        for name, skew in zip(voucher.scans, voucher.skew_degrees, strict=True):
            with Image.open(folder / "scans/3301/batch-01" / name) as page:
                dpi = DPI // 2 if voucher.case is Case.LOW_DPI else DPI
                assert page.info["dpi"] == (dpi, dpi)
                assert (abs(skew) > 4) == (voucher.case is Case.CROOKED)
                if voucher.case is Case.DAMAGED:
                    with pytest.raises(OSError, match=r"(?i)truncated"):
                        page.load()
                else:
                    page.load()


def test_what_is_scanned_twice_gives_two_files(folder: Path, truth: DayTruth) -> None:
    (twice,) = (v for v in truth.vouchers if v.case is Case.SCANNED_TWICE)
    seen = [(folder / "scans/3301/batch-01" / name).read_bytes() for name in twice.scans]
    assert len(seen) == 2
    assert seen[0] != seen[1]


def test_the_stream_books_what_the_case_says(truth: DayTruth) -> None:
    for voucher in truth.vouchers:
        paper, booked = voucher.paper, voucher.booked
        if voucher.case in (Case.BLANK, Case.SURPLUS_IMAGE):
            assert booked is None
        elif voucher.case is Case.AMOUNT_DIFFERS:
            assert paper and booked and paper.amount != booked.amount
        elif voucher.case is Case.NAME_DIFFERS:
            assert paper and booked and paper.customer_name != booked.customer_name
        else:
            assert paper == booked


def test_the_streams_trailer_counts_and_sums_its_rows(folder: Path, truth: DayTruth) -> None:
    with (folder / "stream.csv").open(encoding="utf-8", newline="") as opened:
        *lines, trailer = list(csv.reader(opened))
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    total = sum(Decimal(row["amount"]) for row in rows)
    assert trailer == ["#TRAILER", "3301", str(len(rows)), str(total)]
    assert len(rows) == len(truth.transactions) == 22
    assert len({row["serial_no"] for row in rows}) == len(rows)
    assert all(row["serial_no"].startswith("202611193301") for row in rows)


def test_truth_json_tells_each_voucher(folder: Path, truth: DayTruth) -> None:
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert (told["day"], told["branch"], told["pages"]) == ("2026-11-19", "3301", 24)
    assert [case["kind"] for case in told["cases"]] == [v.case.value for v in truth.vouchers]
    for case in told["cases"]:
        if case["kind"] == "amount_differs":
            assert case["expects"] == ["FIELD_MISMATCH"]
            assert case["stream"]["amount"] != case["values"]["amount"]
        if case["fields"]:
            printed = case["fields"]["amount"].lstrip("¥").replace(",", "")
            assert printed == case["values"]["amount"]


def test_forms_levels_and_codes_are_all_dealt(truth: DayTruth) -> None:
    drawn = [voucher for voucher in truth.vouchers if voucher.form]
    assert {voucher.form for voucher in drawn} == {"ruled", "underlined", "slip"}
    assert {voucher.level for voucher in drawn} == {"easy", "medium", "hard"}
    assert {(), ("code128",), ("qr",), ("code128", "qr")} == {voucher.codes for voucher in drawn}


def test_one_stream_serves_several_branches(tmp_path: Path) -> None:
    days = make_firm_day(
        tmp_path, seed=1, pages=2, branches=("3301", "3302"), day=DAY, cases=DayCases(), dpi=DPI
    )
    lines = (tmp_path / "stream.csv").read_text(encoding="utf-8").splitlines()
    assert lines[-2:] == [f"#TRAILER,{day.branch},2,{day.total}" for day in days]
    assert len(lines) == 1 + 4 + 2
    serials = {row.serial_no for day in days for row in day.transactions}
    assert len(serials) == 4
    for day in days:
        told = json.loads((tmp_path / f"truth-{day.branch}.json").read_text(encoding="utf-8"))
        assert told["branch"] == day.branch
        assert len(list((tmp_path / "scans" / day.branch / "batch-01").iterdir())) == 2


def test_progress_is_told_after_each_voucher(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    make_branch_day(
        tmp_path,
        seed=1,
        pages=2,
        branch="3301",
        day=DAY,
        cases=DayCases(missing_image=1),
        dpi=DPI,
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_cases_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot hold cases that need 3"):
        make_branch_day(tmp_path, seed=1, pages=2, branch="3301", day=DAY, cases=SMALL, dpi=DPI)


def test_a_folder_with_strange_files_is_left_alone(tmp_path: Path) -> None:
    batch = tmp_path / "scans/3301/batch-01"
    batch.mkdir(parents=True)
    (batch / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(UserError, match=r"holiday\.jpg"):
        small_day(tmp_path)
    assert [path.name for path in batch.iterdir()] == ["holiday.jpg"]
