"""Parity as a setting: volumes that mend themselves, on the shelf, on a carrier, encrypted."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyrage
import pytest
from pydantic import ValidationError

from flows.admit_page import Intake
from flows.cold_settings import VolumeSettings
from flows.parts import Parts
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.model import Batch
from storage.volumes import ColdShelf

from .conftest import Run, Silent
from .test_packing import packed

NAME = "PP-000001"


@pytest.fixture
def taken(parts: Parts, intake: Intake, scans: Path, batch: Batch) -> Parts:
    take_in(intake, scans, batch, Silent())
    return parts


def on_disc(taken: Parts, tmp_path: Path, run: Run) -> Path:
    """A copy of the shelf on a carrier with the number O-1, read back whole."""
    disc = tmp_path / "disc"
    shutil.copytree(taken.workspace.folder / "cold", disc)
    assert run("cold", "carrier", "add", "O-1", "--kind", "optical", "--place", "A").exit_code == 0
    assert run("cold", "written", NAME, "O-1").exit_code == 0
    assert run("cold", "check", "--at", str(disc), "--carrier", "O-1").exit_code == 0
    return disc


def flip_first_page(folder: Path) -> None:
    found = sorted([*folder.rglob("*.jpg"), *folder.rglob("*.tar.age")])[0]
    found.chmod(0o600)
    content = bytearray(found.read_bytes())
    content[5_000] ^= 1
    found.write_bytes(content)


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_damaged_carrier_is_named_and_mended_into_a_new_place(
    taken: Parts, stores: Stores, run: Run, tmp_path: Path, encrypted: bool
) -> None:
    key = str(pyrage.x25519.Identity.generate().to_public())
    rules: dict[str, Any] = {"encrypt_for": (key,)} if encrypted else {}
    assert packed(taken, stores, parity=10, **rules).volumes[0].whole
    disc, new = on_disc(taken, tmp_path, run), tmp_path / "new"
    flip_first_page(disc)
    damaged = {path: path.read_bytes() for path in disc.rglob("*") if path.is_file()}
    call = ("cold", "check", NAME, "--at", str(disc), "--carrier", "O-1")
    told = run(*call, "--repair-into", str(new))
    assert told.exit_code == 3, told.output
    assert f"{NAME} is mended from its parity" in " ".join(told.output.split())
    assert {path: path.read_bytes() for path in disc.rglob("*") if path.is_file()} == damaged
    assert ColdShelf(new).verify(NAME).whole
    acts = [act.kind for act in taken.catalog.volumes.acts() if act.volume == NAME]
    assert acts == ["made", "checked", "failed", "checked"]
    again = run(*call, "--repair-into", str(new))
    assert again.exit_code == 1
    assert "is there already" in " ".join(again.output.split())


def test_volumes_with_parity_hold_what_a_carrier_may(taken: Parts, stores: Stores) -> None:
    done = packed(taken, stores, parity=50, volume_mb=0.6)
    assert len(done.volumes) > 1
    for one in done.volumes:
        folder = taken.workspace.folder / "cold" / one.name
        taken_up = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        lists = 200_000  # manifests and indexes have parity too
        assert taken_up <= 600_000 + lists or one.objects == 1


def test_parity_is_a_share_that_makes_sense() -> None:
    for wrong in (-1, 51):
        with pytest.raises(ValidationError):
            VolumeSettings(parity=wrong)
