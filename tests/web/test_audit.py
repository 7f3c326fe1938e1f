"""The auditor's pages: the log searched and certified, reports on access, an evidence pack."""

import io
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from flows.evidence import Making
from flows.evidence_check import check_evidence
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.requests import Asked, RequestAct, RequestActKind
from pipeline.audit.certificate import Certificate
from pipeline.staff import Role
from tests.flows.conftest import booked
from tests.flows.test_evidence import making  # noqa: F401 - a closed day, all of its log signed
from tests.web.conftest import Clock, Visitor

ROW = booked(1)
pytestmark = pytest.mark.usefixtures("making")


@pytest.fixture
def auditor(visitor: Visitor, making: Making) -> TestClient:  # noqa: F811
    return visitor("审计员", Role.AUDITOR)


def numbers(page: str) -> list[int]:
    """The entries that a page lists."""
    return [
        int(part.split('"')[0]) for part in page.split('href="/audit/')[1:] if part[0].isdigit()
    ]


def test_the_log_is_searched_by_who_act_thing_and_day(auditor: TestClient, clock: Clock) -> None:
    (seen,) = numbers(auditor.get("/audit", params={"who": "李四"}).text)
    assert f"第 {seen} 条" in auditor.get(f"/audit/{seen}").text
    both = numbers(auditor.get("/audit", params={"act": "page.view"}).text)
    assert len(both) == 2
    assert set(both) < set(numbers(auditor.get("/audit", params={"act": "page"}).text))
    today = {"since": str(clock().date() - timedelta(days=1)), "until": "", "who": "李四"}
    assert numbers(auditor.get("/audit", params=today).text) == [seen]
    assert not numbers(auditor.get("/audit", params={"until": "2020-01-01"}).text)
    assert auditor.get("/audit", params={"since": "yesterday"}).status_code == 422
    assert auditor.get("/audit/999999").status_code == 404
    assert auditor.get("/audit/0").status_code == 404


def test_the_log_is_listed_page_by_page_without_gap(
    auditor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.audit._AT_ONCE", 3)
    first = auditor.get("/audit").text
    onward = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = auditor.get(onward.replace("&amp;", "&")).text
    newest = numbers(first)[0]
    assert numbers(first) + numbers(second) == list(range(newest, newest - 6, -1))


def test_a_certificate_holds_under_the_key_and_is_printed(
    auditor: TestClient,
    making: Making,  # noqa: F811
) -> None:
    assert making.log_key
    (seen,) = numbers(auditor.get("/audit", params={"who": "李四"}).text)
    given = auditor.get(f"/audit/{seen}/certificate.json")
    proved = Certificate.read(given.content).proved_by(making.log_key)
    assert proved
    assert proved[0].seq == seen
    printed = auditor.get(f"/audit/{seen}/certificate.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
    note = auditor.get("/audit/checkpoint.txt").content
    assert making.log_key.opened(note) == proved[1]


def test_what_is_not_signed_yet_has_no_certificate(auditor: TestClient) -> None:
    newest = numbers(auditor.get("/audit").text)[0]
    assert "certificate.pdf" not in auditor.get(f"/audit/{newest}").text
    assert auditor.get(f"/audit/{newest}/certificate.json").status_code == 422


def test_a_pack_needs_an_approved_request_and_then_checks(
    auditor: TestClient,
    making: Making,  # noqa: F811
    parts: Parts,
    clock: Clock,
    tmp_path: Path,
) -> None:
    wanted = {"serial": ROW.serial_no, "purpose": "法院调卷"}
    refused = auditor.post("/evidence", data=wanted)
    assert (refused.status_code, ROW.customer_no in refused.text) == (422, False)
    today = clock().date()
    asked = Asked(
        "3301", ROW.customer_no, (), (Act.EVIDENCE_MAKE,), "法院", today, today + timedelta(days=1)
    )
    no = parts.catalog.access_requests.apply("审计员", asked, clock())
    parts.catalog.access_requests.decide(no, RequestAct(RequestActKind.APPROVE, "总部甲", clock()))
    assert auditor.post("/evidence", data={**wanted, "purpose": " "}).status_code == 422
    given = auditor.post("/evidence", data=wanted)
    assert given.headers["content-type"] == "application/zip"
    assert "index.html" in zipfile.ZipFile(io.BytesIO(given.content)).namelist()
    (tmp_path / "pack.zip").write_bytes(given.content)
    checked = check_evidence(tmp_path / "pack.zip", making.signer.public_key, making.log_key)
    assert checked.faults == ()


def test_a_transaction_of_another_branch_is_not_there(visitor: Visitor) -> None:
    elsewhere = visitor("赵档案", Role.ARCHIVIST, "3302")
    answers = [
        elsewhere.post("/evidence", data={"serial": serial, "purpose": "x"})
        for serial in (ROW.serial_no, ROW.serial_no[::-1])
    ]
    assert [one.status_code for one in answers] == [422, 422]
    assert answers[0].text.replace(ROW.serial_no, "") == answers[1].text.replace(
        ROW.serial_no[::-1], ""
    )


def test_reports_tell_of_viewings_and_lead_to_people_and_rules(auditor: TestClient) -> None:
    page = auditor.get("/access", params={"since": "2026-11-01", "until": str(date(2026, 11, 30))})
    assert "无异常" in page.text
    for place in ("/admin/separation", "/admin/matrix"):
        assert f'href="{place}"' in page.text
        assert auditor.get(place).status_code == 200
    table = auditor.get("/access/matrix.csv").text
    assert "audit.read" in table
    assert auditor.get("/access", params={"since": "x"}).status_code == 404
