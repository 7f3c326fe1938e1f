"""Carriers: their history is only added to; what counts as a copy elsewhere was read back good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.carriers import Carriers
from catalog.catalog import Catalog
from catalog.volumes import Volume
from pipeline.carriers import (
    Carrier,
    CarrierAct,
    CarrierActKind,
    CarrierKind,
    CarrierRules,
    checked_number,
    due,
)
from pipeline.errors import UserError

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
RULES = CarrierRules(365, {CarrierKind.TAPE: 10, CarrierKind.DISK: 5, CarrierKind.OPTICAL: 10})


@pytest.fixture
def carriers(catalog: Catalog) -> Carriers:
    for number in (1, 2):
        catalog.volumes.enter(Volume(f"PP-00000{number}", 3, 100, NOW), "周")
    catalog.carriers.add("D-1", CarrierKind.DISK, "A柜", "周")
    catalog.carriers.add("T-1", CarrierKind.TAPE, "B柜", "周", capacity=10**12, quality="LTO-8")
    return catalog.carriers


def test_a_copy_elsewhere_counts_once_it_was_read_back_good(
    carriers: Carriers, catalog: Catalog
) -> None:
    assert carriers.written("PP-000001", "D-1", "周")
    assert carriers.volumes_elsewhere() == frozenset()
    carriers.tested("PP-000001", "D-1", (), "周")
    carriers.written("PP-000002", "D-1", "周")
    carriers.tested("PP-000002", "D-1", (), "周")
    catalog.volumes.give_up("PP-000002", "keys lost", "周")
    assert carriers.volumes_elsewhere() == {"PP-000001"}
    assert not carriers.written("PP-000001", "D-1", "周"), "entered twice it is still proved"
    carriers.tested("PP-000001", "D-1", ("data/x: missing",), "周")
    assert carriers.volumes_elsewhere() == frozenset()
    assert carriers.written("PP-000001", "D-1", "周"), "written anew"
    assert carriers.volumes_elsewhere() == frozenset()


def test_the_only_proven_copy_is_not_withdrawn(carriers: Carriers) -> None:
    carriers.written("PP-000001", "D-1", "周")
    carriers.tested("PP-000001", "D-1", (), "周")
    with pytest.raises(UserError, match="only proven copy of PP-000001"):
        carriers.withdraw("D-1", "old", "周", on_shelf=("PP-000002",))
    carriers.written("PP-000001", "T-1", "周")
    carriers.tested("PP-000001", "T-1", (), "周")
    carriers.withdraw("D-1", "old", "周", on_shelf=())
    assert carriers.volumes_elsewhere() == {"PP-000001"}
    with pytest.raises(UserError, match="was withdrawn"):
        carriers.move("D-1", "C柜", "周")
    with pytest.raises(UserError, match="no number is given twice"):
        carriers.add("D-1", CarrierKind.DISK, "A柜", "周")


def test_the_history_is_kept_and_each_act_is_logged(carriers: Carriers, catalog: Catalog) -> None:
    assert not carriers.add("D-1", CarrierKind.DISK, "A柜", "周")
    assert carriers.move("D-1", "C柜", "吴")
    assert not carriers.move("D-1", "C柜", "吴")
    kinds = [(act.kind.value, act.who, act.detail) for act in carriers.acts("D-1")]
    assert kinds == [("placed", "周", "A柜"), ("moved", "吴", "C柜")]
    assert carriers.one("D-1").place == "C柜"
    assert catalog.first_broken_log_entry() is None
    for act in (
        lambda: carriers.written("PP-000009", "D-1", "周"),
        lambda: carriers.written("PP-000001", "D-9", "周"),
        lambda: carriers.tested("PP-000001", "D-1", (), "周"),
    ):
        with pytest.raises(UserError):
            act()


@pytest.mark.parametrize("number", ["", "a b", "../x", "x" * 33, "-1", "D\n1"])
def test_a_number_stands_on_a_label(number: str) -> None:
    with pytest.raises(UserError):
        checked_number(number)


def held(*acts: tuple[CarrierActKind, float]) -> Carrier:
    """A disk with one volume and what was done with it, so many days ago."""
    return Carrier("D-1", CarrierKind.DISK, None, "", NOW).after(
        CarrierAct(kind, "PP-000001", "周", NOW - timedelta(days=days), "") for kind, days in acts
    )


WRITTEN, GOOD, BAD = CarrierActKind.WRITTEN, CarrierActKind.GOOD, CarrierActKind.BAD


@pytest.mark.parametrize(
    ("one", "refresh"),
    [
        (held(), None),
        (held((WRITTEN, 1)), False),
        (held((WRITTEN, 400), (GOOD, 364)), None),
        (held((WRITTEN, 400), (GOOD, 365)), False),
        (held((WRITTEN, 5 * 366), (GOOD, 1)), True),
        (held((WRITTEN, 2), (GOOD, 1), (BAD, 0)), True),
        (held((WRITTEN, 9), (BAD, 8), (WRITTEN, 2), (GOOD, 1)), None),
    ],
)
def test_what_is_due_follows_from_the_rules(one: Carrier, refresh: bool | None) -> None:
    found = due([one], RULES, NOW)
    assert [each.refresh for each in found] == ([] if refresh is None else [refresh])


@given(st.lists(st.sampled_from((GOOD, BAD, WRITTEN)), max_size=8))
def test_only_the_last_act_says_whether_a_copy_is_good(kinds: list[CarrierActKind]) -> None:
    one = held((WRITTEN, 9), *((kind, 1) for kind in kinds))
    assert one.holdings["PP-000001"].good == (kinds[-1:] == [GOOD])
