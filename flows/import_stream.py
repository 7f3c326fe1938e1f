"""A day's transaction stream file into the catalog: whole or not at all, bad rows on a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from catalog.streams import DeliveredStream
from flows.capture import make_tasks
from flows.parts import Parts
from ingest.stream_columns import NEUTRAL, ColumnMapping, load_mapping
from ingest.stream_differences import StreamDifferences, differences
from ingest.transactions import StreamFile, read_stream, write_rejects
from pipeline.errors import UserError
from pipeline.language import say

LARGEST = 512 << 20
"""Bytes of a stream file that is still read; a day of 1,000,000 rows has about 250 MB."""


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    stream: StreamFile
    changes: StreamDifferences
    """What differs from the rows booked before, for the branches that had a stream already."""
    booked: bool
    """False: nothing was changed, either because nothing differs or because --replace is needed."""
    rejects_file: Path | None


def import_stream(
    parts: Parts, path: Path, day: date, *, mapping: Path | None, replace: bool, lang: str, who: str
) -> Imported:
    """Import a stream file; a file that would change booked rows waits for ``replace``.

    Raises StreamRefused when the file as a whole does not hold, UserError when it cannot be read or is of
    a branch that is not registered.
    """
    stream = read_stream(_content(path), day=day, mapping=_mapping(mapping))
    branches = {total.branch for total in stream.branches}
    parts.catalog.branches.require(*branches)
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
    if booked or not changes:
        for branch in sorted(branches):
            make_tasks(parts, day, branch, who)
    return Imported(stream, changes, booked, rejects_file)


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


def _content(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise UserError(say("{path} is a folder; name the stream file in it.", path=path))
        if path.stat().st_size > LARGEST:
            raise UserError(
                say(
                    "{path} is larger than {limit} MB; deliver the stream in one file a branch.",
                    path=path,
                    limit=LARGEST >> 20,
                )
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(say("There is no file {path}; check the path.", path=path)) from error
    except OSError as error:
        raise UserError(
            say("{path} cannot be read ({why}); check its rights.", path=path, why=error.strerror)
        ) from error


def _mapping(path: Path | None) -> ColumnMapping:
    if path is None:
        return NEUTRAL
    try:
        return load_mapping(_content(path).decode("utf-8"))
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
