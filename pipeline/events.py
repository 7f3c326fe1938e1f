"""What the program tells of itself while it works: events with ids, for machines (CG-11a).

An event says what happened to which page, batch, branch and day. Only ids, codes and counts have a place in
it: a name, a number or a sentence for people cannot get in by mistake, since there is no field for it.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

LOGGER = "paperproof"
Value = str | int | float | bool | date | None

FIELDS = frozenset(
    {
        *("branch", "day", "batch", "page", "month", "request", "method", "route", "status"),
        *(
            "state",
            "checks",
            "engine",
            "place",
            "depth",
            "scope",
            "part",
            "size",
            "code",
            "seconds",
        ),
        *("files", "pages", "admitted", "blank", "sheets", "refused", "already", "rows", "left"),
        *("closed", "matched", "discrepancies", "objects", "copies", "bad", "healed", "lost"),
        *("passed", "critical", "paid", "error", "worker"),
    }
)
"""What may be told of an event: ids, digests, codes, counts, seconds. Batches are told by their id: people
name batches as they like, and files too, so no such name is here."""


MET_BESIDE = "met_beside"
"""The attribute of an error that was met in another process: its ``places`` there."""


def places(error: BaseException) -> list[str]:
    """Give where an error was met, the outermost first, without a word of it."""
    frames = traceback.extract_tb(error.__traceback__)
    here = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    return [*here, *getattr(error, MET_BESIDE, ())]


def event(name: str, **about: Value) -> None:
    """Tell an event; raises TypeError for a field that has no place in it."""
    _tell(logging.INFO, name, about)


def warn(name: str, **about: Value) -> None:
    """Tell an event that somebody should look at."""
    _tell(logging.WARNING, name, about)


def fault(name: str, error: BaseException, **about: Value) -> None:
    """Tell an error that nobody foresaw."""
    _tell(logging.ERROR, name, about, error)


def _tell(
    level: int, name: str, about: Mapping[str, Value], error: BaseException | None = None
) -> None:
    if not about.keys() <= FIELDS:
        raise TypeError(f"no event tells {sorted(about.keys() - FIELDS)}")
    logging.getLogger(LOGGER).log(level, name, extra={"about": about}, exc_info=error)


@contextmanager
def timed(name: str, **about: Value) -> Iterator[dict[str, Value]]:
    """Tell an event with its seconds when the block has ended well; more may be added to what is told."""
    began = time.monotonic()
    more: dict[str, Value] = {}
    yield more
    event(name, **about, **more, seconds=round(time.monotonic() - began, 4))
