"""The transaction stream (业务流水): a day's file read whole, proved by its control totals, or refused."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingest.stream_cells import RowRejected
from ingest.stream_columns import NEUTRAL, ColumnMapping
from ingest.stream_rows import Layout, branch_of, control_amount, read_header, transaction_from
from ingest.stream_text import StreamRow, decode_stream, split_rows
from ingest.stream_totals import BranchTotals, DeliveredRow, Trailer, prove_whole, read_trailers
from pipeline.errors import StreamRefused
from pipeline.language import Message, say
from pipeline.model import Transaction


@dataclass(frozen=True)
class RejectedRow:
    """One row that was not imported, for the people who write the export."""

    line_no: int
    """Physical line on which the row begins, 1 for the header."""
    text: str
    """The row as delivered."""
    reason: Message


@dataclass(frozen=True)
class StreamFile:
    """One day's stream as read: rows = transactions + rejects, each branch's total proved."""

    day: date
    sha256: str
    encoding: str
    """"utf-8" or "gb18030"."""
    transactions: tuple[Transaction, ...]
    """In the order of the file, unique by business date, branch and serial."""
    rejects: tuple[RejectedRow, ...]
    """In the order of the file."""
    branches: tuple[BranchTotals, ...]
    """In the order of the trailers; a branch without rows is among them."""


@dataclass(frozen=True)
class _ReadRow:
    row: StreamRow
    outcome: Transaction | Message


def read_stream(content: bytes, *, day: date, mapping: ColumnMapping = NEUTRAL) -> StreamFile:
    """Read the stream file of business date ``day``; a bad row is rejected, the others go on.

    Raises StreamRefused, and nothing is to be imported, where the bytes are no CSV text in UTF-8 or
    GB18030, a required column is missing, the file is of another day, or a control total differs.
    """
    text, encoding = decode_stream(content, mapping.encoding)
    rows = list(split_rows(text, mapping.delimiter))
    if not rows:
        raise StreamRefused(
            say("The stream file is empty; export it from the business system again.")
        )
    layout = read_header(rows.pop(0).cells, mapping)
    trailers = read_trailers([row for row in rows if _is_trailer(row, mapping)], mapping)
    delivered = [row for row in rows if not _is_trailer(row, mapping)]
    read = [_ReadRow(row, _outcome(row, layout)) for row in delivered]
    _check_day(read, day)
    totals = prove_whole([_counted(row, layout, trailers) for row in delivered], trailers)
    settled = _unique([_of_day(one, day) for one in read])
    return StreamFile(
        day=day,
        sha256=hashlib.sha256(content).hexdigest(),
        encoding=encoding,
        transactions=tuple(o.outcome for o in settled if isinstance(o.outcome, Transaction)),
        rejects=tuple(
            RejectedRow(o.row.line_no, o.row.text, o.outcome)
            for o in settled
            if isinstance(o.outcome, Message)
        ),
        branches=totals,
    )


def write_rejects(path: Path, rejects: Iterable[RejectedRow], lang: str) -> None:
    """Write the rejected rows as CSV in UTF-8 with a byte order mark, so that a spreadsheet opens it."""
    headings = (say("Line"), say("Reason"), say("Row as delivered"))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([heading.in_language(lang) for heading in headings])
        for reject in rejects:
            writer.writerow([reject.line_no, reject.reason.in_language(lang), _inert(reject.text)])


def _inert(text: str) -> str:
    """Keep a spreadsheet from taking a delivered row for a formula."""
    return "'" + text if text.lstrip().startswith(("=", "+", "-", "@")) else text


def _is_trailer(row: StreamRow, mapping: ColumnMapping) -> bool:
    return bool(row.cells) and row.cells[0].strip() == mapping.trailer


def _outcome(row: StreamRow, layout: Layout) -> Transaction | Message:
    if row.fault:
        return row.fault
    try:
        return transaction_from(row.cells, layout)
    except RowRejected as rejected:
        return rejected.reason


def _counted(row: StreamRow, layout: Layout, trailers: Mapping[str, Trailer]) -> DeliveredRow:
    """Place the row; shifted cells name a branch only where a trailer names it too."""
    branch = branch_of(row.cells, layout)
    if len(row.cells) != layout.width and branch not in trailers:
        branch = None
    return DeliveredRow(row.line_no, branch, control_amount(row.cells, layout))


def _check_day(read: Sequence[_ReadRow], day: date) -> None:
    days = Counter(o.outcome.business_date for o in read if isinstance(o.outcome, Transaction))
    if days and day not in days:
        raise StreamRefused(
            say(
                "This stream file is of {found}, not {day}; choose the file of {day} or import it"
                " under its own day.",
                found=days.most_common(1)[0][0],
                day=day,
            )
        )


def _of_day(read: _ReadRow, day: date) -> _ReadRow:
    if isinstance(read.outcome, Message) or read.outcome.business_date == day:
        return read
    return _ReadRow(
        read.row,
        say(
            "The row is of {found} in a file of {day}; deliver it in the file of its own day.",
            found=read.outcome.business_date,
            day=day,
        ),
    )


def _unique(read: Sequence[_ReadRow]) -> list[_ReadRow]:
    """Keep the first of identical rows; of rows that contradict each other keep none."""
    by_key: dict[tuple[str, str], list[_ReadRow]] = {}
    for one in read:
        if isinstance(one.outcome, Transaction):
            key = (one.outcome.handling_branch, one.outcome.serial_no)
            by_key.setdefault(key, []).append(one)
    reasons: dict[int, Message] = {}
    for same in by_key.values():
        if len(same) > 1:
            reasons.update(_repetitions(same))
    return [
        _ReadRow(one.row, reasons[one.row.line_no]) if one.row.line_no in reasons else one
        for one in read
    ]


def _repetitions(same: Sequence[_ReadRow]) -> dict[int, Message]:
    first, *others = same
    if all(one.outcome == first.outcome for one in others):
        reason = say(
            "The row repeats line {line}, which was imported; deliver each row once.",
            line=first.row.line_no,
        )
        return {one.row.line_no: reason for one in others}
    reason = say(
        "Lines {lines} give different values for one serial number, so none was imported;"
        " correct the export.",
        lines=", ".join(str(one.row.line_no) for one in same),
    )
    return {one.row.line_no: reason for one in same}
