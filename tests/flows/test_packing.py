"""Packing: every object in exactly one volume, found again with a text editor, whatever died in between."""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import update

from catalog.catalog import Catalog
from catalog.tables import stored_object
from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.cold_settings import VolumeSettings
from flows.packing import PackedVolumes, Packing, pack
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.restore import Drilling, begin, rebuild_catalog, restore_objects
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.model import Batch
from storage.store import digest, object_key

from .captured_day import book, read
from .conftest import DAY, Run, Silent, booked


@pytest.fixture
def taken(parts: Parts, intake: Intake, scans: Path, batch: Batch) -> Parts:
    take_in(intake, scans, batch, Silent())
    return parts


def packed(parts: Parts, stores: Stores, everything: bool = True, **rules: Any) -> PackedVolumes:
    settings = parts.settings.model_copy(update={"volumes": VolumeSettings(**rules)})
    tried = replace(parts, settings=settings)
    return pack(Packing(tried, stores, "tester", Silent()), everything=everything)


def held(stores: Stores) -> Counter[str]:
    """How often each object is in a volume."""
    cold = stores.cold
    return Counter(one.key for name in cold.volumes() for one in cold.objects_of(name))


@pytest.mark.requirement("CG-17.2b")
def test_everything_is_packed_once_and_read_back(taken: Parts, stores: Stores) -> None:
    done = packed(taken, stores)
    assert not done.left
    assert done.objects == sum(held(stores).values())
    assert set(held(stores)) == set(stores.vault.primary.iter_keys(""))
    assert set(held(stores).values()) == {1}
    assert list(taken.catalog.copies.not_in_volume()) == []
    for _ in range(2):  # what packing itself entered in the catalog makes no further volume
        again = packed(taken, stores)
        assert (again.volumes, again.left) == ([], [])
    assert {one.kind for one in taken.catalog.copies.not_in_volume()} == {"catalog"}


def test_packing_comes_to_an_end_through_the_command_line(
    taken: Parts, stores: Stores, run: Run, tmp_path: Path
) -> None:
    packed(taken, stores)
    shutil.copytree(taken.workspace.folder / "cold" / "PP-000001", tmp_path / "PP-000001")
    for words in (
        ("carrier", "add", "O-1", "--kind", "optical", "--place", "A柜"),
        ("written", "PP-000001", "O-1"),
        ("check", "--at", str(tmp_path), "--carrier", "O-1"),
        ("check",),
    ):
        assert run("cold", *words).exit_code == 0
    assert packed(taken, stores).volumes == []
    assert "go into the next volume" in run("cold", "list").output
    taken.catalog.branches.add("3301", "示例营业部", "周")
    assert packed(taken, stores).objects > 1, "an act of people is packed, and what waited with it"


def test_what_a_killed_packing_left_is_removed(taken: Parts, stores: Stores) -> None:
    left = taken.workspace.folder / "cold" / "PP-000041.part"
    left.mkdir()
    (left / "half").write_bytes(b"x")
    packed(taken, stores)
    assert stores.cold.volumes() == ("PP-000001",)
    assert not left.exists()


@pytest.mark.requirement("CG-17.2b")
def test_a_volume_holds_what_it_may_and_a_larger_object_is_alone(
    taken: Parts, stores: Stores
) -> None:
    done = packed(taken, stores, volume_mb=0.4)
    assert len(done.volumes) > 1
    for name in stores.cold.volumes():
        objects = stores.cold.objects_of(name)
        assert len(objects) == 1 or sum(one.byte_count for one in objects) <= 400_000
    assert set(held(stores).values()) == {1}


def test_a_volume_holds_no_more_objects_than_it_may(taken: Parts, stores: Stores) -> None:
    done = packed(taken, stores, volume_objects=3)
    counts = [len(stores.cold.objects_of(name)) for name in stores.cold.volumes()]
    assert len(done.volumes) == len(counts) > 2
    assert {*counts[:-1]} == {3}
    assert set(held(stores).values()) == {1}


def test_what_fits_no_carrier_of_that_size_is_told(taken: Parts, stores: Stores) -> None:
    done = packed(taken, stores, volume_mb=0.05)
    large = [one.name for one in done.volumes if one.byte_count > 60_000]
    assert large
    for name in large:
        assert any(f"{name} has" in str(note) for note in done.notes)


def test_what_may_wait_waits_for_a_full_volume(taken: Parts, stores: Stores) -> None:
    assert packed(taken, stores, everything=False, pack_after_days=3).volumes == []
    with taken.catalog._engine.begin() as connection:
        old = datetime.now(UTC) - timedelta(days=4)
        connection.execute(update(stored_object).values(stored_at=old))
    assert packed(taken, stores, everything=False, pack_after_days=3).volumes


