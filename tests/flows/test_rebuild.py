"""The catalog lost, and made again from the objects alone (plan T4)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.catalog import Catalog
from flows.admit_page import Intake
from flows.bundling import keep_changes
from flows.commands.rebuilding import _save
from flows.parts import Parts
from flows.rebuild import Orphan, Rebuilt, rebuild
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.errors import UserError
from pipeline.model import Batch
from pipeline.staff import Role
from storage.store import NoteKind, digest, object_key
from tests.databases import PostgresqlDatabases
from tests.postgresql_server import PostgresqlServer

from .conftest import DAY, Run, Silent
from .rebuilt_day import (
    day,
    empty,
    files,
    number_of,
    rebuild_is_whole_from_both,
    shelves,
)

__all__ = ["day", "empty"]


@pytest.mark.requirement("B1-35", "B2-30")
@pytest.mark.parametrize("source", ["primary", "replica", "both"])
def test_a_rebuilt_catalog_is_the_lost_one(
    day: Parts, stores: Stores, empty: Catalog, source: str
) -> None:
    found = rebuild(shelves(stores)[source], empty, Silent())
    assert list(day.catalog.differences(empty)) == []
    assert found.complete
    assert found.rows == sum(day.catalog.row_counts().values())
    assert day.catalog.row_counts()["delivery"] == 5
    assert empty.first_broken_log_entry() is None
    assert empty.days.results(DAY) == day.catalog.days.results(DAY)


def test_a_catalog_is_brought_into_the_other_database_and_back(
    day: Parts,
    intake: Intake,
    stores: Stores,
    scans: Path,
    batch: Batch,
    server: PostgresqlServer,
    postgresql_template: str,
    tmp_path: Path,
) -> None:
    on_server = PostgresqlDatabases(server, postgresql_template)
    urls = on_server.new(), f"sqlite:///{tmp_path / 'back.sqlite'}"
    there, back = map(Catalog.create_empty, urls)
    for one in (there, back):
        assert rebuild((stores.vault.primary,), one, Silent()).complete
        one.ready_for_work()
        assert list(day.catalog.differences(one)) == []
        assert one.first_broken_log_entry() is None
    assert list(there.differences(back)) == []
    there.staff.add("吴敏", Role.ARCHIVIST, "3301", "周总")
    again_in = replace(intake, parts=replace(day, catalog=there))
    take_in(again_in, scans, replace(batch, name="batch-02"), Silent())
    keep_changes(there.bundles, stores.vault)
    again = Catalog.create_empty(f"sqlite:///{tmp_path / 'again too.sqlite'}")
    assert rebuild((stores.vault.primary,), again, Silent()).complete
    assert list(there.differences(again)) == []
    for one in (there, back, again):
        one.close()
    on_server.drop()


def test_a_rebuilt_catalog_goes_on_with_its_bundles(
    day: Parts, stores: Stores, empty: Catalog, tmp_path: Path
) -> None:
    shelf = (stores.vault.primary,)
    rebuild(shelf, empty, Silent())
    empty.staff.add("吴敏", Role.ARCHIVIST, "3301", "周总")
    keep_changes(empty.bundles, stores.vault)
    third = Catalog.create_empty(f"sqlite:///{tmp_path / 'third.sqlite'}")
    assert rebuild(shelf, third, Silent()).complete
    assert list(empty.differences(third)) == []
    third.close()


def test_pages_that_came_in_after_the_last_bundle_are_named(
    day: Parts, intake: Intake, stores: Stores, empty: Catalog, scans: Path, batch: Batch
) -> None:
    take_in(intake, scans, replace(batch, name="batch-02"), Silent())
    found = rebuild((stores.vault.primary,), empty, Silent())
    assert {(one.batch, one.name) for one in found.orphans} == {
        ("batch-02", name) for name in ("0001.jpg", "0002.jpg", "0003 再次.jpg", "0004.jpg")
    }  # the fifth was refused: it lies in quarantine, not in the stores
    assert not found.complete


def test_a_missing_bundle_is_told_and_the_rest_is_played(
    day: Parts, stores: Stores, empty: Catalog
) -> None:
    first, second, _ = sorted(files(stores.vault.primary, "catalog"), key=number_of)
    first.unlink()
    found = rebuild((stores.vault.primary,), empty, Silent())
    assert (found.gaps, found.bundles) == ([1], 2)
    assert empty.days.results(DAY) == day.catalog.days.results(DAY)
    # Closing judged the vouchers, so their rows are in the second bundle too; of the blank page none is.
    assert [one.name for one in found.orphans] == ["0004.jpg"]
    assert rebuild_is_whole_from_both(stores)
    second.write_bytes(second.read_bytes()[:-2])
    assert rebuild_is_whole_from_both(stores)


@pytest.mark.parametrize("harm", ["missing", "one bit"])
def test_every_page_that_is_not_there_is_named(
    day: Parts, stores: Stores, empty: Catalog, scans: Path, harm: str
) -> None:
    sha256 = digest((scans / "0002.jpg").read_bytes())
    [path] = [one for one in files(stores.vault.primary, "obj") if one.name == sha256]
    if harm == "missing":
        path.unlink()
    found = rebuild((stores.vault.primary,), empty, Silent())
    expected = [(sha256, "0002.jpg")] if harm == "missing" else []
    assert found.missing == expected  # a bit is for the verification: the rebuilding reads no page


def test_of_bundles_with_one_number_that_counts_which_the_next_names(
    day: Parts, stores: Stores, empty: Catalog
) -> None:
    """A run that was killed between keeping and entering leaves its bundle in the stores."""
    before = len(files(stores.vault.primary, "catalog"))
    day.catalog.staff.add("killed", Role.AUDITOR, None, "周总")
    left = day.catalog.bundles.next()
    assert left is not None
    stores.vault.keep_note(NoteKind.CATALOG, left.content)
    day.catalog.staff.add("later", Role.AUDITOR, None, "周总")
    keep_changes(day.catalog.bundles, stores.vault)
    assert len(files(stores.vault.primary, "catalog")) == before + 2
    assert rebuild((stores.vault.primary,), empty, Silent()).complete
    assert list(day.catalog.differences(empty)) == []


def test_a_rebuilt_catalog_that_had_not_all_tells_of_the_branch(
    day: Parts, stores: Stores, empty: Catalog, tmp_path: Path
) -> None:
    """The last bundle was not there at the first rebuilding; afterwards both go on."""
    last = sorted(files(stores.vault.primary, "catalog"), key=number_of)[-1]
    content = last.read_bytes()
    last.unlink()
    assert rebuild((stores.vault.primary,), empty, Silent()).branches == ()
    empty.staff.add("吴敏", Role.ARCHIVIST, "3301", "周总")
    keep_changes(empty.bundles, stores.vault)
    last.write_bytes(content)
    urls = [f"sqlite:///{tmp_path / name}.sqlite" for name in ("third", "fourth")]
    third, fourth = map(Catalog.create_empty, urls)
    found = rebuild((stores.vault.primary,), third, Silent())
    [other] = found.branches
    lost = json.loads(content.split(b"\n")[0])
    assert not found.complete and other.first == other.last == lost["bundle"]
    assert len({found.chain, other.catalog, lost["catalog"]}) == 2
    wanted = rebuild((stores.vault.primary,), fourth, Silent(), preferred=lost["catalog"])
    assert (wanted.chain, list(day.catalog.differences(fourth))) == (lost["catalog"], [])
    for one in (third, fourth):
        one.close()


def test_a_catalog_of_a_newer_program_is_refused(
    day: Parts, stores: Stores, empty: Catalog
) -> None:
    head = {"bundle": 9, "previous": "x", "version": "9999", "until": 1}
    stores.vault.keep_note(NoteKind.CATALOG, json.dumps(head).encode())
    with pytest.raises(UserError, match="of version 9999"):
        rebuild((stores.vault.primary,), empty, Silent())
    assert sum(empty.row_counts().values()) == 0


def test_what_the_program_cannot_place_is_told_by_name_and_the_rest_is_played(
    stores: Stores, empty: Catalog
) -> None:
    """A bundle of the first version, written by hand: a table and a column that are no more."""
    row = {
        "number": "1",
        "name": "余玲",
        "id_type": "x",
        "id_no": "1",
        "owner_branch": "1",
        "fax": 2,
    }
    lines: list[dict[str, object]] = [
        {"bundle": 1, "previous": None, "version": "0023", "until": 1},
        {"table": "customer", "row": row},
        {"table": "telex", "row": {"id": 1}},
    ]
    stores.vault.keep_note(NoteKind.CATALOG, b"\n".join(json.dumps(one).encode() for one in lines))
    lines = [
        {"bundle": 2, "previous": "?", "version": "0023", "until": 2},
        {"table": "customer", "row": {"number": "2"}},
    ]
    stores.vault.keep_note(NoteKind.CATALOG, b"\n".join(json.dumps(one).encode() for one in lines))
    found = rebuild((stores.vault.primary,), empty, Silent())
    assert found.unknown == {"customer.fax", "telex"}
    assert empty.row_counts()["customer"] == 1
    assert "Bundle 2 of the catalog does not fit" in " ".join(map(str, found.faults))
    assert not found.complete


def test_a_database_with_rows_is_left_alone(day: Parts, run: Run) -> None:
    url = day.workspace.catalog_url(day.settings)
    assert "holds a catalog already" in str(run("rebuild-catalog", "--into", url).exception)
    assert "no store nowhere" in str(
        run("rebuild-catalog", "--into", "new.sqlite", "--from", "nowhere").exception
    )


def test_files_that_only_receipts_know_of_are_written_out_and_none_over_another(
    stores: Stores, tmp_path: Path
) -> None:
    def orphan(name: str, content: bytes) -> Orphan:
        sha256 = digest(content)
        stores.vault.keep(content, sha256)
        return Orphan("3301", "2026-11-19", "station-1", "wang", "b", name, sha256, None)

    rebuilt = Rebuilt()
    rebuilt.orphans = [
        orphan("a.jpg", b"one"),
        orphan("a.jpg", b"two"),
        orphan("../../../../../x", b"3"),
    ]
    [rotten] = [orphan("b.jpg", b"four")]
    (stores.vault.primary._root / object_key(rotten.sha256)).write_bytes(b"rot")  # type: ignore[attr-defined]
    rebuilt.orphans.append(rotten)
    saved = _save((stores.vault.primary,), rebuilt, tmp_path / "recovered")
    assert {path.read_bytes() for path in (tmp_path / "recovered").rglob("*.jpg")} == {
        b"one",
        b"two",
    }
    assert {one.batch for one in saved.values()} == {"b"}
    assert len(saved) == 2
    assert len(rebuilt.faults) == 2
