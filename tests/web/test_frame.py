from html import escape
from urllib.parse import quote

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient

from pipeline.staff import Role
from tests.web.conftest import Visitor
from web.app import create_app, declared
from web.guarding import require_declared
from web.surroundings import Surroundings


def test_every_answer_forbids_what_pages_do_not_need(stranger: TestClient) -> None:
    for path in ("/login", "/static/site.css", "/nowhere"):
        headers = stranger.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.requirement("CG-07a")
def test_a_route_that_names_no_act_keeps_the_site_from_starting() -> None:
    router = APIRouter()

    @router.get("/secret")
    def secret() -> str:
        return "not guarded"

    with pytest.raises(RuntimeError, match="/secret"):
        require_declared(router.routes, declared(), frozenset())


def test_too_large_a_form_is_refused_unread(stranger: TestClient) -> None:
    answer = stranger.post("/login", data={"name": "x" * (1 << 20), "password": "y"})
    assert answer.status_code == 413


def test_a_fault_is_told_by_a_number_and_nothing_else(
    site: Surroundings, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor("王芳", Role.OPERATOR, "3301")
    client = TestClient(create_app(site), raise_server_exceptions=False)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr("web.pages.account.own_page", broken)
    answer = client.get("/login")
    assert answer.status_code == 500
    assert "inside" not in answer.text
    assert "Traceback" not in answer.text


def test_pages_have_no_scripts_or_styles_of_their_own(visitor: Visitor) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    for path in ("/", "/account", "/station/3301/2026-11-19"):
        text = client.get(path).text
        assert "style=" not in text
        assert "onclick" not in text
        assert "<script>" not in text


@pytest.mark.parametrize("address", ["/worklist?standing=waiting&to=", "/requests", "/"])
def test_another_language_leaves_one_where_one_was(visitor: Visitor, address: str) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    back = f'name="back" value="{escape(address)}"'
    assert back in client.get(address).text
    headers = {"referer": f"http://testserver{address}"}
    answer = client.post("/archive/3301", data={"number": ""}, headers=headers)
    assert back in answer.text


def test_who_logs_in_again_is_back_at_the_page_with_its_query(stranger: TestClient) -> None:
    address = "/worklist?kind=missing&state=open"
    expected = f"/login?next={quote(address)}"
    assert stranger.get(address).headers["location"] == expected
    answer = stranger.post("/logout", headers={"referer": f"http://testserver{address}"})
    assert answer.headers["location"] == expected


def test_one_place_at_most_is_marked_as_the_one_where_one_is(visitor: Visitor) -> None:
    client = visitor("周总部", Role.HEADQUARTERS)
    for address in ("/secrecy", "/secrecy/of", "/monitor"):
        text = client.get(address).text
        assert text.count('aria-current="page"') == 1, address
        assert f'href="{address}" aria-current="page"' in text


@pytest.mark.parametrize("address", ["/station/3301/9999-12-31", f"/requests/{10**22}"])
def test_numbers_and_days_beyond_all_are_told_as_such(visitor: Visitor, address: str) -> None:
    answer = visitor("王芳", Role.OPERATOR, "3301").get(address)
    assert answer.status_code == 404
    assert "超出" in answer.text


def test_what_was_typed_too_long_is_not_called_a_page_that_is_not_there(visitor: Visitor) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    answer = client.post("/archive/3301", data={"number": "1", "purpose": "长" * 501})
    assert answer.status_code == 422
    assert "过长" in answer.text
