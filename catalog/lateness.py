"""What was done after it was due: pages captured after the end of T, tasks reviewed after T+1 (CG-16.4)."""

from __future__ import annotations

from datetime import datetime

from catalog.discrepancies import DayInHand
from pipeline.balance import CatalogedPage
from pipeline.clocks import Late, LateKind
from pipeline.tasks.states import ActKind, CaptureTask, TaskAct


def late_captures(hand: DayInHand) -> tuple[Late, ...]:
    """Give the pages that came late, by batch and operator; a page's second scan makes nothing late."""
    again = {copy.delivery_id for copy, _ in hand.matching.duplicates}
    due = hand.deadlines.capture_by
    found: dict[tuple[str, str], list[CatalogedPage]] = {}
    for page in hand.pages:
        at = page.delivered_at
        if page.state != "admitted" or page.delivery_id in again or at is None or not due.delay(at):
            continue
        operator = hand.operators.get(page.delivery_id, "")
        found.setdefault((page.batch, operator), []).append(page)
    return tuple(
        Late(
            LateKind.CAPTURE,
            batch,
            operator,
            tuple(page.name for page in pages),
            max(page.delivered_at for page in pages if page.delivered_at),
            due,
        )
        for (batch, operator), pages in found.items()
    )


def late_reviews(hand: DayInHand) -> tuple[Late, ...]:
    """Give the tasks whose review came late, by reviewer; a review that was taken back is none."""
    due = hand.deadlines.review_by
    found: dict[str, list[tuple[str, datetime]]] = {}
    for task in hand.papers.tasks:
        act = _review(task)
        if act and act.at and due.delay(act.at) is not None:
            found.setdefault(act.person, []).append((task.name, act.at))
    return tuple(
        Late(
            LateKind.REVIEW,
            "",
            person,
            tuple(name for name, _ in tasks),
            max(at for _, at in tasks),
            due,
        )
        for person, tasks in found.items()
    )


def _review(task: CaptureTask) -> TaskAct | None:
    """The review of a task that stands."""
    for act in reversed(task.acts):
        if act.kind in (ActKind.PASSED, ActKind.REJECTED):
            return act
        if act.kind is ActKind.REOPENED:
            return None
    return None
