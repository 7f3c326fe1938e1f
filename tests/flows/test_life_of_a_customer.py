"""One customer by the clock of the test: opened, read, closed, back, closed for good, destroyed."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from catalog.catalog import Catalog
from catalog.closures import Closure
from catalog.log import entries, first_broken
from catalog.streams import DeliveredStream
from flows.admit_page import Intake
from flows.archives import materials
from flows.bundling import keep_changes
from flows.close_day import Closing, close_branch
from flows.destroying import Destroying, carry_out, confirm, left_by_hand
from flows.destruction_check import verify
from flows.destruction_due import Due
from flows.keeping import Keeper
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.retention_shown import shown_customer
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.destruction import Method, OrderState
from pipeline.handover import VoucherPapers
from pipeline.model import Batch
from tests.flows.archived_day import FIRST, archive
from tests.flows.captured_day import reading
from tests.flows.clock import Clock, clock
from tests.flows.closed_customer import draft
from tests.flows.conftest import Run, Silent
from tests.flows.test_twenty_years import approve, register

__all__ = ["clock"]
pytestmark = pytest.mark.slow
CUSTOMER = FIRST.customer_no
BACK = date(2031, 5, 6)
AGAIN = replace(FIRST, business_date=BACK, serial_no="203105063301000007")
ARCHIVIST = ("--as", "何静")


@dataclass(frozen=True)
class Life:
    """One customer's archive, and the hands that work on it."""

    parts: Parts
    stores: Stores
    intake: Intake
    closing: Closing
    run: Run
    folder: Path

    def told(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    def ends(self, today: date) -> tuple[date | None, str]:
        whole = shown_customer(Keeper(self.parts, today), CUSTOMER).whole
        assert whole
        return whole.until, whole.rule

    def form(self) -> list[tuple[str, str, str]]:
        """The registration form's lines: number, filed on, content."""
        path = self.folder / "登记表.csv"
        arguments = ("archive", "form", CUSTOMER, "--format", "csv", "--out", str(path), *ARCHIVIST)
        assert self.run(*arguments, lang="zh").exit_code == 0
        with path.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.DictReader(opened))
        return [(row["序号"], row["归档日期"], row["内容"]) for row in rows if row["归档日期"]]

    def acts(self) -> list[str]:
        """The acts of the log, whose entries tell no customer's number of closings."""
        with self.parts.catalog._engine.connect() as connection:
            assert first_broken(connection) is None
            told = [one.body for one in entries(connection)]
        closings = [one for one in told if one["act"].startswith("customer.")]
        assert not any(CUSTOMER in str(one) for one in closings)
        return [one["act"] for one in told]


@pytest.fixture
def life(
    clock: Clock, parts: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch,
    run: Run, tmp_path: Path,
) -> Life:  # fmt: skip
    """The day after the account was opened: scanned, closed, in the bag."""
    clock.travel(date(2026, 11, 20))
    ready = archive(parts, intake, closing, scans, batch)
    return Life(ready, intake.stores, intake, closing, run, tmp_path)


def comes_back(life: Life, voucher: Callable[[int], bytes]) -> None:
    """Do business again on the day itself: stream, scan, closing, hand-over."""
    folder, catalog = life.folder / "再次", life.parts.catalog
    folder.mkdir()
    (folder / "0007.jpg").write_bytes(voucher(7))
    totals = {"3301": {"rows": "1", "amount": "0"}}
    catalog.streams.book(
        DeliveredStream(BACK, "s.csv", "7" * 64, "utf-8", (AGAIN,), 0, totals), "t"
    )
    take_in(life.intake, folder, Batch("3301", BACK, "station-1", "wang", "batch-07"), Silent())
    [page] = catalog.pages.of_day(BACK, "3301")
    catalog.readings.keep(page.page_id, reading(AGAIN))
    assert close_branch(life.closing, BACK, "3301", Silent()).closed
    given = catalog.handovers.give(
        BACK, "3301", "10009", [VoucherPapers(AGAIN.serial_no, 1, 1)], {}, {}, "吴敏"
    )
    catalog.handovers.receive(given.no, {}, 1, materials(life.parts, given), "何静")
    pack(Packing(life.parts, life.stores, "tester", Silent()), everything=True)


def read_once(life: Life) -> None:
    """Let somebody read a paper on the spot, as approved."""
    asked = ("--customer", CUSTOMER, "--for", "paper.read", "--purpose", "诉讼 2029-118")
    life.told("access", "request", "--branch", "3301", *asked, "--as", "李静")
    life.told("access", "approve", "1", "--as", "郑规")
    life.told("archive", "read", "give", "1", f"{CUSTOMER}-0002", *ARCHIVIST)
    life.told("archive", "read", "back", f"{CUSTOMER}-0002=1", *ARCHIVIST)


