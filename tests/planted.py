"""What was planted in an invented branch day, and what its closing found of it."""

from __future__ import annotations

from typing import Any

from pipeline.balance import DiscrepancyKind
from pipeline.specimens.cases import DayTruth, VoucherTruth


def serial(voucher: VoucherTruth) -> str:
    """A voucher's serial number; "" for what is none."""
    return voucher.paper.serial_no if voucher.paper else ""


def planted(truth: DayTruth) -> set[tuple[str, str]]:
    """(kind, scan or serial number) of each discrepancy that the day must show."""
    return {
        (
            kind.value,
            serial(voucher) if kind is DiscrepancyKind.MISSING_IMAGE else voucher.scans[-1],
        )
        for voucher in truth.vouchers
        for kind in voucher.case.expects
    }


def found(result: dict[str, Any]) -> set[tuple[str, str]]:
    """The same of a closing's JSON."""
    told = result["discrepancies"]
    of_pages = {(one["kind"], page) for one in told for page in one["pages"]}
    return of_pages | {(one["kind"], one["serial_no"]) for one in told if not one["pages"]}
