"""A branch day whose pages read as they are booked, without any engine."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from catalog.streams import DeliveredStream
from flows.admit_page import Intake
from flows.cli import app
from flows.parts import Parts
from flows.take_in import take_in
from pipeline.balance import Discrepancy, DiscrepancyKind
from pipeline.evidence import expected_values
from pipeline.language import say
from pipeline.model import Batch, Box, FieldValue, Reading, Transaction

from .conftest import DAY


def book(parts: Parts, *rows: Transaction) -> None:
    """Book the rows as the stream of branch 3301."""
    totals = {"3301": {"rows": str(len(rows)), "amount": "0"}}
    parts.catalog.streams.book(
        DeliveredStream(DAY, "s.csv", "0" * 64, "utf-8", rows, 0, totals), "t"
    )


def reading(row: Transaction) -> Reading:
    """What is read on a page that says what is booked."""
    fields = {
        name: FieldValue(name, value, 0.99, "rapidocr", Box(0, 0, 9, 9))
        for name, value in expected_values(row).items()
        if value
    }
    return Reading((), fields, (), "hand", 0.0, 0.0)


def take_in_typed(
    intake: Intake, folder: Path, batch: Batch, progress: Any, code: str | None, *names: str
) -> None:
    """Take some of a folder's scans in, in a batch of their own, as of one document type."""
    own = folder.parent / f"{code}"
    own.mkdir()
    for name in names:
        (own / name).write_bytes((folder / name).read_bytes())
    take_in(replace(intake, document_type=code), own, replace(batch, name=f"{code}"), progress)


def read(parts: Parts, name: str, row: Transaction) -> None:
    """Have a page read as if it were of this row."""
    for page in parts.catalog.pages.of_day(DAY, "3301"):
        if page.name == name:
            parts.catalog.readings.keep(page.page_id, reading(row))


def ran(parts: Parts, *arguments: str, lang: str = "en") -> tuple[int, str]:
    """Run the program on the workspace; an error of the user is raised. Gives exit code and output."""
    at = ("--workspace", str(parts.workspace.folder), "--lang", lang)
    result = CliRunner().invoke(app, [*at, *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def missing(serial_no: str, teller: str) -> Discrepancy:
    """A transaction of which nobody scanned the paper."""
    return Discrepancy(
        kind=DiscrepancyKind.MISSING_IMAGE,
        branch="3301",
        serial_no=serial_no,
        pages=(),
        read={},
        expected={},
        reason=say("No page in hand belongs to this transaction."),
        remedy=say(
            "Find the voucher, scan it and take it in; a copy of a refused page does not count."
        ),
        owner="teller",
        owner_name=teller,
        deadline=DAY,
        deadline_provisional=True,
    )
