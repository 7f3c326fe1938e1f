"""The stream's columns, and how a vendor's columns become them (a YAML mapping file)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

import yaml

from ingest.stream_text import ENCODINGS
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.model import Transaction

COLUMNS = tuple(column.name for column in fields(Transaction))
"""Neutral names, those of the transaction itself (checks and settings, "Stream row")."""
REQUIRED = tuple(column.name for column in fields(Transaction) if column.default is MISSING)
WORDS: Mapping[str, Message] = {
    "business_date": say("business date"),
    "serial_no": say("serial number"),
    "handling_branch": say("handling branch"),
    "occur_at": say("time of the business"),
    "owner_branch": say("customer's branch"),
    "customer_no": say("customer's number"),
    "customer_name": say("customer's name"),
    "id_type": say("kind of identity document"),
    "id_no": say("identity number"),
    "business_code": say("business code"),
    "business_name": say("business name"),
    "channel": say("channel"),
    "teller_no": say("teller number"),
    "fund_account": say("fund account"),
    "sec_account": say("securities account"),
    "amount": say("amount"),
    "currency": say("currency"),
    "quantity": say("quantity"),
    "instrument": say("instrument"),
    "reviewer_no": say("reviewer's number"),
    "review_flag": say("review mark"),
    "review_at": say("time of review"),
    "reverse_of": say("what it reverses"),
    "voucher_count": say("number of vouchers"),
    "agent_name": say("agent's name"),
    "agent_id_no": say("agent's identity number"),
    "station": say("station"),
    "remark": say("remark"),
}
"""What the columns are called."""
CHANNELS = ("counter", "witness", "online_open", "online_hall", "phone", "batch")

_PROBE = datetime(2026, 11, 19, 20, 45, tzinfo=UTC)


@dataclass(frozen=True)
class ColumnMapping:
    """How one vendor's export becomes the neutral stream; the default is the neutral stream itself."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Vendor's column name to neutral name; a column not named here keeps its own name."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Neutral name to the value every row has, for a column that the vendor lacks."""
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Neutral name to (vendor's value to neutral value); a value not named here stays as it is."""
    date_format: str | None = None
    """strptime format of dates; None for ISO 8601."""
    datetime_format: str | None = None
    """strptime format of times; None for ISO 8601."""
    delimiter: str = ","
    trailer: str = "#TRAILER"
    """First cell of a trailer line."""
    encoding: str | None = None
    """"utf-8" or "gb18030"; None to tell them apart."""

    def translated(self, column: str, text: str) -> str:
        """Return the neutral value of ``text`` in the neutral ``column``."""
        return self.translations.get(column, {}).get(text, text)


NEUTRAL = ColumnMapping()


def load_mapping(text: str) -> ColumnMapping:
    """Read a mapping file (YAML); raises UserError naming the key that is wrong."""
    try:
        # BaseLoader makes nothing but text, lists and maps: 01 stays "01" and no stays "no".
        loaded = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError) as error:
        place = getattr(error, "problem_mark", None)
        raise UserError(
            say(
                "The column mapping is not YAML; look at line {line}.",
                line=place.line + 1 if place else 1,
            )
        ) from error
    stated = _map(loaded, "columns: ...") if loaded else {}
    for key in stated:
        if key not in _READERS:
            raise UserError(
                say(
                    'The column mapping has no key "{key}"; use one of {known}.',
                    key=key,
                    known=", ".join(_READERS),
                )
            )
    mapping = ColumnMapping(**{key: _READERS[key](stated[key], key) for key in stated})
    _check_once(mapping)
    return mapping


def _map(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(
            say('In the column mapping, "{key}" must hold pairs of name and value.', key=key)
        )
    return value


def _pairs(value: Any, key: str) -> dict[str, str]:
    return {name: _text(told, f"{key}: {name}") for name, told in _map(value, key).items()}


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str) or not value:
        raise UserError(say('In the column mapping, "{key}" must hold one value.', key=key))
    return value


def _neutral(name: str, key: str) -> None:
    if name not in COLUMNS:
        raise UserError(
            say(
                'In the column mapping, "{key}" names the column "{name}", which is none of {known}.',
                key=key,
                name=name,
                known=", ".join(COLUMNS),
            )
        )


def _columns(value: Any, key: str) -> dict[str, str]:
    pairs = _pairs(value, key)
    for vendor, name in pairs.items():
        _neutral(name, f"{key}: {vendor}")
    return pairs


def _constants(value: Any, key: str) -> dict[str, str]:
    pairs = _pairs(value, key)
    for name in pairs:
        _neutral(name, key)
    return pairs


def _translations(value: Any, key: str) -> dict[str, dict[str, str]]:
    told = _map(value, key)
    for name in told:
        _neutral(name, key)
    return {name: _pairs(pairs, f"{key}: {name}") for name, pairs in told.items()}


def _date_format(value: Any, key: str) -> str:
    """A format is right when it reads back what it writes: the day, and of a time the minute too."""
    pattern = _text(value, key)
    probe = _PROBE if key == "datetime_format" else _PROBE.replace(hour=0, minute=0)
    try:
        kept = datetime.strptime(probe.strftime(pattern), pattern).replace(tzinfo=UTC) == probe
    except ValueError:
        kept = False
    if not kept:
        raise UserError(
            say(
                'In the column mapping, "{key}: {value}" does not read dates; write it as {example}.',
                key=key,
                value=pattern,
                example="%Y%m%d %H:%M:%S" if key == "datetime_format" else "%Y%m%d",
            )
        )
    return pattern


def _delimiter(value: Any, key: str) -> str:
    mark = _text(value, key)
    if len(mark) != 1 or mark.isalnum() or mark in '"\r\n .-#':
        raise UserError(
            say(
                'In the column mapping, "{key}" must be one character such as {examples}.',
                key=key,
                examples='"," ";" "|" "\\t"',
            )
        )
    return mark


def _encoding(value: Any, key: str) -> str:
    name = _text(value, key).lower()
    if name not in ENCODINGS:
        raise UserError(
            say(
                'In the column mapping, "{key}" must be one of {known}.',
                key=key,
                known=", ".join(ENCODINGS),
            )
        )
    return name


def _check_once(mapping: ColumnMapping) -> None:
    targets = [*mapping.columns.values(), *mapping.constants]
    for name in targets:
        if targets.count(name) > 1:
            raise UserError(
                say(
                    'The column mapping gives the column "{name}" more than once; keep one of them.',
                    name=name,
                )
            )


_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "columns": _columns,
    "constants": _constants,
    "translations": _translations,
    "date_format": _date_format,
    "datetime_format": _date_format,
    "delimiter": _delimiter,
    "trailer": _text,
    "encoding": _encoding,
}
