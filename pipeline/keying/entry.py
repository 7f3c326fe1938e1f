"""What a person keys, held against the field's grammar at once."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.model import FieldName
from pipeline.serials import SERIAL_GRAMMAR
from pipeline.values import half_width, plain_value

_SHAPES: Mapping[FieldName, Message] = {
    FieldName.SERIAL_NO: say("a serial number, as it is printed"),
    FieldName.CUSTOMER_NO: say("a customer number, as it is printed"),
    FieldName.FUND_ACCOUNT: say("a fund account, as it is printed"),
    FieldName.CUSTOMER_NAME: say("a customer's name, two characters or more"),
    FieldName.BUSINESS_NAME: say("the name of a business, as it is printed"),
    FieldName.AMOUNT: say("an amount in figures, like 54930.33"),
    FieldName.BUSINESS_DATE: say("a date, like 2026-11-19"),
}


def checked_value(name: FieldName, text: str, serial_grammar: str = SERIAL_GRAMMAR) -> str:
    """Return a keyed value in its plain form; raises UserError when it cannot be one.

    What is put right in a reading (O for 0, a comma for a point) is refused from a person.
    """
    value = plain_value(name, text, serial_grammar)
    typed = half_width(text).replace(" ", "")
    if value is None or (value.keeps < 1 and value.text != typed):
        raise UserError(
            say(
                "“{text}” was not kept: key {shape}, or say why it cannot be read.",
                text=text,
                shape=_SHAPES[name],
            )
        )
    return value.text
