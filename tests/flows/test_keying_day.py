"""A branch day with two spoiled pages, keyed by people through the real command line, then closed again."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.engines.rapid import RapidEngine
from pipeline.model import Box, FieldName, Reading
from pipeline.reading import Reader
from pipeline.sandbox import Sandbox
from pipeline.specimens.cases import VoucherTruth
from pipeline.specimens.day import make_branch_day

pytestmark = pytest.mark.slow
DAY = "2026-11-19"


@dataclass(frozen=True)
class SpoiledDay:
    workspace: Path
    no_amount: VoucherTruth
    """Its amount is covered, in figures and in words."""
    no_serial: VoucherTruth
    """Its serial number is covered, in print and as code."""

    def paperproof(self, *arguments: str | Path, codes: tuple[int, ...] = (0,)) -> str:
        program = [sys.executable, "-c", "from flows.cli import main; main()"]
        ran = subprocess.run(
            [*program, *map(str, arguments), "-w", self.workspace, "--lang", "en"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode in codes, ran.stderr
        return ran.stdout

    def close(self) -> dict[str, Any]:
        closed: dict[str, Any] = json.loads(
            self.paperproof("close-day", DAY, "--json", codes=(0, 3))
        )
        return closed


def cover(path: Path, reading: Reading, hides: Callable[[str], bool], *fields: FieldName) -> None:
    """Paint over the lines with such text, the places of these fields, and every code."""
    boxes = [line.box for line in reading.lines if hides(line.text)]
    boxes += [reading.fields[name].box for name in fields if name in reading.fields]
    if FieldName.SERIAL_NO in fields:
        boxes += [code.box for code in reading.codes]
    with Image.open(path) as image:
        pixels, dpi = np.array(image.convert("RGB")), image.info["dpi"]
    for box in boxes:
        left, top, right, bottom = Box(*(max(0, side) for side in box))
        pixels[top - 6 : bottom + 6, left - 6 : right + 6] = (40, 60, 130)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90, dpi=dpi)
    path.write_bytes(out.getvalue())


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> SpoiledDay:
    folder = tmp_path_factory.mktemp("spoiled day")
    truth = make_branch_day(folder, seed=21, pages=4, branch="3301", day=date(2026, 11, 19))
    scans = folder / "scans" / "3301" / "batch-01"
    no_amount, no_serial, *_ = truth.vouchers
    reader = Reader(RapidEngine())
    with Sandbox() as opener:
        for voucher, hides, field in (
            (no_amount, lambda text: any(sign in text for sign in "元圆角整¥￥"), FieldName.AMOUNT),
            (no_serial, lambda text: voucher_serial(no_serial) in text, FieldName.SERIAL_NO),
        ):
            path = scans / voucher.scans[0]
            cover(path, reader.read(opener.decode(path.read_bytes()).pixels), hides, field)
    made = SpoiledDay(folder / "工作区", no_amount, no_serial)
    made.paperproof("init")
    made.paperproof("stream", "import", folder / "stream.csv", "--day", DAY)
    told = made.paperproof("take-in", scans, "--branch", "3301", "--day", DAY)
    assert "wait to be keyed" in told
    return made


def voucher_serial(voucher: VoucherTruth) -> str:
    assert voucher.paper is not None
    return voucher.paper.serial_no


def waiting(day: SpoiledDay) -> dict[str, str]:
    """Field and page of each waiting task -> its number, as listed."""
    rows = [
        line.split("│")[1:-1] for line in day.paperproof("key", "list").splitlines() if "│" in line
    ]
    return {f"{row[4].strip()} {row[3].strip()}": row[0].strip() for row in rows}


def test_what_was_covered_is_keyed_and_then_agrees(day: SpoiledDay) -> None:
    before = day.close()
    assert before["counts"]["to_key"] >= 2
    assert before["counts"]["matched"] == 4 - (before["counts"]["surplus"])
    tasks = waiting(day)
    amount = tasks[f"Amount {day.no_amount.scans[0]}"]
    serial = tasks[f"Serial number {day.no_serial.scans[0]}"]
    paper = day.no_amount.paper
    assert paper is not None

    picture = day.paperproof("key", "show", amount, "--as", "an").split("Picture: ")[1]
    with Image.open(picture.splitlines()[0].strip()) as image:
        assert image.format == "PNG"

    day.paperproof("key", "enter", amount, str(paper.amount), "--as", "an")
    day.paperproof("key", "enter", amount, "1.00", "--as", "bo")
    assert "Others keyed: 1.00." in day.paperproof("key", "show", amount, "--as", "cy")
    day.paperproof("key", "enter", amount, f"{paper.amount:,.2f}", "--as", "cy")
    for person in ("an", "bo"):
        day.paperproof("key", "enter", serial, voucher_serial(day.no_serial), "--as", person)

    after = day.close()
    matches = {match["serial_no"]: match for match in after["matches"]}
    for voucher, field in ((day.no_amount, "amount"), (day.no_serial, "serial_no")):
        match = matches[voucher_serial(voucher)]
        assert match["pages"] == [voucher.scans[0]]
        (told,) = (part for part in match["evidence"] if part["field"] == field)
        assert (told["verdict"], told["source"]) == ("agrees", "keyed")
    assert after["counts"]["matched"] == 4
    assert after["counts"]["keyed"] == 2
    assert after["counts"]["to_key"] == before["counts"]["to_key"] - 2
    report = day.workspace / "reports" / DAY / f"mismatch-{DAY}-zh.html"
    assert "人工补录：" in report.read_text("utf-8")
