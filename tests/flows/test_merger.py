"""A branch through its merger, by the clock of the test; splits; what is refused in the middle of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.catalog import Catalog
from catalog.closures import Closure
from catalog.log import first_broken
from catalog.streams import DeliveredStream
from flows.admit_page import Intake
from flows.archives import materials
from flows.bundling import keep_changes
from flows.close_day import Closing, close_branch
from flows.custody import papers_of
from flows.destruction_due import Due
from flows.destruction_list import Listing
from flows.keeping import Keeper
from flows.monitor import heat_map
from flows.monthly import Uploading, branch_months, receive_branch, send
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.retention_shown import shown_customer
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.balance import BranchDay, DiscrepancyKind
from pipeline.destruction import ItemKind
from pipeline.errors import UserError
from pipeline.handover import VoucherPapers
from pipeline.model import Batch, Transaction
from pipeline.monthly import Month, Progress
from pipeline.retention import Disposition
from pipeline.shelf import path_of
from pipeline.shelved_papers import shelved
from pipeline.staff import Role
from storage.folder import FolderStore
from tests.flows.archived_day import ruled
from tests.flows.captured_day import reading
from tests.flows.clock import Clock, clock
from tests.flows.conftest import DAY, Run, Silent, booked

__all__ = ["clock"]
pytestmark = pytest.mark.slow
MERGED = date(2026, 12, 1)
HQ, GIVES, TAKES = ("--as", "总部甲"), ("--as", "何静"), ("--as", "吴敏")


def row(number: int, branch: str = "3302", **values: Any) -> Transaction:
    """A transaction of a branch's own customer."""
    serial = f"20261119{branch}{number:06d}"
    places = {"handling_branch": branch, "owner_branch": branch, "serial_no": serial}
    return booked(number, **places | values)


OWN, OTHERS, IMAGED, LATE = row(1), row(2, owner_branch="3303"), row(3), row(4)
NEIGHBOUR = row(5, "3301")


@dataclass(frozen=True)
class House:
    """An institution with three branches, of which one is going to merge."""

    parts: Parts
    intake: Intake
    closing: Closing
    run: Run
    folder: Path
    voucher: Callable[[int], bytes]

    def book(self, *rows: Transaction) -> None:
        branch = rows[0].handling_branch
        totals = {branch: {"rows": str(len(rows)), "amount": "0"}}
        self.parts.catalog.streams.book(
            DeliveredStream(DAY, "s.csv", branch.rjust(64, "0"), "utf-8", rows, 0, totals), "总部甲"
        )

    def scan(self, *rows: Transaction) -> None:
        """Take a page in for each row, which reads as it is booked."""
        branch = rows[0].handling_branch
        folder = self.folder / f"{branch}-{rows[0].serial_no}"
        folder.mkdir()
        names = {f"{one.serial_no}.jpg": one for one in rows}
        for name, one in names.items():
            (folder / name).write_bytes(self.voucher(int(one.serial_no[-2:])))
        batch = Batch(branch, DAY, "station-1", "wang", folder.name)
        take_in(self.intake, folder, batch, Silent())
        for page in self.parts.catalog.pages.of_day(DAY, branch):
            if page.name in names:
                self.parts.catalog.readings.keep(page.page_id, reading(names[page.name]))

    def close(self, branch: str) -> BranchDay:
        return close_branch(self.closing, DAY, branch, Silent())

    def file(self, branch: str, archivist: str, *rows: Transaction) -> None:
        """Hand the papers of rows over to the archivist of their branch."""
        given = self.parts.catalog.handovers.give(
            DAY,
            branch,
            "10009",
            [VoucherPapers(one.serial_no, 1, 1) for one in rows],
            {},
            {},
            "柜员",
        )
        of = materials(self.parts, given)
        self.parts.catalog.handovers.receive(given.no, {}, len(rows), of, archivist)

    def told(self, *arguments: str) -> str:
        """What the program says to somebody who may."""
        done = self.run(*arguments)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    def refusal(self, *arguments: str) -> str:
        failed = self.run(*arguments).exception
        assert isinstance(failed, UserError), failed
        return str(failed)

    def where(self) -> dict[str, tuple[str, str]]:
        """Entry -> (owner, custody)."""
        catalog = self.parts.catalog
        papers = shelved(
            catalog.archives.all(), catalog.transfers.all(), catalog.branches.successions()
        )
        return {one.entry: (one.owner, one.custody) for one in papers}


@pytest.fixture
def house(
    clock: Clock, parts: Parts, intake: Intake, closing: Closing, run: Run, tmp_path: Path,
    voucher: Callable[[int], bytes],
) -> House:  # fmt: skip
    """The 19th of November at branches 3302 and 3301: closed, filed, the day after."""
    clock.travel(DAY)
    for code, name in (("3301", "庆春路"), ("3302", "文三路"), ("3303", "延安路")):
        parts.catalog.branches.add(code, name, "总部甲")
    one = House(parts, intake, closing, run, tmp_path, voucher)
    clock.travel(date(2026, 11, 20))
    one.book(OWN, OTHERS, IMAGED, LATE)
    one.scan(OWN, OTHERS, IMAGED)
    one.book(NEIGHBOUR)
    one.scan(NEIGHBOUR)
    for branch in ("3301", "3302"):
        assert one.close(branch).closed
    one.file("3302", "何静", OWN, OTHERS)
    one.file("3301", "吴敏", NEIGHBOUR)
    for arguments in (("room", "R2"), ("box", "X2", "--in", "R2")):
        one.told("archive", "place", *arguments, "--branch", "3302", *GIVES)
    one.told("archive", "move", bag(one, OWN), "X2", *GIVES)
    appoint(parts)
    return one


def appoint(parts: Parts) -> None:
    for person, role, branch in (
        ("总部甲", Role.HEADQUARTERS, None),
        ("何静", Role.ARCHIVIST, "3302"),
        ("吴敏", Role.ARCHIVIST, "3301"),
        ("周复", Role.REVIEWER, "3302"),
        ("李扫", Role.OPERATOR, "3301"),
    ):
        parts.catalog.staff.add(person, role, branch, "人事" if branch is None else "总部甲")


def bag(house: House, of: Transaction) -> str:
    return house.parts.catalog.archives.one(of.customer_no).bag


def merge(house: House, *more: str) -> str:
    return house.told("branch", "merge", "3302", "3301", *more, *HQ)


def signed(house: House) -> None:
    """Both sign, everything accepted and counted."""
    house.told("transfer", "sign", "1", *GIVES)
    house.told("transfer", "accept", "1", *TAKES)
    house.told("transfer", "close", "1", "--bags", "1", "--papers", "2", *TAKES)


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
