from datetime import timedelta

import pytest

from flows.page_history import as_premis
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.requests import Asked, RequestAct, RequestActKind
from pipeline.digital import DigitalFile, DigitalPackage, Origin
from pipeline.media import Format
from pipeline.staff import Role
from tests.flows.conftest import DAY, booked
from tests.pipeline.test_premis import require_premis
from tests.web.conftest import Clock, Visitor

NUMBER = booked(1).customer_no
ASKED = {"number": NUMBER, "purpose": "查询函 2026-8"}
OF = f"/archive/3301/{DAY}/{booked(1).serial_no}"


@pytest.fixture
def page(captured: Parts) -> str:
    """The address of the first transaction's page."""
    return f"{OF}/{captured.catalog.pages.of_day(DAY, '3301')[0].page_id}"


def test_a_customers_archive_masked_down_to_each_pages_history(
    captured: Parts, visitor: Visitor, page: str
) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    shown = client.post("/archive/3301", data=ASKED).text
    assert booked(1).serial_no in shown
    assert booked(2).serial_no not in shown
    assert f"******{NUMBER[-3:]}" in shown
    assert "余玲" not in shown
    opened = client.post(OF, data={"purpose": "查询函"}).text
    assert page in opened
    assert "余玲" not in opened
    told = client.post(page, data={"purpose": "查询函"}).text
    for what in ("wang", "0001.jpg", "已归档", "赵档案", "查询函", "ingestion", "fixity check"):
        assert what in told, what
    assert client.get(f"{page}/picture").content.startswith(b"\xff\xd8\xff")
    (dossier,) = map(
        captured.catalog.dossiers.of, captured.catalog.dossiers.transactions(booked(1).serial_no)
    )
    root = require_premis(as_premis(captured, dossier, dossier.pages[0]))
    assert "dissemination" in {one.text for one in root.iter()}
    seen = captured.catalog.viewings.of_customer(NUMBER)
    assert [one.act for one in seen] == [Act.PAGE_VIEW, Act.CUSTOMER_VIEW, Act.CUSTOMER_VIEW]


def test_what_was_shown_for_a_purpose_is_asked_for_anew_at_its_address(
    visitor: Visitor, page: str
) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    for address in (OF, page):
        assert client.get(address).headers["location"] == "/archive/3301"


def test_born_digital_packages_stand_beside_the_papers(
    captured: Parts, visitor: Visitor, page: str
) -> None:
    files = (DigitalFile("申请表.pdf", "PROD_APP", "a" * 64, 12_345, Format.PDF, None),)
    of = (Origin.ONLINE_HALL, "3301", DAY, booked(1).serial_no, NUMBER, booked(1).occur_at)
    package = DigitalPackage("WT-1", *of, files)
    captured.catalog.digital.enter(package, "package/aa/x.json", (), "周归档")
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    for address in ("/archive/3301", OF):
        shown = client.post(address, data=ASKED).text
        for what in ("WT-1", "申请表.pdf", "网上营业厅", "12.3 kB"):
            assert what in shown, what
    assert "WT-1" in client.post(page, data=ASKED).text


def test_nothing_is_shown_without_a_purpose_or_before_it_is_entered(
    captured: Parts, visitor: Visitor, page: str, clock: Clock
) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    for address in ("/archive/3301", OF, page):
        answer = client.post(address, data={"number": NUMBER, "purpose": "  "})
        assert answer.status_code == 422
        assert booked(1).business_name not in answer.text
    assert client.get(f"{page}/picture").status_code == 404
    client.post(page, data={"purpose": "x"})
    assert client.get(f"{page}/picture").status_code == 200
    colleague = visitor("钱档案", Role.ARCHIVIST, "3301")
    assert colleague.get(f"{page}/picture").status_code == 404
    clock.at += timedelta(minutes=14, seconds=59)
    assert client.get(f"{page}/picture").status_code == 200
    clock.at += timedelta(minutes=1)
    assert client.get(f"{page}/picture").status_code == 404


def test_in_full_needs_an_approved_request(captured: Parts, visitor: Visitor, clock: Clock) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    asked = {**ASKED, "full": "true"}
    refused = client.post("/archive/3301", data=asked)
    assert refused.status_code == 422
    assert "余玲" not in refused.text
    grant(captured, "赵档案", clock, Act.CUSTOMER_VIEW, Act.FIELD_UNMASK)
    shown = client.post("/archive/3301", data=asked).text
    assert "余玲" in shown
    assert NUMBER in shown


def test_a_request_opens_one_customer_to_who_has_no_role_for_it(
    captured: Parts, visitor: Visitor, clock: Clock
) -> None:
    client = visitor("李静", Role.REVIEWER, "3301")
    assert client.post("/archive/3301", data=ASKED).status_code == 403
    grant(captured, "李静", clock, Act.CUSTOMER_VIEW)
    assert booked(1).serial_no in client.post("/archive/3301", data=ASKED).text
    other = client.post("/archive/3301", data={**ASKED, "number": booked(2).customer_no})
    assert other.status_code == 403
    assert client.post("/archive/3302", data=ASKED).status_code in (403, 404)
    clock.at += timedelta(days=9)
    assert client.get("/archive/3301").status_code in (303, 403)


def test_another_branch_and_wrong_names_are_alike(
    captured: Parts, visitor: Visitor, page: str
) -> None:
    other = visitor("钱进", Role.ARCHIVIST, "3302")
    for address in ("/archive/3301", OF, page):
        assert other.post(address, data=ASKED).status_code == 404
    assert booked(1).serial_no not in other.post("/archive/3302", data=ASKED).text
    own = visitor("赵档案", Role.ARCHIVIST, "3301")
    for address in (f"/archive/3301/{DAY}/0", f"{OF}/{'0' * 64}"):
        assert own.post(address, data=ASKED).status_code == 404
    nobody = own.post("/archive/3301", data={**ASKED, "number": "<script>"})
    assert nobody.status_code == 422
    assert "<script>" not in nobody.text


def test_transactions_go_on_leaf_by_leaf(captured: Parts) -> None:
    found = captured.catalog.dossiers.of_customer
    (one,) = found(NUMBER, "3301", None, 9)
    assert found(NUMBER, "3301", (DAY, one["serial_no"]), 9) == []
    assert found(NUMBER, "3301", (DAY, one["serial_no"] + "0"), 9) == [one]
    assert found(NUMBER, "3302", None, 9) == []


def grant(parts: Parts, name: str, clock: Clock, *acts: Act) -> None:
    """Have a request of a person's approved."""
    today = clock.at.date()
    requests = parts.catalog.access_requests
    asked = Asked("3301", NUMBER, (), acts, "查询函", today, today + timedelta(days=7))
    no = requests.apply(name, asked, clock.at)
    requests.decide(no, RequestAct(RequestActKind.APPROVE, "总部甲", clock.at))
