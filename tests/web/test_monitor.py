from datetime import timedelta

import pytest

from catalog.streams import DeliveredStream
from flows.monitor import Stage, heat_map
from flows.parts import Parts
from flows.review import Review
from pipeline.clocks import deadlines
from pipeline.staff import Role
from tests.flows.conftest import DAY, booked
from tests.web.conftest import Clock, Visitor


@pytest.mark.requirement("CG-10a")
def test_a_day_goes_from_captured_to_done_and_is_late_in_between(captured: Parts) -> None:
    due = deadlines(DAY, captured.settings.sla, captured.calendar)
    in_time = due.capture_by.before - timedelta(hours=1)

    def stage(now: object = in_time) -> Stage:
        return heat_map(captured, DAY, 3, None, now).cells["3301", DAY].stage  # type: ignore[arg-type]

    assert stage() is Stage.CAPTURED
    assert stage(due.review_by.before) is Stage.LATE
    for task in captured.catalog.tasks.of_day(DAY, "3301"):
        Review(captured, "李静").pass_(task)
    assert stage(due.review_by.before) is Stage.DONE


@pytest.mark.requirement("CG-09a")
def test_the_map_shows_ones_own_branches_alone(captured: Parts, visitor: Visitor) -> None:
    query = {"last": str(DAY)}
    headquarters = visitor("总部乙", Role.HEADQUARTERS).get("/monitor", params=query).text
    assert f"/monitor/3301/{DAY}" in headquarters
    archivist = visitor("赵档案", Role.ARCHIVIST, "3302")
    assert "3301" not in archivist.get("/monitor", params=query).text
    assert "3301" not in archivist.get("/monitor/figures.csv", params=query).text
    assert archivist.get(f"/monitor/3301/{DAY}").status_code == 404
    assert visitor("王芳", Role.OPERATOR, "3301").get("/monitor").status_code == 403


@pytest.mark.requirement("CG-10a")
def test_figures_and_charts_are_of_the_same_days(captured: Parts, visitor: Visitor) -> None:
    client = visitor("总部乙", Role.HEADQUARTERS)
    figures = client.get("/monitor/figures.csv", params={"last": str(DAY)}).text
    assert f"3301,{DAY}," in figures
    query = {"first": str(DAY), "last": str(DAY)}
    for chart in ("trend", "causes"):
        drawn = client.get(f"/monitor/{chart}.svg", params=query)
        assert drawn.headers["content-type"] == "image/svg+xml"
        assert drawn.text.startswith("<svg")
        assert drawn.headers["vary"] == "cookie", "kept for one person in one language"
    (recognised,) = captured.catalog.monitor.recognised(DAY, DAY, None)
    assert recognised.transactions == 2
    assert client.get(f"/monitor/3301/{DAY}").status_code == 200
    assert client.get("/monitor", params={"days": 1000}).status_code == 404


def test_headquarters_sees_what_somebody_has_to_look_at(
    captured: Parts, visitor: Visitor, clock: Clock
) -> None:
    due = deadlines(DAY, captured.settings.sla, captured.calendar).review_by.before
    clock.at = due + timedelta(hours=1)
    headquarters = visitor("总部乙", Role.HEADQUARTERS)
    query = {"last": str(DAY)}
    assert "系统运行正常" in headquarters.get("/monitor", params=query).text
    other = (booked(9, handling_branch="3302"),)
    totals = {"3302": {"rows": "1", "amount": "0"}}
    stream = DeliveredStream(DAY, "s.csv", "1" * 64, "utf-8", other, 0, totals)
    captured.catalog.streams.book(stream, "t")
    clock.at += timedelta(minutes=1)
    shown = headquarters.get("/monitor", params=query).text
    assert f"营业部 3302 的 {DAY} 没有结账" in shown
    assert f"close-day {DAY} --branch 3302" in shown
    assert "严重" in shown
    clock.at = due - timedelta(hours=1)
    assert "没有结账" not in visitor("赵档案", Role.ARCHIVIST, "3302").get("/monitor").text
