"""What a reader makes of a printed text, sign by sign: how likely one value is read where another stands.

A channel model after Kernighan, Church and Gale ("A Spelling Correction Program Based on a Noisy Channel
Model", COLING 1990). Shares are round figures: what matters is that 0 for O is a hundred times likelier
than 0 for 4.
"""

from __future__ import annotations

from collections.abc import Mapping

from rapidfuzz.distance import Levenshtein

SLIP = 3e-4
"""Chance that a sign is not read as it stands: 0.3 % of values of ten signs (decision 0006)."""

_LIKE, _UNLIKE, _LOST, _ADDED = 0.15, 0.005, 0.1, 0.01
"""Shares of a sign's slips: each sign that looks like it, each other, losing it, each added one."""

_GROUPS = (
    "0OoDQ",
    "08",
    "06",
    "1lI|",
    "17",
    "14",
    "2Z",
    "27",
    "38B",
    "35",
    "49",
    "5S",
    "56",
    "68",
    "6Gb",
    "8B",
    "90",
    "9gq",
)
"""Signs that look alike in print; those of the bank cheque and voucher fonts among them."""

CONFUSABLE: Mapping[str, str] = {
    sign: "".join(sorted({other for group in _GROUPS if sign in group for other in group} - {sign}))
    for sign in sorted(set("".join(_GROUPS)))
}
"""Each sign, and what it is taken for."""


def likelihood(read: str, stands: str) -> float:
    """Return how likely ``read`` is where ``stands`` is printed; 1 for the same text, never 0."""
    chance = 1.0
    for step in Levenshtein.editops(stands, read):
        if step.tag == "replace":
            like = read[step.dest_pos] in CONFUSABLE.get(stands[step.src_pos], "")
            chance *= SLIP * (_LIKE if like else _UNLIKE)
        else:
            chance *= SLIP * (_LOST if step.tag == "delete" else _ADDED)
    return chance


def likely_originals(read: str) -> set[str]:
    """Return the texts of which ``read`` is one likely slip: a sign for its like, added or lost."""
    found = {read[:place] + read[place + 1 :] for place in range(len(read))}
    for place, sign in enumerate(read):
        before, after = read[:place], read[place + 1 :]
        found.update([before + other + after for other in _ORIGINALS.get(sign, (sign * 2,))])
    return found - {read}


_ORIGINALS = {sign: (*others, sign * 2) for sign, others in CONFUSABLE.items()}
