"""What was acknowledged is there after a power loss (plan T2, the disk's part)."""

from __future__ import annotations

import random
from pathlib import Path
from unittest.mock import patch

import pytest

from flows import quarantine
from ingest.inbox import ClaimedFile, ClaimRules, claim
from pipeline.errors import StoreError
from pipeline.model import Delivery
from storage.folder import FolderStore
from storage.store import digest, object_key
from tests.faults.power import Disk
from tests.faults.world import BATCH

WORLDS = 60


def kept_after_power_loss(place: Path, seed: int) -> bool:
    """Put and heal some objects, lose power: whether all that was acknowledged is there."""
    rng = random.Random(seed)
    place.mkdir()
    store = FolderStore(place)
    store.ensure_folder()
    disk, kept = Disk(place, kept=place.with_name(f"{place.name} disk")), {}
    with disk.watched():
        for _ in range(rng.randrange(1, 8)):
            content = rng.randbytes(rng.randrange(1, 3000))
            sha256 = digest(content)
            key = object_key(sha256[: rng.choice((1, 64))].ljust(64, "0"))
            put = store.put_healed if key in kept or rng.random() < 0.3 else store.put_once
            put(key, content, sha256)
            kept[key] = content
    disk.lose_power()
    try:
        return all(store.read(key) == content for key, content in kept.items())
    except StoreError:
        return False


@pytest.mark.parametrize("seed", range(WORLDS))
def test_a_folder_store_keeps_what_it_acknowledged(tmp_path: Path, seed: int) -> None:
    assert kept_after_power_loss(tmp_path / "store", seed)


@pytest.mark.parametrize("rule", ["storage.folder.sync_folder", "storage.disk.sync_folder"])
def test_a_sync_left_out_is_noticed(tmp_path: Path, rule: str) -> None:
    with patch(rule, lambda _: None):
        assert not all(kept_after_power_loss(tmp_path / str(seed), seed) for seed in range(WORLDS))


def test_bytes_left_unsynced_are_noticed(tmp_path: Path) -> None:
    with patch.object(Disk, "_sync", lambda self, found, path: None):
        assert not kept_after_power_loss(tmp_path / "store", 1)


def test_the_spool_keeps_what_was_claimed(tmp_path: Path) -> None:
    inbox, spool = tmp_path / "inbox", tmp_path / "spool"
    for folder in (inbox, spool):
        folder.mkdir()
    (inbox / "0001.jpg").write_bytes(b"page")
    disk = Disk(spool, kept=tmp_path / "disk")
    with disk.watched():
        claimed = claim(inbox / "0001.jpg", inbox, spool, ClaimRules(quiet_seconds=0))
    disk.lose_power()
    assert isinstance(claimed, ClaimedFile)
    assert claimed.spooled.read_bytes() == b"page"


def test_quarantine_keeps_what_was_refused(tmp_path: Path) -> None:
    refused = tmp_path / "refused"
    refused.mkdir()
    disk = Disk(refused, kept=tmp_path / "disk")
    with disk.watched():
        place = quarantine.put(refused, Delivery(BATCH, "0001.jpg", 1, "0" * 64), b"bad", ())
    disk.lose_power()
    assert (refused / place).read_bytes() == b"bad"


def test_a_name_that_was_removed_and_not_synced_comes_back(tmp_path: Path) -> None:
    """So a released page may come once more after a power loss."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "0001.jpg").write_bytes(b"page")
    disk = Disk(inbox, kept=tmp_path / "disk")
    with disk.watched():
        (inbox / "0001.jpg").unlink()
    disk.lose_power()
    assert (inbox / "0001.jpg").read_bytes() == b"page"
