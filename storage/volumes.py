"""Cold volumes: packages of files that any tool can read and check, made once and never changed.

A volume is a BagIt 1.0 package (RFC 8493) with manifests of SHA-256 and SHA-512.
``data/index/objects.csv`` names the file of every object.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from threading import Lock

from pipeline.errors import Corrupt, Failed, NotFound, Unavailable
from pipeline.language import Message, say
from storage.bags import (
    INDEX,
    PARITY,
    Packed,
    VolumeCheck,
    checked,
    close,
    discard,
    index_of,
    read_index,
    readable_index,
    sync_all,
    write,
)
from storage.cold_index import ColdIndex
from storage.content import OpenedFile
from storage.disk import sync_folder
from storage.mending import mended
from storage.parity import make_parity
from storage.sealing import SUFFIX, Sealing, checked_sealed, objects_in, seal
from storage.store import Content, Opened, StoredObject

STEPS = ("volume_begun", "volume_file_written", "volume_sealed", "volume_proved", "volume_named")
"""The steps of making a volume; killed before it is named, nothing of it counts."""

_NAME = re.compile(r"PP-(\d{6})")
_PART = ".part"
_MARKER = ".paperproof-cold"


def volume_name(number: int) -> str:
    """Return the name of a volume, 1 for the first: "PP-000001"."""
    return f"PP-{number:06d}"


def is_volume_name(name: str) -> bool:
    """Tell whether this is the name of a volume."""
    return _NAME.fullmatch(name) is not None


class ColdShelf:
    """The volumes in one folder: the workspace's, or where a carrier is mounted."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: ColdIndex | None = None
        self._making = Lock()

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
        return tuple(sorted(p.name for p in self._root.iterdir() if is_volume_name(p.name)))

    def everything(self) -> tuple[str, ...]:
        """Give the names of all volumes here, plain and encrypted ones, in their order."""
        return tuple(sorted({*self.volumes(), *self.sealed()}))

    def sealed(self) -> tuple[str, ...]:
        """Give the names of the encrypted volumes here, in their order."""
        if not self._root.is_dir():
            return ()
        names = (p.name.removesuffix(SUFFIX) for p in self._root.glob(f"*{SUFFIX}"))
        return tuple(sorted(name for name in names if is_volume_name(name)))

    def seal(self, made: VolumeCheck, plain: ColdShelf, sealing: Sealing) -> VolumeCheck:
        """Encrypt a volume that was made on another shelf into this one; see ``storage.sealing``."""
        self.check()
        return seal(plain._root / made.name, self._root, made, sealing)

    def discard(self) -> None:
        """Remove all volumes here: of a shelf where they are only made to be encrypted."""
        for name in self.volumes():
            discard(self._root / name)

    def remove(self, name: str) -> None:
        """Remove one volume for good, plain or encrypted, under an order that names it; once is enough."""
        discard(self._root / name)
        for sealed in self._root.glob(f"{name}{SUFFIX}"):
            sealed.unlink()
        sync_folder(self._root)
        with self._making:
            self._known = None

    def clear_leftovers(self) -> None:
        """Remove what a making that was killed left behind; none may be under way."""
        if self.is_here:
            for one in self._root.glob(f"*{_PART}"):
                discard(one)

    def make(
        self,
        name: str,
        objects: Iterable[tuple[Packed, Content]],
        texts: Callable[[Sequence[Packed]], Mapping[PurePosixPath, bytes]],
        about: Mapping[str, str],
        at: Callable[[str], None] = lambda _step: None,
        parity: int = 0,
    ) -> VolumeCheck | None:
        """Make a volume of ``objects``, read it back, then give it its name; None when there was no object.

        An object that is a file is moved into the volume. ``texts`` gives further files below ``data/``, told
        what the volume holds; ``about`` goes into bag-info.txt; ``parity`` is in percent of the bytes. Raises
        Corrupt when what was written cannot be read back, Unavailable when the disk is not there: writing
        into its mount point would fill another.
        """
        self.check()
        import bagit  # takes its time, and only packing and checking need it

        part, final = self._root / f"{name}{_PART}", self._root / name
        discard(part)
        part.mkdir(parents=True)
        at("volume_begun")
        rows = []
        for packed, content in objects:
            write(part / packed.file, content)
            rows.append(packed)
            at("volume_file_written")
        if not rows:
            part.rmdir()
            return None
        for path, text in {**texts(rows), INDEX: index_of(rows)}.items():
            write(part / path, text)
        at("volume_sealed")
        info = {**about, PARITY: str(parity)} if parity else dict(about)
        bagit.make_bag(str(part), info, checksums=["sha256", "sha512"])
        make_parity(part, name, parity)
        sync_all(part)
        at("volume_proved")
        check = checked(part, name)
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
        close(final)
        sync_folder(self._root)
        self._known = None
        return check

    def verify(self, name: str) -> VolumeCheck:
        """Read a volume in full and hold it against its own digests, an encrypted one as it lies.

        Raises NotFound.
        """
        folder = self._folder_of(name)
        return checked_sealed(folder, name) if folder.suffix else checked(folder, name)

    def mend(self, name: str, into: Path) -> VolumeCheck:
        """Mend a damaged volume from its parity in another folder; here it is only read.

        Raises NotFound, and what ``storage.mending`` does.
        """
        return mended(self._folder_of(name), name, into)

    def objects_of(self, name: str) -> tuple[Packed, ...]:
        """Give the objects of one volume, from its own index; raises Corrupt when that cannot be read."""
        if name in self.sealed():
            return tuple(objects_in(self._root / f"{name}{SUFFIX}"))
        return tuple(read_index(self._root / name))

    def iter_keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys of all objects that begin with ``prefix``, in ascending order of their bytes."""
        return self._index().keys(prefix)

    def read(self, key: str) -> bytes:
        """Return an object's bytes, unverified; raises NotFound."""
        with self.open(key) as opened:
            return b"".join(opened.chunks())

    @contextmanager
    def open(self, key: str) -> Iterator[Opened]:
        """Open an object to be read in pieces, unverified; raises NotFound."""
        path = self._path_of(key)
        try:
            if path is None:
                raise FileNotFoundError(key)
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                yield OpenedFile(StoredObject(key, size, self._volume_of(path)), file)
        except FileNotFoundError as error:
            self.check()
            raise NotFound(
                say("{store} has no object {key}.", store=self.describe(), key=key)
            ) from error
        except OSError as error:
            kind = Failed if error.errno == errno.EIO else Unavailable
            raise kind(
                say(
                    "{path} cannot be read ({why}).",
                    path=path or key,
                    why=error.strerror,
                )
            ) from error

    def head(self, key: str) -> StoredObject | None:
        """Return the object's size as its file has it now; None when there is none."""
        path = self._path_of(key)
        if path is None or not path.is_file():
            return None
        return StoredObject(key, path.stat().st_size, self._volume_of(path))

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

    def _folder_of(self, name: str) -> Path:
        """The folder of a volume, plain or encrypted; raises NotFound."""
        for folder in (self._root / name, self._root / f"{name}{SUFFIX}"):
            if folder.is_dir():
                return folder
        raise NotFound(say("{store} has no volume {name}.", store=self.describe(), name=name))

    def _volume_of(self, file: Path) -> str:
        """The volume that a file lies in: what a version is elsewhere."""
        return file.relative_to(self._root).parts[0]

    def _path_of(self, key: str) -> Path | None:
        """The file of an object; of one in several volumes the newest."""
        found = self._index().find(key)
        return self._root / found[0] / "data" / found[1] if found else None

    def _index(self) -> ColdIndex:
        with self._making:
            if self._known is None:
                known = ColdIndex()
                for name in self.volumes():
                    rows = readable_index(self._root / name)
                    known.add(name, ((one.key, str(one.file)) for one in rows))
                self._known = known
            return self._known
