"""The transaction stream file (流水文件) of a specimen day."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from pipeline.model import Transaction

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
    "reverse_of",
)
"""The stream's columns, in order."""


class DayOfBranch(Protocol):
    """What the stream tells of one branch and day."""

    @property
    def branch(self) -> str:
        """The branch's number."""

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """Its rows, in order."""

    @property
    def total(self) -> Decimal:
        """Sum of their amounts."""


def write_stream(path: Path, days: Sequence[DayOfBranch], *, encoding: str = "utf-8") -> None:
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
