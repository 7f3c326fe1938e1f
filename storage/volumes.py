"""Cold volumes: packages of files that any tool can read and check, made once and never changed.

A volume is a BagIt 1.0 package (RFC 8493) with manifests of SHA-256 and SHA-512.
``data/index/objects.csv`` names the file of every object.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.errors import Corrupt, NotFound, StoreError, Unavailable
from pipeline.language import Message, say
from storage.content import PIECE, OpenedFile
from storage.disk import sync_folder
from storage.store import Opened, StoredObject

STEPS = ("volume_begun", "volume_file_written", "volume_sealed", "volume_proved", "volume_named")
"""The steps of making a volume; killed before it is named, nothing of it counts."""

INDEX = PurePosixPath("index/objects.csv")
_HEAD = ("key", "file", "sha256", "bytes")
_NAME = re.compile(r"PP-(\d{6})")
_PART = ".part"
_MARKER = ".paperproof-cold"


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

    @property
    def whole(self) -> bool:
        """Whether every file is as it was when the volume was made."""
        return not self.faults


def volume_name(number: int) -> str:
    """Return the name of a volume, 1 for the first: "PP-000001"."""
    return f"PP-{number:06d}"


class ColdShelf:
    """The volumes in one folder: the workspace's, or where a carrier is mounted."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, tuple[Path, Packed]] | None = None

    def prepare(self) -> None:
        """Make the folder and mark it as the place for volumes; done once, at set-up."""
        self._root.mkdir(parents=True, exist_ok=True)
        (self._root / _MARKER).touch()
        sync_folder(self._root)

    @property
    def is_here(self) -> bool:
        """Whether the disk with the volumes is there: an empty mount point has no mark."""
        return (self._root / _MARKER).is_file()

    def volumes(self) -> tuple[str, ...]:
        """Give the names of the volumes here, in their order."""
        if not self._root.is_dir():
            return ()
        return tuple(sorted(p.name for p in self._root.iterdir() if _NAME.fullmatch(p.name)))

    def make(
        self,
        name: str,
        objects: Iterable[tuple[Packed, bytes]],
        texts: Callable[[Sequence[Packed]], Mapping[PurePosixPath, bytes]],
        about: Mapping[str, str],
        at: Callable[[str], None] = lambda _step: None,
    ) -> VolumeCheck | None:
        """Make a volume of ``objects``, read it back, then give it its name; None when there was no object.

        ``texts`` gives further files below ``data/``, told what the volume holds; ``about`` goes into
        bag-info.txt. Raises Corrupt when what was written cannot be read back, Unavailable when the disk is
        not there: writing into its mount point would fill another one.
        """
        self.check()
        import bagit  # takes its time, and only packing and checking need it

        part, final = self._root / f"{name}{_PART}", self._root / name
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        at("volume_begun")
        rows = []
        for packed, content in objects:
            _write(part / packed.file, content)
            rows.append(packed)
            at("volume_file_written")
        if not rows:
            part.rmdir()
            return None
        for path, text in {**texts(rows), INDEX: _index(rows)}.items():
            _write(part / path, text)
        at("volume_sealed")
        bagit.make_bag(str(part), dict(about), checksums=["sha256", "sha512"])
        _sync_all(part)
        at("volume_proved")
        check = _checked(part, name)
        if not check.whole:
            raise Corrupt(
                say(
                    "The volume {name} cannot be read back as it was written ({fault}); have the disk of "
                    "{folder} looked at, then run this again.",
                    name=name,
                    fault=check.faults[0],
                    folder=self._root,
                )
            )
        at("volume_named")
        part.rename(final)
        _close(final)
        sync_folder(self._root)
        self._known = None
        return check

    def verify(self, name: str) -> VolumeCheck:
        """Read a volume in full and hold every file against both manifests; raises NotFound."""
        if not (self._root / name).is_dir():
            raise NotFound(say("{store} has no volume {name}.", store=self.describe(), name=name))
        return _checked(self._root / name, name)

    def objects_of(self, name: str) -> tuple[Packed, ...]:
        """Give the objects of one volume, from its own index; raises Corrupt when that cannot be read."""
        return tuple(_read_index(self._root / name))

    def iter_keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys of all objects that begin with ``prefix``, in ascending order of their bytes."""
        yield from sorted((key for key in self._files() if key.startswith(prefix)), key=str.encode)

    def read(self, key: str) -> bytes:
        """Return an object's bytes, unverified; raises NotFound."""
        with self.open(key) as opened:
            return b"".join(opened.chunks())

    @contextmanager
    def open(self, key: str) -> Iterator[Opened]:
        """Open an object to be read in pieces, unverified; raises NotFound."""
        found = self._files().get(key)
        try:
            if found is None:
                raise FileNotFoundError(key)
            with found[0].open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                yield OpenedFile(StoredObject(key, size, None), file)
        except FileNotFoundError as error:
            self.check()
            raise NotFound(
                say("{store} has no object {key}.", store=self.describe(), key=key)
            ) from error
        except OSError as error:
            raise Unavailable(
                say(
                    "{path} cannot be read ({why}).",
                    path=found[0] if found else key,
                    why=error.strerror,
                )
            ) from error

    def head(self, key: str) -> StoredObject | None:
        """Return the object's size as its file has it now; None when there is none."""
        found = self._files().get(key)
        if found is None or not found[0].is_file():
            return None
        return StoredObject(key, found[0].stat().st_size, found[0].relative_to(self._root).parts[0])

    def check(self) -> None:
        """Raise Unavailable unless the folder is there and was prepared."""
        if not self.is_here:
            raise Unavailable(
                say(
                    "{store} are not there; mount the disk that belongs there, or run “paperproof init” if "
                    "it is new.",
                    store=self.describe(),
                )
            )

    def describe(self) -> Message:
        """Name the folder."""
        return say("cold volumes in {folder}", folder=self._root)

    def _files(self) -> dict[str, tuple[Path, Packed]]:
        """Key -> file; of an object in several volumes the newest."""
        if self._known is None:
            self._known = {
                packed.key: (self._root / name / "data" / packed.file, packed)
                for name in self.volumes()
                for packed in _readable_index(self._root / name)
            }
        return self._known


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _index(rows: Iterable[Packed]) -> bytes:
    lines = [",".join(_HEAD)]
    lines += [f"{one.key},{one.file},{one.sha256},{one.byte_count}" for one in rows]
    return "\n".join([*lines, ""]).encode()


