"""What a reviewer looks at: a captured task's pages beside its transaction, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from catalog.monitor import BranchDayCounts
from flows.parts import Parts
from pipeline.evidence import expected_values, verdict
from pipeline.keying.tasks import State
from pipeline.language import Message, say
from pipeline.model import Box, FieldName, FieldValue, Transaction
from pipeline.tasks.states import CaptureTask, TaskPage

Share = tuple[float, float, float, float]
"""Left, top, width and height of a place as shares of the page, 0 to 1."""


@dataclass(frozen=True)
class ShownField:
    """One field: what is booked, what stands on the page, and whether they agree."""

    name: FieldName
    booked: str | None
    read: str | None
    verdict: str
    """As ``pipeline.evidence.verdict`` says."""
    source: str | None
    page: int | None
    """Which of the task's pages it was read on, from 0."""
    place: Share | None


@dataclass(frozen=True)
class OnDesk:
    """A task as it lies before the reviewer."""

    task: CaptureTask
    booked: Transaction | None
    pages: tuple[TaskPage, ...]
    fields: tuple[ShownField, ...]


ALL_REVIEWED = say("Nothing waits for you here: the day is reviewed, or was captured by yourself.")


def nothing_waits(parts: Parts, day: date, branch: str) -> Message:
    """Return why nothing lies on the desk: what is missing before there is anything to review, or nothing."""
    counted = parts.catalog.monitor.counts(day, day, {branch})
    found = counted[0] if counted else BranchDayCounts(day, branch)
    words = {"day": day, "branch": branch}
    if not found.transactions and not found.pages:
        return say("Neither transactions nor pages of branch {branch} are in for {day}.", **words)
    if not found.transactions:
        return say(
            "The transactions of branch {branch} for {day} are not in yet; its pages are reviewed once they "
            "are.",
            **words,
        )
    if not found.pages:
        return say(
            "No page of branch {branch} is in for {day} yet; scan its papers first.", **words
        )
    if found.closed_at is None:
        return say(
            "No closing of {day} was run for branch {branch} yet; what it captures waits here.",
            **words,
        )
    return ALL_REVIEWED


def on_desk(parts: Parts, task: CaptureTask) -> OnDesk:
    """Gather what a review of ``task`` is decided from."""
    row = parts.catalog.streams.one(task.day, task.branch, task.serial_no)
    pages = task.standing.pages
    return OnDesk(task, row, pages, tuple(_fields(parts, task, row, pages)))


def _fields(
    parts: Parts, task: CaptureTask, row: Transaction | None, pages: tuple[TaskPage, ...]
) -> Iterator[ShownField]:
    expected = expected_values(row) if row else {}
    keyed = _keyed(parts, task, {page.page_id for page in pages})
    found: dict[FieldName, ShownField] = {}
    for number, page in enumerate(pages):
        for name, value, place in _read(parts, page.page_id):
            told = keyed.get((page.page_id, name), value.value)
            source = "keyed" if (page.page_id, name) in keyed else value.source
            found.setdefault(
                name,
                ShownField(
                    name,
                    expected.get(name),
                    told,
                    verdict(told, expected.get(name)),
                    source,
                    number,
                    place,
                ),
            )
    for name in FieldName:
        if name in found:
            yield found[name]
        elif expected.get(name):
            yield ShownField(
                name, expected[name], None, verdict(None, expected[name]), None, None, None
            )


def _read(parts: Parts, page_id: str) -> Iterator[tuple[FieldName, FieldValue, Share | None]]:
    """What was read on a page, and where on it."""
    for master in parts.catalog.masters.beginning_with(page_id):
        size = master.parameters.width, master.parameters.height
        for name, value in (master.reading.fields if master.reading else {}).items():
            yield name, value, _share(value.box, *size)


def _keyed(parts: Parts, task: CaptureTask, pages: set[str]) -> dict[tuple[str, FieldName], str]:
    settled = parts.catalog.keying.tasks(task.day, task.branch, states=(State.SETTLED,))
    return {
        (one.page_id, one.field): one.value
        for one in settled
        if one.page_id in pages and one.value is not None
    }


def _share(box: Box, width: int, height: int) -> Share | None:
    """A place in shares of the page; None for one that is nowhere on it."""
    if box.right <= box.left or box.bottom <= box.top or not (width and height):
        return None
    return (
        round(box.left / width, 4),
        round(box.top / height, 4),
        round((box.right - box.left) / width, 4),
        round((box.bottom - box.top) / height, 4),
    )
