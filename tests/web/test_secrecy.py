"""Levels of secrecy on the site: every way to a page refuses alike, and the mark is shown."""

import pytest

from flows.parts import Parts
from flows.secrecy import Secrecy
from pipeline.access.acts import Act
from pipeline.access.policy import RULES
from pipeline.secrecy import Item, ItemKind
from pipeline.staff import Role
from tests.flows.conftest import DAY, booked
from tests.web.conftest import Clock, Visitor
from tests.web.second_factor import stepped_up
from web.surroundings import Surroundings

NUMBER = booked(1).customer_no
OF = f"/archive/3301/{DAY}/{booked(1).serial_no}"
WHY = {"purpose": "查询函 2026-8", "number": NUMBER}
BRANCH = "/secrecy/of/3301"


@pytest.fixture
def page(captured: Parts) -> str:
    """SHA-256 of the first transaction's page."""
    return captured.catalog.pages.of_day(DAY, "3301")[0].page_id


@pytest.mark.requirement("BM-01", "RC-12")
def test_the_site_refuses_by_every_address_what_a_list_does_not_open(
    captured: Parts, visitor: Visitor, page: str, clock: Clock
) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    shown = client.post(f"{OF}/{page}", data=WHY)
    assert "普通" in shown.text
    assert client.get(f"{OF}/{page}/picture").status_code == 200
    decided = {"kind": "page", "key": page[:16], "level": "SECRET", "reason": "举报线索"}
    assert client.post(BRANCH, data=decided).status_code == 303
    assert "机密" in client.get(BRANCH).text
    delivery = captured.catalog.pages.of_day(DAY, "3301")[0].delivery_id
    ways = {
        **dict.fromkeys((f"{OF}/{page}",), "post"),
        **dict.fromkeys((f"{OF}/{page}/picture", f"/pages/{delivery}/picture"), "get"),
        **dict.fromkeys((f"/pages/{delivery}/thumbnail", f"/api/v1/pages/{delivery}"), "get"),
    }
    for address, how in ways.items():
        more = {"data": WHY} if how == "post" else {}
        answer = getattr(client, how)(address, **more)
        assert answer.status_code == 403, address
        assert "机密" in answer.text, address
    listed = client.post(OF, data=WHY).text
    assert page not in listed
    assert "0001.jpg" not in listed
    assert "仅限知悉名单上的人" in listed
    level = Secrecy(captured).ladder.of("SECRET")
    always = (clock.at.date(), None)
    captured.catalog.secrecy.admit(level.code, "赵档案", always, "专案", "安全甲", clock.at)
    opened = client.post(f"{OF}/{page}", data=WHY)
    assert opened.status_code == 200
    assert '<span class="mark bad">机密</span>' in opened.text
    assert client.get(f"/pages/{delivery}/picture").status_code == 200
    assert page in client.post(OF, data=WHY).text


@pytest.mark.requirement("BM-01")
def test_a_secret_archive_is_shown_to_nobody_else(
    captured: Parts, visitor: Visitor, clock: Clock
) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    item = Item(ItemKind.ARCHIVE, NUMBER, "3301")
    captured.catalog.secrecy.decide(item, "TOP_SECRET", "线索", "何静", clock.at, lower=False)
    for address in ("/archive/3301", OF):
        refused = client.post(address, data=WHY)
        assert refused.status_code == 403
        assert "绝密" in refused.text
        assert booked(1).business_name not in refused.text


@pytest.mark.requirement("RC-12")
def test_lowering_waits_for_another_archivist(
    captured: Parts, visitor: Visitor, page: str, clock: Clock
) -> None:
    one, other = (visitor(name, Role.ARCHIVIST, "3301") for name in ("赵档案", "钱档案"))
    decided = {"kind": "page", "key": page, "reason": "线索"}
    one.post(BRANCH, data=decided | {"level": "SECRET"})
    for name in ("赵档案", "钱档案"):
        always = (clock.at.date(), None)
        captured.catalog.secrecy.admit("SECRET", name, always, "专案", "安全甲", clock.at)
    assert one.post(BRANCH, data=decided | {"level": "NORMAL"}).status_code == 303
    assert one.post(f"{BRANCH}/2/confirm", data={"reason": "结案"}).status_code == 422
    assert Secrecy(captured).of_page(page).code == "SECRET"
    assert other.post("/secrecy/of/3302/2/confirm", data={"reason": "x"}).status_code == 404
    assert other.post(f"{BRANCH}/2/confirm", data={"reason": "结案"}).status_code == 303
    assert Secrecy(captured).of_page(page).code == "NORMAL"


@pytest.mark.requirement("BM-01")
def test_the_security_administrator_keeps_the_lists_behind_a_second_factor(
    captured: Parts, visitor: Visitor, site: Surroundings
) -> None:
    assert RULES[Act.SECRECY_ADMIT].step_up
    client = visitor("安全甲", Role.SECURITY_ADMIN)
    told = {"level": "SECRET", "person": "李静", "reason": "专案"}
    assert client.post("/secrecy/admit", data=told).status_code != 200
    assert captured.catalog.secrecy.readers() == ()
    stepped_up(client, site)
    assert client.post("/secrecy/admit", data=told).status_code == 303
    assert "李静" in client.get("/secrecy").text
    both = client.post("/secrecy/admit", data=told | {"role": "archivist"})
    assert both.status_code == 422
    own = client.post("/secrecy/admit", data=told | {"person": "安全甲"})
    assert own.status_code == 422
    assert client.post("/secrecy/1/end", data={"reason": "结案"}).status_code == 303
    assert "结案" in client.get("/secrecy").text
    assert client.get(BRANCH).status_code in (403, 404)


@pytest.mark.requirement("BM-01")
def test_work_on_a_secret_page_waits_for_somebody_who_may_know_it(
    captured: Parts, visitor: Visitor, page: str, clock: Clock
) -> None:
    client = visitor("李复核", Role.REVIEWER, "3301")
    desk = f"/review/3301/{DAY}"
    kinds = {
        (task.serial_no, task.document_type)
        for task in captured.catalog.tasks.of_day(DAY, "3301")
        if page in {one.page_id for one in task.standing.pages}
    }
    assert kinds
    before = client.get(desk).text
    item = Item(ItemKind.PAGE, page, "3301")
    captured.catalog.secrecy.decide(item, "SECRET", "线索", "何静", clock.at, lower=False)
    after = client.get(desk).text
    for serial, kind in kinds:
        assert serial in before
        assert serial not in after
        refused = client.get(f"{desk}/tasks/{serial}/{kind}")
        assert refused.status_code == 403
        assert "54030.33" not in refused.text
    assert booked(2).serial_no in after
    days = (clock.at.date(), None)
    captured.catalog.secrecy.admit("SECRET", Role.REVIEWER, days, "复核", "安全甲", clock.at)
    assert client.get(desk).text == before
