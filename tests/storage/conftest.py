"""One real object server for the whole run, and stores that lie."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.errors import NotFound, Unavailable
from pipeline.language import Message, say
from storage.folder import FolderStore
from storage.s3 import S3Endpoint, S3Store
from storage.seaweed import LocalSeaweed
from storage.store import Receipt, Store, StoredObject

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

    def put_once(self, key: str, content: bytes, sha256: str) -> Receipt:
        self._may_be_down()
        if self.lie == "loses the write":
            return Receipt(key, None, len(content), sha256, existed=False)
        if self.lie == "says it has it":
            return Receipt(key, None, len(content), sha256, existed=True)
        kept = _flip(content) if self.lie in ("flips a bit once", "flips always") else content
        return self.honest.put_once(key, kept, sha256)

    def put_healed(self, key: str, content: bytes, sha256: str) -> Receipt:
        self._may_be_down()
        kept = _flip(content) if self.lie == "flips always" else content
        return self.honest.put_healed(key, kept, sha256)

    def read(self, key: str, version_id: str | None = None) -> bytes:
        self._may_be_down()
        if self.lie == "fails on one key":
            self.lie = ""
            raise Unavailable(say("An internal error."))
        if self.lie == "gives stale bytes":
            return b"what was here before"
        if self.lie == "lost it":
            raise NotFound(say("No such object."))
        return self.honest.read(key, version_id)

    def head(self, key: str) -> StoredObject | None:
        self._may_be_down()
        return self.honest.head(key)

    def iter_keys(self, prefix: str) -> Iterator[str]:
        self._may_be_down()
        return self.honest.iter_keys(prefix)

    def describe(self) -> Message:
        return say("lying {store}", store=self.honest.describe())

    def check(self) -> None:
        self._may_be_down()
        self.honest.check()

    def _may_be_down(self) -> None:
        if self.lie == "is down":
            raise Unavailable(say("The store is down; try later."))


def _flip(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:] if content else b"\0"


@pytest.fixture
def make_liar(make_folder: Callable[[str], FolderStore]) -> Callable[[str], LyingStore]:
    return lambda name: LyingStore(make_folder(name))
