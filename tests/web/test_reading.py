"""The reading room in the browser: papers given under an approved request, taken back with their count."""

import pytest
from fastapi.testclient import TestClient

from flows.parts import Parts
from pipeline.archive import LineKind
from pipeline.staff import Role
from tests.web.conftest import Visitor
from tests.web.test_shelf import paper

CUSTOMER = "9409350177"
ENTRY = f"{CUSTOMER}-0001"
ASKED = {"branch": "3301", "customer": CUSTOMER, "act": ["paper.read"], "purpose": "诉讼 2026-118"}


@pytest.fixture
def archivist(captured: Parts, visitor: Visitor) -> TestClient:
    """The archivist of a branch where an approved request asks to read a customer's paper."""
    captured.catalog.archives.register(LineKind.SUPPLEMENT, [paper(CUSTOMER)], "赵档案")
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    at = visitor("何敏", Role.ARCHIVIST, "3302").post("/requests", data=ASKED).headers["location"]
    assert visitor("郑规", Role.COMPLIANCE, "3301").post(f"{at}/approve").status_code == 303
    return client


@pytest.mark.requirement("B1-06")
def test_a_paper_goes_out_and_comes_back(parts: Parts, archivist: TestClient) -> None:
    shown = archivist.get("/reading").headers["location"]
    assert ENTRY in archivist.get(shown).text
    order = {"request": "1", "entry": [ENTRY]}
    assert archivist.post(f"{shown}/give", data=order).status_code == 303
    assert archivist.post(f"{shown}/give", data=order).status_code == 422
    assert "查阅中" in archivist.get(shown).text
    wrong = archivist.post(f"{shown}/back", data={"entry": ENTRY, "pages": "1"})
    assert wrong.status_code == 422
    assert "归还 1 页" in wrong.text
    for _ in range(2):  # pressed twice
        back = archivist.post(f"{shown}/back", data={"entry": ENTRY, "pages": "2"})
        assert back.status_code == 303
    assert "已归还" in archivist.get(shown).text
    assert parts.catalog.reading_room.out() == ()


def test_who_only_looks_gives_nothing(archivist: TestClient, visitor: Visitor) -> None:
    head = visitor("总部乙", Role.HEADQUARTERS)
    assert 'name="entry"' not in head.get("/reading/3301").text
    given = head.post("/reading/3301/give", data={"request": "1", "entry": [ENTRY]})
    assert given.status_code == 403
    foreign = archivist.post("/reading/3301/give", data={"request": "9", "entry": [ENTRY]})
    assert foreign.status_code == 422
