"""First copies of delivered files and the pages in them, kept until both stores have long held them."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from hashlib import file_digest
from pathlib import Path

from flows.parts import Parts
from storage.disk import sync_folder, write_part


def spool_page(parts: Parts, sha256: str, content: bytes) -> None:
    """Keep a page of a file of several pages too, synced: should both stores lose it, nobody splits again."""
    path = parts.workspace.spool / sha256
    write_part(path.parent, (content,)).replace(path)
    sync_folder(path.parent)


def spooled(parts: Parts, sha256: str) -> Path | None:
    """Return a delivered file, or a page of one, of the spool, verified; None when it has it no more."""
    path = parts.workspace.spool / sha256
    try:
        with path.open("rb") as file:
            whole = file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return None
    return path if whole else None


def sweep_spool(parts: Parts) -> None:
    """Remove spooled files that were claimed long ago; what they held is stored or in quarantine.

    What a store is owed stays until it is paid. Long ago: before the newest of them, so that a clock that
    jumps ahead removes nothing that is being taken in (R9).
    """
    owed = parts.catalog.debts.files()
    claimed: dict[Path, float] = {}
    for path in parts.workspace.spool.iterdir():
        with suppress(FileNotFoundError):
            claimed[path] = path.stat().st_mtime
    newest = min(time.time(), max(claimed.values(), default=0.0))
    before = newest - timedelta(days=parts.settings.spool_days).total_seconds()
    for path, at in claimed.items():
        if path.name not in owed and at < before:
            path.unlink(missing_ok=True)
