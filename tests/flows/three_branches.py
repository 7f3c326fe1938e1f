"""An institution with three branches, of which one is going to merge or split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.streams import DeliveredStream
from flows.admit_page import Intake
from flows.archives import materials
from flows.close_day import Closing, close_branch
from flows.parts import Parts
from flows.take_in import take_in
from pipeline.balance import BranchDay
from pipeline.errors import UserError
from pipeline.handover import VoucherPapers
from pipeline.model import Batch, Transaction
from pipeline.shelved_papers import shelved
from pipeline.staff import Role
from tests.flows.captured_day import reading
from tests.flows.clock import Clock
from tests.flows.conftest import DAY, Run, Silent, booked

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
