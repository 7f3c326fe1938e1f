"""What is overdue: open days, discrepancies, keying and late captures, by person, as the calendar is now."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from catalog.streams import DeliveredStream
from flows.overdue import duties
from flows.parts import Parts
from flows.report import closed_days
from pipeline.balance import BranchDay
from pipeline.clocks import ZONE, Due, Late, LateKind
from pipeline.duties import DutyState, by_person
from pipeline.errors import UserError

from .captured_day import missing
from .conftest import Run, booked

LAST = date(2026, 12, 31)
NOTICE = [
    {
        "year": 2027,
        "source": "invented for this test",
        "published": "2026-12-01",
        "days_off": ["2027-01-01", "2027-01-04"],
        "whole_year": True,
    }
]


@pytest.fixture
def days(parts: Parts) -> Parts:
    """2026-12-31 of 3301 closed with two tellers' discrepancies and a late batch; of 3302 still open."""
    for branch in ("3301", "3302"):
        transaction = booked(1, business_date=LAST, handling_branch=branch)
        totals = {branch: {"rows": "1", "amount": "0"}}
        parts.catalog.streams.book(
            DeliveredStream(LAST, "s.csv", "0" * 64, "utf-8", (transaction,), 0, totals), "tester"
        )
    end = datetime(2027, 1, 1, tzinfo=ZONE)
    late = Late(
        LateKind.CAPTURE, "batch-09", "wang", ("0001.jpg",), end + timedelta(hours=3), Due(end)
    )
    result = BranchDay(
        LAST,
        "3301",
        True,
        {"missing": 2},
        (),
        (missing("17", "10009"), missing("18", "10010")),
        (late,),
    )
    parts.catalog.days.keep(result, "decision/1", "tester")
    return parts


def test_each_person_has_a_list_of_what_waits_and_what_was_late(days: Parts) -> None:
    found = by_person(duties(days, None, None))
    told = {
        (one.branch, one.role, one.person): [(duty.kind, str(duty.due)) for duty in one.duties]
        for one in found
    }
    next_day = "2027-01-04 24:00"
    assert told == {
        ("3301", "teller", "10009"): [("MISSING_IMAGE", next_day)],
        ("3301", "teller", "10010"): [("MISSING_IMAGE", next_day)],
        ("3302", "archivist", None): [("DAY_OPEN", next_day)],
        ("3301", "scan_operator", "wang"): [("LATE_CAPTURE", "2026-12-31 24:00")],
    }
    in_time, after = datetime(2027, 1, 4, 15, 59, tzinfo=UTC), datetime(2027, 1, 4, 16, tzinfo=UTC)
    assert [one.count(DutyState.OVERDUE, in_time) for one in found] == [0, 0, 0, 0]
    assert [one.count(DutyState.OVERDUE, after) for one in found] == [1, 1, 1, 0]
    assert [one.count(DutyState.DONE_LATE, after) for one in found] == [0, 0, 0, 1]
    assert [duty.branch for duty in duties(days, LAST, "3302")] == ["3302"]
    assert not list(duties(days, date(2026, 12, 30), None))


def test_a_published_year_moves_what_rested_on_its_guess(days: Parts, run: Run) -> None:
    (before,) = {duty.due for duty in duties(days, None, "3302")}
    assert (str(before), before.provisional) == ("2027-01-04 24:00", True)
    place = days.workspace.folder / "2027.json"
    place.write_text(json.dumps(NOTICE), "utf-8")
    told = run("calendar", "import", str(place), "--as", "周总")
    assert "1 of 1 notices are new" in told.output
    assert "0 of 1 notices are new" in run("calendar", "import", str(place), "--as", "周总").output
    (after,) = {duty.due for duty in duties(days, None, "3302")}
    assert (str(after), after.provisional) == ("2027-01-05 24:00", False)
    (closed,) = closed_days(days, LAST, "3301")
    assert {found.deadline for found in closed.discrepancies} == {date(2027, 1, 5)}
    shown = run("calendar", "show", "--year", "2027").output
    assert "2027 is published." in shown
    assert "invented for this test" in shown


def test_only_headquarters_imports_a_calendar(parts: Parts, run: Run) -> None:
    run("staff", "add", "周总", "--role", "headquarters", "--as", "me")
    place = parts.workspace.folder / "2027.json"
    place.write_text(json.dumps(NOTICE), "utf-8")
    refused = run("calendar", "import", str(place), "--as", "李静")
    assert isinstance(refused.exception, UserError)
    assert not parts.catalog.notices.all()
    place.write_bytes(b"\xff\xfe")
    assert "cannot be read as text" in str(run("calendar", "import", str(place)).exception)


def test_the_latest_import_of_one_day_wins(parts: Parts, run: Run) -> None:
    place = parts.workspace.folder / "2027.json"
    for days_off in (["2027-01-01"], ["2027-01-01", "2027-01-04"]):
        place.write_text(json.dumps([{**NOTICE[0], "days_off": days_off}]), "utf-8")
        run("calendar", "import", str(place))
    assert not parts.calendar.is_working_day(date(2027, 1, 4))
    assert len(parts.catalog.notices.all()) == 2


def test_the_list_is_told_and_given_as_json(days: Parts, run: Run) -> None:
    days.catalog.days.keep(
        replace(closed_days(days, LAST, "3301")[0], day=date(2026, 11, 19)), "decision/2", "tester"
    )
    told = run("overdue", "--day", "2026-11-19")
    assert told.exit_code == 3
    assert "2 overdue, 0 still in time, 1 were done late." in told.output
    given = json.loads(run("overdue", "--day", "2026-11-19", "--json").stdout)
    assert (given["overdue"], given["due"], given["done_late"]) == (2, 0, 1)
    teller = next(one for one in given["people"] if one["person"] == "10009")
    assert (teller["role"], teller["overdue"]) == ("teller", 1)
    (item,) = teller["items"]
    assert (item["kind"], item["state"], item["due_before"]) == (
        "MISSING_IMAGE",
        "overdue",
        "2026-11-21T00:00:00+08:00",
    )
    assert item["delay_minutes"] > 0
    assert "9999 is unknown" in str(run("overdue", "--branch", "9999").exception)
