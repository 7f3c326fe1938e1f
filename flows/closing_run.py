"""The surroundings of closing days, put together for a person's command and for the nightly run alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from flows.close_day import Closing
from flows.parts import Parts
from flows.readers import reading_pool
from flows.reading_pool import ReadingPool
from flows.report import write_report
from flows.stores import Stores
from pipeline.balance import BranchDay
from pipeline.language import LANGUAGES, Message
from pipeline.sandbox import Sandbox


def open_closing(
    stack: ExitStack, parts: Parts, stores: Stores, who: str, note: Callable[[Message], None]
) -> Closing:
    """Open what closing needs until the stack is closed; reading processes start at first need."""
    started: list[ReadingPool] = []

    def readers() -> ReadingPool:
        if not started:
            started.append(stack.enter_context(reading_pool(parts)))
        return started[0]

    opener = stack.enter_context(Sandbox())
    return Closing(parts, stores, readers, parts.calendar, who, opener, note=note)


def write_reports(
    closing: Closing, results: Sequence[BranchDay], day: date, branch: str | None
) -> dict[str, Path]:
    """Write the report of a closing in each language; language -> where it lies."""
    return {
        lang: write_report(
            closing.parts,
            closing.stores,
            closing.opener,
            results,
            day=day,
            branch=branch,
            form="html",
            lang=lang,
        )
        for lang in LANGUAGES
    }
