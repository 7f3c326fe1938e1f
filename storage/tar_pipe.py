"""A folder as a tar through a pipe: made or unpacked by a thread while the other end is read or written."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import IO

from storage.content import PIECE


@contextmanager
def packed_tar(folder: Path) -> Iterator[IO[bytes]]:
    """Give the tar of a folder to read: the same bytes for the same files, whoever owns them."""

    def work(pipe: IO[bytes]) -> None:
        with tarfile.open(fileobj=pipe, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for path in sorted((folder, *folder.rglob("*"))):
                tar.add(path, str(path.relative_to(folder.parent)), recursive=False, filter=_plain)

    with _piped(work, worker_writes=True) as pipe:
        yield pipe


@contextmanager
def unpacked_tar(into: Path) -> Iterator[IO[bytes]]:
    """Give a pipe to write a folder's tar to; what is in that folder comes to lie in ``into``.

    Only plain files and folders come out of it, and nothing outside of ``into``; else TarError is raised.
    """

    def work(pipe: IO[bytes]) -> None:
        with tarfile.open(fileobj=pipe, mode="r|") as tar:
            for one in tar:
                inner = PurePosixPath(*PurePosixPath(one.name).parts[1:])
                if not (one.isfile() or one.isdir()):
                    raise tarfile.TarError(f"{one.name} is neither file nor folder")
                if inner.parts:
                    tar.extract(one.replace(name=str(inner), mode=0o700), into, filter="data")

    with _piped(work, worker_writes=False) as pipe:
        yield pipe


@contextmanager
def _piped(work: Callable[[IO[bytes]], None], *, worker_writes: bool) -> Iterator[IO[bytes]]:
    """Run ``work`` in a thread on one end of a pipe and give the other.

    What the caller's block raises goes first; else what ``work`` raised.
    """
    reading, writing = os.pipe()
    theirs, ours = (writing, reading) if worker_writes else (reading, writing)
    raised: list[Exception] = []

    def run() -> None:
        with os.fdopen(theirs, "wb" if worker_writes else "rb") as end:
            try:
                work(end)
            except BrokenPipeError:
                return  # the reader gave up, and says why itself
            except Exception as error:
                raised.append(error)
            while not worker_writes and end.read(PIECE):
                pass  # to the end, so that the writer is not stopped in the middle

    thread = Thread(target=run)
    thread.start()
    try:
        with os.fdopen(ours, "rb" if worker_writes else "wb") as end:
            yield end
    finally:
        thread.join()
    if raised:
        raise raised[0]


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """An entry without owner and clock."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry
