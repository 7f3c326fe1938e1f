"""The restore drill: everything back from one copy alone, and every fault told."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from flows.admit_page import Intake
from flows.bundling import keep_changes
from flows.parts import Parts
from flows.register import BatchedRegister
from flows.restore import (
    Drilling,
    Restored,
    begin,
    behind,
    keep_records,
    rebuild_catalog,
    record,
    restore_objects,
)
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.model import Batch
from pipeline.signature import KnownKeys, Signer, Verdict
from pipeline.staff import Role
from storage.folder import FolderStore
from storage.store import NoteKind, digest, object_key
from storage.vault import Vault
from tests.kept import notes

from .conftest import Run, Silent


@pytest.fixture
def kept(parts: Parts, intake: Intake, scans: Path, batch: Batch, stores: Stores) -> Vault:
    """The vault over a batch that is registered and bundled."""
    register = BatchedRegister(parts.catalog.copies)
    vault = Vault(stores.vault.primary, stores.vault.replica, register=register)
    take_in(replace(intake, stores=Stores(vault, stores.cold)), scans, batch, Silent())
    keep_changes(parts.catalog.bundles, vault)
    vault.flush()
    return vault


@pytest.fixture
def drill(parts: Parts, kept: Vault, tmp_path: Path) -> Drilling:
    place = tmp_path / "empty"
    place.mkdir()
    return Drilling(parts.catalog, kept.replica, place, Silent(), against=kept.primary)


def held(drill: Drilling) -> Restored:
    restored = begin(drill)
    restore_objects(drill, restored)
    rebuild_catalog(drill, restored)
    return restored


def harmed(store: object, kind: str) -> Path:
    assert isinstance(store, FolderStore)
    place = store._root / kind
    return place if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())[0]


@pytest.mark.requirement("CG-17.2c", "B1-24")
def test_everything_comes_back(drill: Drilling, parts: Parts) -> None:
    restored = held(drill)
    assert restored.faults == []
    assert (restored.objects, restored.byte_count) == parts.catalog.copies.total()
    assert restored.rows == sum(parts.catalog.row_counts().values())


def test_what_was_done_since_the_last_bundle_is_no_fault_but_its_age_is_told(
    drill: Drilling, parts: Parts
) -> None:
    assert behind(parts.catalog) == 0
    parts.catalog.staff.add("周总", Role.HEADQUARTERS, None, "周总")
    assert behind(parts.catalog) > 0
    assert held(drill).faults == []


@pytest.mark.requirement("CG-17.2c")
def test_every_fault_is_told(drill: Drilling, kept: Vault, tmp_path: Path) -> None:
    for number, (kind, harm) in enumerate(product(("obj", "receipt", "catalog"), ("gone", "bit"))):
        path = harmed(kept.replica, kind)
        whole = path.read_bytes()
        path.unlink()
        if harm == "bit":
            path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        place = tmp_path / f"empty {number}"
        place.mkdir()
        told = " ".join(str(fault) for fault in held(replace(drill, place=place)).faults)
        path.write_bytes(whole)
        assert path.name.removesuffix(".json") in told
        assert ("gives other bytes" in told) == (harm == "bit")


@pytest.mark.parametrize("harm", ["gone", "other bytes"])
def test_what_is_wrong_with_the_other_copy_is_told_of_it(
    drill: Drilling, kept: Vault, parts: Parts, harm: str
) -> None:
    path = harmed(kept.primary, "obj")
    path.unlink()
    if harm == "other bytes":
        path.write_bytes(b"rot")
    restored = held(drill)
    [fault] = restored.faults
    assert str(kept.primary.describe()) in str(fault) and path.name in str(fault)
    assert restored.objects == parts.catalog.copies.total()[0]


def test_another_copy_that_stops_to_answer_is_told_once(drill: Drilling, kept: Vault) -> None:
    harmed(kept.primary, ".paperproof-store").unlink()
    restored = held(drill)
    assert len(restored.faults) == 1
    assert not restored.compared


def test_what_comes_in_while_a_drill_runs_is_no_fault(
    drill: Drilling,
    kept: Vault,
    parts: Parts,
    intake: Intake,
    stores: Stores,
    scans: Path,
    batch: Batch,
) -> None:
    """Taken in, bundled and bundled again; one page has not come to the other store yet."""
    later = scans.parent / "later"
    later.mkdir()
    content = (scans / "0001.jpg").read_bytes()
    (later / "9.jpg").write_bytes(content + b"\0")

    def meanwhile() -> None:
        parts.catalog.staff.add("周总", Role.HEADQUARTERS, None, "周总")
        keep_changes(parts.catalog.bundles, kept)
        on_its_way = kept.replica.put_once(object_key(digest(b"way")), b"way", digest(b"way"))
        assert not on_its_way.existed

    def after() -> None:
        take_in(
            replace(intake, stores=Stores(kept, stores.cold)),
            later,
            replace(batch, name="later"),
            Silent(),
        )
        keep_changes(parts.catalog.bundles, kept)
        kept.flush()

    before = parts.catalog.bundles.last_number()
    restored = begin(drill)
    meanwhile()
    restore_objects(drill, restored)
    after()
    rebuild_catalog(drill, restored)
    assert parts.catalog.bundles.last_number() == before + 2
    assert parts.catalog.row_counts()["batch"] == 2
    assert restored.faults == []


def test_a_row_that_was_changed_behind_the_catalogs_back_is_told(
    drill: Drilling, parts: Parts
) -> None:
    """Someone edits the database and takes the trace off the outbox."""
    with parts.catalog._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE batch SET operator = 'nobody'")
        connection.exec_driver_sql("DELETE FROM catalog_change")
    [fault] = held(drill).faults
    assert "table batch" in str(fault)


@pytest.mark.requirement("CG-17.2c")
def test_the_record_is_signed_and_kept_in_both_stores(
    drill: Drilling, kept: Vault, parts: Parts, tmp_path: Path
) -> None:
    signer = Signer.of(parts.workspace.signing_key)
    done = record(drill, held(drill), 7.0, signer, "吴敏")
    assert keep_records(parts.catalog, kept) == ()
    [same] = parts.catalog.drills.all()
    keys = KnownKeys.beside(parts.workspace.signing_key)
    assert same == done
    assert same.verdict(keys) is Verdict.HOLDS and same.passed and same.compared
    assert replace(same, seconds=1.5).verdict(keys) is Verdict.BROKEN
    assert replace(same, signature=None).verdict(keys) is Verdict.BROKEN
    [note] = list(notes(kept, NoteKind.DRILL))
    assert json.loads(note)["record"] == done.content().decode()
    assert Signer.of(parts.workspace.signing_key).sign(b"x") == signer.sign(b"x")
    assert parts.workspace.signing_key.stat().st_mode & 0o077 == 0


def test_a_record_that_no_store_takes_is_entered_and_kept_by_the_next_run(
    drill: Drilling, kept: Vault, parts: Parts
) -> None:
    record(drill, held(drill), 7.0, Signer.of(parts.workspace.signing_key), "吴敏")
    marker = harmed(kept.primary, ".paperproof-store")
    marker.unlink()
    assert "not a prepared store" in str(keep_records(parts.catalog, kept))
    [done] = parts.catalog.drills.all()
    marker.touch()
    for _ in range(2):
        assert keep_records(parts.catalog, kept) == ()
        assert list(notes(kept, NoteKind.DRILL)) == [done.note()]


def test_a_record_forged_with_another_key_is_told(
    drill: Drilling, parts: Parts, run: Run, tmp_path: Path
) -> None:
    """Whoever administers the database can write a record, a key of their own and its signature."""
    done = record(drill, begin(drill), 0.0, Signer.of(parts.workspace.signing_key), "吴敏")
    forged = replace(done, who="李静", signature=None)
    other = Signer.of(tmp_path / "other.pem")
    parts.catalog.drills.keep(replace(forged, signature=other.sign(forged.content())))
    listed = json.loads(run("storage", "drills", "--json").output)
    assert {one["who"]: (one["signed"], one["signature"]) for one in listed} == {
        "吴敏": (True, "holds"),
        "李静": (False, "other key"),
    }
    told = run("storage", "drills").output
    assert "SIGNED WITH ANOTHER KEY" in told and "signing.keys lacks the key" in told


@pytest.mark.requirement("B1-24")
def test_drills_are_listed_and_a_forged_one_is_told(
    drill: Drilling, kept: Vault, parts: Parts, run: Run
) -> None:
    assert "No restore drill was held yet" in run("storage", "drills").output
    signer = Signer.of(parts.workspace.signing_key)
    record(drill, held(drill), 0.0, signer, "吴敏")
    assert run("storage", "drills").output.startswith("1 restore drills")
    assert [one["signed"] for one in json.loads(run("storage", "drills", "--json").output)] == [
        True
    ]
    with parts.catalog._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE drill SET record = replace(record, '吴敏', '李静')")
    listed = json.loads(run("storage", "drills", "--json").output)
    assert [(one["who"], one["signed"], one["passed"]) for one in listed] == [("李静", False, True)]


def test_a_place_that_is_not_empty_is_left_alone(parts: Parts, run: Run, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    found = run("storage", "drill", "--into", str(tmp_path / "full"))
    assert "is not an empty folder" in str(found.exception)
