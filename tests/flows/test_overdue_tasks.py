"""Capture tasks and reviews on the overdue list: what is not in, not reviewed, to be scanned again."""

from pathlib import Path
from typing import Any

import pytest

from flows.admit_page import Intake
from flows.capture import make_tasks
from flows.close_day import Closing, close_branch
from flows.overdue import duties
from flows.parts import Parts
from flows.review import Review
from pipeline.balance import DiscrepancyKind as Kind
from pipeline.clocks import LateKind, Rule
from pipeline.duties import Duty
from pipeline.model import Batch
from pipeline.tasks.review import RejectReason

from .captured_day import book, ran, read, take_in_typed
from .conftest import DAY, booked


def listed(parts: Parts) -> dict[str, Duty]:
    return {duty.kind: duty for duty in duties(parts, DAY, None)}


@pytest.fixture
def booked_day(parts: Parts) -> Parts:
    """Two transactions of one teller, whose papers are due."""
    book(parts, booked(1), booked(2))
    make_tasks(parts, DAY, "3301", "tester")
    return parts


@pytest.fixture
def captured(
    booked_day: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch, progress: Any
) -> Parts:
    """The paper of each captured by wang, and the day closed."""
    take_in_typed(intake, scans, batch, progress, None, "0001.jpg", "0002.jpg")
    read(booked_day, "0001.jpg", booked(1))
    read(booked_day, "0002.jpg", booked(2))
    close_branch(closing, DAY, "3301", progress)
    return booked_day


def test_papers_of_an_open_day_are_the_tellers(booked_day: Parts) -> None:
    found = listed(booked_day)
    assert set(found) == {"DAY_OPEN", "CAPTURE"}
    capture = found["CAPTURE"]
    assert (capture.person, str(capture.due)) == ("10009", "2026-11-19 24:00")
    assert str(capture.what).startswith("2 papers are not in yet")


def test_what_review_rejected_is_to_be_scanned_again_by_its_operator(captured: Parts) -> None:
    first, second = captured.catalog.tasks.of_day(DAY, "3301")
    review = Review(captured, "li")
    review.reject(first, RejectReason.NOT_STAMPED, "章在背面")
    review.pass_(second)
    found = listed(captured)
    rescan = found["RESCAN"]
    assert (rescan.person, rescan.subject) == ("wang", first.name)
    assert str(rescan.what) == "Review rejected it: not stamped (章在背面); scan the paper again."
    assert rescan.rule is Rule.RECTIFY
    review.take_back(captured.catalog.tasks.of_day(DAY, "3301")[0])
    assert "RESCAN" not in listed(captured)


def test_a_rejected_page_has_one_deadline_and_the_transaction_without_image_another(
    captured: Parts, closing: Closing, progress: Any
) -> None:
    first = captured.catalog.tasks.of_day(DAY, "3301")[0]
    Review(captured, "li").reject(first, RejectReason.NOT_STAMPED, "")
    result = close_branch(closing, DAY, "3301", progress)
    (refused,) = (one for one in result.discrepancies if one.kind is Kind.QUALITY_REJECT)
    found = listed(captured)
    assert "QUALITY_REJECT" not in found  # the same page, told once
    rescan, missing = found["RESCAN"], found["MISSING_IMAGE"]
    assert rescan.due.day == refused.deadline > DAY
    assert (missing.rule, str(missing.due)) == (Rule.REVIEW, "2026-11-20 24:00")
    told = ran(captured, "overdue", "--day", str(DAY))[1]
    assert "putting right what was refused" in told
    assert "review and settling" in told


@pytest.mark.requirement("CG-16.4b")
def test_a_review_after_t_plus_1_is_told_as_late(
    captured: Parts, closing: Closing, progress: Any
) -> None:
    first, second = captured.catalog.tasks.of_day(DAY, "3301")
    review = Review(captured, "li")
    review.pass_(first)
    review.take_back(review.pass_(second))
    result = close_branch(closing, DAY, "3301", progress)
    (late,) = (one for one in result.late if one.kind is LateKind.REVIEW)
    assert (late.person, late.pages) == ("li", (first.name,))
    assert str(late.due) == "2026-11-20 24:00"
    assert result.counts["late_review"] == 1
    assert str(late.message).startswith("Reviewed late: 1 tasks by li, the last of them ")
    assert listed(captured)["LATE_REVIEW"].person == "li"
