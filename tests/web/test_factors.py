"""Second factors in the browser: asked for where a rule wants one, set up, taken away; one's own sessions."""

import json
from datetime import timedelta

import pyotp
from fastapi.testclient import TestClient

from pipeline.staff import Role
from tests.pipeline.access.authenticator import Authenticator
from tests.web.conftest import PASSWORD, Clock, Visitor
from web.surroundings import Surroundings

REFERER = {"referer": "http://testserver/account"}
STEP_UP = "/login/second?next=/account"
JSON = {"accept": "application/json"}


def with_codes(visitor: Visitor, site: Surroundings) -> tuple[TestClient, pyotp.TOTP]:
    """A person's browser with an authenticator that was just set up."""
    client = visitor("王芳", Role.OPERATOR, "3301")
    seed = client.post("/account/factor").text.split("<code>")[1].split("</code>")[0]
    codes = pyotp.TOTP(seed)
    client.post("/account/factor/first", data={"code": codes.at(site.now())})
    renew(client, site)
    return client, codes


def renew(client: TestClient, site: Surroundings) -> None:
    """Take the session's new token for acts, as a page of the site would."""
    session = site.accounts.session_of(client.cookies["paperproof"], site.now())
    assert session
    client.headers["x-csrf-token"] = session.csrf


def pass_time(client: TestClient, clock: Clock) -> None:
    """Let so much time pass that the second factor counts no more, while the session is used."""
    for _ in range(2):
        clock.at += timedelta(minutes=10)
        client.get("/account")


def registered(client: TestClient, site: Surroundings, device: Authenticator) -> None:
    question = client.post("/account/devices/question", json={}).text
    answer = {"answer": device.register(question), "name": "蓝色的那个"}
    assert client.post("/account/devices", json=answer).json() == {"to": "/account"}
    renew(client, site)


def device_of(client: TestClient) -> str:
    return str(client.get("/account").text.split('name="device" value="')[1].split('"')[0])


def test_an_act_that_asks_for_it_sends_there_and_back(
    visitor: Visitor, site: Surroundings, clock: Clock
) -> None:
    client, codes = with_codes(visitor, site)
    pass_time(client, clock)
    asked = client.post("/account/factor/remove", headers=REFERER)
    assert (asked.status_code, asked.headers["location"]) == (303, STEP_UP)
    page = client.get(STEP_UP).text
    assert 'name="next" value="/account"' in page
    told = client.post("/account/factor/remove", headers=REFERER | JSON)
    assert (told.status_code, told.json()["to"]) == (403, STEP_UP)
    shown = {"code": codes.at(clock()), "next": "/account"}
    assert client.post("/login/second", data=shown).headers["location"] == "/account"
    renew(client, site)
    assert client.post("/account/factor/remove").headers["location"] == "/account"
    client.cookies.delete("paperproof")
    entered = client.post("/login", data={"name": "王芳", "password": PASSWORD, "next": "/account"})
    assert entered.headers["location"] == "/account"


def test_the_way_back_leads_nowhere_else(
    visitor: Visitor, site: Surroundings, clock: Clock
) -> None:
    client, codes = with_codes(visitor, site)
    pass_time(client, clock)
    elsewhere = {"referer": "https://evil.example/account"}
    asked = client.post("/account/factor", headers=elsewhere)
    assert asked.headers["location"] == "/login/second?next=/"
    shown = {"code": codes.at(clock()), "next": "//evil.example"}
    assert client.post("/login/second", data=shown).headers["location"] == "/"


def test_a_device_is_registered_asked_and_removed(
    visitor: Visitor, site: Surroundings, clock: Clock
) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    device = Authenticator("http://testserver", "testserver")
    registered(client, site, device)
    assert "蓝色的那个" in client.get("/account").text
    client.cookies.delete("paperproof")
    assert client.post("/login", data={"name": "王芳", "password": PASSWORD}).status_code == 303
    assert "data-device" in client.get("/login/second").text
    question = client.post("/login/second/question", json={}).text
    proof = {"answer": device.prove(question), "next": "/account"}
    assert client.post("/login/second/device", json=proof).json() == {"to": "/account"}
    renew(client, site)
    again = client.post("/login/second/device", json=proof, headers=JSON)
    assert (again.status_code, "to" in again.json()) == (422, False)
    id = device_of(client)
    pass_time(client, clock)
    late = client.post("/account/devices/remove", data={"device": id}, headers=REFERER)
    assert late.headers["location"] == STEP_UP
    proof["answer"] = device.prove(client.post("/login/second/question", json={}).text)
    client.post("/login/second/device", json=proof)
    renew(client, site)
    assert client.post("/account/devices/remove", data={"device": id}).status_code == 303
    assert "蓝色的那个" not in client.get("/account").text


def test_an_answer_given_to_another_site_is_none(visitor: Visitor, site: Surroundings) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    stolen = Authenticator("https://evil.example", "testserver")
    question = client.post("/account/devices/question", json={}).text
    answer = {"answer": stolen.register(question), "name": "x"}
    assert client.post("/account/devices", json=answer, headers=JSON).status_code == 422
    assert "excludeCredentials" in json.loads(question)


def test_ones_own_other_sessions_are_seen_and_ended_and_nobody_elses(
    visitor: Visitor, site: Surroundings
) -> None:
    here, other = visitor("王芳", Role.OPERATOR, "3301"), visitor("李静", Role.REVIEWER, "3301")
    elsewhere = TestClient(here.app, follow_redirects=False)
    elsewhere.post("/login", data={"name": "王芳", "password": PASSWORD})
    page = here.get("/account").text
    (id,) = (part.split('"')[0] for part in page.split('name="session" value="')[1:])
    other.post("/account/sessions/end", data={"session": id})
    assert elsewhere.get("/").status_code == 200
    assert here.post("/account/sessions/end", data={"session": id}).status_code == 303
    assert elsewhere.get("/").status_code == 303
    assert here.get("/").status_code == 200
    own = site.accounts.session_of(here.cookies["paperproof"], site.now())
    assert own
    assert here.post("/account/sessions/end", data={"session": own.id}).status_code == 422
