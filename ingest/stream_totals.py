"""Control totals: what the trailers of a stream file say arrived, against what did."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ingest.stream_cells import is_code, read_number
from ingest.stream_columns import ColumnMapping
from ingest.stream_text import StreamRow
from pipeline.errors import StreamRefused
from pipeline.language import say


@dataclass(frozen=True)
class Trailer:
    """One trailer line: what the business system says it delivered for one branch."""

    line_no: int
    branch: str
    count: int
    amount: Decimal


@dataclass(frozen=True)
class DeliveredRow:
    """One delivered row as the control totals see it, bad rows included."""

    line_no: int
    branch: str | None
    """None where the row is too damaged to tell."""
    amount: Decimal | None
    """0 for a row without amount, None for an amount that cannot be read."""


@dataclass(frozen=True)
class BranchTotals:
    """One branch's rows, proved to have arrived whole: ``rows`` and ``amount`` as its trailer says."""

    branch: str
    rows: int
    """Delivered rows, rejected ones included."""
    amount: Decimal
    amount_proved: bool
    """False where rejected rows hide their amounts, so that only the count agrees."""


def read_trailers(rows: Sequence[StreamRow], mapping: ColumnMapping) -> dict[str, Trailer]:
    """Read the trailer lines, by branch; raises StreamRefused on a malformed or repeated one."""
    trailers: dict[str, Trailer] = {}
    for row in rows:
        trailer = _trailer(row, mapping)
        if trailer.branch in trailers:
            raise StreamRefused(
                say(
                    "Branch {branch} has two trailers, on lines {first} and {second};"
                    " export one file with one trailer per branch.",
                    branch=trailer.branch,
                    first=trailers[trailer.branch].line_no,
                    second=trailer.line_no,
                )
            )
        trailers[trailer.branch] = trailer
    return trailers


def _trailer(row: StreamRow, mapping: ColumnMapping) -> Trailer:
    cells = [cell.strip() for cell in row.cells]
    while cells and not cells[-1]:
        cells.pop()  # a spreadsheet pads the trailer to the header's width
    if len(cells) == 4:
        branch = mapping.translated("handling_branch", cells[1])
        amount = read_number(cells[3])
        if is_code(branch) and re.fullmatch(r"[0-9]{1,9}", cells[2]) and amount is not None:
            return Trailer(row.line_no, branch, int(cells[2]), amount)
    raise StreamRefused(
        say(
            "The trailer on line {line} cannot be read; write it as {example}.",
            line=row.line_no,
            example=mapping.delimiter.join([mapping.trailer, "3301", "30", "1234.50"]),
        )
    )


def prove_whole(
    delivered: Sequence[DeliveredRow], trailers: Mapping[str, Trailer]
) -> tuple[BranchTotals, ...]:
    """Compare the rows with the trailers, branch by branch; raises StreamRefused where they differ.

    Every delivered row counts, bad ones too. Rows too damaged to name their branch make up for what
    the counts lack. A branch with an amount that cannot be read is proved by its count alone.
    """
    _check_places(delivered, trailers)
    by_branch: dict[str | None, list[DeliveredRow]] = {}
    for row in delivered:
        by_branch.setdefault(row.branch, []).append(row)
    damaged = by_branch.pop(None, [])
    lacking = {b: trailer.count - len(by_branch.get(b, [])) for b, trailer in trailers.items()}
    if min(lacking.values()) < 0 or sum(lacking.values()) != len(damaged):
        _refuse_count(trailers, lacking, len(damaged))
    return tuple(
        _proved(trailer, by_branch.get(branch, []), lacking[branch])
        for branch, trailer in trailers.items()
    )


def _check_places(delivered: Sequence[DeliveredRow], trailers: Mapping[str, Trailer]) -> None:
    """Each row stands above its branch's trailer; a damaged row above the last one."""
    if not trailers:
        raise StreamRefused(
            say("The stream file has no trailer line; fetch or export the whole file again.")
        )
    last = max(trailer.line_no for trailer in trailers.values())
    for row in delivered:
        if row.branch is not None and row.branch not in trailers:
            raise StreamRefused(
                say(
                    "The stream file has no trailer for branch {branch}, which line {line} names;"
                    " fetch or export the whole file again.",
                    branch=row.branch,
                    line=row.line_no,
                )
            )
        if row.line_no > (trailers[row.branch].line_no if row.branch else last):
            raise StreamRefused(
                say(
                    "Line {line} of the stream file comes after its trailer; export the file again"
                    " with each branch's trailer below its rows.",
                    line=row.line_no,
                )
            )


def _refuse_count(
    trailers: Mapping[str, Trailer], lacking: Mapping[str, int], damaged: int
) -> None:
    branch = next((b for b, n in lacking.items() if n < 0), None) or next(
        (b for b, n in lacking.items() if n), next(iter(trailers))
    )
    raise StreamRefused(
        say(
            "The trailer of branch {branch} says {stated} rows, but the stream file holds {found}"
            " (and {damaged} that name no branch); fetch or export the whole file again.",
            branch=branch,
            stated=trailers[branch].count,
            found=trailers[branch].count - lacking[branch],
            damaged=damaged,
        )
    )


def _proved(trailer: Trailer, rows: Sequence[DeliveredRow], lacking: int) -> BranchTotals:
    amounts = [row.amount for row in rows if row.amount is not None]
    provable = not lacking and len(amounts) == len(rows)
    found = sum(amounts, Decimal(0))
    if provable and found != trailer.amount:
        raise StreamRefused(
            say(
                "The trailer of branch {branch} says the amounts sum to {stated}, but those in the"
                " stream file sum to {found}; fetch or export the whole file again.",
                branch=trailer.branch,
                stated=trailer.amount,
                found=found,
            )
        )
    return BranchTotals(trailer.branch, trailer.count, trailer.amount, provable)
