"""Legal holds: set and lifted at both stores, read back, and done later where a store was down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from catalog.holds import Holds
from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.holding import apply_holds
from flows.parts import Parts
from flows.stores import Stores, open_stores, prepare_stores
from flows.take_in import take_in
from flows.upkeep import PARTS, held
from pipeline.copies import Place
from pipeline.errors import Locked, UserError
from pipeline.model import Batch
from storage.seaweed import LocalSeaweed
from storage.store import NoteKind, digest, object_key
from storage.vault import Vault
from tests.flows.captured_day import book, ran, read
from tests.flows.conftest import DAY, Run, Silent, booked
from tests.flows.test_self_test import LOCKED, lying

KEYS = tuple(object_key(digest(b"%d" % number)) for number in range(3))


@pytest.fixture
def holds(parts: Parts) -> Holds:
    return parts.catalog.holds


@pytest.fixture
def locked(parts: Parts) -> Parts:
    return replace(parts, settings=LOCKED)


@pytest.fixture
def liars(tmp_path: Path, stores: Stores) -> Stores:
    """Two stores that pretend to hold, with three objects in each."""
    primary, replica = lying(tmp_path / "lp"), lying(tmp_path / "lr")
    for number in range(3):
        for store in (primary, replica):
            store.put_once(KEYS[number], b"%d" % number, digest(b"%d" % number))
    primary.lie = replica.lie = "pretends locks"
    return Stores(Vault(primary, replica), stores.cold)


def at_stores(stores: Stores, keys: Sequence[str] = KEYS) -> list[bool]:
    """Whether each object is held, in the primary and then in the replica."""
    heads = [store.head(key) for store in stores.healable.values() for key in keys]
    return [bool(one and one.lock and one.lock.hold) for one in heads]


@pytest.mark.requirement("B1-45")
def test_an_object_is_held_while_any_hold_stands(
    locked: Parts, liars: Stores, holds: Holds
) -> None:
    first = holds.set(KEYS[:2], "court 12", "李")
    second = holds.set(KEYS[1:], "tax office", "李")
    assert apply_holds(locked, liars).done == 6
    assert at_stores(liars) == [True] * 6
    holds.lift(first.no, "settled", "王")
    assert holds.held(KEYS) == set(KEYS[1:])
    assert apply_holds(locked, liars).done == 2
    assert at_stores(liars) == [False, True, True] * 2
    holds.lift(second.no, "settled", "王")
    apply_holds(locked, liars)
    assert at_stores(liars) == [False] * 6
    assert holds.held(KEYS) == frozenset()
    assert [(one.objects, one.lift and one.lift.who) for one in holds.all()] == [
        (2, "王"),
        (2, "王"),
    ]
    assert apply_holds(locked, liars).done == 0


def test_what_a_store_that_was_down_was_not_told_is_done_by_the_next_run(
    locked: Parts, liars: Stores, holds: Holds
) -> None:
    hold = holds.set(KEYS, "court 12", "李")
    liars.vault.replica.lie = "is down"  # type: ignore[attr-defined]
    applied = apply_holds(locked, liars)
    assert (applied.done, applied.left, len(applied.faults)) == (3, 3, 1)
    assert [one.place for one in holds.work(tuple(Place))[:3]] == [Place.REPLICA] * 3
    liars.vault.replica.lie = "pretends locks"  # type: ignore[attr-defined]
    assert apply_holds(locked, liars).left == 0
    assert at_stores(liars) == [True] * 6
    liars.vault.replica.lie = "is down"  # type: ignore[attr-defined]
    holds.lift(hold.no, "settled", "李")
    assert apply_holds(locked, liars).left == 3
    liars.vault.replica.lie = "pretends locks"  # type: ignore[attr-defined]
    apply_holds(locked, liars)
    assert at_stores(liars) == [False] * 6


def test_one_object_that_is_not_there_hides_no_other(
    locked: Parts, liars: Stores, holds: Holds
) -> None:
    holds.set((object_key("0" * 64), *KEYS), "court 12", "李")
    applied = apply_holds(locked, liars)
    assert (applied.done, applied.left) == (6, 2)
    assert "which a hold keeps" in str(applied.faults[0])


def test_a_store_that_says_yes_and_holds_nothing_is_told(
    locked: Parts, liars: Stores, holds: Holds
) -> None:
    holds.set(KEYS[:1], "court 12", "李")
    with patch.object(liars.vault.primary, "set_hold", lambda *_: None):
        applied = apply_holds(locked, liars)
    assert (applied.done, applied.left) == (1, 1)
    assert "does not hold" in str(applied.faults[0])


def test_without_locks_the_register_holds_and_says_so(
    parts: Parts, stores: Stores, holds: Holds
) -> None:
    hold = holds.set(KEYS, "court 12", "李")
    applied = apply_holds(parts, stores)
    assert (applied.done, applied.left) == (0, 0)
    assert [str(one) for one in applied.messages if "LOCKS NOTHING" in str(one)]
    assert holds.held(KEYS) == set(KEYS)
    holds.lift(hold.no, "settled", "李")
    assert apply_holds(parts, stores).messages == ()


def test_a_copy_that_was_replaced_is_held_again_by_night(
    locked: Parts, liars: Stores, holds: Holds
) -> None:
    holds.set(KEYS, "court 12", "李")
    apply_holds(locked, liars)
    liars.vault.primary._pretended.clear()  # type: ignore[attr-defined]
    assert apply_holds(locked, liars).done == 0
    assert apply_holds(locked, liars, everything=True).done == 6
    assert at_stores(liars) == [True] * 6
    assert held in PARTS


def test_acts_that_cannot_be(holds: Holds) -> None:
    with pytest.raises(UserError, match="--why"):
        holds.set(KEYS, " ", "李")
    with pytest.raises(UserError, match="no hold 1"):
        holds.lift(1, "settled", "李")
    holds.set(KEYS, "court 12", "李")
    holds.lift(1, "settled", "李")
    with pytest.raises(UserError, match="lifted already"):
        holds.lift(1, "again", "王")


def test_pages_are_named_by_serial_number_digest_and_day(
    parts: Parts, intake: Intake, scans: Path, batch: Batch, closing: Closing
) -> None:
    take_in(intake, scans, batch, Silent())
    book(parts, booked(1), booked(2))
    read(parts, "0001.jpg", booked(1))
    read(parts, "0002.jpg", booked(2))
    close_branch(closing, DAY, "3301", Silent())
    page = digest((scans / "0001.jpg").read_bytes())
    named = parts.catalog.named
    assert named.of_page(booked(1).serial_no) == (object_key(page),)
    assert named.of_page(page[:8].upper()) == (object_key(page),)
    assert named.of_customer(booked(1).customer_no) == (object_key(page),)
    assert named.of_customer("0") == ()
    assert len(named.of_day(DAY, "3301")) == 3
    assert named.of_day(DAY) == named.of_day(DAY, "3301")
    assert named.of_day(DAY, "3302") == ()
    for nothing in ("202611193301000099", page[:7], "0" * 64, "余玲"):
        with pytest.raises(UserError, match="There is no page"):
            named.of_page(nothing)


@pytest.mark.slow
def test_at_the_command_line_a_real_store_holds(parts: Parts, run: Run, scans: Path) -> None:
    day = ("--day", str(DAY), "--branch", "3301")
    with LocalSeaweed(parts.workspace.stores).running():  # one server for all the commands
        assert run("init").exit_code == 0
        taken = run("take-in", str(scans), *day, "--operator", "wang")
        assert taken.exit_code in (0, 3), taken.output
        assert ran(parts, "storage", "hold", "list")[1].startswith("Nothing was ever held")
        why = ("--why", "浙01民初12号", "--as", "李")
        code, told = ran(parts, "storage", "hold", "set", *day, *why)
        assert code == 0, told
        assert "Hold 1: 3 objects must stay" in told and "6 copies" in told
        assert "浙01民初12号" in ran(parts, "storage", "hold", "list")[1]
        code, told = ran(parts, "storage", "hold", "lift", "1", "--why", "结案", "--as", "王")
        assert code == 0 and "6 copies" in told
        assert "结案" in ran(parts, "storage", "hold", "list")[1]


def test_what_is_to_be_held_is_named_one_way(parts: Parts) -> None:
    day = ("--day", str(DAY))
    for words in ((), ("--page", "x", *day), ("--page", "x", "--branch", "3301")):
        with pytest.raises(UserError, match="Say what"):
            ran(parts, "storage", "hold", "set", *words, "--why", "x")
    with pytest.raises(UserError, match="No page of 2026-11-19"):
        ran(parts, "storage", "hold", "set", *day, "--why", "x")


@pytest.mark.requirement("B1-45")
def test_a_real_store_deletes_nothing_that_is_held(parts: Parts) -> None:
    prepare_stores(parts.workspace, LOCKED)
    with open_stores(parts.workspace, LOCKED, parts.catalog) as stores:
        plain = Vault(stores.vault.primary, stores.vault.replica)
        key = plain.keep_note(NoteKind.DECISION, b"{}").key
        hold = parts.catalog.holds.set((key,), "court 12", "李")
        assert apply_holds(replace(parts, settings=LOCKED), stores).done == 2
        version = stores.vault.primary.head(key).version_id  # type: ignore[union-attr]
        with pytest.raises(Locked):
            stores.vault.primary.delete_version(key, version, "nobody")
        parts.catalog.holds.lift(hold.no, "settled", "李")
        assert apply_holds(replace(parts, settings=LOCKED), stores).done == 2
        stores.vault.primary.delete_version(key, version, "nobody")
        assert stores.vault.primary.head(key) is None
