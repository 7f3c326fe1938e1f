"""The identity number printed on a page (Q16): read, and where its check fails read again."""

from __future__ import annotations

from dataclasses import replace

from pipeline.fields import PageFields
from pipeline.identity_number import check_character, is_credit_code, number_in
from pipeline.model import IdentityNumber, Pixels
from pipeline.second_look import SecondLook
from pipeline.values import half_width

_AGREEING = 2
"""Further readings that must give the same wrong number before it is called wrong on the paper."""


def read_identity(
    page: PageFields, pixels: Pixels, second_look: SecondLook
) -> IdentityNumber | None:
    """Return the customer's identity number as printed; None where none of 18 characters stands.

    A number whose check fails is read again in other guises: one slip of the reader is far likelier
    than a wrong print. A reading whose check holds is believed.
    """
    found = page.identity_number()
    if found is None or holds(found.text):
        return found
    again = [
        number_in(half_width(engine.read_line(picture).text))
        for engine, picture in second_look.looks(pixels, found.box, found.angle)
    ]
    right = [number for number in again if number and holds(number)]
    if right:
        return replace(found, text=right[0])
    return replace(found, confirmed=again.count(found.text) >= _AGREEING)


def holds(number: str) -> bool:
    """Tell whether the check of an identity number, or of an institution's credit code, is right."""
    return check_character(number[:17]) == number[17] or is_credit_code(number)
