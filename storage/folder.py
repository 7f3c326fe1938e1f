"""A store in a folder, for the cold copy: plain files that any tool can read."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from glob import escape
from pathlib import Path, PurePosixPath
from typing import NoReturn

from pipeline.errors import (
    Denied,
    Failed,
    Full,
    NotFound,
    Protocol,
    StoreError,
    Unavailable,
    Unsupported,
    refused_by_system,
)
from pipeline.language import Message, say
from storage.content import OpenedFile, pieces_of, require_approval, size_of
from storage.disk import make_folder, name_if_free, names_below, sync_folder, write_part
from storage.store import Capabilities, Content, Lock, Opened, Receipt, StoredObject, Version

_MARKER = ".paperproof-store"
_ASIDE = ".damaged"
_ASIDE_ID = re.compile("[0-9a-f]{8}")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_MISFIT = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EINVAL)


class FolderStore:
    """Objects as files under ``root``; written beside, synced, then named, so none is ever half there.

    Names that begin with a dot are the store's own. Bad objects go to ``.damaged/``, where they are the
    older versions. There are no locks: whoever may write in the folder may delete there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def ensure_folder(self) -> None:
        """Make the folder and mark it as a store; done once, at set-up."""
        with self._told(_MARKER):
            self._root.mkdir(parents=True, exist_ok=True)
            (self._root / _MARKER).touch()
            sync_folder(self._root)

    def put_once(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        """Keep ``content`` unless ``key`` is taken; on disk when this returns."""
        if lock:
            self._has_no_locks()
        with self._told(key):
            existed = not self.put_pieces(key, pieces_of(content, sha256))
            return Receipt(key, None, size_of(content), sha256, existed)

    def put_pieces(self, key: str, pieces: Iterable[bytes]) -> bool:
        """Keep bytes as they come; False when ``key`` is taken. What ``pieces`` raises leaves nothing."""
        with self._told(key):
            path = self._path_for_writing(key)
            part = write_part(path.parent, pieces)
            try:
                named = name_if_free(part, path)
            finally:
                part.unlink(missing_ok=True)
            # Also when it is taken: whoever wrote it may have died before this.
            sync_folder(path.parent)
            return named

    def put_healed(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        """Keep ``content`` under ``key``; an object already there is moved to ``.damaged/`` (R7)."""
        if lock:
            self._has_no_locks()
        with self._told(key):
            path = self._path_for_writing(key)
            part = write_part(path.parent, pieces_of(content, sha256))
            try:
                if path.exists():
                    aside = self._aside(key, secrets.token_hex(4))
                    make_folder(aside.parent)
                    path.rename(aside)
                    sync_folder(aside.parent)
                part.rename(path)
            finally:
                part.unlink(missing_ok=True)
            sync_folder(path.parent)
            return Receipt(key, None, size_of(content), sha256, existed=False)

    def read(self, key: str, version_id: str | None = None) -> bytes:
        """Return the bytes of the object, or of an older version, unverified."""
        with self._told(key):
            return self._path(key, version_id).read_bytes()

    @contextmanager
    def open(self, key: str, version_id: str | None = None) -> Iterator[Opened]:
        """Open the object, or an older version, to be read in pieces, unverified."""
        with self._told(key), self._path(key, version_id).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            yield OpenedFile(StoredObject(key, size, version_id), file)

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """Return the object's size; None when there is no such object."""
        try:
            with self._told(key):
                found = self._path(key, version_id).stat()
                changed = datetime.fromtimestamp(found.st_mtime, UTC)
                return StoredObject(key, found.st_size, version_id, changed_at=changed)
        except NotFound:
            return None

    def iter_keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, in ascending order of their bytes."""
        with self._told(prefix):
            self._require_mounted()
            above = prefix.rpartition("/")[0]
            if not (self._root / above).is_dir():
                return
            for key in names_below(self._root / above, above and f"{above}/"):
                if key.startswith(prefix):
                    yield key

    def iter_objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield key and size of each object under ``prefix``, in the same order."""
        for key in self.iter_keys(prefix):
            if found := self.head(key):
                yield found

    def versions(self, key: str) -> tuple[Version, ...]:
        """Return the object, then the bad bytes that were moved aside, the last first."""
        now = self.head(key)
        with self._told(key):
            aside = self._aside(key, "").parent
            older = [
                (path.stat(), path.suffix[1:])
                for path in aside.glob(f"{escape(PurePosixPath(key).name)}.????????")
            ]
        older.sort(key=lambda one: one[0].st_ctime_ns, reverse=True)
        latest = [Version(None, True, False, now.byte_count)] if now else []
        return (*latest, *(Version(name, False, False, stat.st_size) for stat, name in older))

    def iter_versions(self, prefix: str) -> Iterator[tuple[str, Version]]:
        """Yield every object under ``prefix`` and the bad bytes that were moved aside, by their keys."""
        keys = set(self.iter_keys(prefix))
        aside = self._root / _ASIDE
        with self._told(prefix):
            if aside.is_dir():
                moved = (name.rpartition(".")[0] for name in names_below(aside))
                keys.update(key for key in moved if key.startswith(prefix))
        for key in sorted(keys, key=str.encode):
            for version in self.versions(key):
                yield key, version

    def extend_retention(self, key: str, version_id: str | None, until: datetime) -> None:
        """Raise Unsupported: a folder has no locks."""
        self._has_no_locks()

    def set_hold(self, key: str, version_id: str | None, on: bool) -> None:
        """Raise Unsupported: a folder has no locks."""
        self._has_no_locks()

    def delete_version(self, key: str, version_id: str | None, approval: str) -> None:
        """Delete the object, or an older version of it, for good."""
        require_approval(approval, key)
        with self._told(key):
            path = self._path(key, version_id)
            path.unlink()
            sync_folder(path.parent)

    def presign_get(self, key: str, version_id: str | None, seconds: int) -> str:
        """Raise Unsupported: nobody serves a folder."""
        raise Unsupported(
            say(
                "{store} gives out no addresses; keep copies on an S3 server for that.",
                store=self.describe(),
            )
        )

    def capabilities(self) -> Capabilities:
        """A folder keeps bad bytes as older versions, and has no locks."""
        return Capabilities(versions=True, locks=False, presigned=False)

    def describe(self) -> Message:
        """Name the folder."""
        return say("folder {folder}", folder=self._root)

    def check(self) -> None:
        """Raise unless the folder is there, is a store, and can be written."""
        with self._told(_MARKER):
            self._require_mounted()
            write_part(self._root, ()).unlink()

    def _path(self, key: str, version_id: str | None = None) -> Path:
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
        if version_id is None:
            return self._root / key
        if not _ASIDE_ID.fullmatch(version_id):
            raise FileNotFoundError(key)
        return self._aside(key, version_id)

    def _aside(self, key: str, version_id: str) -> Path:
        return self._root / _ASIDE / f"{key}.{version_id}"

    def _has_no_locks(self) -> NoReturn:
        raise Unsupported(
            say(
                "{store} has no locks, whoever may write there may delete; keep what must be locked "
                "on an S3 server with object lock.",
                store=self.describe(),
            )
        )

    def _path_for_writing(self, key: str) -> Path:
        path = self._path(key)
        make_folder(path.parent)
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
                    reason=refused_by_system(error),
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
        kind = Failed if error.errno == errno.EIO else Unavailable
        return kind(
            say(
                "{store} failed at {key} ({reason}); check its disk and run again.",
                store=place,
                key=key,
                reason=refused_by_system(error),
            )
        )
