"""Mergers and splits: what is refused in the middle, who ends, what follows on a list of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.handover import VoucherPapers
from pipeline.staff import Role
from tests.flows.clock import Clock, clock
from tests.flows.conftest import DAY
from tests.flows.three_branches import (
    GIVES,
    HQ,
    IMAGED,
    MERGED,
    OTHERS,
    OWN,
    TAKES,
    House,
    bag,
    house,
    merge,
)

__all__ = ["clock", "house"]
pytestmark = pytest.mark.slow


def signed(house: House) -> None:
    """Both sign, everything accepted and counted."""
    house.told("transfer", "sign", "1", *GIVES)
    house.told("transfer", "accept", "1", *TAKES)
    house.told("transfer", "close", "1", "--bags", "1", "--papers", "2", *TAKES)


def test_in_the_middle_of_things_no_branch_merges_or_ends(house: House, clock: Clock) -> None:
    clock.travel(MERGED)
    order = ("branch", "merge", "3302", "3301")
    assert "has not come yet" in house.refusal(*order, "--from", "2026-12-02", *HQ)
    told = house.refusal(*order, "--from", DAY.isoformat(), *HQ)
    assert "has business of 2026-11-19" in told and "2026-11-20 at the earliest" in told
    assert "not registered" in house.refusal(*order, *TAKES), "headquarters alone"
    assert "Name two" in house.refusal("branch", "merge", "3301", "3301", *HQ)
    assert "keeps 2 archives and 2 papers" in house.refusal("branch", "end", "3302", *HQ)
    house.told("transfer", "collect", "--branch", "3302", *GIVES)
    house.told("transfer", "sign", "1", *GIVES)
    for arguments in (order, ("branch", "end", "3302"), ("branch", "end", "3303")):
        assert "in the middle of transfer JJ-000001" in house.refusal(*arguments, *HQ)
    house.told("transfer", "withdraw", "1", "--reason", "并入", *HQ)
    given = house.parts.catalog.handovers.give(
        DAY, "3302", "10009", [VoucherPapers(IMAGED.serial_no, 1, 1)], {}, {}, "柜员"
    )
    assert f"Hand-over {given.no} of branch 3302 waits" in house.refusal(*order, *HQ)
    reason = {IMAGED.serial_no: "缺页"}
    house.parts.catalog.handovers.receive(given.no, reason, 0, {}, "何静")
    house.told("archive", "check", "start", "--branch", "3302", "--full", *GIVES)
    assert "Check 1 of branch 3302 goes on" in house.refusal(*order, *HQ)
    assert not house.parts.catalog.branches.successions().every


@pytest.mark.requirement("CG-21e")
def test_what_is_refused_follows_on_a_list_of_its_own(house: House, clock: Clock) -> None:
    clock.travel(MERGED)
    merge(house)
    own = f"{OWN.customer_no}-0002"
    house.told("transfer", "sign", "1", *GIVES)
    house.told("transfer", "refuse", "1", own, "--reason", "缺第二页", *TAKES)
    house.told("transfer", "accept", "1", *TAKES)
    house.told("transfer", "close", "1", "--bags", "0", "--papers", "1", *TAKES)
    assert house.where()[own] == ("3302", "3302")
    assert house.parts.catalog.archives.one(OWN.customer_no).branch == "3302"
    house.parts.catalog.staff.add("郑收", Role.ARCHIVIST, "3301", "总部甲")
    assert "3302 to 3301: 1 papers" in house.told("transfer", "collect", "--branch", "3302", *TAKES)
    house.told("transfer", "sign", "2", *TAKES)
    house.told("transfer", "accept", "2", "--as", "郑收")
    house.told("transfer", "close", "2", "--as", "郑收")
    assert house.where()[own] == ("3301", "3301")
    assert house.parts.catalog.archives.one(OWN.customer_no).branch == "3301"


def test_the_old_branchs_people_end_with_it_and_are_appointed_anew(
    house: House, clock: Clock
) -> None:
    clock.travel(MERGED)
    merge(house)

    def held() -> set[str]:
        every = house.parts.catalog.staff.appointments()
        return {one.person for one in every if one.branch == "3302" and one.until is None}

    assert held() == {"何静"}, "who hands over"
    appointed = ("staff", "add", "周复", "--role", "reviewer", "--branch")
    assert "was merged into" in house.refusal(*appointed, "3302", *HQ)
    house.told(*appointed, "3301", *HQ)
    signed(house)
    assert held() == set()
    assert "not registered" in house.refusal("archive", "list", "--branch", "3302", *GIVES)
    house.told("archive", "list", "--branch", "3302", *TAKES)
    assert "not registered" in house.refusal("archive", "list", "--branch", "3303", *TAKES)


def test_a_branch_splits_by_a_list_of_customers(house: House, clock: Clock, tmp_path: Path) -> None:
    clock.travel(MERGED)
    house.parts.catalog.staff.add("孙收", Role.ARCHIVIST, "3303", "总部甲")
    listed = tmp_path / "客户.txt"
    listed.write_text(f"{OWN.customer_no}\n9409350199\n", "utf-8")
    order = ("branch", "split", "3302", "3303", "--customers", str(listed))
    assert "no archive of 9409350199" in house.refusal(*order, *HQ)
    listed.write_text(f"{OWN.customer_no}\n\n{IMAGED.customer_no}\n", "utf-8-sig")
    assert "2 archives; 1 papers" in house.told(*order, *HQ)
    assert "stands on transfer JJ-000001" in house.refusal(*order, *HQ)
    house.told("transfer", "sign", "1", *GIVES)
    house.told("transfer", "accept", "1", "--as", "孙收")
    house.told("transfer", "close", "1", "--bags", "1", "--papers", "1", "--as", "孙收")
    catalog = house.parts.catalog
    assert house.where()[f"{OWN.customer_no}-0002"] == ("3303", "3303")
    assert house.where()[f"{OTHERS.customer_no}-0002"] == ("3303", "3302"), "was not on the list"
    taken = catalog.shelf.one(bag(house, OWN))
    assert (taken.branch, taken.inside, taken.moves[-1].reason) == ("3303", None, "JJ-000001")
    assert catalog.shelf.one("X2").branch == "3302"
    catalog.branches.require("3302", day=MERGED)
