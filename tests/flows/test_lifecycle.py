"""Fewer online copies: by a list, under another's approval, where enough proven copies are left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog.catalog import Catalog
from flows.admit_page import Intake
from flows.lifecycle import STEPS, Lifecycle, plan, run
from flows.rebuild import rebuild
from flows.restore import Drilling, begin, rebuild_catalog, restore_objects
from flows.sweep import sweep
from flows.take_in import take_in
from pipeline.copies import CopyState, Depth, Place
from pipeline.errors import UserError
from pipeline.model import Batch
from storage.store import digest
from tests.flows.captured_day import ran
from tests.flows.conftest import Run, Silent
from tests.flows.test_storage import states

from .packed_day import (
    TOMORROW,
    approved,
    due,
    packed,
    page,
    pages_in,
    planned,
    removed,
    verifier,
    with_rules,
)

__all__ = ["due", "packed", "page"]


@pytest.mark.requirement("DK-22")
def test_pages_leave_the_primary_and_all_else_stays(due: Lifecycle) -> None:
    vault = due.stores.vault
    pages, notes = pages_in(vault.primary), list(vault.primary.iter_keys("receipt/"))
    order = planned(due).order
    assert order and (order.objects, order.place) == (len(pages), Place.PRIMARY)
    assert pages_in(vault.primary) == pages, "planning removes nothing"
    done = removed(due)
    assert (done.listed, done.removed) == (len(pages), len(pages))
    assert pages_in(vault.primary) == []
    assert pages_in(vault.replica) == pages
    assert list(vault.primary.iter_keys("receipt/")) == notes
    assert states(due.parts)[Place.PRIMARY][CopyState.REMOVED] == len(pages)
    assert due.parts.catalog.removals.orders()[-1].gone == len(pages)
    for key in pages:
        assert digest(vault.read_object(key, key[-64:])) == key[-64:]


def test_what_was_removed_is_neither_missing_nor_healed(due: Lifecycle) -> None:
    removed(due)
    primary, catalog = due.stores.vault.primary, due.parts.catalog
    assert verifier(due).verify(catalog.verifications.all_keys(), Depth.BYTES, "all").bad == 0
    swept = sweep(verifier(due), TOMORROW)
    assert swept.clean and swept.gaps.objects == 0
    assert pages_in(primary) == []
    assert catalog.verifications.lost() == ()
    assert catalog.debts.count() == 0
    assert planned(due).order is None


def test_a_copy_that_is_lost_beside_a_removed_one_is_critical(due: Lifecycle, page: str) -> None:
    removed(due)
    parts = due.parts
    for spooled in parts.workspace.spool.iterdir():
        spooled.unlink()
    (parts.workspace.folder / "r" / page).unlink()
    [bad] = [
        path
        for path in (parts.workspace.folder / "cold").rglob("*.jpg")
        if page[-64:-56] in path.name
    ]
    bad.chmod(0o600)
    bad.write_bytes(b"rot")
    faults: list[Any] = []
    account = replace(verifier(due), on_fault=faults.append).verify([page], Depth.BYTES, "all")
    assert (account.bad, account.lost) == (2, 1)
    assert [one.key for one in parts.catalog.verifications.lost()] == [page]


def test_a_bad_staying_copy_is_healed_from_the_volume(due: Lifecycle, page: str) -> None:
    removed(due)
    (due.parts.workspace.folder / "r" / page).unlink()
    faults: list[Any] = []
    account = replace(verifier(due), on_fault=faults.append).verify([page], Depth.BYTES, "all")
    assert (account.bad, account.healed) == (1, 1)
    assert page in pages_in(due.stores.vault.replica)
    assert page not in pages_in(due.stores.vault.primary)


def test_the_catalog_rebuilt_knows_what_was_removed(due: Lifecycle, tmp_path: Path) -> None:
    from flows.bundling import keep_changes
    from flows.listings import cross_listings

    removed(due)
    vault, live = due.stores.vault, due.parts.catalog
    keep_changes(live.bundles, vault)
    vault.flush()
    for shelves, only in (
        ((vault.primary, vault.replica), None),
        ((vault.replica,), Place.REPLICA),
        ((vault.primary,), Place.PRIMARY),
    ):
        again = Catalog.create_empty(f"sqlite:///{tmp_path / f'{only}.sqlite'}")
        assert rebuild(shelves, again, Silent(), only=only).complete
        assert cross_listings(vault, again).gaps == []
        assert [one.key for one in again.verifications.lost()] == []
        again.close()
    blind = Catalog.create_empty(f"sqlite:///{tmp_path / 'blind.sqlite'}")
    assert rebuild((vault.primary,), blind, Silent()).missing
    blind.close()


@pytest.mark.parametrize("source", [Place.PRIMARY, Place.REPLICA])
def test_a_drill_expects_what_a_copy_has(due: Lifecycle, tmp_path: Path, source: Place) -> None:
    from flows.bundling import keep_changes

    removed(due)
    vault = due.stores.vault
    keep_changes(due.parts.catalog.bundles, vault)
    vault.flush()
    other = Place.REPLICA if source is Place.PRIMARY else Place.PRIMARY
    stores = due.stores.healable
    drill = Drilling(
        *(due.parts.catalog, stores[source], tmp_path / "drill", Silent(), stores[other]),
        source_place=source,
        against_place=other,
    )
    drill.place.mkdir()
    restored = begin(drill)
    restore_objects(drill, restored)
    rebuild_catalog(drill, restored)
    assert [str(one) for one in restored.faults] == []


@pytest.mark.parametrize("step", STEPS)
def test_what_died_is_finished_by_the_next_run(due: Lifecycle, step: str) -> None:
    class Killed(BaseException):
        pass

    def at(name: str) -> None:
        if name == step:
            raise Killed

    no, pages = approved(due), pages_in(due.stores.vault.primary)
    with pytest.raises(Killed):
        run(replace(due, at=at), no)
    assert sweep(verifier(due), TOMORROW).clean
    run(due, no)
    assert pages_in(due.stores.vault.primary) == []
    assert pages_in(due.stores.vault.replica) == pages
    assert due.parts.catalog.removals.orders()[-1].gone == len(pages)


def test_taken_in_again_it_counts_as_returned(
    due: Lifecycle, intake: Intake, scans: Path, batch: Batch
) -> None:
    removed(due)
    take_in(intake, scans, replace(batch, name="again"), Silent())
    intake.stores.vault.flush()
    back = len(pages_in(due.stores.vault.primary))
    assert back
    assert due.parts.catalog.removals.returned() == back
    order = planned(due).order
    assert order and order.objects == back


@pytest.mark.requirement("CG-17.3c")
def test_who_may_what(due: Lifecycle) -> None:
    removals = due.parts.catalog.removals
    never = replace(due, parts=with_rules(due.parts, hot_days=0))
    with pytest.raises(UserError, match="hot_days"):
        plan(never)
    first, second = planned(due).order, planned(due).order
    assert first and second
    for act, why in (
        (lambda: removals.approve(second.no, " 李"), "somebody else"),
        (lambda: removals.approve(first.no, "王"), "planned anew as order 2"),
        (lambda: removals.approve(9, "王"), "no order 9"),
        (lambda: run(due, second.no), "not approved"),
    ):
        with pytest.raises(UserError, match=why):
            act()
    removals.approve(second.no, "王")
    with pytest.raises(UserError, match="approved already"):
        removals.approve(second.no, "吴")


def test_at_the_command_line(due: Lifecycle, run: Run) -> None:
    parts = due.parts
    assert "ever planned" in run("storage", "lifecycle", "list").output
    with pytest.raises(UserError, match="no order 1"):
        ran(parts, "storage", "lifecycle", "show", "1")
    order = planned(due).order
    assert order
    assert "0001.jpg" in run("storage", "lifecycle", "show", "1").output
    with pytest.raises(UserError, match="somebody else"):
        ran(parts, "storage", "lifecycle", "approve", "1", "--as", "李")
    assert "is approved" in ran(parts, "storage", "lifecycle", "approve", "1", "--as", "王")[1]
    assert "王" in run("storage", "lifecycle", "list").output
