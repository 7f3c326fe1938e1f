"""A branch through its merger, by the clock of the test."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from catalog.catalog import Catalog
from catalog.closures import Closure
from catalog.log import first_broken
from flows.bundling import keep_changes
from flows.custody import papers_of
from flows.destruction_due import Due
from flows.destruction_list import Listing
from flows.keeping import Keeper
from flows.monitor import heat_map
from flows.monthly import Uploading, branch_months, receive_branch, send
from flows.rebuild import rebuild
from flows.retention_shown import shown_customer
from flows.stores import Stores
from pipeline.balance import DiscrepancyKind
from pipeline.destruction import ItemKind
from pipeline.errors import UserError
from pipeline.monthly import Month, Progress
from pipeline.retention import Disposition
from pipeline.shelf import path_of
from storage.folder import FolderStore
from tests.flows.archived_day import ruled
from tests.flows.clock import Clock, clock
from tests.flows.conftest import DAY, Silent
from tests.flows.three_branches import (
    GIVES,
    HQ,
    IMAGED,
    LATE,
    MERGED,
    NEIGHBOUR,
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


@pytest.mark.requirement("CG-21d", "CG-21e")
def test_a_branch_through_its_merger(
    house: House, clock: Clock, stores: Stores, tmp_path: Path
) -> None:
    parts, own = house.parts, f"{OWN.customer_no}-0002"
    clock.travel(MERGED)
    told = merge(house)
    assert "2 archives; 2 papers" in told and "1 appointments ended" in told
    # from the day on: nothing of that day for the old number; earlier days still come in there
    with pytest.raises(UserError, match="merged into branch 3301 on 2026-12-01"):
        parts.catalog.branches.require("3302", day=MERGED)
    parts.catalog.branches.require("3302", day=DAY)
    # what is to be done is the successor's people's, and the old branch's archivist still hands over
    waits = json.loads(house.run("overdue", "--branch", "3301", "--json").stdout)
    owed = {item["kind"] for one in waits["people"] for item in one["items"]}
    assert "MISSING_IMAGE" in owed
    assert house.run("archive", "list", "--branch", "3302", *TAKES).exit_code == 0
    assert house.where()[own] == ("3302", "3302"), "nothing moves before both have signed"
    # the list: signed, accepted, counted
    house.told("transfer", "sign", "1", *GIVES)
    house.told("transfer", "accept", "1", *TAKES)
    assert "--bags and --papers" in house.refusal("transfer", "close", "1", *TAKES)
    wrong = ("--bags", "3", "--papers", "2")
    assert "3 bags and 2 papers" in house.refusal("transfer", "close", "1", *wrong, *TAKES)
    house.told("transfer", "close", "1", "--bags", "1", "--papers", "2", *TAKES)
    register = form_rows(house, tmp_path)
    assert [(one["条目号"], one["资料袋"]) for one in register] == [
        (own, bag(house, OWN)),
        (f"{OTHERS.customer_no}-0002", "–"),
        (IMAGED.customer_no, bag(house, IMAGED)),
    ]
    # custody and owner; what was taken in for another's customer keeps its owner and is listed for it
    assert house.where() == {
        own: ("3301", "3301"),
        f"{OTHERS.customer_no}-0002": ("3303", "3301"),
        f"{NEIGHBOUR.customer_no}-0002": ("3301", "3301"),
    }
    assert "branch 3301 to 3303: 1 papers" in house.told("transfer", "collect", *TAKES)
    archives_and_places(house)
    closed_days(house)
    uploaded(house, stores, clock)
    # the customer's time runs on, whoever keeps the papers
    clock.travel(date(2027, 6, 2))
    parts.catalog.closures.enter(Closure(OWN.customer_no, date(2027, 6, 1)), "李")
    may_go = ruled(parts, electronic=Disposition.DESTROY_WITH_APPROVAL)
    whole = shown_customer(Keeper(may_go, date(2027, 6, 2)), OWN.customer_no).whole
    assert whole and (whole.until, whole.rule) == (date(2047, 6, 1), "CG-17.3b")
    due = Due(Keeper(may_go, clock.travel(date(2047, 6, 2))))
    listed = Listing(due, "3301", frozenset()).draft(OWN.customer_no)
    assert {one.name.split("/")[0] for one in listed.items if one.kind is ItemKind.PAPER} == {
        "3302"
    }
    kept_for_ever(house, stores, tmp_path)


def form_rows(house: House, tmp_path: Path) -> list[dict[str, str]]:
    """The hand-over form as its CSV twin has it."""
    path = tmp_path / "交接登记表.csv"
    arguments = ("transfer", "form", "1", "-o", str(path), "--format", "csv", *HQ)
    assert house.run(*arguments, lang="zh").exit_code == 0
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def archives_and_places(house: House) -> None:
    catalog = house.parts.catalog
    assert not catalog.archives.all("3302")
    gone = house.told("archive", "list", "--branch", "3302", *TAKES)
    assert "its archives are those of branch 3301" in gone
    assert [one.customer_no for one in catalog.archives.all("3301")] == [
        *(OWN.customer_no, IMAGED.customer_no, NEIGHBOUR.customer_no)
    ]
    archive = catalog.archives.one(OWN.customer_no)
    assert (archive.branch, archive.opened_at_branch) == ("3301", "3302")
    containers = catalog.shelf.all()
    assert [one.number for one in path_of(archive.bag, containers)] == ["R2", "X2", archive.bag]
    assert {containers[one].branch for one in ("R2", "X2", archive.bag)} == {"3301"}
    shown = house.told("archive", "show", OWN.customer_no, *TAKES)
    assert "came from branch 3302 to 3301 by transfer JJ-000001" in shown.replace("\n", " ")
    found = catalog.archives.of_voucher(OWN.customer_no, "3302", DAY, OWN.serial_no)
    assert found and found[1].entry == f"{OWN.customer_no}-0002", "old serials are found"
    expected = {one.entry for one in papers_of(house.parts, "3301")}
    assert expected == set(house.where()) and not papers_of(house.parts, "3302")
    with pytest.raises(UserError, match="not given again"):
        catalog.branches.add("3302", "新文三路", "总部甲")
    assert "signed by both" in house.told("branch", "list").replace("\n", " ")


def closed_days(house: House) -> None:
    """A page late for a day before the merger: the day opens, and closes, under the old number."""
    catalog = house.parts.catalog
    [before] = catalog.days.results(DAY, "3302")
    [gap] = before.discrepancies
    assert (gap.kind, gap.serial_no) == (DiscrepancyKind.MISSING_IMAGE, LATE.serial_no)
    house.scan(LATE)
    assert catalog.days.reopened([(DAY, "3302")]) == [(DAY, "3302")]
    after = house.close("3302")
    assert after.closed and not after.discrepancies and after.branch == "3302"
    archive = catalog.archives.one(LATE.customer_no)
    assert (archive.branch, archive.opened_at_branch) == ("3301", "3301"), "opened by the successor"
    house.file("3302", "吴敏", LATE)
    assert house.where()[f"{LATE.customer_no}-0002"] == ("3301", "3301")


def uploaded(house: House, stores: Stores, clock: Clock) -> None:
    """November goes up by branch, the old one too; December has no old branch; nor has the monitor."""
    parts, november = house.parts, Month(2026, 11)
    folder = FolderStore(parts.workspace.folder / "headquarters")
    folder.ensure_folder()
    uploading = Uploading(parts, stores.vault, folder, "吴敏", Silent())
    for branch in ("3301", "3302"):
        package = send(uploading, branch, november)
        assert package and package.name == f"{branch}/2026-11/01"
        assert [not one.faults for _, one in receive_branch(uploading, branch, november)] == [True]
    state = {one.branch: (one.progress, one.pages) for one in branch_months(parts, november, None)}
    assert state["3302"] == (Progress.COMPLETE, 4) and state["3301"] == (Progress.COMPLETE, 1)
    december = {one.branch for one in branch_months(parts, Month(2026, 12), None)}
    assert december == {"3301", "3303"}
    now = datetime(2026, 12, 2, tzinfo=UTC)
    assert heat_map(parts, date(2026, 12, 2), 20, None, now).branches == ("3301", "3302", "3303")
    assert heat_map(parts, date(2026, 12, 2), 2, None, now).branches == ("3301", "3303")
    assert parts.catalog.branches.names()["3302"] == "文三路"


def kept_for_ever(house: House, stores: Stores, tmp_path: Path) -> None:
    """The log holds, and the registers come again from the stores alone."""
    catalog = house.parts.catalog
    with catalog._engine.connect() as connection:
        assert first_broken(connection) is None
    keep_changes(catalog.bundles, stores.vault)
    again = Catalog.create_empty(f"sqlite:///{tmp_path / 'again.sqlite'}")
    assert rebuild((stores.vault.primary,), again, Silent()).complete
    assert again.branches.successions() == catalog.branches.successions()
    assert again.archives.all() == catalog.archives.all()
    assert again.transfers.all() == catalog.transfers.all()
    again.close()
