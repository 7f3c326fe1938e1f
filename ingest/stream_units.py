"""Amounts that an export may have counted in another unit: fen instead of yuan, or the reverse.

A file's totals are in the same unit as its rows; what tells is what was booked before.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from pipeline.language import Message, say
from pipeline.model import Transaction

ENOUGH = 20
"""Amounts that a comparison needs on each side."""
_TIMES = 3
"""In fen the median amount is a hundred times as high; that of 20 amounts of seven decades wavers by 50."""
_CHANCE = 1e-6
"""That amounts in yuan have no fen by chance is taken for excluded below this."""
_IN_FEN = ("", "CNY", "RMB", "USD", "HKD", "EUR", "GBP")
"""Currencies with a hundredth; "": none is named."""


def comparable(rows: Sequence[Transaction]) -> list[Decimal]:
    """Return the amounts that could be in another unit, without their signs."""
    return [abs(row.amount) for row in rows if row.amount and (row.currency or "") in _IN_FEN]


def unit_doubt(branch: str, new: Sequence[Decimal], known: Sequence[Decimal]) -> Message | None:
    """Return why the amounts of a branch's file may be in another unit; None where nothing tells.

    ``known``: amounts booked on other days, of the branch or, for its first file, of others.
    """
    if len(new) < ENOUGH:
        return None
    if len(known) >= ENOUGH:
        return _compared(branch, new, known)
    odd = [amount for amount in new if amount % 100]
    if len(odd) < ENOUGH or not _all_whole(odd):
        return None
    return say(
        "None of the {count} amounts of branch {branch} has fen behind its point; if the export counts "
        "in fen, have it write yuan, and import it again with --replace.",
        count=len(new),
        branch=branch,
    )


def _compared(branch: str, new: Sequence[Decimal], known: Sequence[Decimal]) -> Message | None:
    times = float(median(new) / median(known))
    if times >= _TIMES and _all_whole(new) and _chance_of_none(len(new), known) < _CHANCE:
        return say(
            "The amounts of branch {branch} have no fen and are some {times} times those booked before; "
            "if the export counts in fen, have it write yuan, and import it again with --replace.",
            branch=branch,
            times=round(times),
        )
    if times <= 1 / _TIMES and _all_whole(known) and _chance_of_none(len(known), new) < _CHANCE:
        return say(
            "The amounts of branch {branch} are a {times}th of those booked before, which had no fen; if "
            "those were counted in fen, import their days again in yuan with --replace.",
            branch=branch,
            times=round(1 / times),
        )
    return None


def _chance_of_none(count: int, others: Sequence[Decimal]) -> float:
    """The chance that of ``count`` amounts none has fen, where as many have as of ``others``."""
    whole = sum(amount % 1 == 0 for amount in others)
    return float(((whole + 1) / (len(others) + 2)) ** count)


def _all_whole(amounts: Sequence[Decimal]) -> bool:
    return all(amount % 1 == 0 for amount in amounts)
