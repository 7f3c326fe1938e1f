"""The servers of the compatibility suite: real ones started here, and any that the environment names."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from pipeline.errors import Unsupported
from storage.s3 import S3Store
from storage.s3_endpoint import S3Endpoint, connect
from tests.compatibility.ceph import ceph, is_installed
from tests.compatibility.servers import rclone, seaweed

_SERVERS: dict[str, Callable[[Path], AbstractContextManager[S3Endpoint]]] = {
    "seaweed": partial(seaweed, secure=False),
    "seaweed-https": partial(seaweed, secure=True),
    "ceph": ceph,
    "rclone": rclone,
}
NAMED = "PAPERPROOF_TEST_S3"
"""Host and port of one more server; its keys in NAMED_KEY and NAMED_SECRET, NAMED_PLAIN=1 for http,
NAMED_CA for the file of its authority."""

_buckets = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """A server of the suite."""

    name: str
    endpoint: S3Endpoint

    @property
    def stores_versions(self) -> bool:
        """Whether it keeps versions; rclone does not, and is no place for an archive."""
        return self.name != "rclone"

    def bucket(self, *, object_lock: bool, pauses: Sequence[float] = ()) -> S3Store:
        """Make a new bucket."""
        name = f"paperproof-{os.getpid()}-{next(_buckets)}"
        store = S3Store(self.endpoint, name, pauses=pauses)
        try:
            store.ensure_bucket(object_lock=object_lock)
        except Unsupported:
            assert not self.stores_versions
            assert connect(self.endpoint).bucket_exists(name)
        return store


def _names() -> list[str]:
    return [*_SERVERS, *(["named"] if os.environ.get(NAMED) else [])]


@pytest.fixture(scope="session", params=_names())
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    name: str = request.param
    if name == "named":
        yield Server(name, _named())
        return
    if name == "ceph" and not is_installed():
        pytest.skip("Ceph's programs are not installed; script/bootstrap --dev installs them")
    with _SERVERS[name](tmp_path_factory.mktemp(name)) as endpoint:
        yield Server(name, endpoint)


def _named() -> S3Endpoint:
    get = os.environ.get
    return S3Endpoint(
        get(NAMED, ""),
        get(f"{NAMED}_KEY", ""),
        get(f"{NAMED}_SECRET", ""),
        secure=not get(f"{NAMED}_PLAIN"),
        ca_file=get(f"{NAMED}_CA"),
    )


@pytest.fixture
def plain(server: Server) -> S3Store:
    """A bucket without locks."""
    return server.bucket(object_lock=False)


@pytest.fixture
def locking(server: Server) -> S3Store:
    """A bucket made with object lock, if the server has that."""
    return server.bucket(object_lock=True)
