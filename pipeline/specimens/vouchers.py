"""What stands on a voucher: a transaction's values in the ways that printers write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from pipeline.amounts import amount_in_words
from pipeline.model import FieldName, Transaction
from pipeline.specimens.people import branch_name, person_name

_AMOUNT_STYLES: tuple[Callable[[Decimal], str], ...] = (
    "¥{:,.2f}".format,
    "{:,.2f}".format,
    "{:.2f}".format,
    "¥{:.2f}".format,
)
_DATE_STYLES: tuple[Callable[[date], str], ...] = (
    "{0:%Y}年{0:%m}月{0:%d}日".format,
    "{:%Y-%m-%d}".format,
    "{:%Y/%m/%d}".format,
)


@dataclass(frozen=True)
class PrintedVoucher:
    """The texts printed on one voucher."""

    values: Mapping[FieldName, str]
    """The seven voucher fields as printed."""
    words: str
    """The amount in words."""
    branch_name: str
    id_type: str
    id_no: str
    teller_no: str
    teller_name: str
    reviewer_name: str


def print_voucher(paper: Transaction, rng: np.random.Generator) -> PrintedVoucher:
    """Choose how a transaction's values are written, and the names of those who sign."""
    amount = paper.amount or Decimal(0)
    values = {
        FieldName.SERIAL_NO: paper.serial_no,
        FieldName.CUSTOMER_NO: paper.customer_no,
        FieldName.FUND_ACCOUNT: paper.fund_account or "",
        FieldName.CUSTOMER_NAME: paper.customer_name,
        FieldName.BUSINESS_NAME: paper.business_name,
        FieldName.AMOUNT: _AMOUNT_STYLES[rng.integers(len(_AMOUNT_STYLES))](amount),
        FieldName.BUSINESS_DATE: _DATE_STYLES[rng.integers(len(_DATE_STYLES))](paper.business_date),
    }
    return PrintedVoucher(
        values=values,
        words=amount_in_words(amount),
        branch_name=branch_name(paper.handling_branch),
        id_type=paper.id_type,
        id_no=paper.id_no,
        teller_no=paper.teller_no,
        teller_name=person_name(rng),
        reviewer_name=person_name(rng),
    )
