"""Judge what was read on a page: page checks Q11, Q14 to Q16. The page is in already, so they only flag."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pipeline.code_and_print import TWO_SERIALS
from pipeline.doubts import TWO_PAGES
from pipeline.fields import WORDS_DIFFER
from pipeline.identity_number import is_mistaken
from pipeline.language import say
from pipeline.model import FieldName, Finding, Reading, Severity
from pipeline.serials import parts_of
from pipeline.sheets import sheet_of

_SURE_OF_A_SERIAL = 0.8


def check_reading(
    reading: Reading, day: date, branch: str, serial_grammar: str
) -> tuple[Finding, ...]:
    """Return what speaks against a page that was read, in the order of the check ids.

    ``day``: the business day, on which the bearer of an identity number must live. ``branch`` and
    ``day`` are those the page was taken in for.
    """
    return (
        *_double_feed(reading),
        *_serial(reading, day, branch, serial_grammar),
        *_words(reading),
        *_identity(reading, day),
    )


def _serial(reading: Reading, day: date, branch: str, grammar: str) -> Iterator[Finding]:
    """Q14: the serial number is one of the branch and day that the page was taken in for."""
    serial = reading.fields.get(FieldName.SERIAL_NO)
    if serial is None or serial.confidence < _SURE_OF_A_SERIAL:
        return
    told = parts_of(serial.value, grammar)
    if told is None or (told.day in (None, day) and told.branch in (None, branch)):
        return
    own_branch, own_day = told.branch or branch, told.day or day
    yield Finding(
        "Q14",
        Severity.FLAG,
        f"{own_branch} {own_day}",
        f"{branch} {day}",
        say(
            "The serial number {serial} is one of branch {own_branch} on {own_day}, but the page was taken "
            "in for branch {branch} on {day}; see where the paper belongs.",
            serial=serial.value,
            own_branch=own_branch,
            own_day=own_day,
            branch=branch,
            day=day,
        ),
    )


def _double_feed(reading: Reading) -> Iterator[Finding]:
    """Q11: two papers in one image, told by their codes or their form."""
    stuck = any(sheet_of(code.text.strip()) for code in reading.codes)
    if TWO_SERIALS in reading.doubts:
        message = say(
            "Codes of two serial numbers stand on the page: two papers were drawn in together; part them "
            "and scan each."
        )
    elif TWO_PAGES in reading.doubts:
        message = say(
            "Two papers of one form stand in the image: they were drawn in together; part them and scan each."
        )
    elif stuck:
        message = say(
            "The code of a separator or cover stands on the page beside a voucher: they were drawn in "
            "together; part them and scan each in its place."
        )
    else:
        return
    yield Finding("Q11", Severity.FLAG, "2", "1", message)


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
