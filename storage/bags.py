"""One cold volume as a folder: a BagIt 1.0 package (RFC 8493), written, read back and held against itself."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.errors import Corrupt, StoreError
from pipeline.language import say
from storage.content import PIECE
from storage.disk import named, sync_folder
from storage.parity import parity_faults
from storage.store import Content

INDEX = PurePosixPath("index/objects.csv")
MANIFEST = "manifest-sha256.txt"
PARITY = "Parity-Percent"
"""The line of bag-info.txt that says how much parity a volume has."""
_HEAD = ("key", "file", "sha256", "bytes")


@dataclass(frozen=True)
class Packed:
    """One object of a volume."""

    key: str
    file: PurePosixPath
    """Below ``data/``."""
    sha256: str
    byte_count: int


@dataclass(frozen=True)
class VolumeCheck:
    """What reading a volume in full gave."""

    name: str
    files: int
    byte_count: int
    faults: tuple[str, ...]
    """One line for each file that is missing, changed or too many; in English, as BagIt's tools say."""
    objects: int = 0
    """Objects in its index; 0 when that cannot be read."""
    manifest: str = ""
    """SHA-256 of manifest-sha256.txt: names the volume's whole content in one number."""
    bad: tuple[str, ...] = ()
    """Keys of the objects whose file is missing or has other bytes."""
    sealed: str = ""
    """SHA-256 of sha256sum.txt of an encrypted volume, which names all of it; empty of a plain one."""

    @property
    def whole(self) -> bool:
        """Whether every file is as it was when the volume was made."""
        return not self.faults


def write(path: Path, content: Content) -> None:
    """Write a file and the folders that lead to it; what is a file already is moved there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with named(path):
        if isinstance(content, Path):
            shutil.move(content, path)
        else:
            path.write_bytes(content)


def index_of(rows: Iterable[Packed]) -> bytes:
    """Return the index of a volume's objects (CSV in UTF-8), for ``data/index/objects.csv``."""
    lines = [",".join(_HEAD)]
    lines += [f"{one.key},{one.file},{one.sha256},{one.byte_count}" for one in rows]
    return "\n".join([*lines, ""]).encode()


def read_index(volume: Path) -> Iterator[Packed]:
    """Yield the objects that a volume's index names; raises Corrupt when it cannot be read."""
    return read_list(volume / "data" / INDEX)


def read_list(path: Path) -> Iterator[Packed]:
    """Yield the objects of a list that ``index_of`` made; raises Corrupt when it cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as text:
            rows = csv.reader(text)
            if tuple(next(rows)) != _HEAD:
                raise ValueError("another head")
            for key, file, sha256, count in rows:
                if PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts:
                    raise ValueError(f"{file} lies elsewhere")
                yield Packed(key, PurePosixPath(file), sha256, int(count))
    except (OSError, ValueError, StopIteration) as error:
        raise Corrupt(
            say(
                "The list {path} of a volume cannot be read ({why}); take another copy of the volume.",
                path=path,
                why=error,
            )
        ) from error


def readable_index(volume: Path) -> Iterator[Packed]:
    """The index, or nothing of a volume whose index is damaged: its check tells that."""
    try:
        yield from list(read_index(volume))
    except StoreError:
        return


def checked(folder: Path, name: str) -> VolumeCheck:
    """Read every file once and hold it against both manifests and the object's own name; hide no fault."""
    import bagit

    try:
        bag = bagit.Bag(str(folder))
        missing, extra = bag.compare_manifests_with_fs()
        rows = {f"data/{one.file}": one for one in read_index(folder)}
        manifest, _ = _digests(folder / MANIFEST)
    except (bagit.BagError, OSError, ValueError) as error:
        return VolumeCheck(name, 0, 0, (str(error),))
    except StoreError as error:
        return VolumeCheck(name, 0, 0, (error.message.in_language("en"),))
    faults = {path: "missing" for path in {*missing, *(rows.keys() - bag.entries.keys())}}
    faults |= {path: "does not belong here" for path in extra}
    size = 0
    for path, wanted in bag.entries.items():
        if path in missing:
            continue
        try:
            found, count = _digests(folder / path)
        except OSError as error:
            faults[path] = f"cannot be read ({error.strerror})"
            continue
        size += count
        # The object's own name too: manifests could have been made anew.
        named = rows[path].sha256 if path in rows else found["sha256"]
        if found["sha256"] != named or any(found[a] != digest for a, digest in wanted.items()):
            faults[path] = "other bytes than were written"
    if PARITY in bag.info:
        faults |= parity_faults(folder)
    return VolumeCheck(
        name,
        len(bag.entries),
        size,
        tuple(f"{path}: {fault}" for path, fault in sorted(faults.items())),
        len(rows),
        manifest["sha256"],
        tuple(sorted(one.key for path, one in rows.items() if path in faults)),
    )


def parity_of(volume: Path) -> int:
    """Return the percent of parity that a volume was made with."""
    import bagit

    return int(bagit.Bag(str(volume)).info.get(PARITY, 0))


def _digests(path: Path) -> tuple[dict[str, str], int]:
    running, count = {name: hashlib.new(name) for name in ("sha256", "sha512")}, 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            count += len(piece)
            for one in running.values():
                one.update(piece)
    return {name: one.hexdigest() for name, one in running.items()}, count


def sync_all(folder: Path) -> None:
    """Wait until the disk has every file and every name below ``folder``."""
    for place, _, names in os.walk(folder):
        for name in names:
            handle = os.open(Path(place) / name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(place))


def close(volume: Path) -> None:
    """Take the right to write away: a volume is never changed."""
    for place, _, names in os.walk(volume, topdown=False):
        for name in names:
            (Path(place) / name).chmod(0o400)
        Path(place).chmod(0o500)


def discard(folder: Path) -> None:
    """Remove a volume that does not count, closed or half made."""
    for place, _, _ in os.walk(folder):
        Path(place).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