def _read_index(volume: Path) -> Iterator[Packed]:
    path = volume / "data" / INDEX
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
                "The index of the volume {name} cannot be read ({why}); take another copy of the volume.",
                name=volume.name,
                why=error,
            )
        ) from error


def _readable_index(volume: Path) -> Iterator[Packed]:
    """The index, or nothing of a volume whose index is damaged: its check tells that."""
    try:
        yield from list(_read_index(volume))
    except StoreError:
        return


def _checked(folder: Path, name: str) -> VolumeCheck:
    """Read every file once and hold it against both manifests and the object's own name; hide no fault."""
    import bagit

    try:
        bag = bagit.Bag(str(folder))
        missing, extra = bag.compare_manifests_with_fs()
        rows = {f"data/{one.file}": one.sha256 for one in _read_index(folder)}
    except (bagit.BagError, OSError, ValueError) as error:
        return VolumeCheck(name, 0, 0, (str(error),))
    except StoreError as error:
        return VolumeCheck(name, 0, 0, (error.message.in_language("en"),))
    faults = [f"{path}: missing" for path in sorted(missing)]
    faults += [f"{path}: does not belong here" for path in sorted(extra)]
    size = 0
    for path, wanted in sorted(bag.entries.items()):
        if path in missing:
            continue
        try:
            found, count = _digests(folder / path)
        except OSError as error:
            faults.append(f"{path}: cannot be read ({error.strerror})")
            continue
        size += count
        # The object's own name too: manifests could have been made anew.
        named = rows.get(path, found["sha256"])
        if found["sha256"] != named or any(found[a] != digest for a, digest in wanted.items()):
            faults.append(f"{path}: other bytes than were written")
    faults += [f"{path}: missing" for path in rows.keys() - bag.entries.keys()]
    return VolumeCheck(name, len(bag.entries), size, tuple(faults))


def _digests(path: Path) -> tuple[dict[str, str], int]:
    running, count = {name: hashlib.new(name) for name in ("sha256", "sha512")}, 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            count += len(piece)
            for one in running.values():
                one.update(piece)
    return {name: one.hexdigest() for name, one in running.items()}, count


def _sync_all(folder: Path) -> None:
    """Wait until the disk has every file and every name below ``folder``."""
    for place, _, names in os.walk(folder):
        for name in names:
            handle = os.open(Path(place) / name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(place))


def _close(volume: Path) -> None:
    """Take the right to write away: a volume is never changed."""
    for place, _, names in os.walk(volume, topdown=False):
        for name in names:
            (Path(place) / name).chmod(0o400)
        Path(place).chmod(0o500)
