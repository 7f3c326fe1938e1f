"""Bundles that are lost, and bundles of an older program."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.catalog import Catalog
from flows.bundling import keep_changes
from flows.close_day import Closing, close_branch
from flows.copy_faults import Fault
from flows.lost_bundles import make_up
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.stores import Stores
from flows.verify import Verifier
from pipeline.copies import Depth
from storage.store import NoteKind, digest

from .conftest import DAY, Silent
from .rebuilt_day import (
    day,
    empty,
    files,
    number_of,
)

__all__ = ["day", "empty"]


@pytest.mark.parametrize("which", [(0,), (1,), (-1,), (0, -1), (0, 1, 2)])
def test_what_lost_bundles_held_is_bundled_again_from_the_living_catalog(
    day: Parts, stores: Stores, empty: Catalog, which: tuple[int, ...]
) -> None:
    paths = sorted(files(stores.vault.primary, "catalog"), key=number_of)
    numbers = sorted(number_of(paths[one]) for one in which)
    for one in which:
        for store in (stores.vault.primary, stores.vault.replica):
            (store._root / "catalog" / paths[one].parent.name / paths[one].name).unlink()  # type: ignore[attr-defined]
    shutil.rmtree(day.workspace.folder / "cold" / "PP-000001")
    stores.vault.flush()
    faults: list[Fault] = []
    verifier = Verifier(day, stores, Silent(), faults.append)
    keys = list(day.catalog.verifications.all_keys())
    assert verifier.verify(keys, Depth.BYTES, "all").lost == len(which)

    [told] = make_up(day, stores, Silent())
    assert f"({', '.join(map(str, numbers))})" in str(told)
    assert make_up(day, stores, Silent()) == ()
    assert day.catalog.verifications.lost() == ()
    keep_changes(day.catalog.bundles, stores.vault)
    found = rebuild((stores.vault.primary,), empty, Silent())
    assert found.complete
    assert list(day.catalog.differences(empty)) == []
    assert empty.first_broken_log_entry() is None


def test_rows_that_are_gone_since_are_told_again_with_a_lost_bundle(
    day: Parts, stores: Stores, empty: Catalog
) -> None:
    """The lost bundle told that a row is gone; an older one still has it."""
    with day.catalog._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM finding")
    keep_changes(day.catalog.bundles, stores.vault)
    last = max(files(stores.vault.primary, "catalog"), key=number_of)
    for store in (stores.vault.primary, stores.vault.replica):
        [path] = [one for one in files(store, "catalog") if one.name == last.name]
        path.unlink()
    stores.vault.flush()
    Verifier(day, stores, Silent(), lambda _: None).verify(
        day.catalog.verifications.all_keys(), Depth.BYTES, "all"
    )
    assert make_up(day, stores, Silent())
    keep_changes(day.catalog.bundles, stores.vault)
    assert rebuild((stores.vault.primary,), empty, Silent()).complete
    assert list(day.catalog.differences(empty)) == []


ADDED_SINCE = {
    "delivery": {"judged_id", "sheet"},
    "finding": {"after_reading"},
    "staff": {"teller_no"},
    "volume": {"manifest", "sealed"},
}
"""Columns that later migrations added to tables of the day."""


def aged(stores: Stores) -> None:
    """Make the bundles in both stores those of a program that had not the columns yet."""
    previous = None
    for path in sorted(files(stores.vault.primary, "catalog"), key=number_of):
        head, *lines = map(json.loads, path.read_bytes().splitlines())
        for line in lines:
            for column in ADDED_SINCE.get(line["table"], ()):
                line.get("row", {}).pop(column, None)
        head |= {"version": "0001", "previous": previous}
        content = b"".join(json.dumps(one).encode() + b"\n" for one in (head, *lines))
        for store in (stores.vault.primary, stores.vault.replica):
            [old] = [one for one in files(store, "catalog") if one.name == path.name]
            old.unlink()
        previous = digest(content)
        stores.vault.keep_note(NoteKind.CATALOG, content)


def test_a_day_comes_back_from_bundles_of_an_older_program_and_goes_on(
    day: Parts, closing: Closing, stores: Stores, empty: Catalog, tmp_path: Path
) -> None:
    """From the older bundles to a closed day: no row is missing, a column that came later has its default."""
    with day.catalog._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE finding SET after_reading = TRUE")
    keep_changes(day.catalog.bundles, stores.vault)
    aged(stores)
    found = rebuild((stores.vault.primary,), empty, Silent())
    assert found.complete
    differing = list(day.catalog.differences(empty))
    assert {one.table for one in differing} == {"delivery", "finding", "volume"}
    for one in differing:
        assert one.only_in is None
        assert set(one.columns) <= ADDED_SINCE[one.table], one
    assert empty.first_broken_log_entry() is None
    assert empty.days.results(DAY) == day.catalog.days.results(DAY)

    again = replace(closing, parts=replace(closing.parts, catalog=empty))
    assert (close_branch(again, DAY, "3301", Silent()),) == day.catalog.days.results(DAY)
    left = {one.table for one in day.catalog.differences(empty) if one.only_in is None}
    assert "delivery" not in left, "what closing judges is judged anew"
    keep_changes(empty.bundles, stores.vault)
    third = Catalog.create_empty(f"sqlite:///{tmp_path / 'third.sqlite'}")
    assert rebuild((stores.vault.primary,), third, Silent()).complete
    assert list(empty.differences(third)) == []
    third.close()
