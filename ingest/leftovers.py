"""What lies in a station's folder: each file with its digest, or why it cannot be read."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from ingest.inbox import file_name, let_go, mark_of
from pipeline.errors import UserError, refused_by_system
from pipeline.language import Message, say


@dataclass(frozen=True)
class Leftover:
    """A file that still lies at a station."""

    name: str
    """Its path below the folder, as text."""
    path: Path
    sha256: str
    """Empty where it could not be read."""
    byte_count: int
    mark: tuple[int, int, int]
    unread: Message | None = None
    """Why its content is not known."""

    def remove(self) -> bool:
        """Delete it and the note beside it, unless it changed since it was read; tell whether it is gone.

        Raises OSError when the system does not let it go.
        """
        let_go(self.path, self.mark)
        return not os.path.lexists(self.path)


@dataclass(frozen=True)
class Judged:
    """A file of a station and whether it may go."""

    file: Leftover
    is_safe: bool
    why: Message


CHANGED = say("It changed since it was read; look again.")


def removed(file: Leftover) -> Message | None:
    """Remove a file; return why it is still there, None when it is gone."""
    try:
        return None if file.remove() else CHANGED
    except OSError as error:
        return say("The system does not let it go ({why}).", why=refused_by_system(error))


def leftovers(folder: Path, without: Collection[Path] = ()) -> Iterator[Leftover]:
    """Give every file of a folder and its subfolders, hidden ones too, in the order of their names.

    ``without``: folders that are left out. A note beside its scan belongs to the scan. Raises UserError when
    there is no such folder, or one of them may not be read.
    """
    if not folder.is_dir():
        raise UserError(say("There is no folder {folder}; check the path.", folder=folder))
    for path in sorted(_walk(folder, frozenset(without))):
        beside = path.with_suffix("")
        if path.suffix == ".json" and os.path.lexists(beside):
            continue
        try:
            yield _read(folder, path)
        except FileNotFoundError:
            continue  # it left meanwhile


def _walk(folder: Path, without: frozenset[Path]) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = Path(entry.path)
                if not entry.is_dir(follow_symlinks=False):
                    yield path
                elif path not in without:
                    yield from _walk(path, without)
    except PermissionError as error:
        raise UserError(
            say("{folder} may not be read; ask for the right to read it.", folder=error.filename)
        ) from error


def _read(folder: Path, path: Path) -> Leftover:
    name, found = file_name(folder, path), path.stat(follow_symlinks=False)
    plain = Leftover(name, path, "", found.st_size, mark_of(found))
    if not stat.S_ISREG(found.st_mode):
        return _unread(plain, say("It is a link or no ordinary file; look at it."))
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as content:
            sha256 = file_digest(content, "sha256").hexdigest()
            after = os.fstat(content.fileno())
    except FileNotFoundError:
        raise
    except OSError as error:
        why = refused_by_system(error)
        return _unread(plain, say("It cannot be opened ({why}); check its rights.", why=why))
    if mark_of(after) != plain.mark:
        return _unread(plain, say("It is still being written; look again later."))
    return Leftover(name, path, sha256, after.st_size, plain.mark)


def _unread(plain: Leftover, why: Message) -> Leftover:
    return Leftover(plain.name, plain.path, "", plain.byte_count, plain.mark, why)
