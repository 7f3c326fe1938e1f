"""The customer master (客户主数据): a file of the account system read whole, proved by its count."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ingest.stream_cells import LONGEST_TEXT, is_code
from ingest.stream_text import StreamRow, decode_stream, split_rows
from ingest.transactions import RejectedRow
from pipeline.customers import KnownCustomer, days_fault
from pipeline.errors import StreamRefused
from pipeline.language import Message, say

REQUIRED = ("customer_no", "customer_name", "id_type", "id_no", "owner_branch")
OPTIONAL = ("opened_on", "closed_on", "id_valid_until")
TRAILER = "#TRAILER"
_FOR_GOOD = ("长期", "long", "9999-12-31")


@dataclass(frozen=True)
class CustomerFile:
    """The master as read: rows = customers + rejects."""

    sha256: str
    customers: tuple[KnownCustomer, ...]
    rejects: tuple[RejectedRow, ...]


class _Unfit(Exception):
    """A row that cannot be taken over."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


def read_customers(content: bytes, today: date) -> CustomerFile:
    """Read the master: CSV in UTF-8 or GB18030, a header, a last row "#TRAILER,<rows>".

    A bad row is rejected, the others go on; of one customer number twice none is taken. Raises
    StreamRefused, and nothing is to be imported, where a column or the trailer is missing, or it tells
    another number of rows.
    """
    text, _ = decode_stream(content)
    rows = [row for row in split_rows(text, ",") if row.fault or any(row.cells)]
    if not rows:
        raise StreamRefused(say("The customer file is empty; export it again."))
    columns = _columns(rows[0])
    delivered = rows[1:-1]
    _must_be_whole(rows[-1], len(delivered))
    numbers = Counter(_cell(row, columns, "customer_no") for row in delivered if not row.fault)
    customers, rejects = [], []
    for row in delivered:
        try:
            customers.append(_customer(row, columns, numbers, today))
        except _Unfit as unfit:
            rejects.append(RejectedRow(row.line_no, row.text, unfit.reason))
    return CustomerFile(hashlib.sha256(content).hexdigest(), tuple(customers), tuple(rejects))


def _columns(header: StreamRow) -> Mapping[str, int]:
    columns = {cell.strip(): place for place, cell in enumerate(header.cells)}
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise StreamRefused(
            say(
                "The customer file has no column {names}; name its columns as docs/customers.md shows.",
                names=", ".join(missing),
            )
        )
    return columns


def _must_be_whole(last: StreamRow, count: int) -> None:
    cells = [cell.strip() for cell in last.cells if cell.strip()]
    if len(cells) != 2 or cells[0] != TRAILER or not cells[1].isdecimal():
        raise StreamRefused(
            say(
                "The customer file does not end with the row “#TRAILER,<number of rows>”, so it may be cut "
                "off; export it again."
            )
        )
    if int(cells[1]) != count:
        raise StreamRefused(
            say(
                "The customer file has {count} rows, its trailer tells {told}; export it again.",
                count=count,
                told=cells[1],
            )
        )


def _customer(
    row: StreamRow, columns: Mapping[str, int], numbers: Mapping[str, int], today: date
) -> KnownCustomer:
    if row.fault:
        raise _Unfit(row.fault)
    told = {name: _cell(row, columns, name) for name in (*REQUIRED, *OPTIONAL)}
    _must_hold(told, numbers)
    found = KnownCustomer(
        number=told["customer_no"],
        name=told["customer_name"],
        id_type=told["id_type"],
        id_no=told["id_no"],
        owner_branch=told["owner_branch"],
        opened_on=_day(told["opened_on"]),
        closed_on=_day(told["closed_on"]),
        id_valid_until=_day(told["id_valid_until"]),
    )
    if (fault := days_fault(found, today)) is not None:
        raise _Unfit(fault)
    return found


def _must_hold(told: Mapping[str, str], numbers: Mapping[str, int]) -> None:
    missing = [name for name in REQUIRED if not told[name]]
    if missing:
        raise _Unfit(say("{names} must not be empty.", names=", ".join(missing)))
    if not is_code(told["owner_branch"]):
        raise _Unfit(say("“{branch}” cannot be a branch number.", branch=told["owner_branch"]))
    too_long = [name for name, text in told.items() if len(text) > LONGEST_TEXT]
    if too_long:
        raise _Unfit(say("{names} is too long; the row's quoting is wrong.", names=too_long[0]))
    if numbers[told["customer_no"]] > 1:
        raise _Unfit(
            say(
                "Customer number {number} stands {count} times, so none of them was taken over.",
                number=told["customer_no"],
                count=numbers[told["customer_no"]],
            )
        )


def _cell(row: StreamRow, columns: Mapping[str, int], name: str) -> str:
    place: int | None = columns.get(name)
    cells: Sequence[str] = row.cells
    return cells[place].strip() if place is not None and place < len(cells) else ""


def _day(text: str) -> date | None:
    if not text:
        return None
    if text.lower() in _FOR_GOOD:
        return date.max
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _Unfit(say("{text} is not a day; write it like 2026-11-19.", text=text)) from error
