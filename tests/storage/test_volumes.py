"""Cold volumes: read and checked by tools that know nothing of Paperproof; closed; nothing half made."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
from pathlib import Path, PurePosixPath

import bagit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import Corrupt, NotFound, Unavailable
from storage.bags import Packed
from storage.store import digest, object_key
from storage.volumes import STEPS, ColdShelf, volume_name

PAGES = (b"a page \x00\xff", "另一页".encode(), b"")


def packed(content: bytes, file: str | None = None) -> tuple[Packed, bytes]:
    sha256 = digest(content)
    path = PurePosixPath(file or f"pages/2026-11-19/3301/页-{sha256[:8]}.jpg")
    return Packed(object_key(sha256), path, sha256, len(content)), content


def made(shelf: ColdShelf, name: str = "PP-000001", contents: tuple[bytes, ...] = PAGES) -> None:
    texts = {PurePosixPath("READ ME 说明.txt"): "说明".encode()}
    objects = [packed(content) for content in contents]
    check = shelf.make(name, objects, lambda _: texts, {"Source-Organization": "示例证券"})
    assert check is None if not contents else check and check.whole


@pytest.fixture
def shelf(tmp_path: Path) -> ColdShelf:
    made = ColdShelf(tmp_path / "冷备份")
    made.prepare()
    return made


@pytest.mark.requirement("CG-17.2b")
def test_a_volume_is_read_and_checked_with_plain_tools(shelf: ColdShelf, tmp_path: Path) -> None:
    made(shelf)
    volume = tmp_path / "冷备份" / "PP-000001"
    for tool in ("sha256sum", "sha512sum"):
        manifest = f"manifest-{tool.removesuffix('sum')}.txt"
        subprocess.run([tool, "--quiet", "-c", manifest], cwd=volume, check=True)
    bag = bagit.Bag(str(volume))
    assert bag.is_valid()
    assert bag.info["Source-Organization"] == "示例证券"
    with (volume / "data/index/objects.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    for row in rows:
        assert digest((volume / "data" / row["file"]).read_bytes()) == row["sha256"]
    assert len(rows) == len(PAGES)


def test_a_volume_is_closed(shelf: ColdShelf, tmp_path: Path) -> None:
    made(shelf)
    paths = list((tmp_path / "冷备份" / "PP-000001").rglob("*"))
    assert paths
    assert not any(path.stat().st_mode & 0o222 for path in paths)


def test_objects_are_read_by_their_keys_the_newest_volume_first(
    shelf: ColdShelf, tmp_path: Path
) -> None:
    made(shelf)
    key = object_key(digest(PAGES[0]))
    assert shelf.read(key) == PAGES[0]
    assert list(shelf.iter_keys("obj/")) == sorted(object_key(digest(one)) for one in PAGES)
    found = shelf.head(key)
    assert found is not None and found.byte_count == len(PAGES[0])
    made(shelf, "PP-000002", PAGES[:1])
    [bad] = (tmp_path / "冷备份" / "PP-000001").rglob(f"*{digest(PAGES[0])[:8]}*")
    bad.unlink()
    assert shelf.read(key) == PAGES[0]
    assert shelf.volumes() == ("PP-000001", "PP-000002")
    with pytest.raises(NotFound):
        shelf.read(object_key("0" * 64))
    assert shelf.head(object_key("0" * 64)) is None
    with pytest.raises(NotFound):
        shelf.verify("PP-000009")


@pytest.mark.parametrize(
    "harm", ["one bit", "gone", "one too many", "the index", "manifests made anew"]
)
def test_whatever_happened_to_a_volume_is_told(shelf: ColdShelf, tmp_path: Path, harm: str) -> None:
    made(shelf)
    volume = tmp_path / "冷备份" / "PP-000001"
    [page] = volume.rglob(f"*{digest(PAGES[0])[:8]}*")
    for path in (page.parent, page, volume, volume / "data" / "index" / "objects.csv"):
        path.chmod(0o700)
    if harm == "gone":
        page.unlink()
    elif harm == "one too many":
        (page.parent / "more.jpg").write_bytes(b"x")
    elif harm == "the index":
        (volume / "data/index/objects.csv").write_bytes(b"nothing")
    else:
        page.write_bytes(bytes([PAGES[0][0] ^ 1]) + PAGES[0][1:])
    if harm == "manifests made anew":
        for manifest in volume.glob("*manifest-*.txt"):
            manifest.chmod(0o600)
        bagit.Bag(str(volume)).save(manifests=True)
    check = shelf.verify("PP-000001")
    assert not check.whole
    if harm == "the index":
        with pytest.raises(Corrupt, match="take another copy"):
            shelf.objects_of("PP-000001")


def test_a_shelf_that_is_not_there_is_told(tmp_path: Path) -> None:
    shelf = ColdShelf(tmp_path / "not mounted")
    assert shelf.volumes() == ()
    (tmp_path / "not mounted").mkdir()
    for act in (shelf.check, lambda: made(shelf)):
        with pytest.raises(Unavailable, match="mount the disk"):
            act()
    assert not list((tmp_path / "not mounted").iterdir()), "another disk is not filled"


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_nothing_half_made_counts(tmp_path: Path, step: str) -> None:
    shelf = ColdShelf(tmp_path)
    shelf.prepare()
    child = os.fork()
    if child == 0:

        def at(arrived: str) -> None:
            if arrived == step:
                os.kill(os.getpid(), signal.SIGKILL)

        shelf.make("PP-000001", [packed(one) for one in PAGES], lambda _: {}, {}, at)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert shelf.volumes() == ()
    made(shelf)
    assert shelf.verify("PP-000001").whole
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["PP-000001"]


@given(st.lists(st.binary(max_size=300), max_size=12, unique=True))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_come_back(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    shelf = ColdShelf(tmp_path_factory.mktemp("cold"))
    shelf.prepare()
    made(shelf, volume_name(1), tuple(contents))
    for content in contents:
        assert shelf.read(object_key(digest(content))) == content
    if not contents:
        assert shelf.volumes() == ()
        return
    assert {one.key for one in shelf.objects_of("PP-000001")} == set(shelf.iter_keys(""))
