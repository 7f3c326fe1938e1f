"""Packages that leave, in the browser: asked for, approved by another, made, taken, handed over."""

import re

import pyrage
import pytest
from fastapi.testclient import TestClient

from flows.parts import Parts
from pipeline.staff import Role
from tests.flows.conftest import booked
from tests.web.conftest import Visitor

ASKED = {
    "what": "transaction",
    "names": booked(1).serial_no,
    "purpose": "协查 2026-77",
    "recipient": "杭州中院 王法官",
    "package_by": "email",
    "key_by": "phone",
}


@pytest.fixture
def archivist(captured: Parts, visitor: Visitor) -> TestClient:
    return visitor("赵档案", Role.ARCHIVIST, "3301")


@pytest.mark.requirement("B1-01", "B1-02")
def test_from_the_question_to_both_channels(archivist: TestClient, visitor: Visitor) -> None:
    one_way = archivist.post("/exports/of/3301", data={**ASKED, "key_by": "email"})
    assert one_way.status_code == 422
    assert "另一渠道" in one_way.text
    at = archivist.post("/exports/of/3301", data=ASKED).headers["location"]
    assert archivist.post(f"{at}/make").status_code == 422
    assert archivist.get(f"{at}/package").status_code == 404
    approver = visitor("郑规", Role.COMPLIANCE, "3301")
    assert f"{at}/approve" in approver.get(at).text
    assert approver.post(f"{at}/approve").status_code == 303
    assert approver.post(f"{at}/make").status_code == 422, "who asked makes it"
    made = archivist.post(f"{at}/make").text
    [passphrase] = re.findall(r"<code>([a-z0-9-]{29})</code>", made)
    assert passphrase not in archivist.get(at).text
    package = archivist.get(f"{at}/package").content
    assert pyrage.passphrase.decrypt(package, passphrase)
    assert approver.get(f"{at}/package").status_code == 404
    for path in ("package-sent", "key-sent"):
        assert archivist.post(f"{at}/{path}", data={"note": "王法官"}).status_code == 303
    assert "均已交付" in archivist.get("/exports").text