@pytest.mark.requirement("CG-17.1d", "CG-17.3b", "CG-20a", "CG-20c", "CG-20d", "CG-20e")
def test_a_customer_from_opening_to_destruction_with_every_register_right(
    life: Life, clock: Clock, voucher: Callable[[int], bytes]
) -> None:
    catalog, bag = life.parts.catalog, life.parts.catalog.archives.one(CUSTOMER).bag
    clock.travel(date(2028, 3, 15))
    more = ("--content", "身份证复印件", "--pages", "2", "--class", "CUST")
    life.told("archive", "add", CUSTOMER, "--branch", "3301", *more, *ARCHIVIST)
    clock.travel(date(2029, 6, 1))
    read_once(life)
    # closed in 2030; back in 2031 by doing business, which alone opens the account again
    clock.travel(date(2030, 3, 2))
    catalog.closures.enter(Closure(CUSTOMER, date(2030, 3, 1)), "李")
    assert life.ends(date(2030, 3, 2)) == (date(2050, 3, 1), "CG-17.3b")
    clock.travel(BACK)
    comes_back(life, voucher)
    assert life.ends(BACK) == (None, "CG-17.3b")
    assert catalog.archives.one(CUSTOMER).bag == bag, "one archive, whose form goes on"
    assert life.ends(clock.travel(date(2052, 1, 1))) == (None, "CG-17.3b")
    assert draft(life.parts, date(2052, 1, 1), CUSTOMER).order is None
    clock.travel(date(2035, 3, 1))
    catalog.closures.enter(Closure(CUSTOMER, date(2035, 2, 28)), "李")
    assert life.ends(date(2035, 3, 1)) == (date(2055, 2, 28), "CG-17.3b")
    # too early is refused; held is refused; then it is listed
    for early in (date(2045, 3, 1), date(2055, 2, 28)):
        assert why_not(life, clock.travel(early)) == (
            "2055-02-28 (CG-17.3b: 20 years after the account was closed on 2035-02-28)"
        )
    today = clock.travel(date(2055, 3, 1))
    hold = catalog.holds.set(catalog.named.of_customer(CUSTOMER), "法院 2055-7", "郑规")
    assert why_not(life, today) == "no end is known (B1-45: legal hold 1: 法院 2055-7)"
    catalog.holds.lift(hold.no, "结案", "郑规")
    order = draft(life.parts, today, CUSTOMER).order
    assert order and order.state is OrderState.LISTED
    approve(life.parts)
    destroyed(life, today)
    registers(life, bag)
    stays_in_the_stores(life)


def why_not(life: Life, today: date) -> str:
    """Why nothing is listed: until when all four, two papers and two images, must stay, and by which rule."""
    found = draft(life.parts, today, CUSTOMER)
    assert found.order is None and not found.items and len(found.refused) == 4
    [why] = {str(one).partition(" must stay")[2].strip(" ,.") for one in found.refused}
    return why.removeprefix("until ")


def destroyed(life: Life, today: date) -> None:
    """Carry out until only people have something left, do that too, and have somebody else look."""
    work = Destroying(life.parts, life.stores, Due(Keeper(life.parts, today)), "吴敏", Silent())
    carry_out(work, 1)
    pack(Packing(life.parts, life.stores, "tester", Silent()), everything=True)
    carry_out(work, 1)
    for one in left_by_hand(life.parts.catalog.destructions.order(1)):
        confirm(work, 1, one.no, Method.SHREDDED)
    assert verify(replace(work, who="冯检"), 1).complete


def registers(life: Life, bag: str) -> None:
    """What each register says in 2055, line by line."""
    said = [f"{FIRST.business_name} {one.serial_no}" for one in (FIRST, AGAIN)]
    form = life.form()
    assert [line[:2] for line in form[:6]] == [
        *(("1", "2026-11-20"), ("2", "2026-11-20"), ("3", "2028-03-15")),
        *(("4", "2029-06-01"), ("5", "2029-06-01"), ("6", "2031-05-06")),
    ]
    assert [line[2] for line in (form[1], form[5])] == said
    assert "身份证复印件" in form[2][2]
    assert [line[1] for line in form[6:]] == ["2055-03-01"] * 2
    assert all("已销毁" in line[2] for line in form[6:])
    book = life.parts.catalog.archives.one(CUSTOMER)
    assert [one.number for one in book.in_store] == [3], "a supplement is on no list"
    assert book.bag == bag
    rows = register(life.parts, life.folder / "销毁清册.csv")
    kinds = [row["类别"] for row in rows]
    assert (kinds.count("纸质"), kinds.count("电子影像")) == (2, 2)
    assert all("吴敏" in row["销毁时间、方式"] for row in rows)
    assert {row["SHA-256"] for row in rows} == {
        one.item.sha256 for one in life.parts.catalog.destructions.order(1).items
    }
    [reading_] = life.parts.catalog.reading_room.all()
    assert reading_.back and reading_.entry == f"{CUSTOMER}-0002"
    assert shown_customer(Keeper(life.parts, date(2055, 3, 2)), CUSTOMER).parts == ()
    assert draft(life.parts, date(2099, 1, 1), CUSTOMER).items == []
    story = [one for one in life.acts() if one.split(".")[0] in ("customer", "hold", "destruction")]
    assert story.index("customer.closed") < story.index("hold.set") < story.index("hold.lift")
    assert story.index("hold.lift") < story.index("destruction.list")


def stays_in_the_stores(life: Life) -> None:
    """From the stores alone the registers and tombstones come again."""
    catalog = life.parts.catalog
    keep_changes(catalog.bundles, life.stores.vault)
    again = Catalog.create_empty(f"sqlite:///{life.folder / 'again.sqlite'}")
    assert rebuild((life.stores.vault.primary,), again, Silent()).complete
    assert again.destructions.order(1) == catalog.destructions.order(1)
    assert again.archives.all() == catalog.archives.all()
    assert again.removals.at(None) == catalog.removals.at(None)
    assert len(again.removals.at(None)) == 2
    again.close()
