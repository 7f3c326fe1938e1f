"""How single values are shown: legible, comparable, and harmless wherever they are printed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from difflib import SequenceMatcher
from enum import Enum
from typing import Any, NamedTuple

from pipeline.language import Message

_TURNS = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
_PLAIN_AMOUNT = re.compile(r"-?[0-9]{1,16}(\.[0-9]+)?")
_SAME_ENOUGH = 0.5
"""Below this likeness (0 to 1) single marks would be confetti: the whole value is marked instead."""


class Piece(NamedTuple):
    """A stretch of a value."""

    text: str
    differs: bool


def printable(text: str) -> str:
    """Return ``text`` with everything replaced that could break a page, a workbook or the reader's eye.

    Delivered file names may hold control characters, bytes that are no UTF-8, and marks that turn
    the writing direction to make one name look like another.
    """
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_hostile(each) else each for each in text)


def _is_hostile(character: str) -> bool:
    turns = unicodedata.bidirectional(character) in _TURNS
    return turns or unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff"


def amount_of(value: str | Decimal | None) -> Decimal | None:
    """Return an amount given in plain form as a number, None when it is none."""
    if value is None or not _PLAIN_AMOUNT.fullmatch(str(value)):
        return None
    return Decimal(str(value))


def shown(name: str, value: Any, lang: str) -> str:
    """Return a value for people: amounts with separators, dates in ISO form, nothing as ""."""
    match value:
        case None:
            return ""
        case Enum():
            return shown(name, value.value, lang)
        case Message():
            return printable(value.in_language(lang))
        case datetime():
            return value.isoformat(" ", "seconds")
        case date():
            return value.isoformat()
        case Mapping():
            parts = (f"{key} {shown(str(key), each, lang)}" for key, each in value.items())
            return printable("; ".join(parts))
        case list() | tuple():
            return "; ".join(shown(name, each, lang) for each in value)
    amount = amount_of(str(value)) if name == "amount" else None
    if amount is None:
        return printable(str(value))
    # two decimals at least, so that 54930.3 and 54930.30 do not look different
    return f"{amount:,.2f}" if amount == round(amount, 2) else f"{amount:,}"


def compared(read: str, expected: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Cut two values into pieces that agree and pieces that differ; nothing differs from nothing."""
    if not read or not expected or read == expected:
        return whole(read), whole(expected)
    likeness = SequenceMatcher(None, read, expected, autojunk=False)
    if likeness.ratio() < _SAME_ENOUGH:
        return whole(read, differs=True), whole(expected, differs=True)
    left, right = [], []
    for operation, left_from, left_to, right_from, right_to in likeness.get_opcodes():
        left.append(Piece(read[left_from:left_to], operation != "equal"))
        right.append(Piece(expected[right_from:right_to], operation != "equal"))
    return _nonempty(left), _nonempty(right)


def whole(text: str, *, differs: bool = False) -> tuple[Piece, ...]:
    """Return a value as one piece, "" as none."""
    return (Piece(text, differs),) if text else ()


def _nonempty(pieces: list[Piece]) -> tuple[Piece, ...]:
    return tuple(piece for piece in pieces if piece.text)
