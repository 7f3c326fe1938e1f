"""Which file holds which object, of all volumes in a folder: kept on disk, so that memory stays flat.

It is made from the volumes' own indexes whenever it is needed, and goes with the process that made it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from threading import Lock

_AT_ONCE = 1_000


class ColdIndex:
    """Key -> volume and file in it; any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        # An empty name is a file of SQLite's own, without a name, that the system removes.
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.execute(
            "CREATE TABLE held (key TEXT PRIMARY KEY, volume TEXT, file TEXT) WITHOUT ROWID"
        )

    def __del__(self) -> None:
        self._database.close()

    def add(self, volume: str, files: Iterable[tuple[str, str]]) -> None:
        """Enter the (key, file) of a volume; what an earlier volume held too is now found in this one."""
        with self._lock, self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO held VALUES (?, ?, ?)",
                ((key, volume, file) for key, file in files),
            )

    def find(self, key: str) -> tuple[str, str] | None:
        """Give the volume and the file that hold an object; None: no volume does."""
        query = "SELECT volume, file FROM held WHERE key = ?"
        with self._lock:
            found: tuple[str, str] | None = self._database.execute(query, (key,)).fetchone()
        return found

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, in ascending order of their bytes."""
        query = "SELECT key FROM held WHERE key >= ? AND key > ? ORDER BY key LIMIT ?"
        last = ""
        while True:
            with self._lock:
                some = self._database.execute(query, (prefix, last, _AT_ONCE)).fetchall()
            for (key,) in some:
                if not key.startswith(prefix):
                    return
                yield key
            if len(some) < _AT_ONCE:
                return
            last = some[-1][0]
