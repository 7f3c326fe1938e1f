"""A branch and day's capture tasks as the closing sees them, and their terms of its equation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.balance import CatalogedPage
from pipeline.document_types import DocumentType
from pipeline.language import Message, Named, say
from pipeline.tasks.businesses import Need
from pipeline.tasks.states import CaptureTask, Medium, TaskState


@dataclass(frozen=True)
class DayTasks:
    """The tasks of a branch and day after its pages were laid on them."""

    tasks: tuple[CaptureTask, ...] = ()
    wrong: tuple[tuple[str, CatalogedPage], ...] = ()
    """(serial number, page) where the page's type is not asked for."""
    undefined: Mapping[str, str] = field(default_factory=dict)
    """Business codes that the profile does not know, each with a row's serial number."""
    types: Mapping[str, DocumentType] = field(default_factory=dict)
    """The profile's document types."""

    def name(self, code: str) -> Named:
        """Give a document type's name; its code where the profile does not have it."""
        kind = self.types.get(code)
        return kind.name if kind else Named(code, code)

    @property
    def incomplete(self) -> tuple[tuple[CaptureTask, int], ...]:
        """Give the tasks captured with fewer pages than such a paper has, each with that number."""
        return tuple(
            (task, kind.pages[0])
            for task in self.tasks
            if (kind := self.types.get(task.document_type))
            and 0 < len(task.standing.pages) < kind.pages[0]
        )

    @cached_property
    def _of_serial(self) -> Mapping[str, tuple[CaptureTask, ...]]:
        found: dict[str, list[CaptureTask]] = defaultdict(list)
        for task in self.tasks:
            found[task.serial_no].append(task)
        return {serial: tuple(tasks) for serial, tasks in found.items()}

    def missing(self, serial_no: str) -> tuple[CaptureTask, ...]:
        """Give a transaction's tasks whose papers are missing."""
        return tuple(task for task in self._of_serial.get(serial_no, ()) if task.is_missing)

    def asks(self, serial_no: str) -> bool:
        """Whether a transaction has tasks."""
        return serial_no in self._of_serial


TERMS = ("captured", "shared", "missing", "electronic", "optional", "void")
"""Where a task stands for the closing equation; it is in exactly one of them."""


def counted(tasks: Iterable[CaptureTask]) -> dict[str, int]:
    """Return how many tasks there are, and how many in each of ``TERMS``."""
    return of_terms(map(term_of, tasks))


def of_terms(terms: Iterable[str]) -> dict[str, int]:
    """Count tasks of which only their terms are known."""
    found = Counter(terms)
    return {"tasks": found.total(), **{f"tasks_{term}": found[term] for term in TERMS}}


def total(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add counts up, such as those of categories."""
    found = Counter[str]()
    for one in counts:
        found.update(one)
    return of_terms(()) | dict(found)


def packages_awaited(tasks: Iterable[CaptureTask]) -> tuple[CaptureTask, ...]:
    """Return the electronic tasks that are due and whose package is not in: nobody's paper is missing."""
    return tuple(
        one
        for one in tasks
        if one.state is TaskState.PENDING
        and one.standing.medium is Medium.ELECTRONIC
        and one.standing.need is not Need.OPTIONAL
    )


def told(counts: Mapping[str, int]) -> Message:
    """Tell in a sentence how many tasks there are, and where they stand."""
    return say(
        "Capture tasks: {tasks} = {tasks_captured} captured + {tasks_shared} shared + {tasks_missing} "
        "missing + {tasks_electronic} electronic + {tasks_optional} optional and not in + {tasks_void} "
        "void",
        **counts,
    )


def term_of(task: CaptureTask) -> str:
    """Tell in which of ``TERMS`` a task stands."""
    standing = task.standing
    if standing.state is TaskState.VOID:
        return "void"
    if standing.medium is Medium.ELECTRONIC:
        return "electronic"
    if standing.shared_from:
        return "shared"
    if standing.state is not TaskState.PENDING:
        return "captured"
    return "missing" if task.is_missing else "optional"
