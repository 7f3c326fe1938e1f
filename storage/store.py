"""The narrow port to a place that keeps bytes, and the names that bytes get there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256 as _sha256
from typing import Protocol

from pipeline.language import Message


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


@dataclass(frozen=True)
class StoredObject:
    """What a store says of an object without sending it."""

    key: str
    byte_count: int
    version_id: str | None


class Store(Protocol):
    """A place that keeps bytes under a key. Every failure is a StoreError of one sentence."""

    def put_once(self, key: str, content: bytes, sha256: str) -> Receipt:
        """Keep ``content`` unless ``key`` is taken; ``sha256`` is the content's, 64 hex digits."""
        ...

    def put_healed(self, key: str, content: bytes, sha256: str) -> Receipt:
        """Keep ``content`` over a bad object; the bad bytes stay as an older version (R7)."""
        ...

    def read(self, key: str, version_id: str | None = None) -> bytes:
        """Return the bytes, unverified; raises NotFound."""
        ...

    def head(self, key: str) -> StoredObject | None:
        """Return what the store says of ``key``; None when it has no such object."""
        ...

    def iter_keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, in ascending order of their bytes."""
        ...

    def describe(self) -> Message:
        """Name the store and its place, as a person would look for it."""
        ...

    def check(self) -> None:
        """Raise a StoreError that says what to do when the store cannot be used."""
        ...


_OURS = re.compile(r"[a-z]+/([0-9a-f]{2})/(\1[0-9a-f]{62})(?:\.[a-z]+)?")


class NoteKind(StrEnum):
    """What the catalog knows that cannot be computed again, kept as objects too (R4)."""

    RECEIPT = "receipt"
    DECISION = "decision"
    KEYING = "keying"
    TASKS = "tasks"
    PROFILE = "profile"
    CATALOG = "catalog"


def digest(content: bytes) -> str:
    """Return the SHA-256 of ``content`` as 64 hex digits."""
    return _sha256(content).hexdigest()


def object_key(sha256: str) -> str:
    """Return the key of a page's master bytes: obj/<aa>/<sha256> (R3)."""
    return f"obj/{sha256[:2]}/{sha256}"


def text_key(sha256: str) -> str:
    """Return the key of a page's searchable derivative: text/<aa>/<sha256>.pdf, by its own content."""
    return f"text/{sha256[:2]}/{sha256}.pdf"


def note_key(kind: NoteKind, sha256: str) -> str:
    """Return the key of a note, named by its own content like all else: <kind>/<aa>/<sha256>.json."""
    return f"{kind}/{sha256[:2]}/{sha256}.json"


def sha256_of_key(key: str) -> str | None:
    """Return the SHA-256 of the bytes that ``key`` names; None when it is no key of ours."""
    found = _OURS.fullmatch(key)
    return found[2] if found else None
