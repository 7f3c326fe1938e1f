"""kill -9 of the store's server in the middle of a procedure, and its start on the same disk (plan T1).

What this proves: no answer that was half given is taken for a whole one, what was under way is finished
by the next run, and a server's own files survive its death. What it cannot prove is a power loss: the
system's page cache outlives a process, so bytes that the server never synced are there all the same. That
is for ``simulation``, whose stores forget what they did not sync.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from flows import debts, take_in
from pipeline.errors import PaperproofError
from storage import fixity, vault
from storage.s3 import S3Store
from storage.seaweed import LocalSeaweed
from storage.store import digest, object_key
from tests.faults.acts import finish, paying, repairing, taking_in
from tests.faults.killing import Worlds
from tests.faults.looking import look
from tests.faults.prepared import owing_all
from tests.faults.procedures import Act
from tests.faults.world import World, delivered

pytestmark = pytest.mark.slow
_numbers = count(1)


@dataclass(frozen=True)
class ServedWorld(World):
    """An archive whose two buckets are on a real server."""

    server: LocalSeaweed | None = None
    buckets: tuple[str, str] = ("", "")
    recovers: bool = False
    """Whether the server is started again as soon as it is missed, as in the product's own set-up."""

    def store(self, name: str) -> Any:
        assert self.server
        recover = self.server.recover if self.recovers else None
        endpoint = self.server.ensure_alive()
        bucket = self.buckets[name == "r"]
        return S3Store(endpoint, bucket, pauses=(0.01, 0.01), recover=recover)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSeaweed]:
    server = LocalSeaweed(tmp_path_factory.mktemp("server"))
    with server.running():
        yield server


@pytest.fixture(params=[True, False], ids=["started again at once", "started again later"])
def world(
    request: pytest.FixtureRequest, worlds: Worlds, server: LocalSeaweed, tmp_path: Path
) -> ServedWorld:
    made = delivered(worlds.template, tmp_path / "world", 1, moving=True)
    number = next(_numbers)
    buckets = f"primary-{number}", f"replica-{number}"
    for bucket in buckets:
        S3Store(server.ensure_alive(), bucket, pauses=()).ensure_bucket()
    return ServedWorld(made.folder, made.moving, server, buckets, request.param)


def one_lost(world: World) -> None:
    """All in; then the replica loses a page."""
    with world.open() as (parts, stores):
        taking_in(world, parts, stores, quietly)
        finish(world, parts, stores)
    replica, key = world.store("r"), object_key(digest(world.files()["0001.jpg"]))
    replica.delete_version(key, replica.versions(key)[0].version_id, "test")


def nothing_before(world: World) -> None: ...


def quietly(_step: str) -> None: ...


PREPARED: dict[str, tuple[Any, Act, tuple[str, ...]]] = {
    "take in": (
        nothing_before,
        taking_in,
        tuple(one for one in (*take_in.STEPS, *vault.STEPS) if "heal" not in one),
    ),
    "pay": (owing_all, paying, debts.STEPS),
    "verify": (one_lost, repairing, fixity.STEPS),
}
STEPS = [(name, step) for name, (_, _, steps) in PREPARED.items() for step in steps]


@pytest.mark.parametrize(("name", "step"), STEPS, ids=[" ".join(one) for one in STEPS])
def test_the_server_dies_at_a_step(world: ServedWorld, name: str, step: str) -> None:
    prepare, act, _ = PREPARED[name]
    prepare(world)
    killed: list[str] = []

    def at(arrived: str) -> None:
        if arrived == step and not killed:
            killed.append(step)
            kill(world.server)

    with world.open(at) as (parts, stores):
        try:
            act(world, parts, stores, at)
        except PaperproofError:
            assert not world.recovers, "a server that is started again at once is not even missed"
    assert killed, f"{step} is never reached"
    with world.open() as (parts, stores):
        for work in (taking_in, act, finish):
            work(world, parts, stores, quietly)
    broken = look(world)
    assert broken.kept, broken.told


def kill(server: LocalSeaweed | None) -> None:
    pid = server.pid() if server else None
    assert pid
    os.kill(pid, signal.SIGKILL)
    while server and server.pid() == pid:
        time.sleep(0.01)
