"""Born-digital packages taken in whole and proved; never missing paper."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import bagit
import pytest

from catalog.catalog import Catalog
from catalog.log import entries
from flows.bundling import keep_changes
from flows.close_day import Closing, close_branch
from flows.keeping import Keeper
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.stores import Stores
from flows.sweep import sweep
from flows.verify import Verifier
from pipeline.clocks import ZONE
from pipeline.model import Transaction
from pipeline.secrecy import Item, ItemKind
from pipeline.tasks.states import TaskState
from storage.store import digest, digital_key
from tests.flows.captured_day import book
from tests.flows.conftest import DAY, Run, Silent
from tests.flows.digital_desk import NOW, Desk, desk, row
from tests.flows.rebuilt_day import empty, shelves
from tests.flows.test_sweep import LATER
from tests.sent_package import FILES, FILM, PDF, as_csv, manifest, zipped

__all__ = ["desk", "empty", "row"]


def states(parts: Parts) -> set[str]:
    return {str(task.state) for task in parts.catalog.tasks.of_day(DAY, "3301")}


@pytest.mark.requirement("CG-13c")
@pytest.mark.parametrize("first", ["stream", "package"])
def test_a_package_satisfies_its_electronic_tasks_and_no_paper_is_missing(
    desk: Desk, parts: Parts, closing: Closing, row: Transaction, first: str
) -> None:
    acts: list[Callable[[], Any]] = [lambda: desk.take(desk.sent()), lambda: book(parts, row)]
    for act in acts if first == "package" else acts[::-1]:
        act()
    result = close_branch(closing, DAY, "3301", Silent())
    assert (result.counts["tasks_electronic"], result.counts["tasks_missing"]) == (2, 0)
    assert not result.discrepancies
    assert states(parts) == {TaskState.DELIVERED}
    assert len(parts.catalog.tasks.of_day(DAY, "3301")[0].acts) == 2
    close_branch(closing, DAY, "3301", Silent())
    assert len(parts.catalog.tasks.of_day(DAY, "3301")[0].acts) == 2


@pytest.mark.requirement("CG-13c")
def test_a_late_package_opens_its_closed_day_again(
    desk: Desk, parts: Parts, closing: Closing, row: Transaction, run: Run
) -> None:
    book(parts, row)
    before = close_branch(closing, DAY, "3301", Silent())
    assert (before.closed, before.counts["tasks_missing"]) == (True, 0)
    assert parts.catalog.days.open(DAY) == []
    desk.take(desk.sent())
    assert parts.catalog.days.reopened([(DAY, "3301")]) == [(DAY, "3301")]
    assert "after the day was closed" in run("overdue", "--branch", "3301", "--json").output
    assert close_branch(closing, DAY, "3301", Silent()).closed
    assert parts.catalog.days.open(DAY) == []
    desk.take(desk.sent())  # the same package once more
    assert parts.catalog.days.reopened([(DAY, "3301")]) == []
    with parts.catalog._engine.connect() as connection:
        told = [one.body for one in entries(connection) if one.body["act"] == "day.close"]
    assert [body.get("instead_of") for body in told] == [None, told[0]["decision"]]


def test_both_stores_hold_every_file_and_a_second_run_changes_nothing(
    desk: Desk, parts: Parts, stores: Stores
) -> None:
    sent = desk.sent()
    taken = desk.take(sent)
    assert (taken.packages, len(taken.admitted), taken.files) == (1, 1, 3)
    for store in stores.healable.values():
        for _, content in FILES.values():
            assert store.read(digital_key(digest(content))) == content
    [filed] = parts.catalog.digital.all()
    assert [str(one.format) for one in filed.package.files] == ["PDF", "PDF", "MP4"]
    before = parts.catalog.row_counts()
    again = desk.take(sent)
    assert (again.already, again.admitted, again.refused) == (1, [], [])
    assert parts.catalog.row_counts() == before
    assert filed.package.note == parts.catalog.digital.all()[0].package.note


def test_csv_and_zip_say_the_same(desk: Desk, tmp_path: Path) -> None:
    [package] = desk.take(as_csv(desk.sent())).admitted
    assert [one.sha256 for one in package.files] == [digest(one) for _, one in FILES.values()]
    assert desk.take(zipped(desk.sent(), tmp_path / "one.zip")).already == 1


def test_a_bag_is_held_against_both_manifests(desk: Desk) -> None:
    good, bad = desk.sent(), desk.sent(package="B")
    for one in (good, bad):
        bagit.make_bag(str(one), checksums=["sha256"])
    assert len(desk.take(good).admitted) == 1
    told = (bad / "manifest-sha256.txt").read_text("utf-8")
    (bad / "manifest-sha256.txt").write_text(told.replace(digest(PDF), "0" * 64), "utf-8")
    assert "the bag's manifest" in desk.refusal(bad)


def test_a_film_of_any_length_takes_no_more_memory(desk: Desk, stores: Stores) -> None:
    """100 MB through spool, both stores and back; in memory lies a piece of it at a time."""
    film = FILM + bytes(100 << 20)
    sent = desk.sent({"a.mp4": ("DUALVIDEO", film)})
    del film
    tracemalloc.start()
    try:
        [package] = desk.take(sent).admitted
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
    sha256 = package.files[0].sha256
    stores.vault.copy_to(desk.folder / "again", digital_key(sha256), sha256)
    assert (desk.folder / "again").stat().st_size == package.files[0].byte_count


def test_only_one_customer_s_packages_when_asked(desk: Desk) -> None:
    assert "another customer" in desk.refusal(desk.sent(), customer="9409350104")


@pytest.mark.requirement("CG-17.2a", "CG-17.3b")
def test_files_are_swept_packed_kept_and_rebuilt_like_pages(
    desk: Desk, parts: Parts, stores: Stores, row: Transaction, empty: Catalog
) -> None:
    book(parts, row)
    desk.take(desk.sent())
    film = digital_key(digest(FILM))
    keys = {digital_key(digest(content)) for _, content in FILES.values()}
    assert set(parts.catalog.named.of_customer(row.customer_no)) == keys
    assert keys == set(parts.catalog.named.of_page(row.serial_no))
    kept = Keeper(parts, DAY).of_objects([film])[film]
    assert {one.rule for one in kept} >= {"CG-17.3b", "CG-17.3c"}
    found = sweep(Verifier(parts, stores, Silent(), lambda _: None), NOW + LATER)
    assert found.clean, [str(one) for one in found.messages]
    packed = pack(Packing(parts, stores, "it", Silent()), everything=True)
    assert not packed.left
    files = {one.key: str(one.file) for one in stores.cold.objects_of(packed.volumes[0].name)}
    assert files[film].startswith("pages/2026-11-19/3301/202611193301000003-")
    assert files[film].endswith(".mp4")
    assert stores.cold.read(film) == FILM
    keep_changes(parts.catalog.bundles, stores.vault)
    again = rebuild(shelves(stores)["both"], empty, Silent())
    assert again.complete, again.faults
    assert empty.digital.all() == parts.catalog.digital.all()


def test_what_was_stored_and_never_entered_is_told(
    desk: Desk, parts: Parts, stores: Stores, empty: Catalog
) -> None:
    class Killed(Exception):
        pass

    def die(step: str) -> None:
        if step == "package_noted":
            raise Killed

    sent = desk.sent()
    keep_changes(parts.catalog.bundles, stores.vault)
    with pytest.raises(Killed):
        desk.take(sent, at=die)
    found = sweep(Verifier(parts, stores, Silent(), lambda _: None), datetime.now(ZONE) + LATER)
    assert len(found.left_over) == 4
    again = rebuild(shelves(stores)["both"], empty, Silent())
    assert ["WT20261119-000003" in str(one) for one in again.faults] == [True]
    assert len(desk.take(sent).admitted) == 1
    assert sweep(Verifier(parts, stores, Silent(), lambda _: None), NOW + LATER).clean


def test_films_without_disc_or_server_are_on_the_list(desk: Desk, parts: Parts, run: Run) -> None:
    told = manifest()
    told["files"][2]["disc"] = "D-2026-017"
    folder = desk.sent()
    (folder / "package.json").write_text(json.dumps(told), "utf-8")
    desk.take(folder)
    listed = run("digital", "films", "--lacking")
    assert listed.exit_code == 3
    assert "1 films, 1 without a disc or a server" in listed.output
    assert "D-2026-017" in listed.output
    number, film = "WT20261119-000003", "films/witness.mp4"
    in_the_open = run("digital", "place", number, film, "--server", "ftp://10.1.1.1/a.mp4")
    assert "in the open" in str(in_the_open.exception)
    placed = run("digital", "place", number, film, "--server", "sftp://files/2026/a.mp4")
    assert placed.exit_code == 0, placed.output
    assert run("digital", "films").exit_code == 0
    [filed] = parts.catalog.digital.all()
    assert not filed.films_lacking_a_place


def test_a_secret_package_is_shown_to_those_on_the_access_list_alone(
    desk: Desk, parts: Parts, row: Transaction, run: Run
) -> None:
    book(parts, row)
    desk.take(desk.sent())
    [filed] = parts.catalog.digital.all()
    number, day = filed.package.number, ("--day", str(DAY))
    for command in (("list", *day), ("films",), ("show", number)):
        assert number in run("digital", *command, "--as", "何静").output
    item = Item(ItemKind.PACKAGE, filed.package.id, "3301")
    parts.catalog.secrecy.decide(item, "SECRET", "调查", "郑规", datetime.now(ZONE), lower=False)
    for command in (("list", *day), ("films",)):
        told = run("digital", *command, "--as", "何静").output
        assert number not in told and "1 packages are secret and left out" in told
    assert "is not on the access list" in str(
        run("digital", "show", number, "--as", "何静").exception
    )
    assert filed.package.serial_no not in run("digital", "show", number, "--as", "何静").output
