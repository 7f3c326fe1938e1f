"""What each night reads, and that within a quarter every copy is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog.copies import Copy, KeptObject
from flows.copy_faults import Fault
from flows.parts import Parts
from flows.stores import Stores
from flows.upkeep import Upkeep, drawn, keep_up, rolling, sample
from flows.verify import Verifier
from pipeline.copies import CopyState, Depth, Place
from storage.store import Lock, NoteKind, digest, object_key
from tests.flows.conftest import Silent

from .verified_day import (
    TODAY,
    age,
    day,
    file,
    flip,
    verified,
)

__all__ = ["day"]


def test_a_shallow_look_renews_nothing(day: Parts, stores: Stores, scans: Path) -> None:
    copies = day.catalog.copies
    before = copies.oldest_unverified()
    verifier = Verifier(day, stores, Silent(), lambda _: None)
    account = verifier.verify(day.catalog.verifications.all_keys(), Depth.SIZE, "all")
    assert account.whole and account.byte_count == 0
    assert copies.oldest_unverified() == before


def test_the_longest_unread_come_first_and_the_clock_is_not_trusted(parts: Parts) -> None:
    keys = []
    for number in range(6):
        sha256 = digest(b"%d" % number)
        keys.append(object_key(sha256))
        held = Copy(Place.PRIMARY, CopyState.INTACT)
        parts.catalog.copies.enter([KeptObject(keys[-1], sha256, 1, (held,))])
    for key, days in zip(keys, (5, 89, 95, 1, -400, 40), strict=True):
        age(parts, key, days)
    before = datetime.now(UTC) - timedelta(days=88)
    chosen = parts.catalog.verifications.longest_unread(1, before)
    assert chosen == (keys[4], keys[2], keys[1])
    assert parts.catalog.verifications.longest_unread(4, before) == (*chosen, keys[5])


@pytest.mark.requirement("CG-17.5c")
def test_a_quarter_of_nights_reads_every_copy(parts: Parts, stores: Stores) -> None:
    """Each night reads no more than its share, and after the days of the settings nothing is older."""
    for number in range(30):
        stores.vault.keep_note(NoteKind.CATALOG, b"%d" % number)
    stores.vault.flush()
    settings = parts.settings.model_copy(
        update={"verify": parts.settings.verify.model_copy(update={"within_days": 10})}
    )
    parts = Parts(parts.workspace, settings, parts.catalog)
    started = datetime.now(UTC)
    for key in parts.catalog.verifications.all_keys():
        age(parts, key, 1)
    for _ in range(10):
        night = Upkeep(parts, stores, Silent(), lambda _: None, TODAY)
        rolling(night)
        run = parts.catalog.verifications.last()
        assert run is not None and run.objects == 3
    assert min(parts.catalog.copies.oldest_unverified().values()) >= started


def test_the_draw_is_the_days(day: Parts) -> None:
    settings = day.settings.model_copy(
        update={"verify": day.settings.verify.model_copy(update={"daily_share": 0.5})}
    )
    day = Parts(day.workspace, settings, day.catalog)
    total = day.catalog.copies.total()[0]
    first = drawn(day, TODAY)
    assert first == drawn(day, TODAY)
    assert len(first) == (total + 1) // 2
    assert first != drawn(day, TODAY + timedelta(days=1))


@pytest.mark.requirement("CG-17.5c")
def test_the_night_keeps_up_and_each_part_does_its_work(
    day: Parts, stores: Stores, scans: Path
) -> None:
    flip(file(day, Place.PRIMARY, scans / "0001.jpg"))
    strange = b"never registered"
    stores.vault.primary.put_once(object_key(digest(strange)), strange, digest(strange))
    age(day, object_key(digest((scans / "0001.jpg").read_bytes())), 100)
    faults: list[Fault] = []
    steps: list[str] = []
    told = keep_up(Upkeep(day, stores, Silent(), faults.append, TODAY, steps.append))
    assert steps[:3] == ["self_test", "debts", "swept"]
    assert not told.critical
    assert {look.place for fault in faults for look in fault.found.bad} == {
        Place.PRIMARY,
        Place.REPLICA,
    }
    run = day.catalog.verifications.last()
    assert run is not None and run.scope == "sample"
    assert run.nonce and run.proof


def test_a_lock_that_could_not_be_extended_needs_a_person(day: Parts, stores: Stores) -> None:
    """All bytes are whole, and yet the night is critical: nothing would keep them from being deleted."""
    stores.vault.lock = lambda _place: Lock.for_days(datetime.now(UTC), 10)
    account = verified(day, stores)
    assert (account.bad, account.unknown, account.whole) == (0, 0, False)
    told = sample(Upkeep(day, stores, Silent(), lambda _: None, TODAY))
    assert told.critical
    assert any("has no locks" in str(message) for message in told.messages)
