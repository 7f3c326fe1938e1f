"""Volumes on carriers: written, read back against the register, refreshed, through the command line."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bagit
import numpy as np
import pypdfium2
import pytest
from sqlalchemy import update

from catalog.storage_status import storage_status
from catalog.tables import object_copy
from flows.admit_page import Intake
from flows.commands.labels import label_of
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.barcode import find_codes
from pipeline.copies import CopyState, Place
from pipeline.errors import UserError
from pipeline.model import Batch

from .conftest import DAY, Run, Silent


@pytest.fixture
def shelf(parts: Parts, stores: Stores, intake: Intake, scans: Path, batch: Batch) -> Path:
    """The folder of one volume that was packed."""
    take_in(intake, scans, batch, Silent())
    pack(Packing(parts, stores, "tester", Silent()), everything=True)
    return parts.workspace.folder / "cold"


@pytest.fixture
def disc(shelf: Path, tmp_path: Path, run: Run) -> Path:
    """A carrier that the volume was copied to."""
    copy = tmp_path / "光盘"
    shutil.copytree(shelf / "PP-000001", copy / "PP-000001")
    added = run("cold", "carrier", "add", "O-1", "--kind", "optical", "--place", "A柜 3层")
    assert added.exit_code == 0
    assert run("cold", "written", "PP-000001", "O-1").exit_code == 0
    return copy


def write_away(path: Path, content: bytes) -> None:
    path.parent.chmod(0o700)
    path.chmod(0o600)
    path.write_bytes(content)


def states(parts: Parts) -> dict[CopyState, int]:
    counts = [one for one in parts.catalog.copies.counts() if one.place is Place.COLD]
    return {state: sum(one.objects for one in counts if one.state is state) for state in CopyState}


def grow_old(parts: Parts) -> None:
    old = datetime.now(UTC) - timedelta(days=200)
    aged = update(object_copy).where(object_copy.c.place == "cold")
    with parts.catalog._engine.begin() as connection:
        connection.execute(aged.values(verified_at=old, since=old))


def test_a_carrier_is_read_back_and_told_in_the_lists(
    parts: Parts, run: Run, disc: Path, shelf: Path
) -> None:
    assert "never read back" in run("cold", "refresh").output
    assert run("cold", "refresh").exit_code == 3
    checked = run("cold", "check", "--at", str(disc), "--carrier", "O-1", "--as", "吴敏")
    assert checked.exit_code == 0
    assert parts.catalog.carriers.volumes_elsewhere() == {"PP-000001"}
    assert run("cold", "refresh").exit_code == 0
    listed = run("cold", "list").output
    assert "on the shelf; O-1 (read" in listed
    assert "A柜 3层" in run("cold", "carrier", "list").output
    assert "吴敏" in run("cold", "carrier", "show", "O-1").output


def test_the_shelf_is_no_carrier(run: Run, disc: Path, shelf: Path) -> None:
    for at in ((), ("--at", str(shelf)), ("--at", str(shelf / ".." / "cold"))):
        refused = run("cold", "check", *at, "--carrier", "O-1")
        assert isinstance(refused.exception, UserError)
        assert "--at" in str(refused.exception)


def test_a_check_renews_what_it_read_and_a_bad_file_is_packed_again(
    parts: Parts, stores: Stores, run: Run, shelf: Path
) -> None:
    grow_old(parts)
    assert storage_status(parts.catalog, 90).overdue
    assert run("cold", "check").exit_code == 0
    assert not storage_status(parts.catalog, 90).overdue
    [page] = shelf.rglob("0002-*.jpg")
    write_away(page, b"rot")
    assert run("cold", "check").exit_code == 1
    assert states(parts)[CopyState.DAMAGED] == 1
    done = pack(Packing(parts, stores, "tester", Silent()), everything=True)
    assert any(one.name == "PP-000002" for one in done.volumes)
    assert states(parts)[CopyState.DAMAGED] == 0


def test_a_volume_on_carriers_alone_is_verified_by_their_test(
    parts: Parts, run: Run, disc: Path, shelf: Path
) -> None:
    grow_old(parts)
    for path in (shelf / "PP-000001", *(shelf / "PP-000001").rglob("*")):
        path.chmod(0o700)
    shutil.rmtree(shelf / "PP-000001")
    assert run("cold", "check", "--at", str(disc), "--carrier", "O-1").exit_code == 0
    assert not storage_status(parts.catalog, 90).overdue
    assert states(parts)[CopyState.INTACT] > 0
    write_away(disc / "PP-000001" / "data" / "READ ME 说明.txt", b"other")
    assert run("cold", "check", "--at", str(disc), "--carrier", "O-1").exit_code == 1
    assert parts.catalog.carriers.volumes_elsewhere() == frozenset()
    assert states(parts)[CopyState.DAMAGED] == 0, "no object was hurt"
    shutil.move(disc / "PP-000001", disc / "elsewhere")
    gone = run("cold", "check", "--at", str(disc), "--carrier", "O-1")
    assert gone.exit_code == 1
    assert "not there" in gone.output
    assert states(parts)[CopyState.INTACT] == 0


def test_a_volume_that_was_made_anew_or_is_unknown_is_told(
    parts: Parts, run: Run, disc: Path, shelf: Path
) -> None:
    volume = disc / "PP-000001"
    for path in volume.rglob("*"):
        path.chmod(0o700)
    volume.chmod(0o700)
    (volume / "data" / "READ ME 说明.txt").write_bytes(b"other")
    bagit.Bag(str(volume)).save(manifests=True)
    assert bagit.Bag(str(volume)).is_valid(), "by itself it holds"
    other = run("cold", "check", "PP-000001", "--at", str(disc))
    assert other.exit_code == 1
    assert "not the one that was entered at packing" in other.output
    shutil.copytree(shelf / "PP-000001", disc / "PP-000007")
    unknown = run("cold", "check", "PP-000007", "--at", str(disc))
    assert isinstance(unknown.exception, UserError)
    assert "not in the register" in str(unknown.exception)
    assert parts.catalog.volumes.acts("PP-000007") == ()


def test_a_refreshed_carrier_is_withdrawn_once_its_copy_is_proved(
    parts: Parts, run: Run, disc: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    shutil.copytree(disc, new)
    run("cold", "carrier", "add", "T-7", "--kind", "tape", "--place", "B柜")
    nowhere = run("cold", "refresh", "O-1", "--to", "T-7")
    assert isinstance(nowhere.exception, UserError)
    [page] = new.rglob("0002-*.jpg")
    whole = page.read_bytes()
    write_away(page, b"rot")
    assert run("cold", "refresh", "O-1", "--to", "T-7", "--at", str(new)).exit_code == 1
    assert parts.catalog.carriers.one("O-1").in_use
    write_away(page, whole)
    assert run("cold", "refresh", "O-1", "--to", "T-7", "--at", str(new)).exit_code == 0
    assert parts.catalog.carriers.one("O-1").withdrawn == "copied to T-7"
    assert parts.catalog.carriers.volumes_elsewhere() == {"PP-000001"}


def test_the_label_names_the_volume_and_what_is_in_it(
    parts: Parts, run: Run, disc: Path, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "label.pdf"
    assert run("cold", "label", "PP-000001", "--out", str(path), lang="zh").exit_code == 0
    page = pypdfium2.PdfDocument(path)[0].render(scale=150 / 72).to_numpy()
    manifest = hashlib.sha256((disc / "PP-000001/manifest-sha256.txt").read_bytes()).hexdigest()
    [code] = find_codes(np.ascontiguousarray(page[:, :, :3]))
    assert code.text == f"PP-000001 {manifest}"
    volume = parts.catalog.volumes.one("PP-000001")
    assert volume is not None
    made = label_of(parts.catalog, volume, "示例证券", None)
    assert (made.branches, made.days) == (["3301"], [DAY])
    assert (made.carrier, made.place) == ("O-1 光盘 optical disc", "A柜 3层")
    unknown = run("cold", "label", "PP-000009")
    assert isinstance(unknown.exception, UserError)
