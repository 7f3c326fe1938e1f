"""A folder of scans, and how a file in it is claimed: only when whole, never by emptying the folder.

Rule R1: a file that someone still writes is not touched. Three proofs are asked for: a sidecar
``name.json`` with size and SHA-256 where the station writes one; no process holding the file open for
writing (a Linux read lease, fcntl(2) F_SETLEASE, is refused then); size and time unchanged for a while.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import signal
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import Full, PageRefused, PaperproofError, UserError, refused_by_system
from pipeline.language import say
from pipeline.vouchers import natural

PARTIAL_SUFFIXES = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
"""Endings of files that are being written or copied."""
SCAN_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".jp2", ".j2k", ".pdf"})
"""Endings of scans; only a station's notes go by them, scans are known by their content."""
IGNORED_NAMES = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})
_BLOCK = 1 << 20


@dataclass(frozen=True)
class ClaimRules:
    """When a file counts as whole (settings)."""

    quiet_seconds: float = 1.0
    """How long size and time must have stood still."""
    require_sidecar: bool = False
    """Whether a file without its sidecar is left alone."""
    byte_limit: int = 64 << 20
    """Larger files are refused unread."""


@dataclass(frozen=True)
class ClaimedFile:
    """A delivered file, copied whole into the spool."""

    name: str
    """Path below the folder, with "/" between parts."""
    source: Path
    spooled: Path
    sha256: str
    byte_count: int
    mark: tuple[int, int, int]
    """Inode, size and time of the source when it was claimed."""
    refusal: PageRefused | None = None
    """Why the file is refused as a whole: the station's note beside it says otherwise."""


@dataclass(frozen=True)
class NotYet:
    """A file that is left alone for now."""

    name: str


def scan_files(folder: Path) -> list[Path]:
    """Give the files of a folder and its subfolders that may be scans, in natural order (2 before 10).

    Raises UserError when the folder is missing, is a file, or cannot be read.
    """
    if not folder.exists():
        raise UserError(say("There is no folder {folder}; check the path.", folder=folder))
    if not folder.is_dir():
        raise UserError(
            say("{folder} is a file; name the folder that holds the scans.", folder=folder)
        )
    try:
        found = [path for path in _walk(folder) if not _ignored(path)]
    except PermissionError as error:
        raise UserError(
            say("{folder} may not be read; ask for the right to read it.", folder=error.filename)
        ) from error
    scans = (path for path in found if not _is_sidecar(path))
    return sorted(scans, key=lambda path: natural(file_name(folder, path)))


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path))
            else:
                yield Path(entry.path)


def _ignored(path: Path) -> bool:
    name = path.name.casefold()
    return name in IGNORED_NAMES or name.endswith(PARTIAL_SUFFIXES)


def _is_sidecar(path: Path) -> bool:
    """A note ``0001.jpg.json``, whether its scan is there or still to come."""
    return path.suffix == ".json" and Path(path.stem).suffix.casefold() in SCAN_SUFFIXES


def file_name(folder: Path, path: Path) -> str:
    """Return a file's name as it is told to people and kept: its path below the folder, always text."""
    name = path.relative_to(folder).as_posix()
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def claim(path: Path, folder: Path, spool: Path, rules: ClaimRules) -> ClaimedFile | NotYet:
    """Copy a whole file into the spool, synced to disk; the source is left as it is.

    Returns NotYet when the file is still being written. Raises PageRefused for what cannot be a scan
    (a link, a device, too large), and Full when the spool's disk has no room.
    """
    name = file_name(folder, path)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return NotYet(name)
    except OSError as error:
        raise _unopenable(name, error) from error
    with os.fdopen(handle, "rb") as source:
        before = os.fstat(source.fileno())
        _must_be_scan(name, before, rules)
        note = _note_beside(path)
        if not _is_due(note, before.st_size, rules) or not _is_still(source.fileno(), rules):
            return NotYet(name)
        spooled, sha256 = copy_to_spool(_blocks(source.fileno()), spool, name)
        after = os.fstat(source.fileno())
    if mark_of(before) != mark_of(after):
        return NotYet(name)
    disproved = isinstance(note, _Note) and (note.size, note.sha256) != (after.st_size, sha256)
    refusal = _disproved(name) if disproved else None
    return ClaimedFile(name, path, spooled, sha256, after.st_size, mark_of(after), refusal)


def release(claimed: ClaimedFile) -> None:
    """Take an admitted file out of a watched inbox, if it is still the one that was claimed."""
    let_go(claimed.source, claimed.mark)


