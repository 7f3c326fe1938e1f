"""A day reviewed: a rejected page is missing until its new scan matches; the capturer cannot review."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.overdue import duties
from flows.parts import Parts
from flows.report import closed_days
from flows.review import Review
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.model import Batch
from pipeline.staff import Role
from pipeline.tasks.review import RejectReason
from pipeline.tasks.states import CaptureTask

from .captured_day import book, ran, read, take_in_typed
from .conftest import DAY, booked


def tasks(parts: Parts) -> tuple[CaptureTask, ...]:
    return parts.catalog.tasks.of_day(DAY, "3301")


@pytest.fixture
def captured(
    parts: Parts,
    intake: Intake,
    closing: Closing,
    scans: Path,
    batch: Batch,
    progress: Any,
) -> Parts:
    """Two transactions, the paper of each captured by wang."""
    book(parts, booked(1), booked(2))
    take_in_typed(intake, scans, batch, progress, None, "0001.jpg", "0002.jpg")
    read(parts, "0001.jpg", booked(1))
    read(parts, "0002.jpg", booked(2))
    close_branch(closing, DAY, "3301", progress)
    return parts


def test_a_rejected_page_is_missed_until_its_new_scan_matches(
    captured: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch, progress: Any,
    voucher: Any,
) -> None:  # fmt: skip
    first, _ = tasks(captured)
    Review(captured, "li").reject(first, RejectReason.NOT_STAMPED, "")
    (kept,) = closed_days(captured, DAY, "3301")
    assert (kept.closed, kept.changed) == (False, True)
    again = close_branch(closing, DAY, "3301", progress)
    kinds = {(one.kind, one.serial_no) for one in again.discrepancies}
    assert ("MISSING_IMAGE", booked(1).serial_no) in kinds
    assert ("QUALITY_REJECT", booked(1).serial_no) in kinds
    assert (again.counts["rejected"], again.counts["matched"]) == (1, 1)
    (scans / "0001b.jpg").write_bytes(voucher(9))
    take_in_typed(intake, scans, batch, progress, "CASH_SLIP", "0001b.jpg")
    read(captured, "0001b.jpg", booked(1))
    healed = close_branch(closing, DAY, "3301", progress)
    assert (healed.counts["matched"], healed.counts["rejected"]) == (2, 1)
    assert not [
        one for one in healed.discrepancies if one.kind in ("MISSING_IMAGE", "QUALITY_REJECT")
    ]
    captures = [act for act in tasks(captured)[0].acts if act.kind == "captured"]
    assert [act.content["pages"][0]["name"] for act in captures] == ["0001.jpg", "0001b.jpg"]


@pytest.mark.requirement("CG-14")
def test_passing_and_rejecting_at_the_command_line(captured: Parts) -> None:
    one, two = (f"{booked(n).serial_no}/CASH_SLIP" for n in (1, 2))
    at = ("--day", str(DAY))
    assert "2 tasks wait for li" in ran(captured, "review", "list", *at, "--as", "li")[1]
    assert (
        "0 tasks wait for Wang to be reviewed, 2 for somebody else"
        in ran(captured, "review", "list", *at, "--as", "Wang")[1]
    )
    assert "已复核" in ran(captured, "review", "pass", one, "--as", "li", lang="zh")[1]
    assert ran(captured, "review", "reject", two, "--reason", "expired", "--as", "li")[0] == 0
    assert "0 tasks wait" in ran(captured, "review", "list", *at, "--as", "li")[1]
    assert "now captured" in ran(captured, "review", "undo", two, "--as", "li")[1]
    assert (
        "now reviewed" in ran(captured, "review", "pass", two.split("/")[0], *at, "--as", "li")[1]
    )
    assert [str(task.state) for task in tasks(captured)] == ["reviewed", "reviewed"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("pass", "{one}", "--as", "wang"), "another person must review"),
        (("reject", "{one}", "--reason", "ugly", "--as", "li"), "There is no reason"),
        (("reject", "{one}", "--reason", "other", "--as", "li"), "--note"),
        (("undo", "{one}", "--as", "li"), "no review by li"),
        (("pass", "404", "--day", "2026-11-19", "--as", "li"), "No task of 404 waits"),
    ],
)
def test_what_cannot_be_reviewed_is_told(
    captured: Parts, arguments: tuple[str, ...], told: str
) -> None:
    one = f"{booked(1).serial_no}/CASH_SLIP"
    with pytest.raises(UserError, match=told):
        ran(captured, "review", *(part.format(one=one) for part in arguments))


def test_only_reviewers_review_once_the_register_is_in_force(captured: Parts) -> None:
    captured.catalog.staff.add("boss", Role.HEADQUARTERS, None, "boss")
    captured.catalog.staff.add("li", Role.REVIEWER, "3301", "boss")
    first, second = tasks(captured)
    with pytest.raises(UserError, match="not registered"):
        Review(captured, "zhao").pass_(first)
    assert Review(captured, "li").pass_(second).state == "reviewed"


def test_reviewing_at_the_terminal(captured: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["p", "<", "p", "r", "2", "corner torn off", "."])
    monkeypatch.setattr("flows.terminal.Terminal.ask", lambda *_: next(answers))
    monkeypatch.setattr("flows.pictures.Pictures.large", lambda *_: None)
    code, told = ran(captured, "review", "work", "--day", str(DAY), "--as", "li")
    assert code == 0
    assert "2 of 2 tasks were reviewed" in told
    assert [str(task.state) for task in tasks(captured)] == ["reviewed", "pending"]
    assert tasks(captured)[1].acts[-1].content["note"] == "corner torn off"


def test_what_waits_for_review_is_overdue_and_then_done_late(captured: Parts) -> None:
    def reviews() -> list[tuple[str, str | None, str]]:
        now = datetime.now(ZONE)
        return [
            (one.kind, one.person, one.state(now))
            for one in duties(captured, DAY, "3301")
            if one.role == "reviewer"
        ]

    assert reviews() == [("REVIEW", None, "overdue")]
    for task in tasks(captured):
        Review(captured, "li").pass_(task)
    assert reviews() == [("LATE_REVIEW", "li", "done_late")]
    for task in tasks(captured):
        Review(captured, "li").take_back(task)
    assert reviews() == [("REVIEW", None, "overdue")]
