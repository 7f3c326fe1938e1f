"""The first copies of delivered files, kept until both stores have long held what was in them."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta

from flows.parts import Parts
from storage.store import digest


def spooled(parts: Parts, sha256: str) -> bytes | None:
    """Return a delivered file's bytes, verified; None when the spool has them no more."""
    try:
        content = (parts.workspace.spool / sha256).read_bytes()
    except OSError:
        return None
    return content if digest(content) == sha256 else None


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
