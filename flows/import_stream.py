"""A day's transaction stream file into the catalog: whole or not at all, bad rows on a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from catalog.streams import DeliveredStream
from flows.capture import make_tasks
from flows.delivered_file import content_of
from flows.parts import Parts
from ingest.stream_columns import NEUTRAL, ColumnMapping, load_mapping
from ingest.stream_differences import StreamDifferences, differences
from ingest.stream_units import ENOUGH, comparable, unit_doubt
from ingest.transactions import StreamFile, read_stream, write_rejects
from pipeline.errors import UserError
from pipeline.events import event
from pipeline.language import Message, say

_LOOKED_AT = 500
"""Amounts of other days that a file is held against."""


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    stream: StreamFile
    changes: StreamDifferences
    """What differs from the rows booked before, for the branches that had a stream already."""
    booked: bool
    """False: nothing was changed, either because nothing differs or because --replace is needed."""
    rejects_file: Path | None
    doubts: tuple[Message, ...] = ()
    """What speaks against amounts that are booked now."""


def import_stream(
    parts: Parts, path: Path, day: date, *, mapping: Path | None, replace: bool, lang: str, who: str
) -> Imported:
    """Import a stream file; a file that would change booked rows waits for ``replace``.

    Raises StreamRefused when the file as a whole does not hold, UserError when it cannot be read or is of
    a branch that is not registered.
    """
    stream = read_stream(content_of(path), day=day, mapping=_mapping(mapping))
    branches = {total.branch for total in stream.branches}
    parts.catalog.branches.require(*branches, day=day)
    rejects_file = _write_rejects(parts, path, stream, lang)
    earlier = branches & set(parts.catalog.streams.branches_of_day(day))
    changes = differences(
        [t for t in parts.catalog.streams.of_day(day) if t.handling_branch in earlier],
        [t for t in stream.transactions if t.handling_branch in earlier],
    )
    wanted = bool(changes) or branches > earlier
    booked = wanted and (replace or not changes)
    if booked:
        parts.catalog.streams.book(_delivered(path, stream), who)
        event("stream.booked", day=day, rows=len(stream.transactions), refused=len(stream.rejects))
    if booked or not changes:
        for branch in sorted(branches):
            make_tasks(parts, day, branch, who)
    doubts = tuple(_doubts(parts, stream)) if booked else ()
    return Imported(stream, changes, booked, rejects_file, doubts)


def _doubts(parts: Parts, stream: StreamFile) -> Iterator[Message]:
    """Hold each branch's amounts against those of its other days, else of other branches (fen, yuan)."""
    for branch in sorted({total.branch for total in stream.branches}):
        rows = [row for row in stream.transactions if row.handling_branch == branch]
        known: Sequence[Decimal] = ()
        for of in (branch, None):
            if len(known) < ENOUGH:
                known = comparable(parts.catalog.streams.latest(of, stream.day, _LOOKED_AT))
        if doubt := unit_doubt(branch, comparable(rows), known):
            yield doubt


def _delivered(path: Path, stream: StreamFile) -> DeliveredStream:
    return DeliveredStream(
        day=stream.day,
        name=path.name,
        sha256=stream.sha256,
        encoding=stream.encoding,
        transactions=stream.transactions,
        rejected=len(stream.rejects),
        totals={
            total.branch: {"rows": str(total.rows), "amount": str(total.amount)}
            for total in stream.branches
        },
    )


def _mapping(path: Path | None) -> ColumnMapping:
    if path is None:
        return NEUTRAL
    try:
        return load_mapping(content_of(path).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UserError(say("{path} is not UTF-8 text; save it as UTF-8.", path=path)) from error


def _write_rejects(parts: Parts, path: Path, stream: StreamFile, lang: str) -> Path | None:
    if not stream.rejects:
        return None
    folder = parts.workspace.rejects / stream.day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{path.stem}-{stream.sha256[:8]}-rejects.csv"
    write_rejects(target, stream.rejects, lang)
    return target
