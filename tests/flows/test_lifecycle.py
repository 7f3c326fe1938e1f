"""Fewer online copies: by a list, under another's approval, where enough proven copies are left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyrage
import pytest

from catalog.catalog import Catalog
from flows.admit_page import Intake
from flows.cold_settings import VolumeSettings
from flows.holding import apply_holds
from flows.lifecycle import STEPS, Lifecycle, Planned, Removed, plan, run
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.restore import Drilling, begin, rebuild_catalog, restore_objects
from flows.settings import LifecycleSettings
from flows.stores import Stores
from flows.sweep import sweep
from flows.take_in import take_in
from flows.verify import Verifier
from pipeline.carriers import CarrierKind
from pipeline.copies import CopyState, Depth, Place
from pipeline.errors import Locked, UserError
from pipeline.language import say
from pipeline.model import Batch
from storage.store import Lock, digest, object_key
from storage.vault import Vault
from tests.flows.captured_day import ran
from tests.flows.conftest import Run, Silent
from tests.flows.test_self_test import lying
from tests.flows.test_storage import states

TOMORROW = datetime.now(UTC) + timedelta(days=2)


def with_rules(parts: Parts, **rules: Any) -> Parts:
    chosen = LifecycleSettings(**{"hot_days": 1, "least_copies": 2, **rules})
    return replace(parts, settings=parts.settings.model_copy(update={"lifecycle": chosen}))


@pytest.fixture
def packed(parts: Parts, intake: Intake, stores: Stores, scans: Path, batch: Batch) -> Parts:
    """A batch in both stores and in a volume, and the settings that let copies go."""
    take_in(intake, scans, batch, Silent())
    pack(Packing(parts, stores, "tester", Silent()), everything=True)
    return with_rules(parts)


@pytest.fixture
def due(packed: Parts, stores: Stores) -> Lifecycle:
    return Lifecycle(packed, stores, "李", Silent())


@pytest.fixture
def page(scans: Path) -> str:
    return object_key(digest((scans / "0001.jpg").read_bytes()))


def planned(due: Lifecycle) -> Planned:
    return plan(due, TOMORROW + timedelta(days=1))


def approved(due: Lifecycle) -> int:
    order = planned(due).order
    assert order
    due.parts.catalog.removals.approve(order.no, "王")
    return order.no


def removed(due: Lifecycle) -> Removed:
    return run(due, approved(due))


def carried_out(due: Lifecycle, no: int) -> Removed:
    return run(due, no)


def verifier(due: Lifecycle) -> Verifier:
    return Verifier(due.parts, due.stores, Silent(), lambda fault: pytest.fail(str(fault)))


def pages_in(store: Any) -> list[str]:
    return list(store.iter_keys("obj/"))


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


def test_an_encrypted_volume_counts_while_it_is_whole_and_somebody_holds_a_key(
    parts: Parts, intake: Intake, stores: Stores, scans: Path, batch: Batch, run: Run
) -> None:
    take_in(intake, scans, batch, Silent())
    key = str(pyrage.x25519.Identity.generate().to_public())
    volumes = VolumeSettings(encrypt_for=(key,))
    encrypting = replace(parts, settings=parts.settings.model_copy(update={"volumes": volumes}))
    pack(Packing(encrypting, stores, "tester", Silent()), everything=True)

    def due() -> Lifecycle:
        return Lifecycle(with_rules(parts), stores, "李", Silent())

    nobody = planned(due())
    assert (nobody.order, nobody.short) == (None, len(pages_in(stores.vault.primary)))
    parts.catalog.cold_keys.add(key, "Zhou", "bank vault", "li")
    no = approved(due())
    [file] = (parts.workspace.folder / "cold").rglob("*.tar.age")
    file.chmod(0o600)
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert run("cold", "check").exit_code == 1
    done = carried_out(due(), no)
    assert done.listed == done.refused > 0, "its ciphertext is not what was written"
    file.write_bytes(content)
    assert run("cold", "check").exit_code == 0
    done = carried_out(due(), no)
    assert done.listed == done.removed > 0


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


@pytest.mark.requirement("CG-17.3c", "CG-17.3e")
def test_too_few_proven_copies_keep_all(due: Lifecycle, page: str) -> None:
    three = replace(due, parts=with_rules(due.parts, least_copies=3))
    found = planned(three)
    assert found.order is None and found.short == len(pages_in(due.stores.vault.primary))
    carriers, [volume] = due.parts.catalog.carriers, due.stores.cold.volumes()
    carriers.add("D-1", CarrierKind.OPTICAL, "room 2", "吴")
    carriers.written(volume, "D-1", "吴")
    assert planned(replace(three)).order is None, "a carrier that nobody read proves nothing"
    carriers.tested(volume, "D-1", [], "吴")
    assert planned(replace(three)).short == 0


@pytest.mark.requirement("CG-17.3e")
@pytest.mark.parametrize("harm", ["staying damaged", "cold unproven", "nothing online"])
def test_what_turned_bad_since_the_plan_is_refused(due: Lifecycle, page: str, harm: str) -> None:
    no = approved(due)
    if harm == "staying damaged":
        (due.parts.workspace.folder / "r" / page).write_bytes(b"rot")
    else:
        place = "cold" if harm == "cold unproven" else "replica"
        with due.parts.catalog._engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE object_copy SET verified_at = '2020-01-01 00:00:00.000000' "
                "WHERE place = ? AND key = ?", (place, page),
            )  # fmt: skip
    done = run(due, no)
    assert (done.refused, done.removed, done.listed) == (1, done.listed - 1, done.listed)
    assert pages_in(due.stores.vault.primary) == [page]
    assert due.parts.catalog.removals.items(no) == (page,)
    assert any(page in str(one) for one in done.told)


@pytest.mark.requirement("B1-45")
def test_a_hold_keeps_a_copy(due: Lifecycle, page: str) -> None:
    no = approved(due)
    hold = due.parts.catalog.holds.set([page], "court 12", "李")
    done = run(due, no)
    assert (done.locked, done.removed) == (1, done.listed - 1)
    assert planned(due).held == 0, "it is on an approved order"
    due.parts.catalog.holds.lift(hold.no, "settled", "李")
    assert (run(due, no).listed, pages_in(due.stores.vault.primary)) == (1, [])
    due.parts.catalog.holds.set([page], "tax", "李")
    assert apply_holds(due.parts, due.stores).left == 0


def test_a_lock_puts_it_off_and_is_not_made_longer(
    due: Lifecycle, tmp_path: Path, page: str
) -> None:
    plain = due.stores.vault
    primary = lying(tmp_path / "lp")
    for key in plain.primary.iter_keys(""):
        primary.put_once(key, plain.primary.read(key), key.rpartition("/")[2][:64])
    primary.lie = "pretends locks"
    until = datetime.now(UTC) + timedelta(days=9)
    primary._pretended[page] = Lock(until)
    rule = {Place.PRIMARY.value: Lock(until + timedelta(days=90))}
    stores = Stores(Vault(primary, plain.replica, lock=rule.get), due.stores.cold)
    locked = replace(due, stores=stores)
    no = approved(locked)
    done = run(locked, no)
    assert (done.locked, done.removed) == (1, done.listed - 1)
    assert any(f"until {until:%Y-%m-%d}" in str(one) for one in done.told)
    verifier(locked).verify([page], Depth.BYTES, "all")
    head = primary.head(page)
    assert head and head.lock == Lock(until), "the lock of what is to go runs out"
    primary._pretended.clear()
    assert run(locked, no).removed == 1


def test_a_store_that_refuses_at_the_last_moment_keeps_its_copy(due: Lifecycle) -> None:
    no = approved(due)
    with patch.object(
        due.stores.vault.primary, "delete_version", side_effect=Locked(say("Locked."))
    ):
        done = run(due, no)
    assert done.locked == done.listed
    assert CopyState.REMOVED not in states(due.parts)[Place.PRIMARY]
    assert run(due, no).removed == done.listed


def test_a_store_that_does_not_delete_is_told_and_tried_again(due: Lifecycle) -> None:
    no = approved(due)
    with patch.object(due.stores.vault.primary, "delete_version"):
        done = run(due, no)
    assert done.failed == done.listed
    assert "still has" in str(done.told[0])
    assert run(due, no).removed == done.listed


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
