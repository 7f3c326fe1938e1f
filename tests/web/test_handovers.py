import pytest

from flows.handover import vouchers_of
from flows.parts import Parts
from pipeline.handover import ItemState
from pipeline.staff import Role
from tests.flows.conftest import DAY
from tests.flows.test_handover import FIRST, SECOND, THIRD, close
from tests.flows.test_handover import day as closed_day  # noqa: F401 - a closed day, three vouchers
from tests.web.conftest import Visitor

AT = f"/handover/3301/{DAY}/give/10009"
PAPERS = {
    f"papers:{FIRST}": "2",
    f"papers:{SECOND}": "1",
    f"papers:{THIRD}": "0",
    f"why:{THIRD}": "customer took it",
}
LIST = "/handover/3301/lists/1"


@pytest.fixture
def given(closed_day: Parts, visitor: Visitor) -> Parts:  # noqa: F811
    """The day's papers, handed over by their teller."""
    teller = visitor("孙柜员", Role.TELLER, "3301")
    assert teller.post(AT, data=PAPERS).headers["location"] == LIST
    return closed_day


def states(parts: Parts) -> dict[str, ItemState]:
    return {item.serial_no: item.state for item in parts.catalog.handovers.one(1).items}


def test_papers_are_offered_item_by_item_and_differences_explained(
    closed_day: Parts,  # noqa: F811
    visitor: Visitor,
) -> None:
    teller = visitor("孙柜员", Role.TELLER, "3301")
    assert AT in teller.get("/handover/3301", params={"day": str(DAY)}).text
    shown = teller.get(AT).text
    assert all(serial in shown for serial in (FIRST, SECOND, THIRD))
    unexplained = teller.post(AT, data={**PAPERS, f"why:{THIRD}": " ", f"papers:{FIRST}": "1"})
    assert unexplained.status_code == 422
    assert f'name="papers:{FIRST}" type="number" min="0" max="99999" required value="1"' in (
        unexplained.text
    )
    for wrong in ("-1", "x", "1e3", "9" * 9):
        assert teller.post(AT, data={**PAPERS, f"papers:{FIRST}": wrong}).status_code == 422
    assert closed_day.catalog.handovers.all() == ()
    assert teller.post(AT, data=PAPERS).status_code == 303
    assert teller.post(AT, data=PAPERS).status_code == 422  # once is enough
    assert len(closed_day.catalog.handovers.all()) == 1


def test_the_archivist_finds_each_item_or_refuses_it(given: Parts, visitor: Visitor) -> None:
    archivist = visitor("赵档案", Role.ARCHIVIST, "3301")
    assert f"is:{FIRST}" in archivist.get(LIST).text
    decided = {f"is:{FIRST}": "found", f"is:{SECOND}": "missing", "counted": "2"}
    incomplete = archivist.post(f"{LIST}/receive", data={f"is:{FIRST}": "found", "counted": "3"})
    assert incomplete.status_code == 422
    without_reason = archivist.post(f"{LIST}/receive", data=decided)
    assert without_reason.status_code == 422
    decided[f"why:{SECOND}"] = "not in the bundle"
    miscounted = archivist.post(f"{LIST}/receive", data={**decided, "counted": "3"})
    assert miscounted.status_code == 422
    assert "not in the bundle" in miscounted.text  # nothing typed is lost
    assert states(given)[FIRST] is ItemState.GIVEN
    assert archivist.post(f"{LIST}/receive", data=decided).status_code == 303
    assert states(given) == {
        FIRST: ItemState.IN_STORE,
        SECOND: ItemState.REFUSED,
        THIRD: ItemState.NO_PAPER,
    }
    second = visitor("钱档案", Role.ARCHIVIST, "3301").post(f"{LIST}/receive", data=decided)
    assert second.status_code == 422
    assert "赵档案" in second.text
    shown = archivist.get("/handover/3301", params={"day": str(DAY)}).text
    assert "10009" in shown  # what was refused is left to be handed over again


def test_who_gave_does_not_receive(closed_day: Parts, visitor: Visitor) -> None:  # noqa: F811
    vouchers = vouchers_of(closed_day, DAY, "3301", "10009")
    closed_day.catalog.handovers.give(
        DAY, "3301", "10009", vouchers, {}, {THIRD: "customer took it"}, "赵档案"
    )
    giver = visitor("赵档案", Role.ARCHIVIST, "3301")
    assert f"is:{FIRST}" not in giver.get(LIST).text
    decided = {f"is:{FIRST}": "found", f"is:{SECOND}": "found", "counted": "3"}
    assert giver.post(f"{LIST}/receive", data=decided).status_code == 422
    assert states(closed_day)[FIRST] is ItemState.GIVEN


def test_an_open_day_is_told_and_another_branch_sees_nothing(
    given: Parts, visitor: Visitor
) -> None:
    other = visitor("钱进", Role.ARCHIVIST, "3302")
    assert other.get(LIST).status_code == 404
    assert other.get("/handover/3302/lists/1").status_code == 404
    assert other.post(f"{LIST}/receive", data={"counted": "0"}).status_code == 404
    close(given, closed=False)
    archivist = visitor("赵档案", Role.ARCHIVIST, "3301")
    shown = archivist.get("/handover/3301", params={"day": str(DAY)})
    assert shown.status_code == 200
    assert "close-day" in shown.text
