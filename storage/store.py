"""The narrow port to a place that keeps bytes, and the names that bytes get there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256 as _sha256
from pathlib import Path
from typing import Protocol

from pipeline.language import Message

Content = bytes | Path
"""Bytes, or a file that holds them; a file is sent in pieces, so that memory stays flat."""

LATEST = datetime(2105, 12, 31, tzinfo=UTC)
"""The last date a lock may have: Ceph keeps 32 bits, and later dates wrap into the past (measured)."""


@dataclass(frozen=True)
class Lock:
    """What keeps a version from being deleted or changed, whoever asks."""

    until: datetime | None = None
    """UTC; compliance retention, which nobody can shorten. Full seconds."""
    hold: bool = False
    """Legal hold: no date; it stands until it is taken off."""

    @classmethod
    def for_days(cls, now: datetime, days: int) -> Lock:
        """Lock until midnight UTC ``days`` after the day of ``now``, so that all puts of a day agree."""
        midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        return cls(min(midnight + timedelta(days=days), LATEST))

    def covers(self, wanted: Lock) -> bool:
        """Whether this lock holds at least as long as ``wanted`` would."""
        long_enough = wanted.until is None or (
            self.until is not None and self.until >= wanted.until.replace(microsecond=0)
        )
        return long_enough and (self.hold or not wanted.hold)

    def stands(self, now: datetime) -> bool:
        """Whether the lock keeps anyone from deleting at ``now``."""
        return self.hold or (self.until is not None and self.until > now)


LockRule = Callable[[str], Lock | None]
"""The lock that an object put now must have at a place ("primary", "replica"); None: no lock."""


def no_lock(_place: str) -> None:
    """For stores without locks."""


@dataclass(frozen=True)
class Receipt:
    """What a store answered to a put; proof of nothing until the bytes were read back (R6)."""

    key: str
    version_id: str | None
    """The version just written; None where the store has no versions or wrote nothing."""
    byte_count: int
    sha256: str
    existed: bool
    """True: the store said that it already has the key, and wrote nothing. Do not trust it (R3)."""
    lock: Lock | None = None
    """As read back from the store; None: nothing holds it, or nobody looked yet (``storage.proof`` does)."""


@dataclass(frozen=True)
class StoredObject:
    """What a store says of an object without sending it."""

    key: str
    byte_count: int
    version_id: str | None
    etag: str | None = None
    """The store's own mark of the content; proves nothing, but a change of it is a reason to look."""
    lock: Lock | None = None
    """None: nothing holds it, or the answer was a listing, which does not tell."""
    changed_at: datetime | None = None
    """When it was put, in a listing; by the store's clock, which may be wrong."""


@dataclass(frozen=True)
class Version:
    """One of the versions that a store keeps under a key."""

    version_id: str | None
    """None: the object of a store that numbers none."""
    is_latest: bool
    is_marker: bool
    """A mark that the key was deleted; it has no bytes, and the versions below it are still there."""
    byte_count: int


class Opened(Protocol):
    """An object being read."""

    @property
    def info(self) -> StoredObject:
        """What the store said of it in the very answer that carries the bytes."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes once, unverified, in pieces of at most 1 MiB."""
        ...


@dataclass(frozen=True)
class Capabilities:
    """What a store says it can do; whether that is true, ``storage.selftest`` finds out."""

    versions: bool
    locks: bool
    presigned: bool


