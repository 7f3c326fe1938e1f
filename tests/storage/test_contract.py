"""What every store must do, whatever it is made of."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import Corrupt, NotFound
from storage.folder import FolderStore
from storage.s3 import S3Store
from storage.store import Store, digest, object_key

PAGE = b"\x89 a page's bytes \x00\xff"


@pytest.fixture(params=["s3", "folder", "liar who tells the truth"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "s3":
        found: Store = request.getfixturevalue("s3")
    elif request.param == "folder":
        found = request.getfixturevalue("make_folder")("cold copy 冷备份")
    else:
        found = request.getfixturevalue("make_liar")("store")
    return found


def put(store: Store, content: bytes, key: str | None = None) -> bool:
    sha256 = digest(content)
    receipt = store.put_once(key or object_key(sha256), content, sha256)
    assert (receipt.byte_count, receipt.sha256) == (len(content), sha256)
    return receipt.existed


@pytest.mark.parametrize("content", [PAGE, b"", bytes(6 * 2**20)], ids=["page", "empty", "6 MiB"])
def test_what_is_put_is_read_and_known(store: Store, content: bytes) -> None:
    key = object_key(digest(content))
    assert store.head(key) is None
    assert not put(store, content)
    assert store.read(key) == content
    found = store.head(key)
    assert found is not None
    assert (found.key, found.byte_count) == (key, len(content))


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
