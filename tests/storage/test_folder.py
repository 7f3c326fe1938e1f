"""What can go wrong with a disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Denied, Full, Protocol, StoreError, Unavailable
from storage.folder import FolderStore
from storage.store import digest

PAGE = b"a page"


@pytest.fixture
def store(make_folder: Callable[[str], FolderStore]) -> FolderStore:
    return make_folder("cold")


def put(store: FolderStore) -> None:
    store.put_once("obj/aa/one", PAGE, digest(PAGE))


@pytest.mark.parametrize(
    ("number", "kind", "advice"),
    [
        (errno.ENOSPC, Full, "free space"),
        (errno.EDQUOT, Full, "free space"),
        (errno.EROFS, Denied, "right to read and write"),
        (errno.EIO, Unavailable, "check its disk"),
    ],
)
def test_a_disk_that_fails_ends_in_one_sentence_and_no_remains(
    store: FolderStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[StoreError],
    advice: str,
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    (tmp_path / "cold/obj/aa").mkdir(parents=True)
    with pytest.raises(kind, match=advice):
        put(store)
    monkeypatch.undo()
    assert list(store.iter_keys("")) == []
    assert not list(tmp_path.rglob(".part-*"))
    put(store)
    assert store.read("obj/aa/one") == PAGE


def test_a_disk_that_is_not_mounted_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mount point").mkdir()
    store = FolderStore(tmp_path / "mount point")
    for act in (store.check, lambda: put(store), lambda: list(store.iter_keys(""))):
        with pytest.raises(Unavailable, match="mount the disk"):
            act()
    assert not list((tmp_path / "mount point").iterdir())


@pytest.mark.parametrize("key", ["../escape", "/etc/passwd", "obj//x", "obj/./x", ".damaged/x", ""])
def test_no_key_leaves_the_folder(store: FolderStore, key: str) -> None:
    with pytest.raises(Protocol):
        store.put_once(key, PAGE, digest(PAGE))
    with pytest.raises(Protocol):
        store.read(key)


def test_put_once_works_where_the_disk_has_no_hard_links(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert not store.put_once("obj/aa/one", PAGE, digest(PAGE)).existed
    assert store.put_once("obj/aa/one", b"other", digest(b"other")).existed
    assert store.read("obj/aa/one") == PAGE


def test_bytes_and_names_are_synced_before_put_returns(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    put(store)
    assert synced[:2] == ["cold", "obj"]
    assert synced[2].startswith(".part-")
    assert synced[3:] == ["aa"]
