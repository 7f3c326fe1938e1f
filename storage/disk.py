"""Files that are whole or not there: written beside, synced, then named."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PART = ".part-"
_NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Have an error of the system name the file: one of a full disk does not by itself."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def write_part(folder: Path, pieces: Iterable[bytes]) -> Path:
    """Write ``pieces`` under a passing name in ``folder`` and wait until the disk has it."""
    part = folder / f"{_PART}{secrets.token_hex(8)}"
    try:
        with named(part), part.open("xb") as out:
            for piece in pieces:
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def name_if_free(part: Path, path: Path) -> bool:
    """Give ``part`` its lasting name unless it is taken; tell whether it got it."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        # exFAT and the like have no hard links. Between the question and the rename another writer
        # may come first; keys name their content, so it can only have written the same bytes.
        if path.exists():
            return False
        part.rename(path)
    return True


def make_folder(folder: Path) -> None:
    """Make ``folder`` and wait until the disk knows it by name."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_file(path: Path) -> None:
    """Wait until the disk has a file that another wrote."""
    with named(path), path.open("rb") as written:
        os.fsync(written.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in ``folder``."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def names_below(folder: Path, prefix: str = "") -> Iterator[str]:
    """Yield ``prefix`` + path of each file below ``folder``, ascending by the bytes of the whole path.

    Names that begin with a dot are passed over. Only one folder's names are held at a time.
    """
    with os.scandir(folder) as entries:
        found = [
            entry.name + "/" * entry.is_dir() for entry in entries if not entry.name.startswith(".")
        ]
    for name in sorted(found, key=os.fsencode):
        if name.endswith("/"):
            yield from names_below(folder / name, prefix + name)
        else:
            yield prefix + name
