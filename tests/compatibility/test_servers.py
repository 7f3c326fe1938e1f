"""What real servers do with locks, names, sizes and certificates; each deviation is written down."""

from __future__ import annotations

import io
import os
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from pipeline.errors import Unavailable, Unsupported
from pipeline.self_test import Outcome, SelfTest, Trait
from storage.s3 import S3Store
from storage.s3_endpoint import connect
from storage.s3_parts import PART
from storage.selftest import probe
from storage.store import Lock, digest, object_key
from tests.compatibility.conftest import Server

pytestmark = pytest.mark.slow

MANY, _AT_ONCE = 100_000, 4
"""Objects in one listing, and threads that put them: on two processors more bring nothing."""

NOT_KEPT: dict[str, set[Trait]] = {
    "seaweed": set(),
    "seaweed-https": set(),
    "ceph": {Trait.SECOND_PUT, Trait.CHECKSUM},
    # It tells back the lock that it was sent, and locks nothing; that it cannot be shortened is our doing.
    "rclone": set(Trait) - {Trait.SHORTEN},
}
"""Server -> what its self-test finds that it does not do."""


def try_out(store: S3Store) -> SelfTest:
    return probe(store, datetime.now(UTC), store.put_in_parts)


def test_the_self_test_finds_out_each_server(server: Server, locking: S3Store) -> None:
    if server.name == "named":
        pytest.skip("what it does is not known here; “paperproof storage self-test” tells it")
    answers = try_out(locking).answers
    assert {trait for trait in Trait if answers[trait] is not Outcome.HOLDS} == (
        NOT_KEPT[server.name]
    )


def test_a_server_that_only_pretends_to_lock_is_refused(server: Server, locking: S3Store) -> None:
    lock = Lock(datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1))
    locking.put_once("obj/aa/one", b"page", digest(b"page"), lock)
    found = locking.head("obj/aa/one")
    assert (
        found and found.lock == lock
    )  # rclone tells back what it was sent, forgets it at the delete
    assert try_out(locking).locks_hold == server.stores_versions


def test_asked_before_each_put_no_server_makes_a_second_version(
    server: Server, plain: S3Store
) -> None:
    asking = S3Store(server.endpoint, str(plain.describe()).split()[1], ask_first=True)
    first, again = (asking.put_once("obj/aa/one", b"page", digest(b"page")) for _ in range(2))
    assert (first.existed, again.existed) == (False, True)
    if server.stores_versions:
        assert len(plain.versions("obj/aa/one")) == 1


def test_a_bucket_without_versions_is_no_place_for_an_archive(server: Server) -> None:
    if server.stores_versions:
        server.bucket(object_lock=False).ensure_bucket()
        return
    with pytest.raises(Unsupported):
        S3Store(server.endpoint, "no-versions", pauses=()).ensure_bucket()


def test_chinese_names_and_signs_in_keys(server: Server, plain: S3Store) -> None:
    keys = ["obj/凭证/二〇二六年十一月/王小明 开户.jpg", "obj/a+b %41&c=?#d/页1", "obj/😀/1"]
    for key in keys:
        plain.put_once(key, key.encode(), digest(key.encode()))
    # SeaweedFS sorts them as they are escaped; our own keys are all ASCII.
    assert sorted(plain.iter_keys("obj/")) == sorted(keys)
    assert list(plain.iter_keys("obj/凭证/")) == keys[:1]
    for key in keys:
        assert plain.read(key) == key.encode()
        if server.stores_versions:
            assert [one.is_latest for one in plain.versions(key)] == [True]


def test_percent_encoded_chinese_metadata_comes_back(server: Server, plain: S3Store) -> None:
    """Paperproof keeps none there; hints of other programs must live beside it."""
    client, bucket = connect(server.endpoint), str(plain.describe()).split()[1]
    client.put_object(
        bucket, "obj/aa/one", io.BytesIO(b"page"), 4, metadata={"title": quote("开户凭证")}
    )
    told = client.stat_object(bucket, "obj/aa/one").metadata or {}
    assert unquote(told["x-amz-meta-title"]) == "开户凭证"
    assert plain.read("obj/aa/one") == b"page"


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 16 * 2**20 + 1])
def test_any_size_comes_back(plain: S3Store, size: int) -> None:
    content = os.urandom(size)
    plain.put_once("obj/aa/one", content, digest(content))
    assert plain.read("obj/aa/one") == content
    with plain.open("obj/aa/one") as opened:
        assert b"".join(opened.chunks()) == content
        assert opened.info.byte_count == size


def test_a_large_file_goes_in_parts_and_is_locked(
    server: Server, locking: S3Store, tmp_path: Path
) -> None:
    """Ceph loses the lock of a multipart upload; it is set again, and read back."""
    large, name = _large_file(tmp_path, PART + 1)
    lock = Lock(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=30))
    receipt = locking.put_once("obj/aa/large", large, name, lock)
    if server.stores_versions:
        assert receipt.lock == lock
    assert _digest_of(locking, "obj/aa/large") == name
    assert locking.put_once("obj/aa/large", large, name).existed


@pytest.mark.requirement("B1-28", "DK-03")
def test_a_server_of_an_unknown_authority_is_not_spoken_to(server: Server) -> None:
    if not server.endpoint.ca_file:
        pytest.skip("it is not spoken to by https")
    trusting_others = replace(
        server.endpoint, ca_file=ssl.get_default_verify_paths().cafile or None
    )
    with pytest.raises(Unavailable, match="certificate verify failed"):
        S3Store(trusting_others, "bucket", pauses=()).check()


@pytest.mark.soak
def test_five_gibibytes_in_one_object(server: Server, plain: S3Store, tmp_path: Path) -> None:
    if server.name == "ceph":
        pytest.skip("its store is in memory here")
    large, name = _large_file(tmp_path, 5 * 2**30)
    assert plain.put_once("obj/aa/large", large, name).byte_count == 5 * 2**30
    assert _digest_of(plain, "obj/aa/large") == name


@pytest.mark.soak
def test_a_hundred_thousand_objects_in_one_listing(server: Server) -> None:
    """Under the names that the archive gives; each is listed once, in order, with its size."""
    store = server.bucket(
        object_lock=False, pauses=(0.2, 1.0, 5.0)
    )  # one put of some thousands fails
    keys = sorted(object_key(digest(b"%d" % number)) for number in range(MANY))

    def put(some: list[str]) -> None:
        for key in some:
            store.put_healed(key, b"1", digest(b"1"))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(put, (keys[first::_AT_ONCE] for first in range(_AT_ONCE))))
    for wanted, found in zip(keys, store.iter_objects("obj/"), strict=True):
        assert (found.key, found.byte_count) == (wanted, 1)
    some = [key for key in keys if key.startswith("obj/a7/")]
    assert list(store.iter_keys("obj/a7/")) == some != []


def _large_file(folder: Path, size: int) -> tuple[Path, str]:
    """A file of bytes that are nowhere the same, and its SHA-256."""
    path, running = folder / "large", sha256()
    with path.open("wb") as file:
        for piece in _pieces(size):
            running.update(piece)
            file.write(piece)
    return path, running.hexdigest()


def _pieces(size: int) -> Iterator[bytes]:
    block, left = os.urandom(2**20), size
    while left:
        piece = (left.to_bytes(8, "big") + block)[: min(left, 2**20)]
        yield piece
        left -= len(piece)


def _digest_of(store: S3Store, key: str) -> str:
    running = sha256()
    with store.open(key) as opened:
        for piece in opened.chunks():
            running.update(piece)
    return running.hexdigest()
