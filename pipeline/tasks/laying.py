"""A day's matched pages laid on the tasks of their transactions, and what follows for the tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.balance import CatalogedPage, Match
from pipeline.profile import Profile
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import ActKind, CaptureTask, TaskPage, TaskState

TaskKey = tuple[str, str]
"""(serial number, document type): names a task within branch and day."""


@dataclass(frozen=True)
class Laid:
    """Which pages capture which tasks."""

    pages: Mapping[TaskKey, tuple[CatalogedPage, ...]]
    wrong: tuple[tuple[str, CatalogedPage], ...]
    """(serial number, page) where the page's type is not asked for."""


@dataclass(frozen=True)
class Papers:
    """What tells a page's type: the profile, and which page it follows in its voucher."""

    profile: Profile
    principal: Mapping[str, str]
    """Serial number -> the principal paper of its business."""
    leader: Mapping[str, CatalogedPage]
    """delivery id -> the page that it continues (``pipeline.vouchers.leaders``)."""

    def type_of(self, page: CatalogedPage, serial_no: str) -> str | None:
        """The page's own type, else its leader's, else the business's principal paper."""
        leader = self.leader.get(page.delivery_id)
        known = page.document_type or (leader.document_type if leader else None)
        return known or self.principal.get(serial_no)

    def serves(self, code: str) -> tuple[str, ...]:
        """The types that a paper of this type captures: its own, then those it is as good as."""
        kind = self.profile.types.get(code)
        return (code, *(kind.satisfies if kind else ()))


def lay(matches: Iterable[Match], tasks: Sequence[CaptureTask], papers: Papers) -> Laid:
    """Lay every match's pages on its transaction's tasks by their types.

    A transaction without any task asks for nothing, so no page of it is of a wrong type; nor is one whose
    type nobody knows.
    """
    open_types: dict[str, set[str]] = defaultdict(set)
    for task in tasks:
        open_types[task.serial_no]  # a transaction whose tasks are all void asks for nothing more
        if task.state is not TaskState.VOID:
            open_types[task.serial_no].add(task.document_type)
    laid: dict[TaskKey, list[CatalogedPage]] = defaultdict(list)
    wrong = []
    for match in matches:
        asked = open_types.get(match.serial_no)
        if asked is None:
            continue
        for page in match.pages:
            code = papers.type_of(page, match.serial_no)
            served = [one for one in papers.serves(code) if one in asked] if code else []
            for one in served:
                laid[match.serial_no, one].append(page)
            if not served and page.document_type:
                wrong.append((match.serial_no, page))
    return Laid({key: tuple(pages) for key, pages in laid.items()}, tuple(wrong))


def captured(
    tasks: Iterable[CaptureTask], laid: Laid, operators: Mapping[str, str]
) -> Iterator[Planned]:
    """Give the acts that bring the tasks to what is laid on them; none when they are there.

    ``operators``: delivery id -> who scanned it. A task that was reviewed is set back first where its
    pages changed, so that it is reviewed anew; what is uploaded, or came as a package, stays.
    """
    for task in tasks:
        standing, key = task.standing, (task.serial_no, task.document_type)
        pages = tuple(
            TaskPage(p.page_id, p.delivery_id, p.name, operators.get(p.delivery_id, ""))
            for p in laid.pages.get(key, ())
        )
        settled = standing.state in (TaskState.VOID, TaskState.UPLOADED, TaskState.DELIVERED)
        if settled or pages == standing.pages:
            continue
        if standing.pages and (not pages or standing.state is TaskState.REVIEWED):
            yield Planned(*key, ActKind.LOST, {"reason": "page_gone"})
        if pages:
            yield Planned(*key, ActKind.CAPTURED, {"pages": [one.as_content for one in pages]})
