"""A store in a folder, for the cold copy: plain files that any tool can read."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from pipeline.errors import Denied, Full, NotFound, Protocol, StoreError, Unavailable
from pipeline.language import Message, say
from storage.store import Receipt, StoredObject

_MARKER = ".paperproof-store"
_ASIDE = ".damaged"
_PART = ".part-"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_MISFIT = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EINVAL)
_NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)


class FolderStore:
    """Objects as files under ``root``; written beside, synced, then named, so none is ever half there.

    Names that begin with a dot are the store's own. Bad objects go to ``.damaged/``.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def ensure_folder(self) -> None:
        """Make the folder and mark it as a store; done once, at set-up."""
        with self._told(_MARKER):
            self._root.mkdir(parents=True, exist_ok=True)
            (self._root / _MARKER).touch()
            _sync_folder(self._root)

    def put_once(self, key: str, content: bytes, sha256: str) -> Receipt:
        """Keep ``content`` unless ``key`` is taken; on disk when this returns."""
        with self._told(key):
            path = self._path_for_writing(key)
            part = _write_part(path.parent, content)
            try:
                existed = not _name_if_free(part, path)
            finally:
                part.unlink(missing_ok=True)
            # Also when it existed: whoever wrote it may have died before this.
            _sync_folder(path.parent)
        return Receipt(key, None, len(content), sha256, existed)

    def put_healed(self, key: str, content: bytes, sha256: str) -> Receipt:
        """Keep ``content`` under ``key``; an object already there is moved to ``.damaged/`` (R7)."""
        with self._told(key):
            path = self._path_for_writing(key)
            part = _write_part(path.parent, content)
            try:
                if path.exists():
                    aside = self._root / _ASIDE / f"{key}.{secrets.token_hex(4)}"
                    _make_folder(aside.parent)
                    path.rename(aside)
                    _sync_folder(aside.parent)
                part.rename(path)
            finally:
                part.unlink(missing_ok=True)
            _sync_folder(path.parent)
        return Receipt(key, None, len(content), sha256, existed=False)

    def read(self, key: str, version_id: str | None = None) -> bytes:
        """Return the bytes, unverified; a folder has no versions, so any asked for is NotFound."""
        with self._told(key):
            if version_id is not None:
                raise FileNotFoundError(key)
            return self._path(key).read_bytes()

    def head(self, key: str) -> StoredObject | None:
        """Return the object's size; None when there is no such object."""
        try:
            with self._told(key):
                return StoredObject(key, self._path(key).stat().st_size, None)
        except NotFound:
            return None

    def iter_keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, in ascending order of their bytes."""
        with self._told(prefix):
            self._require_mounted()
            start = self._root / prefix.rpartition("/")[0]
            keys = sorted(_relative_names(start, self._root), key=str.encode)
        yield from (key for key in keys if key.startswith(prefix))

    def describe(self) -> Message:
        """Name the folder."""
        return say("folder {folder}", folder=self._root)

    def check(self) -> None:
        """Raise unless the folder is there, is a store, and can be written."""
        with self._told(_MARKER):
            self._require_mounted()
            _write_part(self._root, b"").unlink()

    def _path(self, key: str) -> Path:
        names = PurePosixPath(key).parts
        if not key or "/".join(names) != key or any(name.startswith((".", "/")) for name in names):
            raise Protocol(
                say(
                    "{store} cannot keep an object under the key {key}; report this as a fault.",
                    store=self.describe(),
                    key=key,
                )
            )
        self._require_mounted()
        return self._root / key

    def _path_for_writing(self, key: str) -> Path:
        path = self._path(key)
        _make_folder(path.parent)
        return path

    def _require_mounted(self) -> None:
        """A disk that is not mounted leaves an empty folder; writing there would fill another disk."""
        if not (self._root / _MARKER).is_file():
            raise Unavailable(
                say(
                    "{store} is not a prepared store; mount the disk that belongs there, "
                    "or run 'paperproof init' if it is new.",
                    store=self.describe(),
                )
            )

    @contextmanager
    def _told(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._in_words(error, key) from error

    def _in_words(self, error: OSError, key: str) -> StoreError:
        """Say what the operating system's error means for ``key``."""
        place = self.describe()
        if error.errno in _FULL:
            return Full(
                say(
                    "{store} has no room left for {key}; free space on its disk and run again.",
                    store=place,
                    key=key,
                )
            )
        if error.errno in _DENIED:
            return Denied(
                say(
                    "{store} may not be used ({reason}); give the user that runs Paperproof "
                    "the right to read and write there.",
                    store=place,
                    reason=error.strerror,
                )
            )
        if isinstance(error, FileNotFoundError):
            return NotFound(say("{store} has no object {key}.", store=place, key=key))
        if error.errno in _MISFIT:
            return Protocol(
                say(
                    "{store} cannot keep an object under the key {key}; report this as a fault.",
                    store=place,
                    key=key,
                )
            )
        return Unavailable(
            say(
                "{store} failed at {key} ({reason}); check its disk and run again.",
                store=place,
                key=key,
                reason=error.strerror or str(error),
            )
        )


def _write_part(folder: Path, content: bytes) -> Path:
    """Write ``content`` under a passing name in ``folder`` and wait until the disk has it."""
    part = folder / f"{_PART}{secrets.token_hex(8)}"
    try:
        with part.open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _name_if_free(part: Path, path: Path) -> bool:
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


def _make_folder(folder: Path) -> None:
    """Make ``folder`` and wait until the disk knows it by name."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _relative_names(start: Path, root: Path) -> Iterator[str]:
    for folder, inner, names in os.walk(start):
        inner[:] = [name for name in inner if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                yield (Path(folder) / name).relative_to(root).as_posix()
