"""Encrypted volumes: opened by whoever holds one of the keys, by nobody else; every change is told."""

from __future__ import annotations

import errno
import io
import os
import resource
import signal
import subprocess
import tarfile
from pathlib import Path

import pyrage
import pytest

from pipeline.errors import UserError
from storage.bags import VolumeCheck
from storage.sealing import Sealing, checked_recipient, unseal
from storage.store import digest, object_key
from storage.volumes import ColdShelf
from tests.storage.test_volumes import PAGES, made

NAME = "PP-000001"


@pytest.fixture
def keys(tmp_path: Path) -> tuple[str, str]:
    """Two public keys; the private ones lie in files a and b, a stranger's in c."""
    found = []
    for name in "abc":
        one = pyrage.x25519.Identity.generate()
        (tmp_path / name).write_text(f"# created: 2026-11-27\n# public key: …\n{one}\n")
        found.append(str(one.to_public()))
    return found[0], found[1]


@pytest.fixture
def plain(tmp_path: Path) -> ColdShelf:
    shelf = ColdShelf(tmp_path / "plain")
    shelf.prepare()
    made(shelf)
    return shelf


@pytest.fixture
def cold(tmp_path: Path, plain: ColdShelf, keys: tuple[str, str]) -> ColdShelf:
    shelf = ColdShelf(tmp_path / "cold")
    shelf.prepare()
    shelf.seal(plain.verify(NAME), plain, Sealing(keys, {"READ ME.txt": b"read me"}))
    return shelf


@pytest.fixture
def file(tmp_path: Path, cold: ColdShelf) -> Path:
    return tmp_path / "cold" / f"{NAME}.sealed" / f"{NAME}.tar.age"


@pytest.mark.parametrize("key", ["a", "b"])
def test_each_key_opens_it_and_all_is_there(
    tmp_path: Path, plain: ColdShelf, file: Path, key: str
) -> None:
    opened = unseal(file, tmp_path / key, tmp_path / "开")
    shelf = ColdShelf(tmp_path / "开")
    assert opened == tmp_path / "开" / NAME
    assert shelf.verify(NAME) == plain.verify(NAME)
    assert shelf.read(object_key(digest(PAGES[1]))) == PAGES[1]
    with pytest.raises(UserError, match="is there already"):
        unseal(file, tmp_path / key, tmp_path / "开")


def test_nothing_inside_can_be_seen_and_plain_tools_check_it(file: Path, cold: ColdShelf) -> None:
    subprocess.run(["sha256sum", "--quiet", "-c", "sha256sum.txt"], cwd=file.parent, check=True)
    for path in file.parent.iterdir():
        content = path.read_bytes()
        assert "页-".encode() not in content and PAGES[0] not in content
    assert cold.volumes() == () and cold.sealed() == (NAME,)
    assert {one.key for one in cold.objects_of(NAME)} == {object_key(digest(p)) for p in PAGES}
    check = cold.verify(NAME)
    assert check.whole and check.objects == len(PAGES)
    assert check.sealed == digest((file.parent / "sha256sum.txt").read_bytes())


def test_a_stranger_opens_nothing_and_leaves_nothing(tmp_path: Path, file: Path) -> None:
    with pytest.raises(UserError, match="cannot be opened with"):
        unseal(file, tmp_path / "c", tmp_path / "into")
    (tmp_path / "no key").write_text("hello\n")
    for identity in ("no key", "nowhere"):
        with pytest.raises(UserError, match="holds no identity"):
            unseal(file, tmp_path / identity, tmp_path / "into")
    assert not list((tmp_path / "into").glob("*"))


def faults(cold: ColdShelf) -> VolumeCheck:
    check = cold.verify(NAME)
    assert not check.whole
    return check


def test_whatever_happened_to_it_is_told(cold: ColdShelf, file: Path) -> None:
    for path in (file.parent, *file.parent.iterdir()):
        path.chmod(0o700)
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert set(faults(cold).bad) == {object_key(digest(p)) for p in PAGES}
    file.unlink()
    assert any("missing" in one for one in faults(cold).faults)
    file.write_bytes(whole)
    assert cold.verify(NAME).whole
    (file.parent / "more").write_bytes(b"x")
    assert "does not belong here" in faults(cold).faults[0]
    (file.parent / "more").unlink()
    (file.parent / "volume.json").write_text("[]")
    assert "cannot be read" in faults(cold).faults[0]


@pytest.mark.parametrize("harm", ["cut", "no tar", "a link", "out of the folder"])
def test_what_is_inside_may_be_hostile(
    tmp_path: Path, file: Path, keys: tuple[str, str], harm: str
) -> None:
    bad = tmp_path / f"{NAME}.tar.age"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo(f"{NAME}/x" if harm == "a link" else f"{NAME}/../../out")
        entry.type = tarfile.SYMTYPE if harm == "a link" else tarfile.REGTYPE
        entry.linkname = "/etc"
        tar.addfile(entry, io.BytesIO())
    content = b"nothing" * 999 if harm == "no tar" else packed.getvalue()
    recipient = pyrage.x25519.Recipient.from_str(keys[0])
    bad.write_bytes(
        file.read_bytes()[:-99] if harm == "cut" else pyrage.encrypt(content, [recipient])
    )
    with pytest.raises(UserError, match="cannot be"):
        unseal(bad, tmp_path / "a", tmp_path / "into")
    assert not list((tmp_path / "into").iterdir())
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_told_as_such(
    tmp_path: Path, plain: ColdShelf, keys: tuple[str, str]
) -> None:
    page = tmp_path / "plain" / NAME / "data" / "large"
    page.parent.chmod(0o700)
    page.write_bytes(bytes(1_000_000))
    shelf = ColdShelf(tmp_path / "small disk")
    shelf.prepare()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            shelf.seal(plain.verify(NAME), plain, Sealing(keys, {}))
        except OSError as error:
            os._exit(error.errno == errno.EFBIG)
        os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert shelf.sealed() == ()


@pytest.mark.parametrize("key", ["", "age1", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA"])
def test_what_is_no_public_key_is_refused(key: str) -> None:
    with pytest.raises(UserError, match="no public key"):
        checked_recipient(key)
