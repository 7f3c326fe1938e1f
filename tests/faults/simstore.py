"""A store in memory that passes the stores' contract, and has every trouble that a real one may have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from random import Random
from threading import RLock
from typing import NoReturn

from pipeline.errors import NotFound, Unavailable, Unsupported
from pipeline.language import Message, say
from storage.content import PIECE, pieces_of, require_approval
from storage.store import Capabilities, Content, Lock, Opened, Receipt, StoredObject, Version

TROUBLES = {
    "put": ("fails before", "fails after", "keeps other bytes", "loses the write"),
    "heal": ("fails before", "fails after"),
    "open": ("fails before", "gives other bytes", "gives the older version"),
    "head": ("fails before",),
    "list": ("fails before", "fails midway"),
    "check": ("fails before",),
}
"""Act -> what may go wrong with it."""

Trouble = Callable[[str], str]
"""Told the act, gives one of its TROUBLES; empty: all goes well."""


def no_trouble(_act: str) -> str:
    return ""


@dataclass(frozen=True)
class _Kept:
    """One version of an object."""

    version_id: str
    content: bytes
    synced: bool


class SimulatedStore:
    """Objects in memory. ``syncs``: what it acknowledged is on its disk; else it loses it with its power."""

    def __init__(self, name: str, *, syncs: bool = True) -> None:
        self.trouble: Trouble = no_trouble
        self.down = False
        self._name = name
        self._syncs = syncs
        self._objects: dict[str, list[_Kept]] = {}
        """Key -> versions, the newest last."""
        self._numbers = count(1)
        self._lock = RLock()

    def put_once(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        whole, trouble = self._arrived("put", content, sha256, lock)
        with self._lock:
            if self._objects.get(key):
                receipt = Receipt(key, None, len(whole), sha256, existed=True)
            elif trouble == "loses the write":
                receipt = Receipt(key, None, len(whole), sha256, existed=False)
            else:
                kept = flipped(whole) if trouble == "keeps other bytes" else whole
                receipt = Receipt(key, self._keep(key, kept), len(whole), sha256, existed=False)
        self._fail_after(trouble)
        return receipt

    def put_healed(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        whole, trouble = self._arrived("heal", content, sha256, lock)
        with self._lock:
            receipt = Receipt(key, self._keep(key, whole), len(whole), sha256, existed=False)
        self._fail_after(trouble)
        return receipt

    def read(self, key: str, version_id: str | None = None) -> bytes:
        with self.open(key, version_id) as opened:
            return b"".join(opened.chunks())

    @contextmanager
    def open(self, key: str, version_id: str | None = None) -> Iterator[Opened]:
        trouble = self._begun("open")
        kept = self._found(key, version_id)
        content = flipped(kept.content) if trouble == "gives other bytes" else kept.content
        if trouble == "gives the older version":
            content = self._objects[key][0].content
        yield _InMemory(self._told(key, kept), content)

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        self._begun("head")
        try:
            return self._told(key, self._found(key, version_id))
        except NotFound:
            return None

    def iter_keys(self, prefix: str) -> Iterator[str]:
        return (one.key for one in self.iter_objects(prefix))

    def iter_objects(self, prefix: str) -> Iterator[StoredObject]:
        trouble = self._begun("list")
        listed = sorted((key for key in self._objects if key.startswith(prefix)), key=str.encode)
        for at, key in enumerate(listed):
            if trouble == "fails midway" and at >= len(listed) // 2:
                self._unavailable()
            yield self._told(key, self._objects[key][-1])

    def versions(self, key: str) -> tuple[Version, ...]:
        kept = self._objects.get(key, [])[::-1]
        return tuple(
            Version(one.version_id, one is kept[0], False, len(one.content)) for one in kept
        )

    def iter_versions(self, prefix: str) -> Iterator[tuple[str, Version]]:
        for key in self.iter_keys(prefix):
            for version in self.versions(key):
                yield key, version

    def extend_retention(self, key: str, version_id: str | None, until: datetime) -> None:
        self._unsupported()

    def set_hold(self, key: str, version_id: str | None, on: bool) -> None:
        self._unsupported()

    def delete_version(self, key: str, version_id: str | None, approval: str) -> None:
        require_approval(approval, key)
        kept = self._found(key, version_id)
        self._objects[key].remove(kept)
        if not self._objects[key]:
            del self._objects[key]

    def presign_get(self, key: str, version_id: str | None, seconds: int) -> str:
        self._unsupported()

    def capabilities(self) -> Capabilities:
        return Capabilities(versions=True, locks=False, presigned=False)

    def describe(self) -> Message:
        return say("simulated {name}", name=self._name)

    def check(self) -> None:
        self._begun("check")

    # What happens to the machine that it runs on.

    def sync(self) -> None:
        """All that is there is on the disk now."""
        self._objects = {
            key: [replace(one, synced=True) for one in kept] for key, kept in self._objects.items()
        }

    def lose_power(self, rng: Random) -> None:
        """Versions that were not synced are gone, or half of their bytes are."""
        for key, kept in list(self._objects.items()):
            left = [
                one if one.synced else _torn(one)
                for one in kept
                if one.synced or rng.random() < 0.3
            ]
            if left:
                self._objects[key] = left
            else:
                del self._objects[key]

    def destroy(self) -> None:
        """The store burns down; an empty one takes its place."""
        self._objects = {}

    def flip(self, key: str, at: int) -> None:
        """A bit of an object's newest version flips."""
        kept = self._objects[key]
        kept[-1] = replace(kept[-1], content=flipped(kept[-1].content, at))

    def contents(self) -> dict[str, bytes]:
        """Key -> the newest version's bytes, whatever state the store is in."""
        return {key: kept[-1].content for key, kept in self._objects.items()}

    def synced_contents(self) -> dict[str, bytes]:
        """The same after a power loss."""
        left = {key: [one for one in kept if one.synced] for key, kept in self._objects.items()}
        return {key: kept[-1].content for key, kept in left.items() if kept}

    def _arrived(
        self, act: str, content: Content, sha256: str, lock: Lock | None
    ) -> tuple[bytes, str]:
        trouble = self._begun(act)
        if lock:
            self._unsupported()
        return b"".join(pieces_of(content, sha256)), trouble

    def _begun(self, act: str) -> str:
        trouble = self.trouble(act)
        if self.down or trouble == "fails before":
            self._unavailable()
        return trouble

    def _fail_after(self, trouble: str) -> None:
        if trouble == "fails after":
            self._unavailable()

    def _keep(self, key: str, content: bytes) -> str:
        version_id = f"{self._name}-{next(self._numbers)}"
        self._objects.setdefault(key, []).append(_Kept(version_id, content, self._syncs))
        return version_id

    def _found(self, key: str, version_id: str | None) -> _Kept:
        kept = self._objects.get(key, [])
        for one in reversed(kept):
            if version_id in (None, one.version_id):
                return one
        raise NotFound(say("{store} has no object {key}.", store=self.describe(), key=key))

    def _told(self, key: str, kept: _Kept) -> StoredObject:
        return StoredObject(key, len(kept.content), kept.version_id)

    def _unavailable(self) -> NoReturn:
        raise Unavailable(say("{store} gave no answer; try later.", store=self.describe()))

    def _unsupported(self) -> NoReturn:
        raise Unsupported(say("{store} cannot do that.", store=self.describe()))


@dataclass(frozen=True)
class _InMemory:
    info: StoredObject
    content: bytes

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), PIECE):
            yield self.content[start : start + PIECE]


def flipped(content: bytes, at: int = 0) -> bytes:
    """The bytes with one bit of them flipped."""
    if not content:
        return b"\0"
    at %= len(content)
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _torn(one: _Kept) -> _Kept:
    return replace(one, content=one.content[: len(one.content) // 2], synced=True)
