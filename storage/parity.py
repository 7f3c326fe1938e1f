"""Parity of a cold volume: PAR2 files from which its damaged or missing files are made again.

They lie in the volume's folder ``parity/`` and protect all else in it, its manifests too; so no manifest
can list them (RFC 8493 allows that), and ``parity/sha256sum.txt`` does. The work is done by the program
par2, in Debian the package par2, on any machine by hand as well.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath

from pipeline.errors import Corrupt, Unavailable, UserError
from pipeline.language import say

FOLDER = "parity"
_SUMS = "sha256sum.txt"

_BLOCK = 32_768
"""Bytes of a block: a page of 150 kB fills five of them almost; what is not filled costs parity."""
_SET = 1_000
"""Blocks of one set; the time for a byte grows with them (decision 29)."""
_PACKETS = 1.2
"""What PAR2's own packets add to the parity itself; measured 1.16."""
_MEMORY_MB = 256
_SECONDS, _SECONDS_PER_MB = 600, 30
"""Patience for one set; at 50 % a million bytes take 1.3 s of one core, measured."""

_HARDENED = (
    *("setpriv", "--pdeathsig", "KILL", "--no-new-privs"),
    *("prlimit", "--core=0", "--as=4294967296"),
)
"""The program gains no rights, takes 4 GiB at most, and dies with who started it: else it went on writing."""
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}

_PACKET, _FILE = b"PAR2\0PKT", b"PAR 2.0\0FileDesc"
_PIECE = re.compile(r"(.+)\.vol\d+\+\d+\.par2")


