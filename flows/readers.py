"""The reading processes, put together from the workspace's settings and forms."""

from __future__ import annotations

from flows.how_to_read import HowToRead
from flows.parts import Parts
from flows.reading_pool import PageLimits, ReadingPool

_BEHIND_ALL = 19
"""The highest niceness there is."""


def how_to_read(parts: Parts) -> HowToRead:
    """Return how pages are read now: by the settings and the forms in use."""
    return HowToRead("rapidocr", parts.settings.reading.serial_grammar, parts.forms)


def reading_pool(parts: Parts) -> ReadingPool:
    """Start the reading processes that the settings ask for."""
    rules = parts.settings.reading
    limits = PageLimits(rules.page_seconds, rules.page_memory_mb << 20)
    return ReadingPool(parts.settings.reading_workers, how_to_read(parts), limits)


def text_pool(parts: Parts) -> ReadingPool:
    """Prepare the one process that reads whole pages for their text, behind everything else."""
    rules = parts.settings.reading
    how = HowToRead("rapidocr", rules.serial_grammar, niceness=_BEHIND_ALL)
    return ReadingPool(1, how, PageLimits(rules.page_seconds, rules.page_memory_mb << 20))
