"""How long ``paperproof station status`` takes, as an operator waits for it: the whole command.

A branch day of which nearly all papers are in: nine of ten rows are plain cash slips, the tenth asks for
four papers of which two are copies of one identity card.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from catalog.catalog import Catalog
from catalog.deliveries import StoredPage, admitted
from catalog.streams import DeliveredStream
from flows.capture import make_tasks
from flows.parts import Parts, open_parts
from flows.settings import load_settings
from flows.workspace import Workspace
from pipeline.evidence import expected_values
from pipeline.measured import ScanParameters
from pipeline.model import (
    Batch,
    Box,
    ColourMode,
    Delivery,
    FieldName,
    FieldValue,
    IdentityNumber,
    Reading,
    TextLine,
    Transaction,
    identity,
)
from pipeline.specimens.people import PERSON_ID, invent_transaction, person_id, person_name

BRANCH_DAY = 2_000
"""Transactions of a large branch on one day, of which the status is due within 2 seconds."""
BRANCH, DAY = "3301", date(2026, 11, 19)
_MISSING, _TWICE, _UNREAD_VALUE = 0.01, 0.005, 0.015
_SAME = 0.4
"""Share of rows that are further business of the customer before."""
_LINES_A_PAGE = 25
_PAPERS = {"B601": ("CASH_SLIP",), "B402": ("DESIG", "RECEIPT", "ID_COPY")}
"""Papers of a business; the identity card's two sides are copied on one page."""
_PARAMETERS = ScanParameters(
    "JPEG", 400_000, 2480, 3508, (300.0, 300.0), ColourMode.COLOUR, 0.1, 0.05, "0" * 16
)
_CUSTOMER = ("customer_no", "customer_name", "id_type", "id_no", "fund_account")
_MARK = Box(100, 100, 300, 40)


def run(sizes: Sequence[int], seed: int, times: int = 7) -> list[dict[str, Any]]:
    """Ask for the status of a branch day of each size ``times`` times; return the table's rows."""
    rows = []
    for size in sizes:
        with TemporaryDirectory(prefix="paperproof-bench-") as folder:
            make_day(Path(folder), size, seed)
            taken = [_asked(Path(folder)) for _ in range(times + 1)][1:]  # the first warms the disk
        wall, cpu = (median(one[key] for one in taken) for key in ("wall", "cpu"))
        rows.append(
            {"transactions": size, "runs": times, "wall_seconds": wall, "cpu_seconds": cpu}
            | taken[-1]["counts"]
        )
        print(line(rows[-1]), flush=True)
    return rows


def line(row: dict[str, Any]) -> str:
    """Return a row of the table."""
    return (
        f"{row['transactions']:>6,} transactions, {row['pages']:,} pages, {row['missing']} missing: "
        f"median of {row['runs']} runs {row['wall_seconds']:.2f} s, {row['cpu_seconds']:.2f} s of CPU"
    )


def _asked(workspace: Path) -> dict[str, Any]:
    """Run the command once, in a program of its own."""
    program = [sys.executable, "-c", "from flows.cli import main; main()", "-w", str(workspace)]
    asked = ["station", "status", "--branch", BRANCH, "--day", DAY.isoformat(), "--json"]
    before, began = _children(), time.perf_counter()
    ran = subprocess.run(
        [*program, *asked], capture_output=True, text=True, check=False, env=os.environ
    )
    wall, cpu = time.perf_counter() - began, _children() - before
    found = json.loads(ran.stdout)
    counts = {"pages": found["pages"], "missing": len(found["missing"])}
    return {"wall": wall, "cpu": cpu, "counts": counts}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# ---------------------------------------------------------------- the day


