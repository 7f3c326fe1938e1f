"""Verification over real servers whose data files were damaged on disk: SeaweedFS and rclone."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.copy_faults import Fault
from flows.parts import Parts
from flows.register import BatchedRegister
from flows.stores import Stores
from flows.verify import Verifier
from pipeline.copies import Depth, Place
from pipeline.errors import StoreError
from storage.s3 import S3Store
from storage.s3_endpoint import S3Endpoint
from storage.seaweed import LocalSeaweed
from storage.seaweed_setup import free_ports
from storage.store import NoteKind, note_key
from storage.vault import Vault
from storage.volumes import ColdShelf
from tests.flows.conftest import Silent

LARGE = 10_000_000
"""More than SeaweedFS's pieces of 8 MiB: it breaks the answer off before the one that has rotted."""
NOTES = [
    random.Random(number).randbytes(size)
    for number, size in enumerate((20_000, 20_000, 20_000, 20_000, 20_000, LARGE))
]
"""Random: SeaweedFS packs what can be packed, and then the bytes are not to be found on its disk."""


@pytest.fixture
def weed(tmp_path: Path) -> Iterator[S3Store]:
    server = LocalSeaweed(tmp_path / "weed")
    with server.running() as endpoint:
        store = S3Store(endpoint, "pages", recover=server.recover, pauses=())
        store.ensure_bucket()
        yield store


@pytest.fixture
def rclone(tmp_path: Path) -> Iterator[S3Store]:
    """A server that keeps plain files and no versions."""
    folder = tmp_path / "rclone" / "pages"
    folder.mkdir(parents=True)
    host = f"127.0.0.1:{free_ports().s3}"
    program = Path(sys.executable).with_name("rclone")
    words = f"{program} serve s3 --config /dev/null --addr"
    server = subprocess.Popen(
        [*words.split(), host, "--auth-key", "key,secret-key", str(folder.parent)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    store = S3Store(S3Endpoint(host, "key", "secret-key", secure=False), "pages", pauses=())
    try:
        for _ in range(100):
            try:
                store.check()
                break
            except StoreError:
                time.sleep(0.1)
        yield store
    finally:
        server.kill()
        server.wait()


def flip_in(folder: Path, content: bytes) -> None:
    """Flip one bit in the middle of every place where ``content`` lies in the server's files."""
    content, middle, found = content[-20_000:], 10_000, 0
    for path in (path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if (at := data.find(content)) >= 0:
            with path.open("r+b") as file:
                file.seek(at + middle)
                file.write(bytes([data[at + middle] ^ 1]))
            found += 1
    assert found, "the server keeps its bytes in some other way"


@pytest.mark.slow
def test_damage_on_the_disks_of_real_servers_is_found_and_repaired(
    parts: Parts,
    register: BatchedRegister,
    tmp_path: Path,
    weed: S3Store,
    rclone: S3Store,
) -> None:
    vault = Vault(weed, rclone, register=register)
    kept = [vault.keep_note(NoteKind.CATALOG, note) for note in NOTES]
    vault.flush()
    flip_in(tmp_path / "weed" / "data", NOTES[0])
    flip_in(tmp_path / "rclone", NOTES[1])
    flip_in(tmp_path / "weed" / "data", NOTES[2])
    flip_in(tmp_path / "rclone", NOTES[2])
    flip_in(tmp_path / "weed" / "data", NOTES[5])
    (tmp_path / "rclone" / "pages" / kept[3].key).unlink()
    cold = ColdShelf(tmp_path / "cold")
    cold.prepare()
    stores = Stores(vault, cold)

    faults: list[Fault] = []
    verifier = Verifier(parts, stores, Silent(), faults.append)
    account = verifier.verify(parts.catalog.verifications.all_keys(), Depth.BYTES, "all")
    found = {fault.found.wanted.key: [one.place for one in fault.found.bad] for fault in faults}
    assert found == {
        kept[0].key: [Place.PRIMARY],
        kept[1].key: [Place.REPLICA],
        kept[2].key: [Place.PRIMARY, Place.REPLICA],
        kept[3].key: [Place.REPLICA],
        kept[5].key: [Place.PRIMARY],
    }
    assert (account.bad, account.healed, account.lost) == (6, 4, 1)
    for number in (0, 1, 3, 4, 5):
        for store in (weed, rclone):
            assert store.read(kept[number].key) == NOTES[number]
    assert [one.key for one in parts.catalog.verifications.lost()] == [kept[2].key]

    assert vault.keep_note(NoteKind.CATALOG, NOTES[2]).key == note_key(
        NoteKind.CATALOG, kept[2].sha256
    )
    vault.flush()
    again = verifier.verify(parts.catalog.verifications.all_keys(), Depth.BYTES, "all")
    assert (again.bad, again.whole) == (0, True)
