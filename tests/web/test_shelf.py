import pytest

from flows.parts import Parts
from pipeline.archive import LineKind, Material
from pipeline.shelf import ContainerKind, path_of
from pipeline.staff import Role
from tests.flows.conftest import DAY
from tests.web.conftest import Visitor

FIRST, SECOND = "9409350101", "9409350102"


def paper(number: str, branch: str = "3301") -> Material:
    return Material(number, branch, branch, DAY, None, "身份证复印件", "", 2)


@pytest.fixture
def shelved(parts: Parts) -> Parts:
    """Two customers' bags of a branch with a room and a cabinet in it, and one bag of another branch."""
    archives, shelf = parts.catalog.archives, parts.catalog.shelf
    archives.register(LineKind.SUPPLEMENT, [paper(SECOND), paper(FIRST)], "赵档案")
    archives.register(LineKind.SUPPLEMENT, [paper("8800000001", "3302")], "钱进")
    shelf.add(ContainerKind.ROOM, "R1", "3301", "", None, "赵档案")
    shelf.add(ContainerKind.CABINET, "C-01", "3301", "2026", "R1", "赵档案")
    shelf.add(ContainerKind.CABINET, "C-77", "3302", "", None, "钱进")
    return parts


def bag(parts: Parts, number: str) -> str:
    return parts.catalog.archives.one(number).bag


def test_bags_stand_by_customer_number_and_are_moved(shelved: Parts, visitor: Visitor) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    listed = client.get("/shelf/3301").text
    assert listed.index(FIRST) < listed.index(SECOND)
    assert "8800000001" not in listed
    order = {"number": bag(shelved, FIRST), "into": "C-01", "reason": "filed"}
    for _ in range(2):  # pressed twice
        assert client.post("/shelf/3301/move", data=order).status_code == 303
    containers = shelved.catalog.shelf.all()
    assert [one.number for one in path_of(order["number"], containers)][:-1] == ["R1", "C-01"]
    assert len(containers[order["number"]].moves) == 1
    in_cabinet = client.get("/shelf/3301", params={"place": "C-01"}).text
    assert FIRST in in_cabinet
    assert SECOND not in in_cabinet
    behind = client.get("/shelf/3301", params={"after": bag(shelved, FIRST)}).text
    assert f'<th scope="row">{SECOND}' in behind
    assert f'<th scope="row">{FIRST}' not in behind


def test_nothing_goes_to_another_branch_or_without_a_reason(
    shelved: Parts, visitor: Visitor
) -> None:
    client = visitor("赵档案", Role.ARCHIVIST, "3301")
    own, other = bag(shelved, FIRST), bag(shelved, "8800000001")
    wrong = [(own, "C-77", "x"), (other, "C-01", "x"), (own, "R9", "x"), (own, "C-01", " ")]
    for number, into, reason in wrong:
        order = {"number": number, "into": into, "reason": reason}
        assert client.post("/shelf/3301/move", data=order).status_code == 422
    assert client.get("/shelf/3301", params={"place": "C-77"}).status_code == 404
    assert not shelved.catalog.shelf.all()[own].moves
    elsewhere = visitor("钱进", Role.ARCHIVIST, "3302")
    assert elsewhere.get("/shelf/3301").status_code == 404


def test_auditors_see_numbers_masked_and_move_nothing(shelved: Parts, visitor: Visitor) -> None:
    auditor = visitor("周审计", Role.AUDITOR)
    listed = auditor.get("/shelf/3301").text
    assert bag(shelved, FIRST) in listed
    assert FIRST not in listed
    order = {"number": bag(shelved, FIRST), "into": "C-01", "reason": "filed"}
    assert auditor.post("/shelf/3301/move", data=order).status_code == 403
