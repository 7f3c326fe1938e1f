"""A disk that forgets what was not synced: at power loss names and bytes are gone."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch


class Disk:
    """What of the files below ``roots`` is on the disk, by what was synced.

    ``kept`` is a folder on the same disk, outside of them: it holds what was synced and may be removed since.
    """

    def __init__(self, *roots: Path, kept: Path) -> None:
        self._roots = roots
        self._kept = kept
        self._names: dict[int, dict[str, int]] = {}
        self._bytes: dict[int, int] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Take note of every sync from now on; what is there already is on the disk."""
        self._kept.mkdir()
        for root in self._roots:
            self._settle(root)
        honest = os.fsync

        def fsync(handle: int) -> None:
            honest(handle)
            self._sync(os.fstat(handle), Path(f"/proc/self/fd/{handle}").readlink())

        with patch.object(os, "fsync", fsync):
            yield

    def lose_power(self) -> None:
        """Forget what was not synced: new names, new bytes, and that names were removed."""
        for root in self._roots:
            self._forget(root)
            self._settle(root)

    def _settle(self, root: Path) -> None:
        for folder, _, files in os.walk(root):
            for path in (Path(folder), *(Path(folder) / name for name in files)):
                self._sync(path.stat(), path)

    def _sync(self, found: os.stat_result, path: Path) -> None:
        if not any(path.is_relative_to(root) for root in self._roots):
            return
        if stat.S_ISDIR(found.st_mode):
            entries = list(os.scandir(path))
            self._names[found.st_ino] = {entry.name: entry.inode() for entry in entries}
            for entry in entries:
                if entry.is_file():
                    self._keep(Path(entry.path), entry.inode())
        else:
            self._bytes[found.st_ino] = found.st_size
            self._keep(path, found.st_ino)

    def _keep(self, path: Path, inode: int) -> None:
        """A second name keeps the bytes, and their number from being given to another file."""
        with suppress(FileExistsError):
            (self._kept / str(inode)).hardlink_to(path)

    def _forget(self, folder: Path) -> None:
        known = self._names.get(folder.stat().st_ino, {})
        for path in list(folder.iterdir()):
            if known.get(path.name) != path.stat().st_ino:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            elif path.is_dir():
                self._forget(path)
        for name, inode in known.items():
            path, kept = folder / name, self._kept / str(inode)
            if kept.exists():
                os.truncate(kept, min(self._bytes.get(inode, 0), kept.stat().st_size))
                if not path.exists():
                    path.hardlink_to(kept)
