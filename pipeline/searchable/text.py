"""A page's whole text, and the derivative made of it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model import TextLine


@dataclass(frozen=True)
class PageText:
    """All the text of a page."""

    lines: tuple[TextLine, ...]
    """In the order of reading."""
    engine: str
    """What read them, and its version."""


@dataclass(frozen=True)
class Searchable:
    """A page's searchable derivative."""

    pdf: bytes
    text: str
    """As a viewer finds it in the PDF, line by line."""
    engine: str
    """What read the text, and its version."""
