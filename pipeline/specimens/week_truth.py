"""What a made-up week really is: what is due, where each scan lies, and what must become of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pipeline.model import Transaction


class Outcome(StrEnum):
    """What becomes of a document that a transaction asks for."""

    CAPTURED = "captured"
    SHARED = "shared"
    """Another business of the same customer brought it."""
    LATE = "late"
    """Captured from a scan that came after the capture deadline."""
    MISSING = "missing"
    ELECTRONIC = "electronic"
    """Of an online channel: no paper is due."""


@dataclass(frozen=True)
class DueTruth:
    """One document type that one transaction asks for."""

    serial_no: str
    document_type: str
    outcome: Outcome


@dataclass(frozen=True)
class ScanTruth:
    """One scan: where it lies, what it is, and whose it is."""

    path: str
    """Below the week's folder."""
    document_type: str
    serial_no: str | None
    """None: of a paper that is not of this branch and day."""
    why_strayed: str | None = None
    """"other_branch" or "other_day"."""


@dataclass(frozen=True)
class BranchDayTruth:
    """One branch and day of the week."""

    day: date
    branch: str
    transactions: tuple[Transaction, ...]
    due: tuple[DueTruth, ...]
    scans: tuple[ScanTruth, ...]

    @property
    def total(self) -> Decimal:
        """Sum of the stream's amounts."""
        return sum((row.amount or Decimal(0) for row in self.transactions), Decimal("0.00"))

    def of(self, outcome: Outcome) -> set[tuple[str, str]]:
        """Give (serial number, document type) of what has this outcome."""
        return {(d.serial_no, d.document_type) for d in self.due if d.outcome is outcome}
