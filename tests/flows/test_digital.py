"""Born-digital packages: taken in whole and proved, or refused with a sentence; never missing paper."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import bagit
import pytest

from catalog.catalog import Catalog
from catalog.log import entries
from flows.bundling import keep_changes
from flows.close_day import Closing, close_branch
from flows.digital import DigitalIntake, DigitalTaken, take_in_digital
from flows.keeping import Keeper
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.stores import Stores
from flows.sweep import sweep
from flows.verify import Verifier
from pipeline.clocks import ZONE
from pipeline.model import Transaction
from pipeline.sandbox import Sandbox
from pipeline.secrecy import Item, ItemKind
from pipeline.tasks.states import TaskState
from storage.store import digest, digital_key
from tests.flows.captured_day import book
from tests.flows.conftest import DAY, Run, Silent, booked
from tests.flows.rebuilt_day import empty, shelves
from tests.flows.test_sweep import LATER
from tests.sent_package import FILES, FILM, PDF, as_csv, manifest, send, zipped

__all__ = ["empty"]
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=ZONE)


@dataclass(frozen=True)
class Desk:
    """One branch that packages are sent to."""

    intake: DigitalIntake
    folder: Path

    def take(self, path: Path, **changes: Any) -> DigitalTaken:
        return take_in_digital(replace(self.intake, **changes), path, Silent())

    def refusal(self, path: Path, **changes: Any) -> str:
        """The sentence by which the only package was refused; nothing of it may be in."""
        taken = self.take(path, **changes)
        assert (taken.packages, len(taken.refused), taken.admitted) == (1, 1, [])
        assert not any(self.intake.parts.workspace.spool.glob("*.part"))
        return str(taken.refused[0][1])

    def sent(self, files: Mapping[str, tuple[str, bytes]] = FILES, **values: Any) -> Path:
        return send(self.folder / str(len(list(self.folder.iterdir()))), files, **values)


@pytest.fixture
def desk(parts: Parts, stores: Stores, opener: Sandbox, tmp_path: Path) -> Desk:
    folder = tmp_path / "电子资料"
    folder.mkdir()
    return Desk(DigitalIntake(parts, stores, opener.media, "3301", "周归档", NOW), folder)


@pytest.fixture
def row() -> Transaction:
    return booked(
        3, channel="online_hall", business_code="B503", business_name="产品赎回", voucher_count=None
    )


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


def _cut(folder: Path) -> None:
    path = folder / "films/witness.mp4"
    path.write_bytes(FILM[:-1])


def _altered(folder: Path) -> None:
    (folder / "回单.pdf").write_bytes(PDF + b"reciept")


def _longer(folder: Path) -> None:
    (folder / "回单.pdf").write_bytes(PDF + b"receipt and more")


def _swapped(folder: Path) -> None:
    one, other = folder / "申请表.pdf", folder / "回单.pdf"
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def _gone(folder: Path) -> None:
    (folder / "申请表.pdf").unlink()


def _more(folder: Path) -> None:
    (folder / "run.exe").write_bytes(b"MZ")


def _link(folder: Path) -> None:
    (folder / "申请表.pdf").unlink()
    (folder / "申请表.pdf").symlink_to("/etc/passwd")


def test_what_is_not_as_it_was_sent_is_refused_whole(
    desk: Desk, parts: Parts, stores: Stores
) -> None:
    for spoil, why in (
        (_cut, "cut off"),
        (_altered, "other bytes"),
        (_longer, "not as long"),
        (_swapped, "not as long"),
        (_gone, "is missing"),
        (_more, "not listed"),
        (_link, "link or a device"),
    ):
        sent = desk.sent()
        spoil(sent)
        assert why in desk.refusal(sent), why
    assert not parts.catalog.digital.all()
    assert not list(stores.vault.primary.iter_keys("digital/"))


def test_a_manifest_that_does_not_hold_is_named(desk: Desk, parts: Parts, row: Transaction) -> None:
    book(parts, replace(row, id_no="11010119630307123X"))
    unfit: tuple[tuple[dict[str, Any], str], ...] = (
        ({"branch": "3302"}, "of branch 3302"),
        ({"customer_no": "9409350199"}, "another customer"),
        ({"business_date": "2027-11-19"}, "has not come yet"),
        ({"made_at": "2026-11-19T10:20:30"}, "made_at"),
        (
            {"made_at": "1926-11-19T10:20:30+08:00"},
            "dated 1926-11-19, before its customer was born",
        ),
        ({"origin": "letter"}, "origin"),
        ({"package": "../x"}, "package"),
        ({"sender": "x"}, "sender"),
        ({"serial_no": ""}, "serial_no"),
    )
    for values, why in unfit:
        assert why in desk.refusal(desk.sent(**values)), why


def test_names_that_lead_out_of_the_package_reach_nothing(desk: Desk, tmp_path: Path) -> None:
    for name in ("../up.pdf", "/etc/up.pdf", "a/../../up.pdf", "C:\\up.pdf", "."):
        folder = desk.sent({"up.pdf": ("RECEIPT", PDF)})
        told = manifest({name: ("RECEIPT", PDF)})
        (folder / "package.json").write_text(json.dumps(told), "utf-8")
        assert "leads out" in desk.refusal(folder), name
    archive = zipped(desk.sent(), tmp_path / "slip.zip", {"../../up.pdf": PDF})
    assert "leads elsewhere" in desk.refusal(archive)
    outside = [one for one in tmp_path.rglob("up.pdf") if desk.folder not in one.parents]
    assert not outside


def test_bombs_cost_no_more_than_was_told(desk: Desk, tmp_path: Path) -> None:
    """A ZIP may unpack to anything: what is read ends one byte beyond the listed length."""
    folder = desk.sent()
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "package.json", "package.json")
        for name in FILES:
            archive.writestr(name, bytes(50 << 20) if name == "申请表.pdf" else FILES[name][1])
    assert "not as long" in desk.refusal(bomb)
    assert max(one.stat().st_size for one in desk.intake.parts.workspace.spool.iterdir()) < 1 << 20
    huge = desk.sent()
    told = manifest()
    told["files"][0]["bytes"] = 5 << 40
    (huge / "package.json").write_text(json.dumps(told), "utf-8")
    assert "larger than [digital] allows" in desk.refusal(huge)


def test_a_broken_zip_is_told(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "broken.zip"
    whole = zipped(desk.sent(), tmp_path / "whole.zip").read_bytes()
    many = b"PK\x05\x06" + bytes(8) + (1 << 30).to_bytes(4, "little") + bytes(6)
    for broken in (b"PK\x03\x04", b"", b"PK\x05\x06" + bytes(18), whole[:-30], many):
        path.write_bytes(broken)
        assert desk.refusal(path)


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


def test_a_program_under_a_paper_s_name_is_refused(desk: Desk) -> None:
    assert "no format" in desk.refusal(desk.sent({"申请表.pdf": ("PROD_APP", b"MZ\x90\0" * 9)}))


def test_doubled_and_foreign_files_are_refused_and_the_others_go_on(desk: Desk) -> None:
    assert len(desk.take(desk.sent()).admitted) == 1
    folder = desk.folder / "day"
    send(
        folder / "1 other content", package="WT20261119-000003", made_at="2026-11-19T11:00:00+08:00"
    )
    send(folder / "2 doubled", package="WT20261119-000004")
    send(folder / "3 another's", package="C", customer_no="9409350199", serial_no="9")
    send(folder / "4 good", {"a.xml": ("PROD_APP", b"<?xml version='1.0'?><a/>")}, package="D")
    (folder / "5 empty").mkdir()
    taken = desk.take(folder)
    assert [one.number for one in taken.admitted] == ["D"]
    told = [str(message) for _, message in taken.refused]
    for message, why in zip(
        told,
        ("with other content", "is in already", "another customer's", "no package.json"),
        strict=True,
    ):
        assert why in message


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
