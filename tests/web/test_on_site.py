import pytest

from pipeline.language import say
from pipeline.staff import Role
from tests.web.conftest import Visitor
from web.navigation import ENTRIES
from web.on_site import _PAGES, on_site
from web.pages.admin.places import PLACES


def test_a_refusal_names_the_page_to_go_to(visitor: Visitor) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    refused = client.get("/admin/accounts").text
    assert "“管理 › 任职”" in refused
    assert "paperproof " not in refused
    client.cookies.set("lang", "en")
    told = client.get("/admin/accounts", headers={"accept": "application/json"}).json()["error"]
    assert told.endswith("headquarters may appoint with “Administration › Appointments”.")


@pytest.mark.parametrize(
    ("command", "page"),
    [
        ("account add 李静 --as NAME", "Administration › Accounts"),
        ("account password", "Own account"),
        ("review list --day 2026-11-19", "Review"),
        ("key work", "Keying"),
        ("take-in FOLDER --branch 3301 --day 2026-11-19", "Scan station"),
        ("station devices", "Scan station"),
        ("archive read back", "Reading room"),
        ("access matrix", "Administration › Who may what"),
        ("upload status --month 2026-11", "Months"),
        ("upload --month 2026-11", "paperproof upload --month 2026-11"),
        ("evidence", "Evidence"),
        ("export list", "Packages that leave"),
        ("cold pack", "paperproof cold pack"),
        ("archive check found 1", "paperproof archive check found 1"),
    ],
)
def test_commands_without_a_page_stay(command: str, page: str) -> None:
    assert on_site(f"See “paperproof {command}” now.", "en") == f"See “{page}” now."


def test_the_pages_are_called_as_in_the_way_through_the_site() -> None:
    titles = {one.title for one in (*ENTRIES, *PLACES)} | {say("Own account")}
    assert {way[-1] for way in _PAGES.values()} <= titles
