"""Says that a day that was closed is open again, because something of it came in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flows.parts import Parts
from flows.terminal import Terminal
from pipeline.language import say


def tell_reopened(terminal: Terminal, parts: Parts, of: Iterable[tuple[date, str]]) -> None:
    """Name the branches' days that were closed before what came in now; nothing amends a closing silently."""
    for day, branch in parts.catalog.days.reopened(of):
        terminal.note(
            say(
                "Branch {branch} had closed {day}; what came in now opens it again: run “paperproof "
                "close-day {day} --branch {branch}”. The log keeps both closings.",
                branch=branch,
                day=day,
            )
        )
