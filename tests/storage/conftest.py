"""One real object server for the whole run, and stores that lie."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pytest

from pipeline.errors import Failed, Locked, NotFound, StoreError, Unavailable
from pipeline.language import Message, say
from storage.content import size_of
from storage.folder import FolderStore
from storage.s3 import S3Store
from storage.s3_endpoint import S3Endpoint
from storage.seaweed import LocalSeaweed
from storage.store import (
    Capabilities,
    Content,
    Lock,
    Opened,
    Receipt,
    Store,
    StoredObject,
    Version,
)

Answer = TypeVar("Answer")
_buckets = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSeaweed]:
    server = LocalSeaweed(tmp_path_factory.mktemp("server"))
    with server.running():
        yield server
    assert server.pid() is None


@pytest.fixture
def endpoint(server: LocalSeaweed) -> S3Endpoint:
    return server.ensure_alive()


@pytest.fixture
def s3(endpoint: S3Endpoint) -> S3Store:
    store = S3Store(endpoint, f"bucket-{next(_buckets)}", pauses=())
    store.ensure_bucket()
    return store


@pytest.fixture
def locked_s3(endpoint: S3Endpoint) -> S3Store:
    """A bucket with object lock."""
    store = S3Store(endpoint, f"locked-{next(_buckets)}", pauses=())
    store.ensure_bucket(object_lock=True)
    return store


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[[str], FolderStore]:
    def make(name: str) -> FolderStore:
        store = FolderStore(tmp_path / name)
        store.ensure_folder()
        return store

    return make


class LyingStore:
    """Passes on what it is told, but for its present ``lie``."""

    def __init__(self, honest: Store) -> None:
        self.honest = honest
        self.lie = ""
        self.refuses: type[StoreError] | None = None
        """What every reading ends with."""
        self._pretended: dict[str, Lock] = {}
        """Locks that nothing holds, told by key."""
        self._deleted: set[str] = set()
        self._overwritten: set[str] = set()

    def put_once(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        self._may_be_down()
        if self.lie == "loses the write":
            return Receipt(key, None, size_of(content), sha256, existed=False, lock=lock)
        if self.lie == "says it has it":
            return Receipt(key, None, size_of(content), sha256, existed=True, lock=lock)
        kept = _flip(content) if self.lie in ("flips a bit once", "flips always") else content
        return self._late(self._put(self.honest.put_once, key, kept, sha256, lock))

    def put_healed(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        self._may_be_down()
        self.lie = "" if self.lie == "fails on one key" else self.lie
        kept = _flip(content) if self.lie == "flips always" else content
        self._overwritten |= {key} if self.lie == "overwrites" else set()
        done = self._put(self.honest.put_healed, key, kept, sha256, lock)
        if self.lie == "heals, but times out":
            raise Unavailable(say("The store gave no answer; try later."))
        return self._late(done)

    def read(self, key: str, version_id: str | None = None) -> bytes:
        with self.open(key, version_id) as opened:
            return b"".join(opened.chunks())

    @contextmanager
    def open(self, key: str, version_id: str | None = None) -> Iterator[Opened]:
        self._may_be_down()
        if self.lie == "fails on one key":
            raise Failed(say("An internal error."))
        if self.refuses:
            raise self.refuses(say("It is not given."))
        if self.lie == "lost it" or key in self._deleted:
            raise NotFound(say("No such object."))
        newest = None if key in self._overwritten else version_id
        with self.honest.open(key, newest) as opened:
            stale = b"what was here before" if self.lie == "gives stale bytes" else None
            yield _Told(self._as_told(opened.info), opened, stale)

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        self._may_be_down()
        found = self.honest.head(key, version_id)
        return self._as_told(found) if found else None

    def iter_keys(self, prefix: str) -> Iterator[str]:
        self._may_be_down()
        return self.honest.iter_keys(prefix)

    def iter_objects(self, prefix: str) -> Iterator[StoredObject]:
        self._may_be_down()
        return self.honest.iter_objects(prefix)

    def versions(self, key: str) -> tuple[Version, ...]:
        self._may_be_down()
        return self.honest.versions(key)

    def iter_versions(self, prefix: str) -> Iterator[tuple[str, Version]]:
        self._may_be_down()
        return self.honest.iter_versions(prefix)

    def extend_retention(self, key: str, version_id: str | None, until: datetime) -> None:
        self._may_be_down()
        if self.lie == "extends no lock":
            return
        if self.lie in ("pretends locks", "shortens"):
            self._pretended[key] = Lock(until)
        else:
            self.honest.extend_retention(key, version_id, until)

    def set_hold(self, key: str, version_id: str | None, on: bool) -> None:
        self._may_be_down()
        if self.lie == "pretends locks":
            self._pretended[key] = Lock(hold=on)
        else:
            self.honest.set_hold(key, version_id, on)

    def delete_version(self, key: str, version_id: str | None, approval: str) -> None:
        self._may_be_down()
        if self.lie == "deletes in secret":
            self._deleted.add(key)
            raise Locked(say("Locked."))
        self.honest.delete_version(key, version_id, approval)
        self._late(None)

    def presign_get(self, key: str, version_id: str | None, seconds: int) -> str:
        self._may_be_down()
        return self.honest.presign_get(key, version_id, seconds)

    def capabilities(self) -> Capabilities:
        self._may_be_down()
        told = self.honest.capabilities()
        return replace(told, locks=True) if self.lie == "pretends locks" else told

    def describe(self) -> Message:
        return say("lying {store}", store=self.honest.describe())

    def check(self) -> None:
        self._may_be_down()
        self.honest.check()

    def _put(
        self,
        put: Callable[[str, Content, str, Lock | None], Receipt],
        key: str,
        content: Content,
        sha256: str,
        lock: Lock | None,
    ) -> Receipt:
        if self.lie == "forgets the lock" and lock:
            return replace(put(key, content, sha256, None), lock=lock)
        if self.lie != "pretends locks" or lock is None:
            return put(key, content, sha256, lock)
        self._pretended[key] = lock
        return replace(put(key, content, sha256, None), lock=lock)

    def _as_told(self, info: StoredObject) -> StoredObject:
        return replace(info, lock=self._pretended.get(info.key, info.lock))

    def _may_be_down(self) -> None:
        if self.lie == "is down":
            raise Unavailable(say("The store is down; try later."))
        if self.lie == "answers slowly":
            time.sleep(0.02)

    def _late(self, answer: Answer) -> Answer:
        if self.lie == "does it, but times out":
            raise Unavailable(say("The store gave no answer; try later."))
        return answer


@dataclass(frozen=True)
class _Told:
    info: StoredObject
    opened: Opened
    instead: bytes | None

    def chunks(self) -> Iterator[bytes]:
        if self.instead is None:
            yield from self.opened.chunks()
        else:
            yield self.instead


def _flip(content: Content) -> bytes:
    content = content if isinstance(content, bytes) else content.read_bytes()
    return bytes([content[0] ^ 1]) + content[1:] if content else b"\0"


@pytest.fixture
def make_liar(make_folder: Callable[[str], FolderStore]) -> Callable[[str], LyingStore]:
    return lambda name: LyingStore(make_folder(name))
