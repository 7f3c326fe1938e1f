"""Days of three branches close as their truth says: several papers a business, a shared identity copy,
reversals, online rows, papers that come a day late, strayed and lost ones; read by the real engines."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, update

from catalog.catalog import Catalog
from catalog.tables import delivery
from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.import_stream import import_stream
from flows.parts import Parts
from flows.readers import reading_pool
from flows.settings import Settings
from flows.stores import Stores
from flows.take_in import take_in
from flows.workspace import Workspace
from pipeline.balance import BranchDay
from pipeline.clocks import ZONE
from pipeline.model import Batch
from pipeline.sandbox import Sandbox
from pipeline.specimens.week import make_firm_week
from pipeline.specimens.week_truth import BranchDayTruth, Outcome
from storage.folder import FolderStore
from storage.vault import Vault
from storage.volumes import ColdShelf

from .conftest import Silent

pytestmark = pytest.mark.slow
DAYS = (date(2026, 9, 30), date(2026, 10, 8))
"""A trading day before the National Day holiday and the next one after it."""
BRANCHES = ("3301", "3302", "3303")

Closed = tuple[BranchDayTruth, BranchDay, BranchDay]
"""A branch and day: the truth, its first closing, and the one after the late papers came."""


class Branches:
    """A workspace with its stores, and the engines loaded once."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        workspace = Workspace(folder / "W")
        workspace.create()
        settings = Settings(inbox={"quiet_seconds": 0}, least_free_mb=0)  # type: ignore[arg-type]
        url = workspace.catalog_url(settings)
        self.parts = Parts(workspace, settings, Catalog.create(url))
        stack.callback(self.parts.catalog.close)
        self.clock = create_engine(url)
        stack.callback(self.clock.dispose)
        stores = [FolderStore(workspace.folder / name) for name in ("p", "r")]
        for store in stores:
            store.ensure_folder()
        cold = ColdShelf(workspace.folder / "cold")
        cold.prepare()
        self.stores = Stores(Vault(stores[0], stores[1]), cold)
        self.opener = stack.enter_context(Sandbox())
        self.readers = stack.enter_context(reading_pool(self.parts))

    def take_in(self, folder: Path, day: date, branch: str, moment: datetime) -> None:
        """Take the batches of a branch in, one a document type, as if it were that moment."""
        for of_type in sorted((folder / day.isoformat() / branch).iterdir()):
            code = of_type.name
            intake = Intake(self.parts, self.stores, self.opener, self.readers, document_type=code)
            named = Batch(branch, day, "s1", f"operator-{branch}", f"{folder.name}-{code}")
            taken = take_in(intake, of_type, named, Silent())
            assert taken.admitted == len(list(of_type.iterdir())), taken.refused
            with self.clock.begin() as connection:
                connection.execute(
                    update(delivery).where(delivery.c.batch_id == named.id).values(at=moment)
                )

    def close(self, day: date, branch: str) -> BranchDay:
        closing = Closing(
            self.parts, self.stores, lambda: self.readers, self.parts.calendar, "t", self.opener
        )
        return close_branch(closing, day, branch, Silent())


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Closed, ...]]:
    """Every branch and day taken in, closed, and closed again with what came late."""
    folder = tmp_path_factory.mktemp("week")
    truths = make_firm_week(folder, seed=1, branches=BRANCHES, days=DAYS, slips=1)
    with ExitStack() as stack:
        firm = Branches(stack, folder)
        results = []
        for day in DAYS:
            imported = import_stream(
                firm.parts, folder / f"stream-{day}.csv", day, mapping=None, replace=False,
                lang="en", who="t",
            )  # fmt: skip
            assert imported.booked
        for truth in truths:
            day, branch = truth.day, truth.branch
            at = datetime.combine(day, time(17), ZONE)
            firm.take_in(folder / "scans", day, branch, at)
            first = firm.close(day, branch)
            firm.take_in(folder / "late", day, branch, at + timedelta(days=1))
            results.append((truth, first, firm.close(day, branch)))
        yield tuple(results)


def tasks(result: BranchDay, **counts: int) -> dict[str, int]:
    return {name: result.counts[f"tasks_{name}"] for name in counts}


def missing(result: BranchDay) -> set[tuple[Any, Any]]:
    return {
        (one.serial_no, one.expected["document_type"])
        for one in result.discrepancies
        if one.kind == "MISSING_IMAGE"
    }


@pytest.mark.requirement("CG-16.3b")
def test_each_document_that_is_due_is_where_the_truth_has_it(week: tuple[Closed, ...]) -> None:
    for truth, first, last in week:
        lacking, late = truth.of(Outcome.MISSING), truth.of(Outcome.LATE)
        assert missing(first) == lacking | late
        assert missing(last) == lacking
        counts = {
            "captured": len(truth.of(Outcome.CAPTURED)) + len(late),
            "shared": len(truth.of(Outcome.SHARED)),
            "missing": len(lacking),
            "electronic": len(truth.of(Outcome.ELECTRONIC)),
        }
        assert tasks(last, **counts) == counts


def test_nothing_else_is_on_the_list_but_what_strayed_in(week: tuple[Closed, ...]) -> None:
    for truth, _, last in week:
        strayed = sum(scan.why_strayed is not None for scan in truth.scans)
        found = [one.kind for one in last.discrepancies if one.kind != "MISSING_IMAGE"]
        assert found == ["SURPLUS_IMAGE"] * strayed, [
            (one.kind, one.reason.in_language("en")) for one in last.discrepancies
        ]


def test_each_page_is_matched_with_its_own_transaction(week: tuple[Closed, ...]) -> None:
    for truth, _, last in week:
        own = {
            (
                f"{'late' if s.path.startswith('late') else 'scans'}-{s.document_type}",
                s.path[-8:],
            ): (s.serial_no)
            for s in truth.scans
            if s.serial_no
        }
        matched = {(p.batch, p.name): m.serial_no for m in last.matches for p in m.pages}
        assert matched == own


@pytest.mark.requirement("CG-16.4a")
def test_only_what_came_late_is_called_late(week: tuple[Closed, ...]) -> None:
    for truth, first, last in week:
        assert not first.late
        late = [scan for scan in truth.scans if scan.path.startswith("late/")]
        assert sum(len(one.pages) for one in last.late) == len(late)


def test_every_day_is_closed(week: tuple[Closed, ...]) -> None:
    assert all(first.closed and last.closed for _, first, last in week)
    assert len(week) == len(DAYS) * len(BRANCHES)
