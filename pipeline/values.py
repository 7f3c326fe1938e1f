"""Printed values in plain form: numbers, amounts, dates and names as the transaction stream has them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline.model import FieldName
from pipeline.serials import SERIAL_GRAMMAR, parts_of

REPAIRED = 0.8
"""What is left of the confidence when a sign that cannot be right had to be put right."""

_ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"
SIGNS: Mapping[FieldName, str] = {
    FieldName.SERIAL_NO: _ALNUM,
    FieldName.CUSTOMER_NO: _ALNUM,
    FieldName.FUND_ACCOUNT: _ALNUM,
    FieldName.AMOUNT: "0123456789.,-*¥￥元圆整人民币RMBCNY",
    FieldName.BUSINESS_DATE: "0123456789年月日./-:",
}
"""The signs that a field's value is written with; a field that is missing here may hold any."""

_LOOK_ALIKE = str.maketrans("OoQDIl|!iSsBZz", "00001111155822")
_PREFIXED = re.compile(r"[A-HJ-NP-Z]{1,2}\d+")
_NUMBER = re.compile(r"[0-9A-Za-z|!]{5,25}")
_AMOUNT = re.compile(
    r"(?:人民币|RMB|CNY)?(?:[¥Y羊半#*]*)(?P<minus>-?)(?:[¥*]*)"
    r"(?P<figures>[0-9OolISBZ|][0-9OolISBZ|.,']*)(?:元|圆)?整?",
)
_MOST_DIGITS = 16
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?")
_DATE = re.compile(
    r"(?P<year>(?:19|20)\d\d) ?(?:"
    r"[年./-] ?(?P<month>\d{1,2}) ?[月./-] ?(?P<day>\d{2}(?=\d\d:)|\d{1,2}(?!\d)) ?日?"
    r"|(?P<compact>\d{4})(?!\d))"
)
_CLOCK = re.compile(r"(?:星期.)?T?(?:\d{1,2}[:.时]\d{2}(?:[:.分]\d{2}秒?)?)?")
_SENTENCE = re.compile(r"[。;!?]|,.*,")
_NOTHING = re.compile(r"[\W_]*|无|空白|以下空白|人民币|CNY|RMB")
_WIDEST_NAME = 60


@dataclass(frozen=True)
class PlainValue:
    """A value in its plain form, and how much of the reader's confidence it keeps (0 to 1)."""

    text: str
    keeps: float = 1.0


def half_width(text: str) -> str:
    """Return ``text`` with full-width signs made half-width, blanks made one and the ends bare."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def plain_value(
    name: FieldName, text: str, serial_grammar: str = SERIAL_GRAMMAR
) -> PlainValue | None:
    """Return the whole of ``text`` as the value of field ``name``; None when it cannot be one."""
    if name is FieldName.SERIAL_NO:
        return plain_serial(text, serial_grammar)
    return _PLAIN[name](half_width(text))


def plain_serial(text: str, grammar: str = SERIAL_GRAMMAR) -> PlainValue | None:
    """Return a serial number that fits ``grammar``; look-alike letters among digits are put right."""
    compact = _compact(text)
    number = _digits(compact) if _NUMBER.fullmatch(compact) else PlainValue(compact)
    return number if parts_of(number.text, grammar) else None


def plain_amount(text: str) -> PlainValue | None:
    """Return an amount as "54930.33"; a point read for a comma, or the reverse, is put right.

    It is one that the stream can book: decimal(18,2).
    """
    found = _AMOUNT.fullmatch(_compact(text))
    if found is None:
        return None
    read = found["figures"]
    figures = read.translate(_LOOK_ALIKE).replace("'", ",")
    if not _GROUPED.fullmatch(figures):
        figures = _with_one_point(figures)
        if not _GROUPED.fullmatch(figures):
            return None
    if len(figures.partition(".")[0].replace(",", "")) > _MOST_DIGITS:
        return None
    amount = Decimal(found["minus"] + figures.replace(",", "")).quantize(Decimal("0.01"))
    return PlainValue(f"{amount:.2f}", 1.0 if figures == read else REPAIRED)


def plain_date(text: str) -> PlainValue | None:
    """Return a date as "2026-11-19" from its four printed forms, a time of day after it left out."""
    line = half_width(text).strip(" :_.,")
    found = _DATE.match(line)
    if found is None or not _CLOCK.fullmatch(_compact(line[found.end() :])):
        return _date_of_digits(line)
    month, day = found["month"], found["day"]
    if found["compact"]:
        month, day = found["compact"][:2], found["compact"][2:]
    try:
        return PlainValue(date(int(found["year"]), int(month), int(day)).isoformat())
    except ValueError:
        return None


def _date_of_digits(line: str) -> PlainValue | None:
    """Return a date whose eight digits are whole but whose separators were misread: 2026-1.1-19."""
    digits = re.sub(r"[ ./:,-]", "", line)
    if len(digits) != len("20261119") or not digits.isdigit() or digits[:2] not in ("19", "20"):
        return None
    try:
        return PlainValue(date.fromisoformat(digits).isoformat(), REPAIRED)
    except ValueError:
        return None


def _plain_number(text: str) -> PlainValue | None:
    compact = _compact(text).strip(".,'`·|")
    if not _NUMBER.fullmatch(compact) or sum(sign.isdigit() for sign in compact) < len(compact) / 2:
        return None
    return _digits(compact)


def _plain_words(text: str) -> PlainValue | None:
    bare = text.strip(" :,.|_-/\\'\"")
    bare = re.sub(r"(?<=[^\x00-\x7f]) +| +(?=[^\x00-\x7f])", "", bare)
    letters = sum(sign.isalpha() for sign in bare)
    if _NOTHING.fullmatch(bare) or not 2 <= len(bare) <= _WIDEST_NAME or letters < len(bare) / 2:
        return None
    return None if _SENTENCE.search(bare) else PlainValue(bare)


def _digits(compact: str) -> PlainValue:
    """Put look-alike letters among digits right, unless they begin the number as a prefix may."""
    if compact.isdigit():
        return PlainValue(compact)
    repaired = compact.translate(_LOOK_ALIKE)
    few = sum(not sign.isdigit() for sign in compact) <= max(1, len(compact) // 4)
    if repaired.isdigit() and few and not _PREFIXED.fullmatch(compact):
        return PlainValue(repaired, REPAIRED)
    certain = _PREFIXED.fullmatch(compact) and not repaired.isdigit()
    return PlainValue(compact, 1.0 if certain else REPAIRED)


def _with_one_point(figures: str) -> str:
    """Make the last separator the decimal point when two digits follow, and the others commas."""
    *whole, cents = re.split(r"[.,]", figures)
    return f"{','.join(whole)}.{cents}" if whole and len(cents) == 2 else figures


def _compact(text: str) -> str:
    return half_width(text).replace(" ", "").strip(":_")


_PLAIN: Mapping[FieldName, Callable[[str], PlainValue | None]] = {
    FieldName.CUSTOMER_NO: _plain_number,
    FieldName.FUND_ACCOUNT: _plain_number,
    FieldName.CUSTOMER_NAME: _plain_words,
    FieldName.BUSINESS_NAME: _plain_words,
    FieldName.AMOUNT: plain_amount,
    FieldName.BUSINESS_DATE: plain_date,
}
