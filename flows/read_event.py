"""The event of a page that was read."""

from __future__ import annotations

from pipeline.events import Value, event
from pipeline.model import Reading


def tell_read(sha256: str, found: Reading, **of_batch: Value) -> None:
    """Tell that a page was read, and how long it took; ``of_batch``: its batch, branch and day."""
    seconds = round(found.wall_seconds, 4)
    event("page.read", page=sha256, **of_batch, engine=found.engine, seconds=seconds)
