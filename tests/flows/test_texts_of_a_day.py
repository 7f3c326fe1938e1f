"""Whole texts of a closed day through the real command line: killed, gone on, searched, shown."""

import os
import re
import subprocess
import sys
import time
from datetime import date
from multiprocessing import active_children
from pathlib import Path

import pytest

from catalog.catalog import Catalog
from flows.how_to_read import HowToRead
from flows.reading_pool import ReadingPool
from pipeline.searchable.pdfa import text_of
from pipeline.searchable.text import Searchable
from pipeline.serials import SERIAL_GRAMMAR
from pipeline.specimens.cases import DayTruth
from pipeline.specimens.day import make_branch_day
from storage.store import digest

pytestmark = pytest.mark.slow
DAY = date(2026, 11, 19)
PROGRAM = (sys.executable, "-c", "from flows.cli import main; main()")
WHY = ("--purpose", "end-to-end test")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DayTruth]:
    """A folder with a small branch day, its workspace taken in and closed; texts may be indexed."""
    folder = tmp_path_factory.mktemp("texts")
    truth = make_branch_day(folder, seed=7, pages=6, branch="3301", day=DAY)
    paperproof(folder, "init")
    settings = folder / "workspace" / "paperproof.toml"
    settings.write_text(settings.read_text("utf-8").replace("# index_reason", "index_reason"))
    paperproof(folder, "stream", "import", folder / "stream.csv", "--day", DAY)
    scans = folder / "scans" / "3301" / "batch-01"
    paperproof(folder, "take-in", scans, "--branch", "3301", "--day", DAY)
    paperproof(folder, "close-day", DAY, expected=(0, 3))
    return folder, truth


def paperproof(folder: Path, *words: object, expected: tuple[int, ...] = (0,)) -> str:
    ran = subprocess.run(
        [*PROGRAM, *map(str, words), "--workspace", str(folder / "workspace"), "--lang", "en"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in expected, ran.stderr
    return ran.stdout


def test_a_day_killed_in_the_middle_is_gone_on_with_searched_and_shown(
    day: tuple[Path, DayTruth], tmp_path: Path
) -> None:
    folder, truth = day
    _kill_after_the_first_text(folder)
    told = paperproof(folder, "text", "make", "--day", DAY)
    pages, made, already, failed = map(int, re.findall(r"\d+", told.split(":")[1])[:4])
    assert pages == made + already and already > 0 and failed == 0
    again = paperproof(folder, "text", "make", "--day", DAY)
    assert f"{pages} pages = 0 made + {pages} already there + 0 failed; 0 newly" in again

    voucher = next(one for one in truth.vouchers if one.paper and one.case == "agrees")
    assert voucher.paper is not None
    found = paperproof(folder, "find", voucher.paper.serial_no, "--branch", "3301", *WHY)
    assert voucher.scans[0] in found
    master = digest((folder / "scans" / "3301" / "batch-01" / voucher.scans[0]).read_bytes())
    assert master[:8] in found
    target = tmp_path / "page.pdf"
    paperproof(folder, "text", "show", master, "--output", target, *WHY)
    assert voucher.paper.customer_name in text_of(target.read_bytes())


def _kill_after_the_first_text(folder: Path) -> None:
    making = subprocess.Popen(
        [*PROGRAM, "text", "make", "--day", str(DAY), "--workspace", str(folder / "workspace")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    catalog = Catalog.open(f"sqlite:///{folder / 'workspace' / 'catalog.sqlite'}")
    while making.poll() is None and not any(
        page.text_sha256 for page in catalog.texts.of_day(DAY, "3301")
    ):
        time.sleep(0.02)
    making.kill()
    making.wait()
    catalog.close()


def test_a_page_read_by_its_zones_is_read_whole_behind_all_else(
    day: tuple[Path, DayTruth],
) -> None:
    folder, truth = day
    voucher = next(one for one in truth.vouchers if one.paper and one.case == "agrees")
    assert voucher.paper is not None
    content = (folder / "scans" / "3301" / "batch-01" / voucher.scans[0]).read_bytes()
    with ReadingPool(1, HowToRead("rapidocr", SERIAL_GRAMMAR, niceness=19)) as readers:
        made = readers.searchable(content, digest(content), None)
        (process,) = active_children()
        assert process.pid and os.getpriority(os.PRIO_PROCESS, process.pid) == 19
    assert isinstance(made, Searchable) and made.engine.startswith("rapidocr")
    assert voucher.paper.customer_name in made.text
