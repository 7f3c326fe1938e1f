"""Files that come in pieces over a thin line: each at its offset, whole once its digest is proved.

A piece may come twice, late or from two senders: what is here already is not written again, and the answer
says from where to go on.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from catalog.arrivals import Arrival
from flows.parts import Parts
from flows.uploads import PART, Uploads, settle
from pipeline.errors import Full, UserError
from pipeline.language import say
from pipeline.model import Batch, identity
from pipeline.sending import Standing

_ABANDONED = timedelta(days=14)


@dataclass(frozen=True)
class SentFile:
    """What a sender says a file is."""

    batch: Batch
    name: str
    sha256: str


@dataclass(frozen=True)
class FileStanding:
    """What the sender is told."""

    standing: Standing
    received: int = 0
    """Bytes that need not be sent again."""
    pages: tuple[Arrival, ...] = ()


def standing_of(parts: Parts, uploads: Uploads, file: SentFile) -> FileStanding:
    """Tell how far a file is."""
    if uploads.path(file.batch, file.name).exists():
        return FileStanding(Standing.WAITING)
    pages = parts.catalog.arrivals.of_file(file.batch.id, file.name, file.sha256)
    if pages:
        return FileStanding(_of_pages(parts, file, pages), pages=pages)
    try:
        received = _partial(uploads, file).stat().st_size
    except FileNotFoundError:
        return FileStanding(Standing.UNKNOWN)
    return FileStanding(Standing.RECEIVING, received)


def receive_piece(
    uploads: Uploads, file: SentFile, size: int, offset: int, content: bytes
) -> FileStanding:
    """Add a piece where the file ends so far; whole, it is proved by its digest and waits to be taken in.

    Raises UserError when the whole is not what was announced (nothing is kept of it), Full on a full disk.
    """
    uploads.must_fit(file.name, size)
    partial = _partial(uploads, file)
    try:
        with partial.open("a+b") as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            if not _is_named(out.fileno(), partial):  # another sender brought the rest meanwhile
                return FileStanding(Standing.WAITING)
            have = os.fstat(out.fileno()).st_size
            if offset == have:
                out.write(content)
                out.flush()
                have += len(content)
            if have < size:
                return FileStanding(Standing.RECEIVING, have)
            out.seek(0)
            if have > size or hashlib.file_digest(out, "sha256").hexdigest() != file.sha256:
                partial.unlink()
                raise UserError(
                    say("{name} arrived otherwise than it was sent; send it again.", name=file.name)
                )
            path = uploads.path(file.batch, file.name)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            settle(partial, path)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Full(
            say("The disk of headquarters is full; {name} waits at its station.", name=file.name)
        ) from error
    return FileStanding(Standing.WAITING)


def sweep_pieces(uploads: Uploads) -> None:
    """Remove pieces that nobody added to for long; who sends the file again begins anew."""
    before = time.time() - _ABANDONED.total_seconds()
    for path in uploads.folder.rglob(f".*{PART}"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


def _partial(uploads: Uploads, file: SentFile) -> Path:
    return uploads.of(file.batch) / f".{identity(file.name, file.sha256)[:32]}{PART}"


def _is_named(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _of_pages(parts: Parts, file: SentFile, pages: Sequence[Arrival]) -> Standing:
    kept = [page.page_id for page in pages if page.state != "refused"]
    if not kept:
        return Standing.REFUSED
    owed = parts.catalog.debts.files()
    return Standing.OWED if owed.intersection((file.sha256, *kept)) else Standing.ARCHIVED