@pytest.mark.requirement("B2-30")
def test_a_customers_page_is_found_with_a_text_editor(
    taken: Parts, stores: Stores, closing: Closing, scans: Path
) -> None:
    book(taken, booked(1), booked(2))
    read(taken, "0001.jpg", booked(1))
    read(taken, "0002.jpg", booked(2))
    close_branch(closing, DAY, "3301", Silent())
    [name] = stores.cold.volumes()
    volume = taken.workspace.folder / "cold" / name
    content = (volume / "data/index/pages.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    [row] = [one for one in rows if one["客户编号 customer number"] == booked(1).customer_no]
    assert row["客户姓名 customer"] == booked(1).customer_name
    assert row["流水号 serial number"] == booked(1).serial_no
    assert booked(1).serial_no in row["文件 file"]
    assert (volume / row["文件 file"]).read_bytes() == (scans / "0001.jpg").read_bytes()
    assert len(rows) == 4  # four deliveries of three pages; what was refused is not in the stores
    assert "pages.csv" in (volume / "data/READ ME 说明.txt").read_text("utf-8")


def test_a_volume_that_was_named_and_not_entered_is_entered_by_the_next_run(
    taken: Parts, stores: Stores
) -> None:
    class Killed(BaseException):
        pass

    def at(step: str) -> None:
        if step == "entering":
            raise Killed

    with pytest.raises(Killed):
        pack(Packing(taken, stores, "tester", Silent(), at), everything=True)
    assert stores.cold.volumes() == ("PP-000001",)
    assert taken.catalog.volumes.names() == ()
    packed(taken, stores)
    assert taken.catalog.volumes.names()[0] == "PP-000001"
    assert set(held(stores).values()) == {1}


def test_what_no_store_can_give_is_told_and_left(taken: Parts, stores: Stores, scans: Path) -> None:
    key = object_key(digest((scans / "0002.jpg").read_bytes()))
    for place in ("p", "r"):
        (taken.workspace.folder / place / key).unlink()
    done = packed(taken, stores)
    assert len(done.left) == 1
    waiting = list(taken.catalog.copies.not_in_volume())
    assert [one.key for one in waiting] == [key]
    [pages] = (taken.workspace.folder / "cold").rglob("pages.csv")
    assert "0002" not in pages.read_text("utf-8-sig"), "the list names what is there"
    with patch.object(taken.catalog.copies, "not_in_volume", lambda: waiting):
        again = packed(taken, stores)
    assert again.left and not again.volumes, "no empty volume"


@pytest.mark.requirement("CG-17.2a")
def test_closing_tells_what_has_no_cold_copy_and_closes_all_the_same(
    taken: Parts, stores: Stores, closing: Closing
) -> None:
    book(taken, booked(1))
    for number in (1, 2, 3):
        read(taken, f"000{number}.jpg", booked(number))
    key = next(iter(stores.vault.primary.iter_keys("receipt/")))
    for place in ("p", "r"):
        (taken.workspace.folder / place / key).unlink()
    close_branch(closing, DAY, "3301", Silent())
    (taken.workspace.folder / "cold" / ".paperproof-cold").unlink()
    close_branch(closing, DAY, "3301", Silent())
    first, second = closing.packed
    assert first.volumes and key in str(first.left[0])
    assert not second.volumes and "mount the disk" in str(second.left[0])


def test_the_catalog_is_rebuilt_from_the_volumes_alone(
    taken: Parts, stores: Stores, tmp_path: Path
) -> None:
    packed(taken, stores)
    again = Catalog.create_empty(f"sqlite:///{tmp_path / 'again.sqlite'}")
    found = rebuild((stores.cold,), again, Silent())
    assert found.complete
    place = tmp_path / "drill"
    place.mkdir()
    drill = Drilling(taken.catalog, stores.cold, place, Silent(), against=stores.vault.primary)
    restored = begin(drill)
    restore_objects(drill, restored)
    rebuild_catalog(drill, restored)
    assert restored.faults == []
    assert again.row_counts()["delivery"] == taken.catalog.row_counts()["delivery"]
    again.close()


def test_with_a_rebuilt_register_nothing_is_packed_twice(taken: Parts, stores: Stores) -> None:
    packed(taken, stores)
    with taken.catalog._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM object_copy WHERE place = 'cold'")
    done = packed(taken, stores)
    assert set(held(stores).values()) == {1}
    assert done.objects <= 1  # the bundle that packing itself made


def test_volumes_are_listed_and_checked(taken: Parts, stores: Stores, run: Run) -> None:
    assert "no cold volume yet" in run("cold", "list").output
    packed(taken, stores)
    assert "PP-000001" in run("cold", "list").output
    assert run("cold", "check", "PP-000001", "--as", "吴敏").exit_code == 0
    [page] = (taken.workspace.folder / "cold").rglob("0002-*.jpg")
    page.chmod(0o600)
    page.write_bytes(b"rot")
    failed = run("cold", "check", "--as", "吴敏")
    assert failed.exit_code == 1
    assert page.name in failed.output
    assert [(act.kind, act.who) for act in taken.catalog.volumes.acts("PP-000001")] == [
        ("made", "tester"),
        ("checked", "吴敏"),
        ("failed", "吴敏"),
    ]
