"""The identity number printed on a page (Q16): read, and where its check fails read again."""

from __future__ import annotations

from dataclasses import replace

from pipeline.identity_number import (
    check_character,
    is_credit_code,
    may_be_mistaken,
    number_in,
)
from pipeline.model import IdentityNumber, Pixels
from pipeline.second_look import SecondLook
from pipeline.values import half_width

_AGREEING = 2
"""Further readings that must give the same wrong number before it is called wrong on the paper."""


def proved(number: IdentityNumber, pixels: Pixels, second_look: SecondLook) -> IdentityNumber:
    """Return a number as it stands on the paper; where its check fails its place is read again.

    One slip of the reader is far likelier than a wrong print: a reading whose check holds is believed.
    The number of another document, which is never judged, is not read again: that costs 0.5 s.
    """
    if holds(number.text) or not may_be_mistaken(number.text):
        return number
    agreeing = 0
    for engine, picture in second_look.looks(pixels, number.box, number.angle):
        other = number_in(half_width(engine.read_line(picture).text))
        if other and holds(other):
            return replace(number, text=other)
        agreeing += other == number.text
    return replace(number, confirmed=agreeing >= _AGREEING)


def holds(number: str) -> bool:
    """Tell whether the check of an identity number, or of an institution's credit code, is right."""
    return check_character(number[:17]) == number[17] or is_credit_code(number)
