"""A bank slip (银行回单): number, date, amount, payer and payee, from what was read on its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.fields import PageFields
from pipeline.labels import LabelBook
from pipeline.model import FieldName, FieldValue, PlacedValue, Reading
from pipeline.parties import Part, Side, parties_of


class SlipField(StrEnum):
    """What a bank slip says, named as a ledger's columns."""

    NUMBER = "bank_ref"
    DATE = "date"
    AMOUNT = "amount"
    PAYER = "payer"
    PAYER_ACCOUNT = "payer_account"
    PAYER_BANK = "payer_bank"
    PAYEE = "payee"
    PAYEE_ACCOUNT = "payee_account"
    PAYEE_BANK = "payee_bank"


@dataclass(frozen=True)
class Slip:
    """A page that names a payer and a payee."""

    fields: Mapping[SlipField, PlacedValue]
    doubts: tuple[str, ...]
    """The reader's, such as words that differ from figures (Q15)."""

    def text(self, name: SlipField) -> str | None:
        """Return a value in its plain form; None where it was not read."""
        value = self.fields.get(name)
        return value.value if value else None


_VOUCHER_FIELDS = {
    SlipField.NUMBER: FieldName.SERIAL_NO,
    SlipField.DATE: FieldName.BUSINESS_DATE,
    SlipField.AMOUNT: FieldName.AMOUNT,
}
_PARTIES = {
    SlipField.PAYER: (Side.PAYER, Part.NAME),
    SlipField.PAYER_ACCOUNT: (Side.PAYER, Part.ACCOUNT),
    SlipField.PAYER_BANK: (Side.PAYER, Part.BANK),
    SlipField.PAYEE: (Side.PAYEE, Part.NAME),
    SlipField.PAYEE_ACCOUNT: (Side.PAYEE, Part.ACCOUNT),
    SlipField.PAYEE_BANK: (Side.PAYEE, Part.BANK),
}


def slip_of(reading: Reading, book: LabelBook | None = None) -> Slip | None:
    """Return the bank slip that was read; None on a page that does not name two parties."""
    engine = reading.engine.split(" ")[0]
    parties = parties_of(PageFields(reading.lines, engine, book or LabelBook()))
    if {side for side, _ in parties} != set(Side):
        return None
    seen: dict[SlipField, FieldValue | PlacedValue | None] = {
        **{name: reading.fields.get(field) for name, field in _VOUCHER_FIELDS.items()},
        **{name: parties.get(part) for name, part in _PARTIES.items()},
    }
    fields = {
        name: PlacedValue(one.value, one.confidence, one.box, one.angle)
        for name, one in seen.items()
        if one
    }
    return Slip(fields, reading.doubts)
