"""Pages that came after they were due are told with their delay, by batch and person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.clocks import LateKind
from pipeline.model import Transaction

from .branch_day import closed, page


@pytest.mark.requirement("CG-16.4a")
def test_pages_that_came_after_the_end_of_t_are_told_with_their_delay(
    transaction: Transaction,
) -> None:
    midnight = datetime(2026, 11, 19, 16, tzinfo=UTC)  # the end of the day in Shanghai
    in_time = replace(page(1, transaction), delivered_at=midnight - timedelta(seconds=1))
    again = replace(page(2, transaction), delivered_at=midnight + timedelta(hours=1))
    surplus = replace(page(3), delivered_at=midnight + timedelta(hours=2), batch="b2")
    refused = replace(page(4, state="refused"), delivered_at=midnight + timedelta(hours=3))
    result = closed([transaction], [in_time, again, surplus, refused])
    (late,) = result.late
    assert (late.kind, late.batch, late.person, late.pages) == (
        LateKind.CAPTURE,
        "b2",
        "wang",
        ("0003.jpg",),
    )
    assert late.delay == timedelta(hours=2)
    assert result.counts["late_capture"] == 1
    assert str(late.message) == (
        "Captured late: 1 pages of batch b2 by wang, the last of them 2 h 0 min after 2026-11-19 24:00."
    )
