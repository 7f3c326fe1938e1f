"""Trying out what a store really does with locks and versions, on objects of our own.

Servers accept what they do not do: of six measured two take a lock and delete the object at once, one loses
the lock of what is sent in parts (docs/decisions/0019). So nothing is believed that was not tried.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from pipeline.errors import StoreError, Unavailable, Unsupported
from pipeline.self_test import LOCKS, Outcome, SelfTest, Trait
from storage.store import Lock, Receipt, Store, digest

PROBES = "probe/"
"""What the keys of probes begin with; no key of ours does."""
APPROVAL = "self-test"

_LOCKED_FOR = timedelta(minutes=10)
"""Long enough for a server whose clock goes some minutes before ours; nobody misses what stays locked."""
_FIRST = b"the first bytes of a probe"
_SECOND = b"the second bytes of a probe"
_HOLD = Lock(hold=True)

InParts = Callable[[str, bytes, str, Lock | None], Receipt]


def probe(store: Store, now: datetime, in_parts: InParts | None = None) -> SelfTest:
    """Try ``store`` out and return its answers; raises Unavailable when it does not answer.

    ``in_parts`` puts an object by a multipart upload; None: the store has no such way. What it leaves are
    some locked probes of a few bytes, which the first test after their lock has ended deletes.
    """
    tidy(store)
    trial = _Trial(store, now, f"{PROBES}{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}")
    answers = {
        Trait.VERSIONS: trial.tried(trial.versions),
        Trait.SECOND_PUT: trial.tried(trial.second_put),
        Trait.CHECKSUM: trial.tried(trial.checksum),
        **dict.fromkeys(LOCKS, Outcome.NONE),
    }
    if store.capabilities().locks:
        answers[Trait.OVERWRITE] = trial.tried(trial.overwrite)
        answers[Trait.SHORTEN] = trial.tried(trial.shorten)
        answers[Trait.DELETE] = trial.tried(trial.delete)
        answers[Trait.HOLD] = trial.tried(trial.hold)
        if in_parts:
            answers[Trait.MULTIPART] = trial.tried(lambda: trial.multipart(in_parts))
    tidy(store)
    return SelfTest(now, answers)


def tidy(store: Store) -> None:
    """Delete the probes that are no longer locked."""
    for key in list(store.iter_keys(PROBES)):
        with suppress(Unsupported):
            _delete_all(store, key)


def _delete_all(store: Store, key: str) -> None:
    for version in store.versions(key):
        with suppress(StoreError):
            store.delete_version(key, version.version_id, APPROVAL)


class _Trial:
    """One store being tried; each trial has a key of its own."""

    def __init__(self, store: Store, now: datetime, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._lock = Lock((now + _LOCKED_FOR).replace(microsecond=0))
        self._shorter = (now + _LOCKED_FOR / 2).replace(microsecond=0)

    @staticmethod
    def tried(trial: Callable[[], bool]) -> Outcome:
        """Whether a trial came out well; an answer that is an error did not."""
        try:
            return Outcome.HOLDS if trial() else Outcome.FAILS
        except Unavailable:
            raise
        except StoreError:
            return Outcome.FAILS

    def versions(self) -> bool:
        key, _ = self._put(Trait.VERSIONS, None)
        self._store.put_healed(key, _SECOND, digest(_SECOND))
        found = self._store.versions(key)
        return len(found) > 1 and self._store.read(key, found[1].version_id) == _FIRST

    def second_put(self) -> bool:
        key, _ = self._put(Trait.SECOND_PUT, None)
        again = self._store.put_once(key, _SECOND, digest(_SECOND))
        return again.existed and self._store.read(key) == _FIRST

    def checksum(self) -> bool:
        return self._refused(
            lambda: self._store.put_once(self._key(Trait.CHECKSUM), _FIRST, digest(_SECOND))
        )

    def overwrite(self) -> bool:
        key, version_id = self._put(Trait.OVERWRITE, self._lock)
        self._refused(lambda: self._store.put_healed(key, _SECOND, digest(_SECOND)))
        return self._is_locked(key, version_id, self._lock)

    def shorten(self) -> bool:
        key, version_id = self._put(Trait.SHORTEN, self._lock)
        self._refused(lambda: self._store.extend_retention(key, version_id, self._shorter))
        return self._is_locked(key, version_id, self._lock)

    def delete(self) -> bool:
        key, version_id = self._put(Trait.DELETE, self._lock)
        return self._cannot_be_deleted(key, version_id, self._lock)

    def hold(self) -> bool:
        key, version_id = self._put(Trait.HOLD, _HOLD)
        try:
            return self._cannot_be_deleted(key, version_id, _HOLD)
        finally:
            with suppress(StoreError):
                self._store.set_hold(key, version_id, False)

    def multipart(self, in_parts: InParts) -> bool:
        key = self._key(Trait.MULTIPART)
        written = in_parts(key, _FIRST, digest(_FIRST), self._lock)
        return self._cannot_be_deleted(key, written.version_id, self._lock)

    def _key(self, trait: Trait) -> str:
        return f"{self._prefix}-{trait.value}"

    def _put(self, trait: Trait, lock: Lock | None) -> tuple[str, str | None]:
        key = self._key(trait)
        return key, self._store.put_once(key, _FIRST, digest(_FIRST), lock).version_id

    def _cannot_be_deleted(self, key: str, version_id: str | None, lock: Lock) -> bool:
        refused = self._refused(lambda: self._store.delete_version(key, version_id, APPROVAL))
        return refused and self._is_locked(key, version_id, lock)

    def _is_locked(self, key: str, version_id: str | None, lock: Lock) -> bool:
        """Whether the version's bytes are still there, under a lock of at least what was asked for."""
        found = self._store.head(key, version_id)
        covered = found is not None and found.lock is not None and found.lock.covers(lock)
        return covered and self._store.read(key, version_id) == _FIRST

    @staticmethod
    def _refused(act: Callable[[], object]) -> bool:
        try:
            act()
        except Unavailable:
            raise
        except StoreError:
            return True
        return False
