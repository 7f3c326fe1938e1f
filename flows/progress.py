"""What a person watches while long work goes on."""

from __future__ import annotations

from typing import Protocol

from pipeline.language import Message


class Progress(Protocol):
    """Counts the work that is to be done, and each step of it that is done."""

    def total(self, count: int) -> None:
        """So many steps of work are to be done."""
        ...

    def step(self, note: Message) -> None:
        """One more is done."""
        ...
