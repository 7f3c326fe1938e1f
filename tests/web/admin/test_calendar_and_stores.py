import html
import re

import pytest
from fastapi.testclient import TestClient

from flows.parts import Parts
from flows.stores import Stores
from pipeline.staff import Role
from tests.web.conftest import Visitor

NOTICE = {
    "year": "2027", "source": "通知(示例)", "published": "2026-11-25",
    "days_off": "2027-02-05\r\n2027-02-08", "working_weekends": "2027-02-14",
}  # fmt: skip


@pytest.fixture
def headquarters(visitor: Visitor) -> TestClient:
    return visitor("总部乙", Role.HEADQUARTERS)


def test_a_notice_is_looked_at_and_imported(headquarters: TestClient, parts: Parts) -> None:
    looked = headquarters.post("/admin/calendar/look", data=NOTICE).text
    assert "2027-02-05, 2027-02-08, 2027-02-14" in looked
    assert parts.catalog.notices.all() == ()
    found = re.search(r'name="notice" value="([^"]+)"', looked)
    assert found
    done = headquarters.post("/admin/calendar", data={"notice": html.unescape(found[1])})
    (kept,) = parts.catalog.notices.all()
    assert (kept.notice.source, kept.imported_by) == ("通知(示例)", "总部乙")
    assert "通知(示例)" in headquarters.get(done.headers["location"]).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"days_off": "2027-02-30"},
        {"days_off": "soon"},
        {"working_weekends": "2027-02-15"},
        {"days_off": "2031-02-05"},
    ],
)
def test_a_slip_in_a_notice_is_told(
    headquarters: TestClient, parts: Parts, wrong: dict[str, str]
) -> None:
    answer = headquarters.post("/admin/calendar/look", data=NOTICE | wrong)
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text
    assert "通知(示例)" in answer.text
    for notice in ("[]", "no", '[{"year": 2027}]'):
        assert headquarters.post("/admin/calendar", data={"notice": notice}).status_code in (
            303,
            422,
        )
    assert parts.catalog.notices.all() == ()


def test_a_year_is_shown_to_administrators_and_changed_by_headquarters_alone(
    visitor: Visitor, parts: Parts
) -> None:
    client = visitor("系统甲", Role.SYSTEM_ADMIN)
    text = client.get("/admin/calendar", params={"year": 2026}).text
    assert text.count('class="month"') == 12
    assert "/admin/calendar/look" not in text
    assert client.get("/admin/calendar", params={"year": 1900}).status_code == 404
    assert client.post("/admin/calendar/look", data=NOTICE).status_code == 403
    assert client.post("/admin/calendar", data={"notice": "[]"}).status_code == 403


def test_the_stores_are_shown_as_the_register_knows_them(
    visitor: Visitor, captured: Parts, stores: Stores
) -> None:
    client = visitor("系统甲", Role.SYSTEM_ADMIN)
    client.cookies.set("lang", "en")
    text = client.get("/admin/stores").text
    assert "local/paperproof-primary" in text
    assert "No restore drill was held yet." in text
    assert visitor("郑规", Role.COMPLIANCE).get("/admin/stores").status_code == 403
