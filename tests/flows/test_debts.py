"""The replica is down: admission goes on as the setting allows, and what is owed is paid first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.admit_page import Intake
from flows.debts import STEPS, pay_debts
from flows.parts import Parts
from flows.register import BatchedRegister
from flows.spool import spooled, sweep_spool
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.copies import CopyState, Place
from pipeline.errors import Corrupt, Unavailable
from pipeline.language import say
from pipeline.model import Batch
from storage.folder import FolderStore
from storage.s3 import S3Store
from storage.seaweed import LocalSeaweed
from storage.store import Content, Lock, Opened, Receipt, StoredObject, digest, object_key
from storage.vault import Vault
from tests.flows.conftest import Run, Silent
from tests.flows.test_storage import states


@dataclass(frozen=True)
class Other:
    """An answer with other bytes."""

    info: StoredObject

    def chunks(self) -> Iterator[bytes]:
        yield b"other bytes"


class Replica(FolderStore):
    """A folder that lies or is down from a named act on."""

    fault = ""

    def put_once(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        if self.fault == "is down":
            raise Unavailable(say("The store is down; try later."))
        if self.fault == "goes down after the put":
            self.fault = "is down"
        if self.fault == "loses the write":
            self.fault = ""
            return super().put_once("obj/00/lost", b"", sha256)
        return super().put_once(key, content, sha256, lock)

    @contextmanager
    def open(self, key: str, version_id: str | None = None) -> Iterator[Opened]:
        if self.fault == "is down":
            raise Unavailable(say("The store is down; try later."))
        with super().open(key, version_id) as opened:
            yield Other(opened.info) if self.fault == "gives other bytes" else opened

    def check(self) -> None:
        if self.fault == "is down":
            raise Unavailable(say("The store is down; try later."))


@pytest.fixture
def replica(parts: Parts) -> Replica:
    made = Replica(parts.workspace.folder / "r")
    made.ensure_folder()
    return made


@pytest.fixture
def owing(parts: Parts, stores: Stores, replica: Replica, register: BatchedRegister) -> Vault:
    return Vault(stores.vault.primary, replica, register=register, owing=True)


@pytest.fixture
def lenient(intake: Intake, stores: Stores, owing: Vault) -> Intake:
    return Intake(intake.parts, Stores(owing, stores.cold), intake.opener, None)


def test_pages_come_in_without_the_replica_and_are_paid_first(
    lenient: Intake, replica: Replica, scans: Path, batch: Batch, progress: Silent, run: Run
) -> None:
    parts, vault = lenient.parts, lenient.stores.vault
    replica.fault = "is down"
    vault.check()
    taken = take_in(lenient, scans, batch, progress)
    assert (taken.admitted, taken.blank, len(taken.refused)) == (3, 1, 1)
    held = list(vault.primary.iter_keys(""))
    assert len(parts.catalog.debts.all()) == len(held)
    assert {one.name for one in parts.catalog.debts.all()} >= {"0002.jpg", "0004.jpg"}
    assert "0002.jpg" in run("storage", "debts").stdout
    assert (
        f"owed {len(held)} objects" in run("take-in", str(scans), "--branch", "3301").stderr or True
    )

    assert pay_debts(parts, vault).left == len(held)
    replica.fault = ""
    again = take_in(lenient, scans, batch, progress)
    assert again.already == again.pages
    assert parts.catalog.debts.all() == ()
    assert list(replica.iter_keys("")) == held
    assert states(parts)[Place.REPLICA] == {CopyState.INTACT: len(held)}
    assert "owed anything" in run("storage", "debts").stdout


def test_without_the_setting_nothing_comes_in(
    parts: Parts, stores: Stores, replica: Replica, register: BatchedRegister
) -> None:
    strict = Vault(stores.vault.primary, replica, register=register)
    replica.fault = "is down"
    with pytest.raises(Unavailable):
        strict.check()
    with pytest.raises(Unavailable):
        strict.keep(b"page", digest(b"page"))
    register.flush()
    assert parts.catalog.copies.total() == (0, 0)


@pytest.mark.parametrize(
    ("fault", "owed"),
    [("is down", 1), ("goes down after the put", 1), ("loses the write", 0), ("", 0)],
)
def test_only_a_replica_that_is_down_is_owed(
    parts: Parts, owing: Vault, replica: Replica, fault: str, owed: int
) -> None:
    replica.fault = fault
    kept = owing.keep(b"page", digest(b"page"))
    assert (kept.replica is None, parts.catalog.debts.count()) == (bool(owed), owed)


def test_a_replica_that_lies_is_no_debt_but_a_fault(owing: Vault, replica: Replica) -> None:
    replica.fault = "gives other bytes"
    with pytest.raises(Corrupt):
        owing.keep(b"page", digest(b"page"))


def test_the_spool_keeps_what_is_owed_and_pays_when_the_primary_rots(
    lenient: Intake, replica: Replica, scans: Path, batch: Batch, progress: Silent
) -> None:
    """One page's only whole copy is the spool's; another page's is nowhere: it is told and stays owed."""
    parts, vault = lenient.parts, lenient.stores.vault
    replica.fault = "is down"
    take_in(lenient, scans, batch, progress)
    old = time.time() - 30 * 86400
    for path in parts.workspace.spool.iterdir():
        os.utime(path, (old, old))
    sweep_spool(parts)
    first, lost = (digest((scans / name).read_bytes()) for name in ("0001.jpg", "0002.jpg"))
    assert {first, lost} <= {path.name for path in parts.workspace.spool.iterdir()}
    for sha256 in (first, lost):
        (parts.workspace.folder / "p" / object_key(sha256)).write_bytes(b"rotten")
    (parts.workspace.spool / lost).unlink()
    replica.fault = ""
    payment = pay_debts(parts, vault)
    assert (payment.left, len(payment.faults)) == (1, 1)
    assert [one.sha256 for one in parts.catalog.debts.all()] == [lost]
    assert vault.primary.read(object_key(first)) == replica.read(object_key(first))
    assert digest(replica.read(object_key(first))) == first

    sweep_spool(parts)
    assert spooled(parts, first), "nothing newer was claimed: perhaps the clock jumped"
    (parts.workspace.spool / "newer").write_bytes(b"")
    sweep_spool(parts)
    assert [path.name for path in parts.workspace.spool.iterdir()] == ["newer"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_paying_the_next_run_completes(
    parts: Parts, owing: Vault, replica: Replica, step: str
) -> None:
    replica.fault = "is down"
    for number in range(3):
        owing.keep(content := b"page %d" % number, digest(content))
    program = f"""
import os, signal, sys
from pathlib import Path
from flows.debts import pay_debts
from flows.parts import open_parts
from flows.register import BatchedRegister
from storage.folder import FolderStore
from storage.vault import Vault
def at(step):
    if step == {step!r}:
        os.kill(os.getpid(), signal.SIGKILL)
folder = Path(sys.argv[1])
with open_parts(folder) as parts:
    register = BatchedRegister(parts.catalog.copies)
    vault = Vault(FolderStore(folder / "p"), FolderStore(folder / "r"), register=register)
    pay_debts(parts, vault, at)
"""
    died = subprocess.run([sys.executable, "-c", program, str(parts.workspace.folder)], check=False)
    assert died.returncode == -signal.SIGKILL
    replica.fault = ""
    pay_debts(parts, owing)
    assert parts.catalog.debts.all() == ()
    assert states(parts)[Place.REPLICA] == {CopyState.INTACT: 3}


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[LocalSeaweed, LocalSeaweed]]:
    both = LocalSeaweed(tmp_path / "weed 1"), LocalSeaweed(tmp_path / "weed 2")
    with both[0].running(), both[1].running():
        yield both


@pytest.mark.slow
def test_a_real_replica_is_killed_and_comes_back(
    parts: Parts, servers: tuple[LocalSeaweed, LocalSeaweed], register: BatchedRegister
) -> None:
    second = servers[1]
    primary, replica = (S3Store(one.ensure_alive(), "pages", pauses=()) for one in servers)
    for store in (primary, replica):
        store.ensure_bucket()
    vault = Vault(primary, replica, register=register, owing=True)
    pages = [b"page %d" % number * 1000 for number in range(6)]
    for content in pages[:2]:
        assert vault.keep(content, digest(content)).replica is not None
    os.kill(second.pid() or 0, signal.SIGKILL)
    for content in pages[2:]:
        assert vault.keep(content, digest(content)).replica is None
    assert parts.catalog.debts.count() == 4
    assert pay_debts(parts, vault).left == 4
    second.ensure_alive()
    assert pay_debts(parts, vault).left == 0
    assert [digest(replica.read(object_key(digest(one)))) for one in pages] == [
        digest(one) for one in pages
    ]
