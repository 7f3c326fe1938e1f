"""Runs of canaries are kept and logged; closing tells of one that was red or long ago."""

from datetime import UTC, date, datetime, timedelta

from catalog.canaries import CanaryRun, told_at_closing
from catalog.catalog import Catalog
from catalog.log import entries
from pipeline.canaries import MATCHED, Fact, Group, Outcome
from pipeline.language import say

DAY = date(2026, 11, 26)
FACT = (Fact(MATCHED, "a.jpg"),)
PLANNED = Outcome("good-qr", Group.GOOD, FACT, FACT, True)
OTHERWISE = Outcome("good-bar", Group.GOOD, FACT, (), False)


def test_a_run_is_kept_whole_and_logged(catalog: Catalog) -> None:
    assert catalog.canaries.last() is None
    catalog.canaries.keep(DAY, (PLANNED,), (), None, "night")
    kept = catalog.canaries.keep(DAY, (PLANNED, OTHERWISE), ["bad-cut"], None, "night")
    assert catalog.canaries.last() == kept
    assert not kept.green
    with catalog._engine.connect() as connection:
        bodies = [entry.body for entry in entries(connection) if entry.body["act"] == "canary.run"]
    assert [body["green"] for body in bodies] == [True, False]
    assert bodies[1]["otherwise"] == ["good-bar"]
    assert bodies[1]["left_out"] == ["bad-cut"]


def test_a_chain_that_broke_is_red_and_says_why(catalog: Catalog) -> None:
    catalog.canaries.keep(DAY, (), (), say("The page is blank."), "night")
    last = catalog.canaries.last()
    assert last is not None
    assert not last.green
    assert last.fault == say("The page is blank.")


def told(last: CanaryRun | None, now: datetime, *, required: bool = False) -> str:
    return str(told_at_closing(last, within_hours=36, required=required, now=now) or "")


def test_closing_tells_of_a_red_run_and_of_an_old_one() -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    green = CanaryRun(DAY, (PLANNED,), (), None, at)
    red = CanaryRun(DAY, (OTHERWISE,), (), None, at)
    assert told(green, at + timedelta(hours=36)) == ""
    assert "longer than 36 hours ago" in told(green, at + timedelta(hours=36, seconds=1))
    assert "was red" in told(red, at)
    assert told(None, at) == ""
    assert "never ran" in told(None, at, required=True)


def test_nothing_that_ran_proves_nothing() -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    assert not CanaryRun(DAY, (), (), None, at).green
