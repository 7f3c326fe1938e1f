"""Judge what was read on a page: page checks Q15 and Q16. The page is in already, so they only flag."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pipeline.fields import WORDS_DIFFER
from pipeline.identity_number import is_mistaken
from pipeline.language import say
from pipeline.model import FieldName, Finding, Reading, Severity


def check_reading(reading: Reading, day: date) -> tuple[Finding, ...]:
    """Return what speaks against a page that was read, in the order of the check ids.

    ``day``: the business day, on which the bearer of an identity number must live.
    """
    return (*_words(reading), *_identity(reading, day))


def _words(reading: Reading) -> Iterator[Finding]:
    """Q15: two readings of the figures differ from the words."""
    if WORDS_DIFFER not in reading.doubts:
        return
    figures, words = reading.fields.get(FieldName.AMOUNT), reading.amount_in_words
    yield Finding(
        "Q15",
        Severity.FLAG,
        figures.value if figures else "–",
        words or "=",
        say(
            "The amount in figures, {figures}, is not the amount in words, {words}; look at the paper "
            "and have the voucher put right.",
            figures=figures.value if figures else "–",
            words=words or "–",
        ),
    )


def _identity(reading: Reading, day: date) -> Iterator[Finding]:
    """Q16: the printed identity number is mistaken (GB 11643). No more than its last four signs are told."""
    number = reading.identity
    if number is None or not number.confirmed or not is_mistaken(number.text, day):
        return
    told = f"…{number.text[-4:]}"
    yield Finding(
        "Q16",
        Severity.FLAG,
        told,
        "GB 11643",
        say(
            "The identity number ending in {last} cannot be right, its check character does not fit; "
            "compare it with the identity card and have the voucher put right.",
            last=number.text[-4:],
        ),
    )
