"""What kind of paper a page is when it may be another than a voucher, and what it then says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.model import FieldName, PlacedValue, Reading
from pipeline.receipts import receipt_of
from pipeline.slips import slip_of


class PaperKind(StrEnum):
    """Papers whose values are others than a voucher's fields."""

    BANK_SLIP = "bank_slip"
    RECEIPT = "receipt"


@dataclass(frozen=True)
class Paper:
    """A paper that is no voucher, and its values: a slip's by ``SlipField``, a receipt's date and total."""

    kind: PaperKind
    values: Mapping[str, PlacedValue]


_CUSTOMER = {FieldName.CUSTOMER_NO, FieldName.CUSTOMER_NAME, FieldName.FUND_ACCOUNT}
"""Fields that vouchers have and receipts do not."""


def paper_of(reading: Reading) -> Paper | None:
    """Return what was read as a bank slip or a receipt; None of a voucher and of what is neither."""
    slip = slip_of(reading)
    if slip:
        return Paper(PaperKind.BANK_SLIP, {str(name): one for name, one in slip.fields.items()})
    if _CUSTOMER & reading.fields.keys():
        return None
    receipt = receipt_of(reading.lines)
    if receipt.total is None:
        return None
    values = {"date": receipt.date, "total": receipt.total}
    return Paper(PaperKind.RECEIPT, {name: one for name, one in values.items() if one})
