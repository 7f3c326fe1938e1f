"""Files are claimed only when whole, copied and never moved, and nothing odd in a folder does harm."""

import hashlib
import json
import os
import resource
import threading
import time
from pathlib import Path

import pytest

from ingest.inbox import ClaimedFile, ClaimRules, NotYet, claim, release, scan_files
from pipeline.errors import Full, PageRefused, UserError

AT_ONCE = ClaimRules(quiet_seconds=0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "扫描 一"
    made.mkdir()
    return made


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def test_a_claimed_file_is_copied_whole_and_its_source_left(folder: Path, spool: Path) -> None:
    source = folder / "0001.jpg"
    source.write_bytes(b"scan")
    claimed = claim(source, folder, spool, AT_ONCE)
    assert isinstance(claimed, ClaimedFile)
    assert claimed.spooled.read_bytes() == b"scan" == source.read_bytes()
    assert claimed.sha256 == hashlib.sha256(b"scan").hexdigest()
    assert [path.name for path in spool.iterdir()] == [claimed.sha256]


def test_a_file_someone_holds_open_for_writing_is_left_alone(folder: Path, spool: Path) -> None:
    source = folder / "0001.jpg"
    with source.open("wb") as writer:
        writer.write(b"half")
        writer.flush()
        assert claim(source, folder, spool, AT_ONCE) == NotYet("0001.jpg")
    assert isinstance(claim(source, folder, spool, AT_ONCE), ClaimedFile)


def test_a_file_that_grows_by_reopening_is_left_alone(folder: Path, spool: Path) -> None:
    source = folder / "0001.tif"
    source.write_bytes(b"page 1")

    def write_on() -> None:
        time.sleep(0.1)
        with source.open("ab") as writer:
            writer.write(b"page 2")

    writer = threading.Thread(target=write_on)
    writer.start()
    assert claim(source, folder, spool, ClaimRules(quiet_seconds=0.5)) == NotYet("0001.tif")
    writer.join()


def test_the_note_beside_a_file_must_agree_with_it(folder: Path, spool: Path) -> None:
    source, note = folder / "0001.jpg", folder / "0001.jpg.json"
    source.write_bytes(b"scan")
    note.write_text(json.dumps({"size": 4, "sha256": hashlib.sha256(b"scan").hexdigest()}))
    claimed = claim(source, folder, spool, AT_ONCE)
    assert isinstance(claimed, ClaimedFile)
    assert claimed.refusal is None
    note.write_text(json.dumps({"size": 4, "sha256": "0" * 64}))
    claimed = claim(source, folder, spool, AT_ONCE)
    assert isinstance(claimed, ClaimedFile)
    assert "note beside it" in str(claimed.refusal)


def test_a_file_shorter_than_its_note_says_is_still_coming(folder: Path, spool: Path) -> None:
    source, note = folder / "0001.jpg", folder / "0001.jpg.json"
    note.write_text(json.dumps({"size": 4, "sha256": hashlib.sha256(b"scan").hexdigest()}))
    assert scan_files(folder) == [], "a note may come before its scan"
    source.write_bytes(b"sc")
    assert claim(source, folder, spool, AT_ONCE) == NotYet("0001.jpg")
    source.write_bytes(b"scan")
    assert isinstance(claim(source, folder, spool, AT_ONCE), ClaimedFile)
    note.write_text('{"size": 4, "sha')
    assert claim(source, folder, spool, AT_ONCE) == NotYet("0001.jpg")


def test_where_notes_are_required_a_file_waits_for_its_own(folder: Path, spool: Path) -> None:
    source = folder / "0001.jpg"
    source.write_bytes(b"scan")
    rules = ClaimRules(quiet_seconds=0, require_sidecar=True)
    assert claim(source, folder, spool, rules) == NotYet("0001.jpg")


def test_links_devices_and_huge_files_are_refused_unread(folder: Path, spool: Path) -> None:
    (folder / "link.jpg").symlink_to("/etc/hostname")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "huge.jpg").write_bytes(b"0" * 100)
    rules = ClaimRules(quiet_seconds=0, byte_limit=99)
    for name, words in (("link", "link"), ("pipe", "ordinary"), ("huge", "MB")):
        with pytest.raises(PageRefused, match=words):
            claim(folder / f"{name}.jpg", folder, spool, rules)


@pytest.mark.requirement("CG-06a", "B1-11")
def test_release_removes_only_the_file_that_was_claimed(folder: Path, spool: Path) -> None:
    source = folder / "0001.jpg"
    source.write_bytes(b"scan")
    claimed = claim(source, folder, spool, AT_ONCE)
    assert isinstance(claimed, ClaimedFile)
    replacement = folder / "new"
    replacement.write_bytes(b"another scan of the same name")
    replacement.replace(source)
    release(claimed)
    assert source.exists()
    again = claim(source, folder, spool, AT_ONCE)
    assert isinstance(again, ClaimedFile)
    release(again)
    release(again)  # a second time does no harm
    assert not source.exists()


def test_a_full_disk_leaves_the_source_and_no_rubbish(folder: Path, spool: Path) -> None:
    source = folder / "0001.jpg"
    source.write_bytes(b"scan" * 4096)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))  # the kernel refuses to write more
    try:
        with pytest.raises(Full, match="free some room"):
            claim(source, folder, spool, AT_ONCE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(spool.iterdir()) == []
    assert isinstance(claim(source, folder, spool, AT_ONCE), ClaimedFile)


def test_files_come_in_natural_order_without_what_is_no_scan(folder: Path) -> None:
    for name in ("10.jpg", "2.jpg", "凭证 1.png", ".hidden.jpg", "3.jpg.part", "Thumbs.db"):
        (folder / name).write_bytes(b"x")
    (folder / "2.jpg.json").write_text("{}")
    (folder / "more").mkdir()
    (folder / "more" / "1.jpg").write_bytes(b"x")
    names = [path.relative_to(folder).as_posix() for path in scan_files(folder)]
    assert names == ["2.jpg", "10.jpg", "more/1.jpg", "凭证 1.png"]


def test_a_name_that_is_no_text_is_still_told(folder: Path, spool: Path) -> None:
    raw = os.fsencode(folder) + b"/\xff\xfe.jpg"
    Path(os.fsdecode(raw)).write_bytes(b"scan")
    (path,) = scan_files(folder)
    claimed = claim(path, folder, spool, AT_ONCE)
    assert isinstance(claimed, ClaimedFile)
    assert claimed.name == "\\xff\\xfe.jpg"


def test_a_missing_folder_or_a_file_in_its_place_is_told(folder: Path) -> None:
    with pytest.raises(UserError, match="no folder"):
        scan_files(folder / "missing")
    (folder / "a.jpg").write_bytes(b"x")
    with pytest.raises(UserError, match="is a file"):
        scan_files(folder / "a.jpg")