def with_parity(byte_count: int, percent: int) -> int:
    """Return the bytes that a file takes together with its parity."""
    return byte_count + round(-(-byte_count // _BLOCK) * _BLOCK * percent / 100 * _PACKETS)


def make_parity(volume: Path, name: str, percent: int) -> None:
    """Write parity of ``percent`` of the bytes for all files of a volume; none for 0.

    Files are dealt out to the sets in turn, so that a scratch over files that lie side by side takes a little
    from each set. Raises Unavailable when par2 is not there or does not do it.
    """
    if not percent:
        return
    found = [(path, size) for path, size in _files(volume) if size]
    (volume / FOLDER).mkdir()
    for number, files in enumerate(_sets(found), 1):
        byte_count = sum(size for _, size in files)
        block = max(_BLOCK, -(-byte_count // _SET // 4) * 4)
        call = ("create", f"-s{block}", f"-r{percent}", "-n1")
        target = f"{FOLDER}/{name}-{number:06d}.par2"
        if _par2(volume, call, target, [path for path, _ in files], byte_count):
            raise Unavailable(
                say(
                    "No parity could be made for the volume {name}; look at the room on the disk of "
                    "{folder}, then run this again.",
                    name=name,
                    folder=volume.parent,
                )
            )
    sums = sorted((path.name, _digest(path)) for path in (volume / FOLDER).iterdir())
    text = "".join(f"{digest}  {file}\n" for file, digest in sums)
    (volume / FOLDER / _SUMS).write_text(text, "utf-8")


def parity_faults(volume: Path) -> dict[str, str]:
    """Hold the parity of a volume that should have one against its own sums: file -> fault."""
    folder = volume / FOLDER
    try:
        lines = (folder / _SUMS).read_text("utf-8").splitlines()
        names = {one.name for one in folder.iterdir()} - {_SUMS}
    except (OSError, ValueError) as error:
        return {FOLDER: f"cannot be read ({error})"}
    wanted = {file: digest for digest, _, file in (line.partition("  ") for line in lines)}
    faults = {one: "missing" for one in wanted.keys() - names}
    faults |= {one: "does not belong here" for one in names - wanted.keys()}
    for one in wanted.keys() & names:
        try:
            if _digest(folder / one) != wanted[one]:
                faults[one] = "other bytes than were written"
        except OSError as error:
            faults[one] = f"cannot be read ({error.strerror})"
    return {f"{FOLDER}/{one}": fault for one, fault in faults.items()}


def mended_copy(volume: Path, copy: Path) -> None:
    """Copy a damaged volume to the new folder ``copy`` and mend it there, without its parity.

    The volume itself is only read; what a disk cannot give is left empty for par2 to fill. Raises Corrupt
    when there is more damage than its parity mends, UserError when it has none.
    """
    if not (volume / FOLDER).is_dir():
        raise UserError(
            say(
                "The volume {name} has no parity that could mend it; take another copy of it.",
                name=volume.name,
            )
        )
    _salvage(volume, copy)
    _must_stay_within(copy)
    byte_count = sum(size for _, size in _files(copy))
    by_set = groupby(sorted((copy / FOLDER).glob("*.par2")), key=_set_of)
    mended = [
        _mended(copy, sorted(files, key=lambda path: len(path.name)), byte_count)
        for _, files in by_set
    ]
    shutil.rmtree(copy / FOLDER)
    if not mended or not all(mended):
        raise Corrupt(
            say(
                "The volume {name} has more damage than its parity can mend; take another copy of it.",
                name=volume.name,
            )
        )


def _mended(copy: Path, files: Sequence[Path], byte_count: int) -> bool:
    """Mend the files of one set; any of the set's files will do to begin with, should others be damaged."""
    names = [str(path.relative_to(copy)) for path in files]
    return any(_par2(copy, ("repair", "-p"), one, (), byte_count) == 0 for one in names)


def _set_of(path: Path) -> str:
    piece = _PIECE.fullmatch(path.name)
    return piece[1] if piece else path.stem


def _files(volume: Path) -> list[tuple[str, int]]:
    """The files that parity protects with their bytes, in the order of their paths."""
    found = (path for path in volume.rglob("*") if path.is_file())
    named = ((path.relative_to(volume).as_posix(), path.stat().st_size) for path in found)
    return sorted(one for one in named if not one[0].startswith(f"{FOLDER}/"))


def _sets(files: Sequence[tuple[str, int]]) -> Iterator[Sequence[tuple[str, int]]]:
    blocks = sum(-(-size // _BLOCK) for _, size in files)
    count = min(len(files), -(-blocks // _SET))
    return (files[start::count] for start in range(count))


def _salvage(volume: Path, copy: Path) -> None:
    """Copy plain files; what cannot be read of one becomes empty bytes, what cannot be opened is left out."""
    for place, _, names in os.walk(volume):
        into = copy / Path(place).relative_to(volume)
        into.mkdir(parents=True)
        for name in names:
            path = Path(place) / name
            if stat.S_ISREG(path.lstat().st_mode):
                _salvage_file(path, into / name)


def _salvage_file(path: Path, target: Path) -> None:
    try:
        source = path.open("rb", buffering=0)
    except OSError:
        return
    with source, target.open("wb") as out:
        size = os.fstat(source.fileno()).st_size
        for start in range(0, size, _BLOCK):
            try:
                piece = os.pread(source.fileno(), _BLOCK, start)
            except OSError:
                continue
            out.seek(start)
            out.write(piece)
        out.truncate(size)


def _must_stay_within(copy: Path) -> None:
    """Raise Corrupt when PAR2 files name files outside of their volume: a carrier may be anybody's."""
    for path in (copy / FOLDER).glob("*.par2"):
        for name in _names_in(path):
            parts = PurePosixPath(name).parts
            if name.startswith("/") or ".." in parts or "\\" in name:
                raise Corrupt(
                    say("{path} names files outside of its volume; do not use it.", path=path.name)
                )


def _names_in(path: Path) -> Iterator[str]:
    """Yield the names of files in a PAR2 file, wherever its packets begin (PAR2 specification 2.0)."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            at = data.find(_PACKET)
            while at >= 0:
                length = int.from_bytes(data[at + 8 : at + 16], "little")
                if data[at + 48 : at + 64] == _FILE:
                    yield data[at + 120 : at + min(length, 65_536)].rstrip(b"\0").decode("latin-1")
                at = data.find(_PACKET, at + 1)


def _par2(
    folder: Path, call: Sequence[str], target: str, files: Sequence[str], byte_count: int
) -> int:
    """Run par2 in a volume's folder; return its exit code, 0 when all was done."""
    if not shutil.which("par2", path=_ENVIRONMENT["PATH"]):
        raise UserError(
            say(
                "Parity needs the program par2; install the Debian package par2 (script/bootstrap does)."
            )
        )
    command = (*_HARDENED, "par2", *call, "-q", "-q", f"-m{_MEMORY_MB}", "-B", "./", "--", target)
    try:
        return subprocess.run(
            (*command, *files),
            cwd=folder,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS + _SECONDS_PER_MB * byte_count / 10**6,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return -1


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
