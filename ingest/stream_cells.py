"""The cells of a stream row: each kind of column in its plain form, or the reason why not."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ingest.stream_columns import CHANNELS, ColumnMapping
from pipeline.language import Message, say

LONGEST_CODE = 32
"""Characters of a serial or branch number (checks and settings, "Stream row": str<=32)."""
LONGEST_TEXT = 500
"""Characters of any other field: above it the row's quoting is wrong, not the field long."""
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Times without a zone are Chinese time, which has known no summer time since 1991."""

_CODE = re.compile(rf"[0-9A-Za-z_-]{{1,{LONGEST_CODE}}}")
_MONEY = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,2})?")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,8})?")
_COUNT = re.compile(r"[0-9]{1,4}")
_UNFIT = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_LOST = "\ufffd"
"""What a converter writes for a character that it lost."""


class RowRejected(Exception):
    """One row cannot be imported; ``reason`` is told to the people who write the export."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


def read_cell(column: str, text: str, *, heading: str, mapping: ColumnMapping) -> Any:
    """Return the value of ``text`` in the neutral ``column``; raises RowRejected, naming ``heading``."""
    return _PARSERS.get(column, _plain)(heading, text, mapping)


def is_code(text: str) -> bool:
    """Whether ``text`` may be a serial or a branch number."""
    return _CODE.fullmatch(text) is not None


def read_money(text: str) -> Decimal | None:
    """Return the amount that ``text`` writes, decimal(18,2), or None where it writes none."""
    return Decimal(text) if _MONEY.fullmatch(text) else None


def read_number(text: str) -> Decimal | None:
    """Return the number that ``text`` writes, up to eight decimals, or None where it writes none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _shortened(text: str) -> str:
    shown = "".join(c if c.isprintable() else "·" for c in text[:40])
    return shown if len(text) <= 40 else shown + "…"


def _plain(heading: str, text: str, _: ColumnMapping) -> str:
    if len(text) > LONGEST_TEXT:
        raise RowRejected(
            say(
                "Column {column} has {found} characters, more than {limit}; shorten it.",
                column=heading,
                found=len(text),
                limit=LONGEST_TEXT,
            )
        )
    if text.isprintable() and _LOST not in text:
        return text
    for character in text:
        if character == _LOST or unicodedata.category(character) in _UNFIT:
            raise RowRejected(
                say(
                    "Column {column} holds the unreadable character {code}; correct it in the export.",
                    column=heading,
                    code=f"U+{ord(character):04X}",
                )
            )
    return text


def _remark(heading: str, text: str, mapping: ColumnMapping) -> str:
    """A remark is free text typed at the counter: its line breaks are no fault."""
    _plain(heading, re.sub(r"[\r\n\t]", " ", text), mapping)
    return text


def _code(heading: str, text: str, _: ColumnMapping) -> str:
    if not is_code(text):
        raise RowRejected(
            say(
                'Column {column} holds "{value}"; write it with at most {limit} letters, digits, "-" or "_".',
                column=heading,
                value=_shortened(text),
                limit=LONGEST_CODE,
            )
        )
    return text


def _channel(heading: str, text: str, _: ColumnMapping) -> str:
    if text not in CHANNELS:
        raise RowRejected(
            say(
                'Column {column} holds "{value}", which is none of {known};'
                " translate it in the column mapping.",
                column=heading,
                value=_shortened(text),
                known=", ".join(CHANNELS),
            )
        )
    return text


@lru_cache(maxsize=64)
def _parsed_date(text: str, pattern: str | None) -> date:
    return datetime.strptime(text, pattern).date() if pattern else date.fromisoformat(text)


def _date(heading: str, text: str, mapping: ColumnMapping) -> date:
    try:
        return _parsed_date(text, mapping.date_format)
    except ValueError as error:
        raise RowRejected(
            say(
                'Column {column} holds "{value}", which is no date; write it as {example}.',
                column=heading,
                value=_shortened(text),
                example=mapping.date_format or "2026-11-19",
            )
        ) from error


def _time(heading: str, text: str, mapping: ColumnMapping) -> datetime:
    pattern = mapping.datetime_format
    try:
        if pattern is None and len(text) <= len("2026-11-19"):
            raise ValueError("a day without a time")
        moment = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)
    except ValueError as error:
        raise RowRejected(
            say(
                'Column {column} holds "{value}", which is no date and time; write it as {example}.',
                column=heading,
                value=_shortened(text),
                example=pattern or "2026-11-19T09:29:26",
            )
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _amount(heading: str, text: str, _: ColumnMapping) -> Decimal:
    amount = read_money(text)
    if amount is None:
        raise RowRejected(
            say(
                'Column {column} holds "{value}", which is no amount;'
                " write it with at most two decimals and no separators, as 1234.50.",
                column=heading,
                value=_shortened(text),
            )
        )
    return amount


def _quantity(heading: str, text: str, _: ColumnMapping) -> Decimal:
    quantity = read_number(text)
    if quantity is None:
        raise RowRejected(
            say(
                'Column {column} holds "{value}", which is no number; write it as 1200 or 0.5.',
                column=heading,
                value=_shortened(text),
            )
        )
    return quantity


def _count(heading: str, text: str, _: ColumnMapping) -> int:
    if not _COUNT.fullmatch(text):
        raise RowRejected(
            say(
                'Column {column} holds "{value}", which is no count; write it as 2.',
                column=heading,
                value=_shortened(text),
            )
        )
    return int(text)


_PARSERS = {
    "business_date": _date,
    "serial_no": _code,
    "handling_branch": _code,
    "owner_branch": _code,
    "occur_at": _time,
    "review_at": _time,
    "channel": _channel,
    "amount": _amount,
    "quantity": _quantity,
    "voucher_count": _count,
    "remark": _remark,
}
