"""Where a born-digital package lies: a folder or a ZIP, hostile both; nothing in it is decoded.

Only what the manifest lists is read, in pieces, no further than the length that it tells, so that neither a
bomb nor a path out of the folder can do anything.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from ingest.digital_manifest import MANIFESTS, is_safe
from ingest.inbox import IGNORED_NAMES
from pipeline.errors import UserError, refused_by_system
from pipeline.language import say
from pipeline.vouchers import natural

BAG = "bagit.txt"
_END, _END_BYTES, _COMMENT = b"PK\x05\x06", 22, 65_535
_DIRECTORY_LIMIT = 8 << 20
"""Bytes of a ZIP's list of names: 500 files never take so much."""
_ENCRYPTED, _METHODS = 1, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Source(Protocol):
    """Names with sizes, and the bytes under a name."""

    @property
    def names(self) -> Mapping[str, int]:
        """Path of each file, with "/" between parts -> its bytes, as the place tells."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open a file to be read in pieces; raises UserError, or OSError."""
        ...


def packages_in(path: Path) -> tuple[Path, ...]:
    """Give the packages at a path: itself, or those in the folder; raises UserError when there is none."""
    if path.is_file():
        return (path,)
    if not path.is_dir():
        raise UserError(say("There is no package at {path}; check the path.", path=path))
    if any((path / name).exists() for name in (*MANIFESTS, BAG)):
        return (path,)
    inside = (one for one in path.iterdir() if not one.name.startswith("."))
    found = [
        one
        for one in inside
        if (one.is_dir() and not one.is_symlink()) or one.suffix.casefold() == ".zip"
    ]
    if not found:
        raise UserError(
            say("{path} holds neither a package nor a manifest; check the path.", path=path)
        )
    return tuple(sorted(found, key=lambda one: natural(one.name)))


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a package; raises UserError when it is none that can be read."""
    try:
        if path.is_dir():
            yield FolderSource(path)
            return
        with path.open("rb") as file:
            _must_be_small(file, path.name)
            with zipfile.ZipFile(file) as archive:
                yield ZipSource(archive, path.name)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, struct.error, EOFError) as error:
        raise UserError(
            say(
                "{name} is no whole ZIP ({why}); have it sent again.",
                name=path.name,
                why=str(error) or type(error).__name__,
            )
        ) from error
    except OSError as error:
        raise UserError(
            say("{name} cannot be read ({why}).", name=path.name, why=refused_by_system(error))
        ) from error


class FolderSource:
    """A package that is a folder; links are none of its files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.names: Mapping[str, int] = dict(self._listed(folder, ""))

    def _listed(self, folder: Path, prefix: str) -> Iterator[tuple[str, int]]:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = f"{prefix}{os.fsencode(entry.name).decode(errors='backslashreplace')}"
                if entry.is_dir(follow_symlinks=False):
                    yield from self._listed(Path(entry.path), f"{name}/")
                elif entry.name.casefold() not in IGNORED_NAMES:
                    found = entry.stat(follow_symlinks=False)
                    if not stat.S_ISREG(found.st_mode):
                        raise UserError(
                            say("{name} is a link or a device; send the file itself.", name=name)
                        )
                    yield name, found.st_size

    def open(self, name: str) -> BinaryIO:
        """See ``Source``; a link that was put there since is not followed."""
        place = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        *folders, last = name.split("/")
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            for one in folders:
                inner = os.open(one, flags | os.O_DIRECTORY, dir_fd=place)
                os.close(place)
                place = inner
            return os.fdopen(os.open(last, flags | os.O_NONBLOCK, dir_fd=place), "rb")
        finally:
            os.close(place)


class ZipSource:
    """A package in a ZIP, stored or deflated, without a password."""

    def __init__(self, archive: zipfile.ZipFile, called: str) -> None:
        self._archive = archive
        self.names: Mapping[str, int] = self._listed(called)

    def _listed(self, called: str) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for one in self._archive.infolist():
            if one.is_dir():
                continue
            kind = stat.S_IFMT(one.external_attr >> 16)
            plain = kind in (0, stat.S_IFREG) and one.compress_type in _METHODS
            if not is_safe(one.orig_filename) or not plain or one.flag_bits & _ENCRYPTED:
                raise UserError(
                    say(
                        "{name} in {package} leads elsewhere, is a link, or is encrypted; have the package "
                        "made again.",
                        name=repr(one.orig_filename[:100]),
                        package=called,
                    )
                )
            if one.filename in found:
                raise UserError(
                    say("{package} has {name} twice.", package=called, name=one.filename)
                )
            found[one.filename] = one.file_size
        return found

    def open(self, name: str) -> BinaryIO:
        """See ``Source``."""
        return self._archive.open(name)  # type: ignore[return-value]


def _must_be_small(file: BinaryIO, name: str) -> None:
    """Refuse a ZIP whose list of names alone would fill the memory; it is read before anything else."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_BYTES - _COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at >= 0 and len(tail) >= at + _END_BYTES:
        (directory,) = struct.unpack_from("<I", tail, at + 12)
        if directory > _DIRECTORY_LIMIT:
            raise UserError(say("{name} lists more files than a package has.", name=name))
    file.seek(0)
