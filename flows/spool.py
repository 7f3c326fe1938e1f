"""The first copies of delivered files, kept until both stores have long held what was in them."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from hashlib import file_digest
from pathlib import Path

from flows.parts import Parts


def spooled(parts: Parts, sha256: str) -> Path | None:
    """Return a delivered file of the spool, verified; None when it has it no more."""
    path = parts.workspace.spool / sha256
    try:
        with path.open("rb") as file:
            whole = file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return None
    return path if whole else None


def sweep_spool(parts: Parts) -> None:
    """Remove spooled files that were claimed long ago; what they held is stored or in quarantine.

    What a store is owed stays until it is paid.
    """
    owed = parts.catalog.debts.files()
    before = time.time() - timedelta(days=parts.settings.spool_days).total_seconds()
    for path in parts.workspace.spool.iterdir():
        with suppress(FileNotFoundError):
            if path.name not in owed and path.stat().st_mtime < before:
                path.unlink()
