"""Work on pages for those alone who may know them: the rest waits for somebody else (BM-01)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from typing import TypeVar

from flows.access import Guard
from flows.parts import Parts
from flows.secrecy import Secrecy
from pipeline.access.policy import Person
from pipeline.clocks import ZONE
from pipeline.keying.tasks import KeyingTask

W = TypeVar("W")


def known_work(
    parts: Parts,
    who: str | Person,
    works: Iterable[W],
    of: Callable[[W], tuple[str, Collection[str]]],
) -> tuple[W, ...]:
    """Return those of some tasks that a person may know; ``of``: a task's branch and its pages' SHA-256s."""
    secrecy, now = Secrecy(parts), datetime.now(ZONE)
    person = who if isinstance(who, Person) else Guard.at_word(parts, who).person
    told = [(one, *of(one)) for one in works]
    levels = secrecy.of_pages({page for _, _, pages in told for page in pages})
    if not any(levels.values()):
        return tuple(one for one, _, _ in told)
    return tuple(
        one
        for one, branch, pages in told
        if secrecy.may_know(
            person, secrecy.ladder.highest(levels[page] for page in pages), branch, now
        )
    )


def keying_for(
    parts: Parts, name: str, day: date | None, branch: str | None
) -> tuple[KeyingTask, ...]:
    """Give what waits to be keyed by a person, of pages that they may know."""
    waiting = parts.catalog.keying.waiting_for(name, day, branch)
    return known_work(parts, name, waiting, lambda one: (one.branch, (one.page_id,)))