class Store(Protocol):
    """A place that keeps bytes under a key. Every failure is a StoreError of one sentence."""

    def put_once(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        """Keep ``content`` unless ``key`` is taken; ``sha256`` is the content's, 64 hex digits.

        ``lock`` is put on what was written, or on what was there when that is locked for less; whether it
        took, reading back tells. Raises Unsupported where the store has no locks, Corrupt where a file is
        not what ``sha256`` names.
        """
        ...

    def put_healed(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        """Keep ``content`` over a bad object; the bad bytes stay as an older version (R7)."""
        ...

    def read(self, key: str, version_id: str | None = None) -> bytes:
        """Return the bytes, unverified; raises NotFound."""
        ...

    def open(self, key: str, version_id: str | None = None) -> AbstractContextManager[Opened]:
        """Open an object to be read in pieces, unverified; raises NotFound."""
        ...

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """Return what the store says of ``key``; None when it has no such object."""
        ...

    def iter_keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, in ascending order of their bytes."""
        ...

    def iter_objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield key, size and etag under ``prefix``, by ascending bytes of the keys; memory is flat."""
        ...

    def versions(self, key: str) -> tuple[Version, ...]:
        """Return all versions of ``key``, the newest first; none when there is no such object."""
        ...

    def iter_versions(self, prefix: str) -> Iterator[tuple[str, Version]]:
        """Yield every version of every key under ``prefix``, also of those that were deleted."""
        ...

    def extend_retention(self, key: str, version_id: str | None, until: datetime) -> None:
        """Lock a version until ``until`` (UTC); raises Locked when it is locked for longer already."""
        ...

    def set_hold(self, key: str, version_id: str | None, on: bool) -> None:
        """Put a legal hold on a version, or take it off."""
        ...

    def delete_version(self, key: str, version_id: str | None, approval: str) -> None:
        """Delete a version for good; ``approval`` names the entry that approved it.

        Raises Locked while a lock stands on it, NotFound when there is none.
        """
        ...

    def presign_get(self, key: str, version_id: str | None, seconds: int) -> str:
        """Return an address at which anyone can read a version for ``seconds``."""
        ...

    def capabilities(self) -> Capabilities:
        """Return what the store says it can do."""
        ...

    def describe(self) -> Message:
        """Name the store and its place, as a person would look for it."""
        ...

    def check(self) -> None:
        """Raise a StoreError that says what to do when the store cannot be used."""
        ...


_OURS = re.compile(r"[a-z]+/([0-9a-f]{2})/(\1[0-9a-f]{62})(?:\.[a-z]+)?")


LOG_PREFIX = "audit/"
"""What the keys of the log's objects begin with."""


class NoteKind(StrEnum):
    """What the catalog knows that cannot be computed again, kept as objects too (R4)."""

    RECEIPT = "receipt"
    DECISION = "decision"
    KEYING = "keying"
    TASKS = "tasks"
    PROFILE = "profile"
    CATALOG = "catalog"
    DRILL = "drill"
    UPLOAD = "upload"
    """What a package for headquarters holds, and the receipt for it."""
    PACKAGE = "package"
    """Whose a born-digital package is, and its files."""


def digest(content: bytes) -> str:
    """Return the SHA-256 of ``content`` as 64 hex digits."""
    return _sha256(content).hexdigest()


def object_key(sha256: str) -> str:
    """Return the key of a page's master bytes: obj/<aa>/<sha256> (R3)."""
    return f"obj/{sha256[:2]}/{sha256}"


def text_key(sha256: str) -> str:
    """Return the key of a page's searchable derivative: text/<aa>/<sha256>.pdf, by its own content."""
    return f"text/{sha256[:2]}/{sha256}.pdf"


def digital_key(sha256: str) -> str:
    """Return the key of a born-digital file: digital/<aa>/<sha256>, by its own content."""
    return f"digital/{sha256[:2]}/{sha256}"


def note_key(kind: NoteKind, sha256: str) -> str:
    """Return the key of a note, named by its own content like all else: <kind>/<aa>/<sha256>.json."""
    return f"{kind}/{sha256[:2]}/{sha256}.json"


def log_key(sha256: str, suffix: str) -> str:
    """Return the key of entries of the log or of a signed checkpoint: audit/<aa>/<sha256>.<suffix>."""
    return f"{LOG_PREFIX}{sha256[:2]}/{sha256}.{suffix}"


def sha256_of_key(key: str) -> str | None:
    """Return the SHA-256 of the bytes that ``key`` names; None when it is no key of ours."""
    found = _OURS.fullmatch(key)
    return found[2] if found else None
