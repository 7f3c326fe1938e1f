"""Parity: what was damaged in a volume is made again elsewhere; the volume itself is only read."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bagit
import pyrage
import pytest

from pipeline.errors import Corrupt, UserError
from storage import parity
from storage.parity import make_parity, with_parity
from storage.sealing import Sealing
from storage.store import digest, object_key
from storage.volumes import ColdShelf

from .test_volumes import packed

NAME = "PP-000001"
PAGES = tuple(random.Random(n).randbytes(20_000 + 997 * n) for n in range(40))


def filled(folder: Path, percent: int = 10) -> ColdShelf:
    shelf = ColdShelf(folder)
    shelf.prepare()
    check = shelf.make(NAME, map(packed, PAGES), lambda _: {}, {}, parity=percent)
    assert check is not None and check.whole
    return shelf


@pytest.fixture
def cold(tmp_path: Path) -> ColdShelf:
    return filled(tmp_path / "冷 备份")


@pytest.fixture
def volume(tmp_path: Path, cold: ColdShelf) -> Path:
    """The volume, to be damaged."""
    found = tmp_path / "冷 备份" / NAME
    for path in (found, *found.rglob("*")):
        path.chmod(0o700)
    return found


@pytest.fixture
def new(tmp_path: Path) -> Path:
    made = tmp_path / "new place"
    made.mkdir()
    return made


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def state(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): digest(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def page(volume: Path, number: int) -> Path:
    (found,) = volume.rglob(f"页-{digest(PAGES[number])[:8]}.jpg")
    return found


def lost_pages(volume: Path) -> None:
    page(volume, 1).unlink()
    page(volume, 2).write_bytes(b"")


def harm_all_kinds(volume: Path) -> None:
    flip(page(volume, 0))
    page(volume, 7).write_bytes(page(volume, 7).read_bytes()[:100])
    flip(volume / "manifest-sha256.txt")
    flip(volume / "data/index/objects.csv")
    (volume / "bag-info.txt").unlink()


def a_damaged_index_of_parity(volume: Path) -> None:
    flip(page(volume, 3))
    (volume / "parity" / f"{NAME}-000001.par2").write_bytes(b"rubbish")


def parity_alone(volume: Path) -> None:
    flip(next((volume / "parity").glob("*.vol*")))


@pytest.mark.parametrize(
    "harm", [lost_pages, harm_all_kinds, a_damaged_index_of_parity, parity_alone]
)
def test_what_was_damaged_is_made_again_elsewhere(
    cold: ColdShelf, volume: Path, new: Path, harm: Callable[[Path], None]
) -> None:
    whole = state(volume)
    assert bagit.Bag(str(volume)).is_valid()
    harm(volume)
    damaged = state(volume)
    assert damaged != whole
    assert not cold.verify(NAME).whole
    assert cold.mend(NAME, new).whole
    assert state(new / NAME) == whole
    assert state(volume) == damaged, "the carrier was written to"
    assert bagit.Bag(str(new / NAME)).is_valid()
    assert not [one for one in new.rglob("*") if one.stat().st_mode & 0o222 and one.is_file()]


def test_it_is_mended_by_hand_as_the_read_me_says(volume: Path, new: Path) -> None:
    whole = state(volume)
    lost_pages(volume)
    line = 'for f in parity/*-??????.par2; do par2 repair -q -q -B ./ "$f" || exit 1; done'
    subprocess.run(["sh", "-c", line], cwd=volume, check=True)
    assert {**state(volume), **whole} == state(volume)


def test_more_damage_than_parity_mends_is_said_and_nothing_is_left(
    cold: ColdShelf, volume: Path, new: Path
) -> None:
    for number in range(20):
        page(volume, number).unlink()
    with pytest.raises(Corrupt, match="more damage"):
        cold.mend(NAME, new)
    assert not list(new.iterdir())


def test_parity_that_is_gone_is_told_and_a_volume_without_cannot_be_mended(
    cold: ColdShelf, volume: Path, new: Path
) -> None:
    for path in (volume / "parity").iterdir():
        path.unlink()
    (volume / "parity").rmdir()
    check = cold.verify(NAME)
    assert [one for one in check.faults if one.startswith("parity")] == list(check.faults)
    assert check.faults and not check.bad, "the pages themselves are whole"
    with pytest.raises(UserError, match="no parity"):
        cold.mend(NAME, new)


def test_an_encrypted_volume_is_mended_without_a_key(tmp_path: Path, new: Path) -> None:
    plain, shelf = filled(tmp_path / "plain", 0), ColdShelf(tmp_path / "cold")
    shelf.prepare()
    key = str(pyrage.x25519.Identity.generate().to_public())
    assert shelf.seal(plain.verify(NAME), plain, Sealing([key], {}, parity=20)).whole
    folder = tmp_path / "cold" / f"{NAME}.sealed"
    whole = state(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700)
    flip(folder / f"{NAME}.tar.age")
    flip(folder / "sha256sum.txt")
    check = shelf.verify(NAME)
    assert not check.whole and check.bad
    assert shelf.mend(NAME, new).whole
    assert state(new / f"{NAME}.sealed") == whole


def test_files_side_by_side_are_dealt_out_to_several_sets(
    tmp_path: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity, "_SET", 12)
    shelf = filled(tmp_path / "cold", 30)
    volume = tmp_path / "cold" / NAME
    assert len(list((volume / "parity").glob("*-??????.par2"))) > 3
    for path in (volume, *volume.rglob("*")):
        path.chmod(0o700)
    for path in sorted((volume / "data").rglob("*.jpg"))[10:13]:
        path.unlink()
    assert shelf.mend(NAME, new).whole


def test_a_carrier_names_no_file_outside_of_its_volume(
    cold: ColdShelf, volume: Path, new: Path, tmp_path: Path
) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "theirs").write_bytes(PAGES[0])
    call = ["par2", "create", "-q", "-q", "-n1", "-B", "../", "e.par2", "../theirs"]
    subprocess.run(call, cwd=tmp_path / "x" / "y", check=True)
    hostile = (tmp_path / "x" / "y" / "e.par2").read_bytes()
    assert b"theirs" in hostile
    for name in (b"../z12", b"/tmp/z"):
        (volume / "parity" / f"{NAME}-000009.par2").write_bytes(hostile.replace(b"theirs", name))
        with pytest.raises(Corrupt, match="outside"):
            cold.mend(NAME, new)
    assert not list(new.iterdir())


def test_what_the_disk_cannot_give_is_left_for_parity(
    cold: ColdShelf, volume: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, pread = state(volume), os.pread

    def rotten(handle: int, count: int, start: int) -> bytes:
        if start and Path(f"/proc/self/fd/{handle}").readlink() == page(volume, 30):
            raise OSError(errno.EIO, "Input/output error")
        return pread(handle, count, start)

    monkeypatch.setattr(os, "pread", rotten)
    assert cold.mend(NAME, new).whole
    assert state(new / NAME) == whole


def test_links_on_a_carrier_are_not_followed(
    cold: ColdShelf, volume: Path, new: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"of somebody else")
    page(volume, 5).unlink()
    page(volume, 6).rename(volume / "away")
    page(volume, 4).parent.joinpath(f"页-{digest(PAGES[5])[:8]}.jpg").symlink_to(
        tmp_path / "secret"
    )
    (volume / "away").rename(page(volume, 4).parent / f"页-{digest(PAGES[6])[:8]}.jpg")
    assert cold.mend(NAME, new).whole
    assert not page(new / NAME, 5).is_symlink()


def test_the_program_dies_with_who_started_it(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(random.Random(0).randbytes(30_000_000))
    code = (
        "from pathlib import Path; from storage.parity import make_parity; "
        f"make_parity(Path({str(tmp_path)!r}), 'x', 50)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code])
    target = tmp_path / "parity"
    while not (target.exists() and _running(target.parent)):
        assert owner.poll() is None
        time.sleep(0.02)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    for _ in range(500):
        if not _running(target.parent):
            return
        time.sleep(0.02)
    raise AssertionError("par2 goes on")


def _running(folder: Path) -> bool:
    """Whether a par2 works in the folder."""
    for one in Path("/proc").iterdir():
        if one.name.isdecimal():
            try:
                works = (one / "cwd").readlink() == folder
                if works and (one / "comm").read_text().strip() == "par2":
                    return True
            except OSError:
                continue
    return False


def test_what_it_takes_on_a_carrier() -> None:
    assert with_parity(150_000, 0) == 150_000
    assert with_parity(150_000, 10) == 150_000 + round(5 * 32_768 / 10 * 1.2)


def test_without_the_program_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity, "_ENVIRONMENT", {"PATH": str(tmp_path)})
    with pytest.raises(UserError, match="package par2"):
        filled(tmp_path / "cold")


def test_none_is_made_where_none_is_wanted(tmp_path: Path) -> None:
    make_parity(tmp_path, NAME, 0)
    assert not list(tmp_path.iterdir())


def test_a_key_is_found_in_a_mended_volume(cold: ColdShelf, volume: Path, new: Path) -> None:
    lost_pages(volume)
    cold.mend(NAME, new)
    assert ColdShelf(new).read(object_key(digest(PAGES[1]))) == PAGES[1]
