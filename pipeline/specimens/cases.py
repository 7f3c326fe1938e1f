"""What is planted in a branch day, and the truth that is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pipeline.balance import DiscrepancyKind
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import FieldName, Transaction


class Case(StrEnum):
    """What is the matter with a voucher."""

    AGREES = "agrees"
    AMOUNT_DIFFERS = "amount_differs"
    NAME_DIFFERS = "name_differs"
    MISSING_IMAGE = "missing_image"
    SURPLUS_IMAGE = "surplus_image"
    SCANNED_TWICE = "scanned_twice"
    LOW_DPI = "low_dpi"
    BLANK = "blank"
    CROOKED = "crooked"
    DAMAGED = "damaged"

    @property
    def expects(self) -> tuple[DiscrepancyKind, ...]:
        """The exception classes under which the case must be found."""
        return _EXPECTED[self]


_REFUSED = (DiscrepancyKind.QUALITY_REJECT, DiscrepancyKind.MISSING_IMAGE)
_EXPECTED = {
    Case.AGREES: (),
    Case.AMOUNT_DIFFERS: (DiscrepancyKind.FIELD_MISMATCH,),
    Case.NAME_DIFFERS: (DiscrepancyKind.FIELD_MISMATCH,),
    Case.MISSING_IMAGE: (DiscrepancyKind.MISSING_IMAGE,),
    Case.SURPLUS_IMAGE: (DiscrepancyKind.SURPLUS_IMAGE,),
    Case.SCANNED_TWICE: (DiscrepancyKind.DUPLICATE,),
    Case.LOW_DPI: _REFUSED,
    Case.BLANK: (DiscrepancyKind.BLANK,),
    Case.CROOKED: _REFUSED,
    Case.DAMAGED: _REFUSED,
}


class Level(StrEnum):
    """How hard a page is to read."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


@dataclass(frozen=True)
class DayCases:
    """How many vouchers of each case a day holds; all other pages agree."""

    amount_differs: int = 0
    name_differs: int = 0
    missing_image: int = 0
    surplus_image: int = 0
    scanned_twice: int = 0
    low_dpi: int = 0
    blank: int = 0
    crooked: int = 0
    damaged: int = 0

    @classmethod
    def in_proportion(cls, pages: int) -> DayCases:
        """Plant about 5 % of the usual and 2.5 % of the rare cases; each at least once from 20 pages."""
        least = 1 if pages >= 20 else 0
        usual, rare = max(least, pages // 20), max(least, pages // 40)
        return cls(
            amount_differs=usual,
            missing_image=usual,
            surplus_image=usual,
            name_differs=rare,
            scanned_twice=rare,
            low_dpi=rare,
            blank=rare,
            crooked=rare,
            damaged=rare,
        )

    @property
    def pages(self) -> int:
        """Pages that the planted cases take."""
        planted: int = sum(getattr(self, case.name) for case in fields(self))
        return planted - self.missing_image + self.scanned_twice

    def vouchers(self, pages: int) -> list[Case]:
        """Return the case of each voucher of a day of ``pages`` scans.

        Raises UserError when the planted cases need more pages than that.
        """
        if self.pages > pages:
            raise UserError(
                say(
                    "A day of {pages} pages cannot hold cases that need {needed}; ask for at least "
                    "{needed} pages or plant fewer cases.",
                    pages=pages,
                    needed=self.pages,
                )
            )
        planted = [Case(f.name) for f in fields(self) for _ in range(getattr(self, f.name))]
        return [Case.AGREES] * (pages - self.pages) + planted


@dataclass(frozen=True)
class VoucherTruth:
    """One voucher of the day as it really is."""

    case: Case
    printed: Mapping[FieldName, str]
    """Values as printed on the paper, e.g. "¥54,930.33"; empty for a blank page."""
    paper: Transaction | None
    """The transaction that the paper proves; None for a blank page."""
    booked: Transaction | None
    """The stream's row; None when the stream has none."""
    form: str | None = None
    level: Level | None = None
    codes: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    """Names of the scan files, in the order scanned."""
    skew_degrees: tuple[float, ...] = ()
    """Turn of each scan, positive clockwise."""

    def as_json(self) -> dict[str, Any]:
        """Return the voucher as truth.json shows it."""
        booked = self.booked
        return {
            "serial": self.paper.serial_no if self.paper else None,
            "kind": self.case.value,
            "expects": [kind.value for kind in self.case.expects],
            "fields": {name.value: text for name, text in self.printed.items()},
            "values": plain_values(self.paper) if self.paper else {},
            "stream": plain_values(booked) if booked else None,
            "form": self.form,
            "level": self.level.value if self.level else None,
            "codes": list(self.codes),
            "skew": [round(skew, 3) for skew in self.skew_degrees],
            "scans": list(self.scans),
        }


@dataclass(frozen=True)
class DayTruth:
    """A branch day as it really is."""

    day: date
    branch: str
    vouchers: tuple[VoucherTruth, ...]

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """The stream's rows in the order booked."""
        rows = [voucher.booked for voucher in self.vouchers if voucher.booked]
        return tuple(sorted(rows, key=lambda row: (row.occur_at, row.serial_no)))

    @property
    def total(self) -> Decimal:
        """Sum of the stream's amounts."""
        return sum((row.amount or Decimal(0) for row in self.transactions), Decimal("0.00"))

    @property
    def pages(self) -> int:
        """Number of scans."""
        return sum(len(voucher.scans) for voucher in self.vouchers)

    def as_json(self) -> dict[str, Any]:
        """Return the day as truth.json shows it."""
        return {
            "day": self.day.isoformat(),
            "branch": self.branch,
            "pages": self.pages,
            "rows": len(self.transactions),
            "cases": [voucher.as_json() for voucher in self.vouchers],
        }


def plain_values(row: Transaction) -> dict[str, str]:
    """Return a transaction's voucher fields in the plain form of FieldValue, by field name."""
    return {
        FieldName.SERIAL_NO.value: row.serial_no,
        FieldName.CUSTOMER_NO.value: row.customer_no,
        FieldName.FUND_ACCOUNT.value: row.fund_account or "",
        FieldName.CUSTOMER_NAME.value: row.customer_name,
        FieldName.BUSINESS_NAME.value: row.business_name,
        FieldName.AMOUNT.value: f"{row.amount:.2f}",
        FieldName.BUSINESS_DATE.value: row.business_date.isoformat(),
    }
