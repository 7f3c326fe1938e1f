"""What keeps an online copy where it is: too few others, a hold, a lock, a store that refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pyrage
import pytest
from sqlalchemy import update

from catalog.tables import object_copy
from flows.admit_page import Intake
from flows.cold_settings import VolumeSettings
from flows.holding import apply_holds
from flows.lifecycle import Lifecycle, run
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.carriers import CarrierKind
from pipeline.copies import CopyState, Depth, Place
from pipeline.errors import Locked
from pipeline.language import say
from pipeline.model import Batch
from storage.store import Lock
from storage.vault import Vault
from tests.flows.conftest import Run, Silent
from tests.flows.test_self_test import lying
from tests.flows.test_storage import states

from .packed_day import (
    approved,
    carried_out,
    due,
    packed,
    page,
    pages_in,
    planned,
    verifier,
    with_rules,
)

__all__ = ["due", "packed", "page"]


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
            of_copy = (object_copy.c.place == place) & (object_copy.c.key == page)
            old = datetime(2020, 1, 1, tzinfo=UTC)
            connection.execute(update(object_copy).where(of_copy).values(verified_at=old))
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
