"""Citizen identity numbers (公民身份号码) after GB 11643: form, birth date, check character (Q16)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

_FORM = re.compile(r"[1-9][0-9]{16}[0-9X]")
_PRINTED = re.compile(r"(?<![0-9A-Za-z])[1-8][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
_CHARACTERS = "10X98765432"  # by remainder


def check_character(body: str) -> str:
    """Return the check character ("0" to "9" or "X") of the first 17 digits (ISO 7064, MOD 11-2)."""
    weights = (pow(2, place, 11) for place in range(17, 0, -1))
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return _CHARACTERS[total % 11]


def birth_date(number: str) -> date | None:
    """Return the date of birth that a number of the right form names; None when it names none."""
    if not _FORM.fullmatch(number):
        return None
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def bearer_born(number: str) -> date | None:
    """Return when the person was born whose number it is; None for an institution or where untold."""
    born = birth_date(number)  # None for all but 18 characters
    return None if born and is_credit_code(number) else born


def is_identity_number(number: str, on: date) -> bool:
    """Tell whether ``number`` can be somebody's on day ``on``: 18 characters, a living bearer, its check.

    Any one digit wrong and any two neighbours swapped is found.
    """
    return _names_somebody(number, on) and check_character(number[:17]) == number[17]


def is_mistaken(number: str, on: date) -> bool:
    """Tell a wrong identity number from the number of another document, which this cannot judge.

    It has a birth date that somebody may have, or would be right with one sign changed or two neighbours
    swapped; but it is not right, nor an institution's credit code.
    """
    if is_identity_number(number, on) or is_credit_code(number):
        return False
    return _names_somebody(number, on) or any(
        is_identity_number(other, on) for other in _one_slip_away(number)
    )


def may_be_mistaken(number: str) -> bool:
    """Tell whether ``is_mistaken`` can hold on any day: whether a wrong number is worth a second reading."""
    return any(is_mistaken(number, on) for on in _DAYS)


_OLDEST = 130
_DAYS = (date(1984, 1, 1), date(2099, 12, 31))
"""The first identity numbers were given out in 1984; bearers of the two days were born in 1854 to 2099."""


def _names_somebody(number: str, on: date) -> bool:
    born = birth_date(number)
    return born is not None and born <= on and on.year - born.year <= _OLDEST


def _one_slip_away(number: str) -> Iterator[str]:
    for place, sign in enumerate(number):
        for other in "0123456789X":
            if other != sign:
                yield number[:place] + other + number[place + 1 :]
        yield number[:place] + number[place : place + 2][::-1] + number[place + 2 :]


def number_in(text: str) -> str | None:
    """Return what has the form of an identity number in printed text, blanks left out; else None."""
    found = _PRINTED.search(text.replace(" ", ""))
    return found[0].upper() if found else None


def is_credit_code(code: str) -> bool:
    """Tell whether ``code`` is a unified social credit code (GB 32100) of digits, its check right.

    Institutions have one of 18 characters as well, beside the same label.
    """
    weights = (pow(3, place, 31) for place in range(17))
    total = sum(
        _CREDIT.index(sign) * weight for sign, weight in zip(code[:17], weights, strict=True)
    )
    return _CREDIT[-total % 31] == code[17]


_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Signs of a credit code by value: letters that look like digits are left out."""
