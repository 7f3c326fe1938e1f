from datetime import timedelta

import pytest

from flows.monitor import Stage, heat_map
from flows.parts import Parts
from flows.review import Review
from pipeline.clocks import deadlines
from pipeline.staff import Role
from tests.flows.conftest import DAY
from tests.web.conftest import Visitor


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
    (recognised,) = captured.catalog.monitor.recognised(DAY, DAY, None)
    assert recognised.transactions == 2
    assert client.get(f"/monitor/3301/{DAY}").status_code == 200
    assert client.get("/monitor", params={"days": 1000}).status_code == 404
