"""Capture tasks whose pages headquarters has: their last state (CG-16.3a)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from flows.parts import Parts
from pipeline.monthly import Month
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import ActKind, CaptureTask, TaskState


def mark_uploaded(parts: Parts, branch: str, month: Month, who: str) -> int:
    """Move the reviewed tasks of a branch's month that are with headquarters; give how many moved.

    A task is there once every page that captures it is in an accepted package; one that shares another
    business's paper, once that one's task is.
    """
    catalog = parts.catalog
    there: set[str] = set()
    for package in catalog.monthly.packages(month, [branch]):
        if package.accepted_at:
            there |= catalog.monthly.pages_of(package)
    days = catalog.tasks.days(branch, month.first, month.last, TaskState.REVIEWED)
    total = 0
    while moved := sum(_mark_day(parts, branch, day, there, who) for day in days):
        total += moved  # until none is left whose shared paper went up just now
    return total


def _mark_day(parts: Parts, branch: str, day: date, there: set[str], who: str) -> int:
    tasks = parts.catalog.tasks
    shared = {
        one.standing.shared_from
        for one in tasks.of_day(day, branch, states=(TaskState.REVIEWED,))
        if one.standing.shared_from
    }
    sources = {one.id for one in tasks.by_ids(shared) if one.state is TaskState.UPLOADED}
    acts = 0

    def plan(standing: Iterable[CaptureTask]) -> Iterator[Planned]:
        nonlocal acts
        for task in standing:
            if task.state is TaskState.REVIEWED and _is_there(task, there, sources):
                acts += 1
                yield Planned(task.serial_no, task.document_type, ActKind.UPLOADED, {})

    tasks.settle(day, branch, plan, "task.upload", who)
    return acts


def _is_there(task: CaptureTask, there: set[str], sources: set[str]) -> bool:
    if task.standing.shared_from:
        return task.standing.shared_from in sources
    return {page.page_id for page in task.standing.pages} <= there
