"""What every store must do, whatever it is made of."""

from __future__ import annotations

import tempfile
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import Corrupt, Locked, NotFound, Protocol, Unsupported
from storage.folder import FolderStore
from storage.s3 import S3Store
from storage.store import Lock, Store, digest, object_key
from tests.faults.simstore import SimulatedStore

PAGE = b"\x89 a page's bytes \x00\xff"


@pytest.fixture(params=["s3", "s3 with locks", "folder", "liar who tells the truth", "simulated"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "s3":
        found: Store = request.getfixturevalue("s3")
    elif request.param == "s3 with locks":
        found = request.getfixturevalue("locked_s3")
    elif request.param == "folder":
        found = request.getfixturevalue("make_folder")("cold copy 冷备份")
    elif request.param == "simulated":
        found = SimulatedStore("store")
    else:
        found = request.getfixturevalue("make_liar")("store")
    return found


def put(store: Store, content: bytes, key: str | None = None) -> bool:
    sha256 = digest(content)
    receipt = store.put_once(key or object_key(sha256), content, sha256)
    assert (receipt.byte_count, receipt.sha256) == (len(content), sha256)
    return receipt.existed


def soon(seconds: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)


@pytest.mark.parametrize("content", [PAGE, b"", bytes(6 * 2**20)], ids=["page", "empty", "6 MiB"])
def test_what_is_put_is_read_and_known(store: Store, content: bytes) -> None:
    key = object_key(digest(content))
    assert store.head(key) is None
    assert not put(store, content)
    assert store.read(key) == content
    found = store.head(key)
    assert found is not None
    assert (found.key, found.byte_count) == (key, len(content))


@pytest.mark.requirement("CG-08c")
def test_a_key_is_taken_once(store: Store) -> None:
    assert not put(store, PAGE, "obj/aa/one")
    assert put(store, PAGE, "obj/aa/one")
    assert put(store, b"other bytes", "obj/aa/one")
    assert store.read("obj/aa/one") == PAGE


def test_of_many_writers_one_wins(store: Store) -> None:
    contents = [bytes([n]) * 50_000 for n in range(16)]
    with ThreadPoolExecutor(16) as pool:
        existed = list(pool.map(lambda content: put(store, content, "obj/aa/race"), contents))
    assert existed.count(False) == 1
    assert store.read("obj/aa/race") == contents[existed.index(False)]


def test_what_is_not_there_is_not_found(store: Store) -> None:
    put(store, PAGE, "obj/aa/one")
    with pytest.raises(NotFound, match="obj/aa/two"):
        store.read("obj/aa/two")
    with pytest.raises(NotFound):
        store.read("obj/aa/one", "no-such-version")


def test_good_bytes_heal_a_bad_object(store: Store) -> None:
    put(store, b"damaged", "obj/aa/one")
    receipt = store.put_healed("obj/aa/one", PAGE, digest(PAGE))
    assert not receipt.existed
    assert store.read("obj/aa/one") == PAGE
    assert store.read("obj/aa/one", receipt.version_id) == PAGE
    assert list(store.iter_keys("")) == ["obj/aa/one"]


def test_healing_also_writes_what_was_lost(store: Store) -> None:
    store.put_healed("obj/aa/one", PAGE, digest(PAGE))
    assert store.read("obj/aa/one") == PAGE


def test_keys_are_listed_in_order_by_prefix(store: Store) -> None:
    keys = ["obj/ab/2", "obj/aa/1", "receipt/aa/1.json", "obj/aa.x/1", "obj/a/1", "obj/ab/1"]
    for key in keys:
        put(store, PAGE, key)
    assert list(store.iter_keys("")) == sorted(keys)
    assert list(store.iter_keys("obj/")) == sorted(keys)[:-1]
    assert list(store.iter_keys("obj/ab/2")) == ["obj/ab/2"]
    assert list(store.iter_keys("decision/")) == []


def test_objects_are_listed_as_their_keys_are_with_their_sizes(store: Store) -> None:
    for number, key in enumerate(["obj/ab/2", "obj/aa/影像.tif", "obj/aa.x/1", "obj/a/1"]):
        put(store, bytes(number), key)
    listed = list(store.iter_objects("obj/"))
    assert [one.key for one in listed] == list(store.iter_keys("obj/"))
    assert {one.key: one.byte_count for one in listed}["obj/a/1"] == 3
    for one in listed:
        head = store.head(one.key)
        assert head and (head.etag, head.byte_count) == (one.etag, one.byte_count)
    assert list(store.iter_objects("text/")) == []


def test_an_object_is_read_in_pieces(store: Store) -> None:
    content = bytes(3 * 2**20) + b"end"
    put(store, content, "obj/aa/one")
    with store.open("obj/aa/one") as opened:
        pieces = list(opened.chunks())
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 2**20
    assert (opened.info.key, opened.info.byte_count) == ("obj/aa/one", len(content))
    with pytest.raises(NotFound), store.open("obj/aa/two"):
        pass


def test_a_file_is_put_like_its_bytes_and_refused_when_it_changed(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "page").write_bytes(PAGE)
    receipt = store.put_once("obj/aa/one", tmp_path / "page", digest(PAGE))
    assert (receipt.byte_count, receipt.existed) == (len(PAGE), False)
    assert store.read("obj/aa/one") == PAGE
    for put_it in (store.put_once, store.put_healed):
        with pytest.raises(Corrupt):
            put_it("obj/aa/two", tmp_path / "page", digest(b"what it was"))
    assert store.head("obj/aa/two") is None


def test_the_versions_of_a_key_the_newest_first(store: Store) -> None:
    assert store.versions("obj/aa/one") == ()
    put(store, b"the first", "obj/aa/one")
    put(store, b"another key", "obj/aa/one.pdf")
    store.put_healed("obj/aa/one", b"second", digest(b"second"))
    store.put_healed("obj/aa/one", PAGE, digest(PAGE))
    found = store.versions("obj/aa/one")
    assert [one.is_latest for one in found] == [True, False, False]
    assert [one.byte_count for one in found] == [len(PAGE), 6, 9]
    assert not any(one.is_marker for one in found)
    assert store.read("obj/aa/one", found[2].version_id) == b"the first"
    head = store.head("obj/aa/one", found[1].version_id)
    assert head and head.byte_count == 6


def test_every_version_under_a_prefix_also_of_what_is_gone(store: Store) -> None:
    put(store, b"bad", "obj/aa/one")
    put(store, b"two", "obj/aa/two")
    put(store, b"elsewhere", "text/aa/two")
    store.put_healed("obj/aa/one", PAGE, digest(PAGE))
    found = list(store.iter_versions("obj/"))
    assert [key for key, _ in found] == ["obj/aa/one", "obj/aa/one", "obj/aa/two"]
    read = {store.read(key, version.version_id) for key, version in found}
    assert read == {PAGE, b"bad", b"two"}
    latest = next(one for key, one in found if key == "obj/aa/one" and one.is_latest)
    store.delete_version("obj/aa/one", latest.version_id, "2026-001")
    left = [store.read(key, one.version_id) for key, one in store.iter_versions("obj/aa/one")]
    assert left == [b"bad"]


@pytest.mark.requirement("CG-08c")
def test_a_version_is_deleted_for_good_only_with_an_approval(store: Store) -> None:
    put(store, b"bad", "obj/aa/one")
    store.put_healed("obj/aa/one", PAGE, digest(PAGE))
    newest, older = store.versions("obj/aa/one")
    with pytest.raises(Protocol, match="without an approval"):
        store.delete_version("obj/aa/one", older.version_id, " ")
    store.delete_version("obj/aa/one", older.version_id, "2026-001")
    assert store.versions("obj/aa/one") == (newest,)
    store.delete_version("obj/aa/one", newest.version_id, "2026-001")
    assert store.versions("obj/aa/one") == ()
    assert store.head("obj/aa/one") is None
    for _twice in range(2):
        with pytest.raises(NotFound):
            store.delete_version("obj/aa/one", older.version_id, "2026-001")


def test_locks_hold_or_are_unsupported(store: Store) -> None:
    lock = Lock(soon(60))
    if not store.capabilities().locks:
        for put_it in (store.put_once, store.put_healed):
            with pytest.raises(Unsupported):
                put_it("obj/aa/one", PAGE, digest(PAGE), lock)
        assert store.versions("obj/aa/one") == ()
        return
    receipt = store.put_once("obj/aa/one", PAGE, digest(PAGE), lock)
    with store.open("obj/aa/one") as opened:
        assert opened.info.lock == lock
    found = store.head("obj/aa/one", receipt.version_id)
    assert found and found.lock == lock
    with pytest.raises(Locked, match="locked until"):
        store.delete_version("obj/aa/one", receipt.version_id, "2026-001")
    with pytest.raises(Locked, match="locked until"):
        store.extend_retention("obj/aa/one", receipt.version_id, soon(30))
    assert store.read("obj/aa/one", receipt.version_id) == PAGE


def test_an_address_to_read_at_or_unsupported(store: Store) -> None:
    put(store, PAGE, "obj/aa/影像")
    if not store.capabilities().presigned:
        with pytest.raises(Unsupported):
            store.presign_get("obj/aa/影像", None, 60)
        return
    with urllib.request.urlopen(store.presign_get("obj/aa/影像", None, 60)) as answer:
        assert answer.read() == PAGE


def test_a_prepared_store_passes_its_check_and_names_itself(store: Store) -> None:
    store.check()
    assert str(store.describe())


@given(contents=st.lists(st.binary(max_size=2000), max_size=8), data=st.data())
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_bytes_in_any_order_come_back(
    store: Store, contents: list[bytes], data: st.DataObject
) -> None:
    for content in data.draw(st.permutations(contents + contents)):
        put(store, content)
    for content in contents:
        assert store.read(object_key(digest(content))) == content


@pytest.mark.requirement("CG-17.3a")
def test_the_older_version_stays_in_the_bucket(s3: S3Store) -> None:
    bad = s3.put_once("obj/aa/one", b"bad", digest(b"bad"))
    good = s3.put_healed("obj/aa/one", b"good", digest(b"good"))
    assert bad.version_id and good.version_id and bad.version_id != good.version_id
    assert s3.read("obj/aa/one", bad.version_id) == b"bad"


def test_the_bad_bytes_stay_in_the_folder(make_folder: Callable[[str], FolderStore]) -> None:
    store = make_folder("cold")
    put(store, b"bad", "obj/aa/one")
    store.put_healed("obj/aa/one", PAGE, digest(PAGE))
    root = Path(str(store.describe()).removeprefix("folder "))
    [aside] = (root / ".damaged/obj/aa").iterdir()
    assert aside.read_bytes() == b"bad"
    assert not list(root.rglob(".part-*"))


def test_the_server_refuses_bytes_that_changed_on_the_way(s3: S3Store) -> None:
    with pytest.raises(Corrupt, match="other bytes than were sent"):
        s3.put_once("obj/aa/one", PAGE, digest(b"what was meant"))
    assert s3.head("obj/aa/one") is None


def test_two_folder_stores_see_each_other() -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, two = FolderStore(Path(folder)), FolderStore(Path(folder))
        one.ensure_folder()
        put(one, PAGE)
        two.ensure_folder()
        assert two.read(object_key(digest(PAGE))) == PAGE
