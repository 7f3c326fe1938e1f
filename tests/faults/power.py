"""A disk that forgets what was not synced: at power loss names and bytes are gone."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch


class Disk:
    """What of the files below ``root`` is on the disk, by what was synced."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: dict[int, dict[str, int]] = {}
        self._bytes: dict[int, int] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Take note of every sync from now on; what is there already is on the disk."""
        for folder, _, files in os.walk(self._root):
            self._sync(Path(folder).stat(), Path(folder))
            for name in files:
                self._sync((Path(folder) / name).stat(), Path(folder) / name)
        honest = os.fsync

        def fsync(handle: int) -> None:
            honest(handle)
            self._sync(os.fstat(handle), Path(f"/proc/self/fd/{handle}").readlink())

        with patch.object(os, "fsync", fsync):
            yield

    def lose_power(self) -> None:
        """Forget what was not synced."""
        self._forget(self._root)

    def _sync(self, found: os.stat_result, path: Path) -> None:
        if stat.S_ISDIR(found.st_mode):
            self._names[found.st_ino] = {entry.name: entry.inode() for entry in os.scandir(path)}
        else:
            self._bytes[found.st_ino] = found.st_size

    def _forget(self, folder: Path) -> None:
        known = self._names.get(folder.stat().st_ino, {})
        for path in list(folder.iterdir()):
            inode = path.stat().st_ino
            if known.get(path.name) != inode:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            elif path.is_dir():
                self._forget(path)
            else:
                os.truncate(path, min(self._bytes.get(inode, 0), path.stat().st_size))
