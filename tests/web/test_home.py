"""The first page: where one may go, and what waits for this person alone."""

from datetime import date

import pytest

from flows.parts import Parts
from flows.sample import draw_sample
from pipeline.staff import Role
from tests.flows.test_sample import closed  # noqa: F401 - a closed day with automatic matches
from tests.web.conftest import Visitor


@pytest.mark.requirement("CG-17.5a")
def test_reviewers_are_reminded_of_their_branchs_sample(
    closed: Parts,  # noqa: F811
    visitor: Visitor,
) -> None:
    head = visitor("总部乙", Role.HEADQUARTERS)
    reviewer = visitor("李静", Role.REVIEWER, "3301")
    assert "盲样" not in reviewer.get("/").text
    draw_sample(closed, date(2026, 11, 1), 5, 7, "总部乙")
    told = reviewer.get("/").text
    assert "2026-11 的盲样在营业部 3301 有 2 项待作答" in told
    assert "2026-12-10 24:00" in told
    assert "盲样" not in visitor("钱复核", Role.REVIEWER, "3302").get("/").text
    assert "盲样" not in visitor("王芳", Role.OPERATOR, "3301").get("/").text
    assert "盲样在营业部" not in head.get("/").text