def let_go(path: Path, mark: tuple[int, int, int]) -> None:
    """Delete a file and the note beside it, if it is still the one that was marked."""
    with contextlib.suppress(FileNotFoundError):
        if mark_of(path.stat(follow_symlinks=False)) == mark:
            path.unlink()
            path.with_name(path.name + ".json").unlink(missing_ok=True)


def _unopenable(name: str, error: OSError) -> PageRefused:
    if error.errno == errno.ELOOP:
        return PageRefused(
            say("{name} is a link to another place; put the scan itself there.", name=name)
        )
    return PageRefused(
        say(
            "{name} cannot be opened ({why}); check its rights.",
            name=name,
            why=refused_by_system(error),
        )
    )


def _must_be_scan(name: str, found: os.stat_result, rules: ClaimRules) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise PageRefused(say("{name} is no ordinary file; remove it from the folder.", name=name))
    if found.st_size > rules.byte_limit:
        raise PageRefused(
            say(
                "{name} has {size} MB, more than the {limit} MB allowed; scan in parts or with "
                "stronger compression.",
                name=name,
                size=found.st_size >> 20,
                limit=rules.byte_limit >> 20,
            ),
            "Q04",
        )


def _is_still(handle: int, rules: ClaimRules) -> bool:
    """No one holds the file open for writing, and nothing about it has moved for the quiet time."""
    if not _has_no_writer(handle):
        return False
    age = time.time() - os.fstat(handle).st_mtime
    if 0 <= age < rules.quiet_seconds:
        before = mark_of(os.fstat(handle))
        time.sleep(rules.quiet_seconds - age)
        return mark_of(os.fstat(handle)) == before and _has_no_writer(handle)
    return True


def _has_no_writer(handle: int) -> bool:
    try:
        # Should a writer come within this moment: a signal that is ignored, not the deadly default SIGIO.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        # Other errors: the file system knows no leases, or the file is someone else's.
        return error.errno not in (errno.EAGAIN, errno.EBUSY)
    return True


@dataclass(frozen=True)
class _Note:
    """What a station wrote beside a scan."""

    size: int
    sha256: str


def _note_beside(path: Path) -> _Note | Literal["none", "unreadable"]:
    try:
        note = json.loads(path.with_name(path.name + ".json").read_bytes())
        return _Note(int(note["size"]), str(note["sha256"]).lower())
    except FileNotFoundError:
        return "none"
    except (OSError, ValueError, KeyError, TypeError):
        return "unreadable"


def _is_due(note: _Note | str, size: int, rules: ClaimRules) -> bool:
    """Whether the note allows a claim: an unfinished note, or a scan shorter than noted, is still coming."""
    if isinstance(note, _Note):
        return size >= note.size
    return note == "none" and not rules.require_sidecar


def _disproved(name: str) -> PageRefused:
    return PageRefused(
        say(
            "{name} is not what the station's note beside it says (size or digest differ); "
            "scan the page again.",
            name=name,
        ),
        "Q18",
    )


def mark_of(found: os.stat_result) -> tuple[int, int, int]:
    """What tells that a file is still the one that was read."""
    return found.st_ino, found.st_size, found.st_mtime_ns


def _blocks(source: int) -> Iterator[bytes]:
    while block := os.read(source, _BLOCK):
        yield block


def copy_to_spool(blocks: Iterable[bytes], spool: Path, name: str) -> tuple[Path, str]:
    """Copy to a file named by its content, fsynced with its folder; the same bytes twice are one file.

    Gives the file and its SHA-256. Raises Full, or PaperproofError, when the spool takes no more.
    """
    partial = spool / f"{os.getpid()}-{time.monotonic_ns()}.part"
    digest = hashlib.sha256()
    try:
        spool.mkdir(parents=True, exist_ok=True)
        with partial.open("xb") as target:
            for block in blocks:
                digest.update(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        kept = spool / digest.hexdigest()
        partial.replace(kept)
        _sync_folder(spool)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise _spool_fault(name, spool, error) from error
    return kept, digest.hexdigest()


def _spool_fault(name: str, spool: Path, error: OSError) -> PaperproofError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Full(
            say(
                "The disk of {spool} is full, so {name} was left where it is; free some room and run "
                "this again: nothing is lost and nothing is taken in twice.",
                spool=spool,
                name=name,
            )
        )
    return PaperproofError(
        say(
            "{name} could not be copied to {spool} ({why}); check that folder and run this again.",
            name=name,
            spool=spool,
            why=refused_by_system(error),
        )
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