def make_day(folder: Path, size: int, seed: int) -> None:
    """Make a workspace with a branch day of ``size`` transactions, its stream imported, its pages in."""
    workspace = Workspace(folder)
    workspace.create()
    Catalog.create(workspace.catalog_url(load_settings(folder))).close()
    rng = np.random.default_rng(seed)
    rows = invented_rows(rng, DAY, BRANCH, size)
    with open_parts(folder) as parts:
        totals = {BRANCH: {"rows": str(size), "amount": "0"}}
        stream = DeliveredStream(DAY, "s.csv", "0" * 64, "utf-8", rows, 0, totals)
        parts.catalog.streams.book(stream, "bench")
        make_tasks(parts, DAY, BRANCH, "bench")
        enter_papers(parts, rng, rows)


def invented_rows(
    rng: np.random.Generator, day: date, branch: str, size: int
) -> tuple[Transaction, ...]:
    """Invent a branch day's transactions; some follow on others of the same customer."""
    rows: list[Transaction] = []
    for number in range(1, size + 1):
        before = rows[-1] if rows and rng.random() < _SAME else None
        rows.append(_booked(rng, f"{day:%Y%m%d}{branch}{number:06d}", day, branch, before))
    return tuple(rows)


def enter_papers(parts: Parts, rng: np.random.Generator, rows: Sequence[Transaction]) -> int:
    """Enter the pages of booked rows, nearly all of them, with what was read; return how many."""
    papers = list(_papers(rng, rows))
    for row, code, again in papers:
        _enter(parts, rng, row, code, again)
    return len(papers)


def _booked(
    rng: np.random.Generator, serial_no: str, day: date, branch: str, before: Transaction | None
) -> Transaction:
    """Invent the next transaction; ``before``: the one of the same customer."""
    made = invent_transaction(rng, day=day, branch=branch, serial_no=serial_no)
    customer = before or replace(
        made, customer_name=person_name(rng), id_type=PERSON_ID, id_no=person_id(rng)
    )
    made = replace(made, **{name: getattr(customer, name) for name in _CUSTOMER})
    if int(serial_no) % 10:
        return made
    return replace(made, business_code="B402", business_name="指定交易", amount=None)


def _papers(
    rng: np.random.Generator, rows: Sequence[Transaction]
) -> Iterator[tuple[Transaction, str, int]]:
    """Give (row, document type, how often it was scanned before) of every page."""
    for row in rows:
        for code in _PAPERS[row.business_code]:
            chance = rng.random()
            if chance >= _MISSING:
                yield row, code, 0
            if chance > 1 - _TWICE:
                yield row, code, 1


def _enter(parts: Parts, rng: np.random.Generator, row: Transaction, code: str, again: int) -> None:
    """Enter a page and what was read on it."""
    name = f"{row.serial_no}-{code}-{again}.jpg"
    sha256 = identity(name)
    batch = Batch(row.handling_branch, row.business_date, "station-1", "wang", code)
    arrival = Delivery(batch, name, 0, sha256)
    rules = parts.rules_in_force(code, row.business_date)
    parts.catalog.pages.enter([admitted(arrival, stored_page(sha256), rules=rules)])
    parts.catalog.readings.keep(sha256, _reading(rng, row, on_card=code == "ID_COPY"))


def stored_page(sha256: str) -> StoredPage:
    """Return what is kept of a page that was stored."""
    return StoredPage(sha256, ".jpg", _PARAMETERS.byte_count, None, 0, _PARAMETERS, {})


def _reading(rng: np.random.Generator, row: Transaction, *, on_card: bool) -> Reading:
    """What is read on a page: a few values are not; on an identity card it is the name and its number."""
    fields = {
        name: FieldValue(name, value, 0.99, "rapidocr", _MARK)
        for name, value in expected_values(row).items()
        if value and rng.random() >= _UNREAD_VALUE
        if not on_card or name is FieldName.CUSTOMER_NAME
    }
    lines = tuple(TextLine(row.customer_name, 0.98, _MARK) for _ in range(_LINES_A_PAGE))
    identity_no = IdentityNumber(row.id_no, False, _MARK) if on_card else None
    return Reading((), fields, lines, "rapidocr whole", 0.0, 0.0, identity=identity_no)
