import pytest
from fastapi.testclient import TestClient

from catalog.audit import Wanted
from flows.parts import Parts
from pipeline.staff import Role
from tests.web.conftest import Visitor, appoint
from tests.web.second_factor import stepped_up
from web.surroundings import Surroundings


@pytest.fixture
def security(visitor: Visitor, site: Surroundings) -> TestClient:
    return stepped_up(visitor("安全乙", Role.SECURITY_ADMIN), site)


def roles_of(parts: Parts, person: str) -> list[tuple[Role, str | None]]:
    every = parts.catalog.staff.appointments()
    return [(one.role, one.branch) for one in every if one.person == person and not one.until]


def test_somebody_is_appointed_and_the_appointment_ended(
    security: TestClient, parts: Parts
) -> None:
    form = {"person": "李静", "role": "reviewer", "branch": "3301"}
    done = security.post("/admin/staff", data=form)
    assert done.status_code == 303
    assert "李静" in security.get(done.headers["location"]).text
    assert roles_of(parts, "李静") == [(Role.REVIEWER, "3301")]
    assert "done=before" in security.post("/admin/staff", data=form).headers["location"]
    assert security.post("/admin/staff/end", data=form).status_code == 303
    assert roles_of(parts, "李静") == []
    assert "李静" not in security.get("/admin/staff").text.split("<tbody>")[1]
    assert "李静" in security.get("/admin/staff", params={"ended": "true", "role": ""}).text


def test_roles_that_may_not_meet_are_refused_in_a_sentence_and_logged(
    security: TestClient, parts: Parts
) -> None:
    appoint(parts, "孙系", Role.IT)
    form = {"person": "孙系", "role": "reviewer", "branch": "3301"}
    refused = security.post("/admin/staff", data=form)
    assert refused.status_code == 422
    assert "CG-07b" in refused.text
    assert roles_of(parts, "孙系") == [(Role.IT, None)]
    (last,) = parts.catalog.audit.find(Wanted(act="staff.add"), limit=1)
    assert (last.body["who"], last.body["ok"]) == ("安全乙", False)


@pytest.mark.parametrize(
    "form",
    [
        {"person": "安全乙", "role": "audit_admin"},
        {"person": "李静", "role": "headquarters", "branch": "3301"},
        {"person": "李静", "role": "reviewer", "teller": "10009"},
        {"person": "\x07", "role": "reviewer"},
    ],
)
def test_what_the_register_refuses_is_told_beside_the_form(
    security: TestClient, parts: Parts, form: dict[str, str]
) -> None:
    before = parts.catalog.staff.appointments()
    answer = security.post("/admin/staff", data=form)
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text
    assert parts.catalog.staff.appointments() == before


def test_headquarters_appoints_people_but_no_administrators_beside_a_security_administrator(
    visitor: Visitor, site: Surroundings, parts: Parts
) -> None:
    system = visitor("系统甲", Role.SYSTEM_ADMIN)
    appoint(parts, "安全乙", Role.SECURITY_ADMIN)
    headquarters = stepped_up(visitor("总部乙", Role.HEADQUARTERS), site)
    teller = {"person": "王芳", "role": "teller", "branch": "3301", "teller": "10009"}
    assert headquarters.post("/admin/staff", data=teller).status_code == 303
    admin = {"person": "孙系", "role": "system_admin"}
    assert headquarters.post("/admin/staff", data=admin).status_code == 422
    assert roles_of(parts, "孙系") == []
    stepped_up(system, site)
    assert system.post("/admin/staff", data=teller).status_code == 403
    assert "王芳" in system.get("/admin/staff").text


def test_the_separation_is_proved_and_a_conflict_found(
    visitor: Visitor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = visitor("审计丙", Role.AUDITOR)
    client.cookies.set("lang", "en")
    assert "0 conflicts" in client.get("/admin/separation").text
    monkeypatch.setattr("catalog.staff.conflict", lambda roles: None)  # an older version's register
    appoint(parts, "李静", Role.REVIEWER, "3301")
    appoint(parts, "李静", Role.IT)
    text = client.get("/admin/separation").text
    assert "1 conflicts" in text
    rows = text.split("<tbody>")[1]
    assert rows.index("李静") < rows.index("审计丙")


def test_the_entrance_shows_the_places_that_are_open(visitor: Visitor) -> None:
    operator = visitor("王芳", Role.OPERATOR, "3301")
    assert 'href="/admin"' not in operator.get("/").text
    assert "/admin/accounts" not in operator.get("/admin").text
    compliance = visitor("郑规", Role.COMPLIANCE).get("/").text
    assert 'href="/admin"' in compliance
    matrix = visitor("系统甲", Role.SYSTEM_ADMIN).get("/admin/matrix").text
    assert matrix.count("<tr>") > 60
