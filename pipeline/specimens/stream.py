"""The transaction stream file (流水文件) of a specimen day."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from pipeline.model import Transaction
from pipeline.specimens.cases import DayTruth

COLUMNS = (
    "business_date",
    "serial_no",
    "occur_at",
    "handling_branch",
    "owner_branch",
    "customer_no",
    "customer_name",
    "id_type",
    "id_no",
    "fund_account",
    "sec_account",
    "business_code",
    "business_name",
    "channel",
    "teller_no",
    "amount",
    "currency",
    "voucher_count",
)
"""The stream's columns, in order."""


def write_stream(path: Path, days: Sequence[DayTruth], *, encoding: str = "utf-8") -> None:
    """Write one stream file for the given branch days, a trailer per branch at its end."""
    with path.open("w", encoding=encoding, newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(COLUMNS)
        for day in days:
            writer.writerows(_row(booked) for booked in day.transactions)
        for day in days:
            writer.writerow(["#TRAILER", day.branch, len(day.transactions), f"{day.total:.2f}"])


def _row(booked: Transaction) -> list[str]:
    values = {column: getattr(booked, column) for column in COLUMNS}
    values["occur_at"] = booked.occur_at.isoformat()
    values["business_date"] = booked.business_date.isoformat()
    return [
        "" if v is None else f"{v:.2f}" if isinstance(v, Decimal) else str(v)
        for v in values.values()
    ]
