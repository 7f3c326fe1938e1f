"""The blind sample from closed days to its measure: who draws, who looks, who may not, what is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from catalog.log import entries
from catalog.streams import DeliveredStream
from flows.access import Guard
from flows.admit_page import Intake
from flows.cli import app
from flows.long_looks import Here
from flows.measuring import Figures
from flows.overdue import duties
from flows.parts import Parts
from flows.pictures import Pictures
from flows.sample import next_item
from flows.sample_due import reminders, samples_to_draw
from flows.take_in import take_in
from pipeline import metrics as m
from pipeline.balance import BranchDay, Match
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.keying.tasks import Cause
from pipeline.model import Batch, FieldName
from pipeline.staff import Role

from .conftest import DAY, booked

Run = Callable[..., Result]


@pytest.fixture
def run(parts: Parts) -> Run:
    def call(*arguments: str) -> Result:
        return CliRunner().invoke(
            app, ["-w", str(parts.workspace.folder), "--lang", "en", "sample", *arguments]
        )

    return call


@pytest.fixture
def closed(parts: Parts, intake: Intake, scans: Any, batch: Batch, progress: Any) -> Parts:
    """Four transactions, two of them matched with the two vouchers scanned by wang."""
    rows = tuple(booked(number) for number in (1, 2, 3, 4))
    totals = {"3301": {"rows": "4", "amount": "0"}}
    parts.catalog.streams.book(
        DeliveredStream(DAY, "s.csv", "0" * 64, "utf-8", rows, 0, totals), "tester"
    )
    take_in(intake, scans, batch, progress)
    pages = {page.name: page for page in parts.catalog.pages.of_day(DAY, "3301")}
    matches = tuple(
        Match(booked(number).serial_no, (pages[f"000{number}.jpg"],), "serial", 40.0, ())
        for number in (1, 2)
    )
    result = BranchDay(DAY, "3301", True, {}, matches, ())
    parts.catalog.days.keep(result, "decision/aa", "tester")
    return parts


def told(run: Run, *arguments: str) -> Any:
    return json.loads(run(*arguments).output)


def choice_of(parts: Parts, no: int, serial: str) -> str:
    item = parts.catalog.samples.item(no)
    assert item
    return str(item.candidates.index(serial) + 1)


def test_from_the_draw_to_the_bound(closed: Parts, run: Run) -> None:
    drawn = run("draw", "--month", "2026-11", "--seed", "7", "--as", "周总")
    assert "2 of 2 automatic matches of 2026-11 are drawn, seed 7" in drawn.output
    assert "60 were asked for" in drawn.output
    shown = next_item(closed, "李静")
    assert shown
    assert {row and row.serial_no for row in shown.rows} == {
        booked(n).serial_no for n in range(1, 5)
    }
    for no in (1, 2):
        item = closed.catalog.samples.item(no)
        assert item
        serial = item.decision.serial_no if no == 1 else booked(3).serial_no
        assert run("answer", str(no), choice_of(closed, no, serial), "--as", "李静").exit_code == 0
    assert next_item(closed, "李静") is None
    ran = run("result", "--month", "2026-11")
    assert ran.exit_code == 3
    assert "2 drawn = 1 agreed + 1 disagreed + 0 open" in ran.output
    assert "False matches: 50.00% of those answered; with 95% confidence below 97.47%" in ran.output
    result = told(run, "result", "--month", "2026-11", "--json")
    assert result["disagreements"][0]["chosen"] == booked(3).serial_no
    with closed.catalog._engine.connect() as connection:
        bodies = [e.body for e in entries(connection) if e.body["act"].startswith("sample.")]
    assert [body["act"] for body in bodies] == [
        "sample.draw",
        "sample.look",
        "sample.answer",
        "sample.answer",
    ]
    assert (bodies[0]["seed"], bodies[0]["population"]) == (7, 2)


def test_what_is_shown_does_not_say_what_the_program_chose(closed: Parts, run: Run) -> None:
    run("draw", "--month", "2026-11", "--seed", "7")
    shown = next_item(closed, "李静")
    assert shown
    assert shown.item.decision.serial_no in shown.item.candidates
    from flows.commands.sample import _next_contract

    contract = _next_contract(shown, ["p.jpg"])
    assert set(contract) == {"item", "day", "branch", "pages", "candidates", "none"}
    assert len({tuple(sorted(one)) for one in contract["candidates"]}) == 1


def test_who_captured_or_keyed_or_handled_the_voucher_does_not_look(
    closed: Parts, run: Run
) -> None:
    run("draw", "--month", "2026-11")
    for person in ("Wang", "10009"):
        with pytest.raises(UserError, match="captured, keyed, handled or reviewed"):
            next_item(closed, person)
        refused = run("answer", "1", "0", "--as", person)
        assert "captured, keyed, handled or reviewed" in str(refused.exception)
    page = closed.catalog.samples.items()[0].decision.pages[0]
    closed.catalog.keying.ask({page: {FieldName.CUSTOMER_NAME: Cause.UNSURE}}, "tester")
    closed.catalog.keying.enter(1, "赵敏", "余玲")
    assert "赵敏" in str(run("answer", "1", "0", "--as", "赵敏").exception)


def test_another_cannot_answer_once_more_but_the_same_person_may_correct(
    closed: Parts, run: Run
) -> None:
    run("draw", "--month", "2026-11")
    assert "none of these" in run("answer", "1", "0", "--as", "李静").output
    assert "answered already" in str(run("answer", "1", "1", "--as", "赵敏").exception)
    assert run("answer", "1", "1", "--as", "李静").exit_code == 0
    item = closed.catalog.samples.item(1)
    assert item
    assert [one.choice for one in item.answers] == [None, item.candidates[0]]
    run("answer", "1", "1", "--as", "李静")
    again = closed.catalog.samples.item(1)
    assert again == item
    assert "no choice 9" in str(run("answer", "1", "9", "--as", "李静").exception)
    assert "no item 99" in str(run("answer", "99", "1", "--as", "李静").exception)


def test_what_was_keyed_is_no_automatic_match_and_nothing_is_drawn_twice(
    closed: Parts, run: Run
) -> None:
    page = next(p for p in closed.catalog.pages.of_day(DAY, "3301") if p.name == "0001.jpg")
    closed.catalog.keying.ask({page.page_id: {FieldName.AMOUNT: Cause.UNSURE}}, "tester")
    closed.catalog.keying.enter(1, "赵敏", "1.00")
    assert "1 of 1 automatic matches" in run("draw", "--month", "2026-11").output
    assert "not drawn already" in str(run("draw", "--month", "2026-11").exception)


def test_the_register_says_who_draws_and_who_looks(closed: Parts, run: Run) -> None:
    staff = closed.catalog.staff
    staff.add("周总", Role.HEADQUARTERS, None, "root")
    staff.add("李静", Role.REVIEWER, "3301", "周总")
    staff.add("赵敏", Role.REVIEWER, "3302", "周总")
    draw = ("draw", "--month", "2026-11", "--as")
    assert "not registered" in str(run(*draw, "李静").exception)
    assert run(*draw, "周总").exit_code == 0
    assert next_item(closed, "李静")
    with pytest.raises(UserError, match="Reviewer of branch 3301"):
        next_item(closed, "赵敏")
    assert "not registered" in str(run("result", "--month", "2026-11", "--as", "李静").exception)


def test_the_page_is_shown_as_a_picture(
    closed: Parts, intake: Intake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("draw", "--month", "2026-11")
    shown = next_item(closed, "李静")
    assert shown
    from pipeline.tasks.states import TaskPage

    pictures = Pictures(closed, lambda: (intake.stores, intake.opener))
    path = pictures.large(TaskPage(shown.item.decision.pages[0], "", "x"))
    assert path
    with Image.open(path) as picture:
        assert max(picture.size) == 1600
    told = run("next", "--as", "李静")  # its picture is made: no store is opened
    assert path.name in told.output.replace("\n", "")
    assert "none of these" in told.output


def test_months_and_empty_ones(parts: Parts, run: Run) -> None:
    assert "is not a month" in str(run("draw", "--month", "2026-13").exception)
    assert "no automatic match" in str(run("draw", "--month", "2026-10").exception)
    assert "No sample was drawn" in str(run("result", "--month", "2026-10").exception)
    assert "No item waits" in run("next", "--as", "李静").output


def test_days_that_stayed_open_are_not_drawn_from(closed: Parts, run: Run) -> None:
    (result,) = closed.catalog.days.results(DAY)
    closed.catalog.days.keep(replace(result, closed=False), "decision/bb", "tester")
    assert "no automatic match" in str(run("draw", "--month", "2026-11").exception)


def reminded(parts: Parts, name: str, now: datetime) -> list[str]:
    person = Guard.at_word(parts, name).person
    return [f"{what} {due.day}" for what, due in reminders(parts, person, now)]


def late(parts: Parts, now: datetime) -> dict[str, set[tuple[str, ...]]]:
    """The samples of the metrics of blind samples, by name."""
    found = {one: set[tuple[str, ...]]() for one in (m.SAMPLE_DRAW_DUE, m.SAMPLE_DUE)}
    for one in Figures(Here(parts)).at(now):
        if one.metric in found:
            found[one.metric].add(one.labels)
    return {metric.name: labels for metric, labels in found.items()}


@pytest.mark.requirement("CG-17.5a")
def test_a_month_is_asked_for_until_it_is_drawn_and_answered(closed: Parts, run: Run) -> None:
    """2026-11 is drawn by 2026-12-03 and answered by 2026-12-10: the 3rd and the 8th trading day."""
    staff = closed.catalog.staff
    staff.add("周总", Role.HEADQUARTERS, None, "周总")
    staff.add("李静", Role.REVIEWER, "3301", "周总")
    staff.add("王五", Role.REVIEWER, "3302", "周总")
    running, over = datetime(2026, 11, 28, tzinfo=ZONE), datetime(2026, 12, 3, 23, tzinfo=ZONE)
    assert reminded(closed, "周总", running) == [], "the month is not over"
    [told_draw] = reminded(closed, "周总", over)
    assert "2026-11 is to be drawn" in told_draw
    assert told_draw.endswith("2026-12-03")
    assert reminded(closed, "李静", over) == []
    assert late(closed, over) == {m.SAMPLE_DRAW_DUE.name: set(), m.SAMPLE_DUE.name: set()}
    assert late(closed, over + timedelta(hours=1))[m.SAMPLE_DRAW_DUE.name] == {("2026-11",)}

    assert run("draw", "--month", "2026-11", "--as", "周总").exit_code == 0
    assert reminded(closed, "周总", over) == []
    [told_answer] = reminded(closed, "李静", over)
    assert "2 items of the blind sample of 2026-11 wait at branch 3301" in told_answer
    assert told_answer.endswith("2026-12-10")
    assert reminded(closed, "王五", over) == [], "another branch's"
    [duty] = [one for one in duties(closed, None, "3301") if one.kind == "SAMPLE"]
    assert (duty.role, duty.rule, duty.subject) == ("reviewer", "sample", "2026-11")
    assert "for 李静;" in str(duty.what)
    assert not [one for one in duties(closed, date(2026, 10, 9), "3301") if one.kind == "SAMPLE"]
    after = datetime(2026, 12, 11, tzinfo=ZONE)
    assert late(closed, after)[m.SAMPLE_DUE.name] == {("3301", "2026-11")}

    for no in (1, 2):
        assert run("answer", str(no), "0", "--as", "李静").exit_code == 0
    assert reminded(closed, "李静", after) == []
    assert late(closed, after)[m.SAMPLE_DUE.name] == set()


def test_a_month_without_automatic_matches_is_not_asked_for(parts: Parts) -> None:
    result = BranchDay(DAY, "3301", True, {}, (), ())
    parts.catalog.days.keep(result, "decision/aa", "tester")
    assert list(samples_to_draw(parts, datetime(2026, 12, 20, tzinfo=ZONE))) == []
