import re

import pytest
from fastapi.testclient import TestClient

from flows.parts import Parts
from flows.publish_profile import text_in_force
from pipeline.staff import Role
from tests.flows.conftest import DAY
from tests.web.conftest import Visitor


@pytest.fixture
def headquarters(visitor: Visitor) -> TestClient:
    client = visitor("总部乙", Role.HEADQUARTERS)
    client.cookies.set("lang", "en")
    return client


def next_profile(parts: Parts) -> str:
    """The profile in force with another version and one stricter rule."""
    text = text_in_force(parts, DAY).replace("version: 1\n", "version: 2\n", 1)
    return text.replace("min_dpi: 300", "min_dpi: 400", 1)


def test_a_profile_is_looked_at_and_published_from_its_day_on(
    headquarters: TestClient, parts: Parts
) -> None:
    form = {"text": next_profile(parts).replace("\n", "\r\n"), "since": "2027-01-04"}
    looked = headquarters.post("/admin/profile/new", data=form)
    assert looked.status_code == 200
    assert re.search(r"<del>300</del>.*<ins>400</ins>", looked.text)
    assert parts.catalog.profiles.all() == ()
    done = headquarters.post("/admin/profile", data=form)
    assert done.status_code == 303
    (published,) = parts.catalog.profiles.all()
    assert (str(published.since), published.published_by) == ("2027-01-04", "总部乙")
    assert published.text == next_profile(parts)
    assert "version 2" in headquarters.get(done.headers["location"]).text
    assert "version 1" in headquarters.get("/admin/profile", params={"day": str(DAY)}).text


@pytest.mark.parametrize("step", ["/admin/profile/new", "/admin/profile"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("version: 2\n", "version: 1\n"), "give yours the next number"),
        (("min_dpi: 400", "min_dpi: much"), "mend this entry"),
        (("profile:", "<script>:"), "mend this entry"),
        (("\n", "\n\t"), "mend that line"),
    ],
)
def test_what_does_not_hold_is_told_beside_its_text(
    headquarters: TestClient, parts: Parts, step: str, change: tuple[str, str], told: str
) -> None:
    text = next_profile(parts).replace(*change, 1)
    answer = headquarters.post(step, data={"text": text, "since": "2027-01-04"})
    assert answer.status_code == 422
    assert told in answer.text
    assert "<script>:" not in answer.text
    assert parts.catalog.profiles.all() == ()


def test_others_look_and_do_not_publish(visitor: Visitor, parts: Parts) -> None:
    operator = visitor("王芳", Role.OPERATOR, "3301")
    assert "CASH_SLIP" in operator.get("/admin/profile").text
    detail = {"code": "CASH_SLIP", "day": str(DAY)}
    assert "min_dpi" in operator.get("/admin/profile/type", params=detail).text
    assert operator.get("/admin/profile/type", params={"code": "NONE"}).status_code == 404
    assert operator.get("/admin/profile.yaml").text == text_in_force(parts, DAY)
    assert operator.get("/admin/profile/new").status_code == 403
    form = {"text": next_profile(parts), "since": "2027-01-04"}
    assert operator.post("/admin/profile", data=form).status_code == 403
    assert operator.get("/admin/settings").status_code == 403


def test_settings_are_shown_without_what_is_secret(visitor: Visitor, parts: Parts) -> None:
    text = visitor("系统甲", Role.SYSTEM_ADMIN).get("/admin/settings").text
    assert "quiet_seconds" in text
    only = visitor("审计丙", Role.AUDITOR).get("/admin/settings", params={"changed": "true"}).text
    assert "quiet_seconds" in only
    assert "session_hours" not in only
