"""A reason named at the command line: by its code, or by its number in the list that was shown."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from pipeline.errors import UserError
from pipeline.language import say

Reason = TypeVar("Reason", bound=StrEnum)


def parsed_reason(text: str, reasons: type[Reason]) -> Reason:
    """Return the reason of this code, or of this number in their order; UserError when there is none."""
    codes = list(reasons)
    if text.isdecimal() and 1 <= int(text) <= len(codes):
        return codes[int(text) - 1]
    try:
        return reasons(text.strip().lower())
    except ValueError as error:
        raise UserError(
            say(
                "There is no reason “{text}”; say one of {codes}.",
                text=text,
                codes=", ".join(codes),
            )
        ) from error
