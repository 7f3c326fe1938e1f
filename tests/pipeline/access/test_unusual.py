"""What stands out among viewings: many on one day, and other branches' customers."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.access.unusual import UnusualKind, unusual
from pipeline.access.viewing import Viewing
from pipeline.staff import Appointment, Role

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HERE = Appointment("李静", Role.ARCHIVIST, "3301", MONDAY - timedelta(days=99))


def seen(day: int, count: int, branch: str = "3301", request: int | None = None) -> list[Viewing]:
    at = MONDAY + timedelta(days=day)
    subject = Subject(branch, "1", "a" * 64)
    one = Viewing("李静", "李静", Act.PAGE_VIEW, subject, "核对", at, request)
    return [one] * count


def test_usual_days_do_not_stand_out() -> None:
    assert unusual([*seen(0, 30), *seen(1, 100), *seen(2, 40)], [HERE], 200) == ()
    assert unusual(seen(0, 19) + seen(1, 1), [HERE], 200) == ()
    assert unusual(seen(0, 150), [HERE], 200) == ()


@pytest.mark.requirement("CG-19h")
def test_a_day_stands_out_by_its_number_and_by_the_persons_usual_one() -> None:
    (over,) = unusual(seen(0, 201), [HERE], 200)
    assert (over.kind, over.count, over.day.isoformat()) == (UnusualKind.MANY, 201, "2026-11-23")
    (many,) = unusual(seen(0, 6) + seen(1, 30) + seen(2, 6), [HERE], 200)
    assert (many.count, many.usual, many.day.isoformat()) == (30, 6, "2026-11-24")


@pytest.mark.requirement("CG-19h")
def test_another_branch_stands_out_with_the_request_that_opened_it() -> None:
    (found,) = unusual(seen(0, 2) + seen(0, 3, "3302", 7), [HERE], 200)
    assert (found.kind, found.count) == (UnusualKind.FOREIGN, 3)
    assert (found.branches, found.requests, found.purposes) == (("3302",), (7,), ("核对",))


def test_the_role_counts_that_stood_then() -> None:
    ended = Appointment("李静", Role.ARCHIVIST, "3301", MONDAY, MONDAY + timedelta(hours=24))
    (found,) = unusual(seen(0, 1) + seen(1, 1), [ended], 200)
    assert found.day.isoformat() == "2026-11-24"
    everywhere = Appointment("李 静", Role.COMPLIANCE, None, MONDAY)
    assert unusual(seen(1, 1), [everywhere], 200) == ()


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    late = MONDAY.replace(hour=15, minute=59)
    viewings = [
        Viewing("李静", "李静", Act.PAGE_VIEW, Subject("9"), "x", at, None)
        for at in (late, late + timedelta(minutes=1))
    ]
    assert [one.day.day for one in unusual(viewings, [HERE], 200)] == [24, 23]
