"""Review of what was captured (复核): a second person passes or rejects it, never who captured it (CG-14).

A rejected page counts as refused and is matched no more; its task waits for a new scan, which closes it
when it matches. The old version stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pipeline.balance import CatalogedPage
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.model import Finding, Severity
from pipeline.staff import person_key
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import STATES, ActKind, CaptureTask, TaskAct, TaskState

REVIEW = "REVIEW"
"""Stands where a finding names its page check."""


class RejectReason(StrEnum):
    """Why a reviewer rejects; the words are part of the command line's contract."""

    UNREADABLE = "unreadable"
    INCOMPLETE = "incomplete"
    WRONG_PAPER = "wrong_paper"
    WRONG_CUSTOMER = "wrong_customer"
    VALUES_DIFFER = "values_differ"
    NOT_SIGNED = "not_signed"
    NOT_STAMPED = "not_stamped"
    EXPIRED = "expired"
    OTHER = "other"


REJECT_REASONS: Mapping[RejectReason, Message] = {
    RejectReason.UNREADABLE: say("cannot be read"),
    RejectReason.INCOMPLETE: say("a part or a page is missing"),
    RejectReason.WRONG_PAPER: say("another kind of paper"),
    RejectReason.WRONG_CUSTOMER: say("another customer's"),
    RejectReason.VALUES_DIFFER: say("differs from what is booked"),
    RejectReason.NOT_SIGNED: say("not signed"),
    RejectReason.NOT_STAMPED: say("not stamped"),
    RejectReason.EXPIRED: say("no longer valid"),
    RejectReason.OTHER: say("another reason"),
}


@dataclass(frozen=True)
class Rejection:
    """Why a page was rejected, and by whom."""

    reason: RejectReason
    note: str
    person: str
    at: datetime | None = None

    @property
    def message(self) -> Message:
        """For the scan operator, in one sentence."""
        if self.note:
            return say(
                "Review by {person} rejected the page: {reason} ({note}).",
                person=self.person,
                reason=REJECT_REASONS[self.reason],
                note=self.note,
            )
        return say(
            "Review by {person} rejected the page: {reason}.",
            person=self.person,
            reason=REJECT_REASONS[self.reason],
        )


def captured_by(task: CaptureTask) -> frozenset[str]:
    """Give the keys of those who scanned the task's pages: none of them may review it."""
    return frozenset(person_key(page.operator) for page in task.standing.pages if page.operator)


def may_review(task: CaptureTask, person: str) -> bool:
    """Whether the task waits for a review that this person may do."""
    return task.state is TaskState.CAPTURED and person_key(person) not in captured_by(task)


def passed(task: CaptureTask, person: str) -> Planned:
    """Pass a task; raises UserError when the person may not, or it does not wait for review."""
    _must_be_reviewable(task, person)
    return Planned(task.serial_no, task.document_type, ActKind.PASSED, {})


def rejected(task: CaptureTask, person: str, reason: RejectReason, note: str) -> Planned:
    """Reject a task's pages; raises UserError as ``passed``, and where "other" comes without a note."""
    _must_be_reviewable(task, person)
    if task.standing.shared_from:
        raise UserError(
            say(
                "The paper of task {task} is another business's; review that one, or void this task with "
                "a reason.",
                task=task.name,
            )
        )
    if reason is RejectReason.OTHER and not note.strip():
        raise UserError(say("Say what is wrong with {task}, with --note.", task=task.name))
    pages = [page.as_content for page in task.standing.pages]
    content = {"reason": str(reason), "note": note.strip(), "pages": pages}
    return Planned(task.serial_no, task.document_type, ActKind.REJECTED, content)


def taken_back(task: CaptureTask, person: str) -> Planned:
    """Take one's own last review back; raises UserError when the last act is none of this person."""
    last = task.acts[-1]
    if last.kind not in (ActKind.PASSED, ActKind.REJECTED) or not _is_by(last, person):
        raise UserError(
            say(
                "The last thing done to task {task} is no review by {person}, so there is nothing to take "
                "back; “paperproof task show {task}” tells what was done to it.",
                task=task.name,
                person=person,
            )
        )
    pages = last.content.get("pages") or [page.as_content for page in task.standing.pages]
    content = {"pages": pages, "from": task.standing.shared_from}
    return Planned(task.serial_no, task.document_type, ActKind.REOPENED, content)


def rejections(tasks: Iterable[CaptureTask]) -> Mapping[str, Rejection]:
    """Give the pages, by their SHA-256, that a review rejected and nobody took back."""
    found: dict[str, Rejection] = {}
    for task in tasks:
        of_task: dict[str, Rejection] = {}
        for act in task.acts:
            pages = [told["page"] for told in act.content.get("pages", ())]
            if act.kind is ActKind.REJECTED:
                why = RejectReason(act.content["reason"])
                given = Rejection(why, act.content["note"], act.person, act.at)
                of_task |= dict.fromkeys(pages, given)
            elif act.kind is ActKind.REOPENED:
                of_task = {page: why for page, why in of_task.items() if page not in pages}
        found |= of_task
    return found


def without_rejected(
    pages: Iterable[CatalogedPage], rejected_pages: Mapping[str, Rejection]
) -> tuple[CatalogedPage, ...]:
    """Give the pages, those that a review rejected as refused ones with the reason."""
    return tuple(
        _refused(page, rejected_pages[page.page_id])
        if page.state == "admitted" and page.page_id in rejected_pages
        else page
        for page in pages
    )


def _refused(page: CatalogedPage, why: Rejection) -> CatalogedPage:
    found = Finding(REVIEW, Severity.REJECT, str(why.reason), "", why.message)
    return replace(page, state="refused", findings=(*page.findings, found), refused_at=why.at)


def _must_be_reviewable(task: CaptureTask, person: str) -> None:
    if task.state is not TaskState.CAPTURED:
        raise UserError(
            say(
                "Task {task} is {state}; only what is captured can be reviewed.",
                task=task.name,
                state=STATES[task.state],
            )
        )
    if person_key(person) in captured_by(task):
        raise UserError(
            say(
                "{person} scanned the pages of task {task}; another person must review it.",
                person=person,
                task=task.name,
            )
        )


def _is_by(act: TaskAct, person: str) -> bool:
    return person_key(act.person) == person_key(person)
