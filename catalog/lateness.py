"""What was captured after it was due: pages by their delivery, against the end of T (CG-16.4a)."""

from __future__ import annotations

from catalog.discrepancies import DayInHand
from pipeline.balance import CatalogedPage
from pipeline.clocks import Late, LateKind


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
