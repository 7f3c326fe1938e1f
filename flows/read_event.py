"""The event of a page that was read."""

from __future__ import annotations

from pipeline.events import event
from pipeline.model import Reading


def tell_read(sha256: str, found: Reading) -> None:
    """Tell that a page was read, and how long it took."""
    event("page.read", page=sha256, engine=found.engine, seconds=round(found.wall_seconds, 4))
