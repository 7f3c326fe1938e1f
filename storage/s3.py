"""A store in a bucket of any S3 server, through the minio SDK."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pipeline.errors import (
    AlreadyStored,
    Denied,
    Failed,
    Locked,
    NotFound,
    Protocol,
    Unavailable,
    Unsupported,
)
from pipeline.language import Message, say
from storage.content import pieces_of, require_approval, size_of
from storage.s3_bucket import Bucket, OpenedObject
from storage.s3_endpoint import S3Endpoint, connect
from storage.s3_errors import locked
from storage.s3_locks import storable, storable_lock
from storage.s3_parts import PART, put_in_parts
from storage.store import Capabilities, Content, Lock, Receipt, StoredObject, Version

_PAUSES = (0.2, 1.0)
"""Seconds before the second and the third try."""

_CANNOT = (Unsupported, Protocol, NotFound, Denied, Locked)
"""How servers without locks answer when asked for one."""

Answer = TypeVar("Answer")


class S3Store:
    """Objects in one versioned bucket.

    ``recover`` is called before a failed request is tried again: it may start the server anew, or
    raise the StoreError that explains the failure. ``pauses`` are the seconds between the tries.
    ``ask_first``: the server does not look at ``If-None-Match``, so it is asked before each put.
    """

    def __init__(
        self,
        endpoint: S3Endpoint,
        bucket: str,
        recover: Callable[[], object] | None = None,
        pauses: Sequence[float] = _PAUSES,
        *,
        ask_first: bool = False,
    ) -> None:
        self._ask_first = ask_first
        self._client = connect(endpoint)
        self._host = endpoint.host
        self._name = bucket
        self._bucket = Bucket(self._client, bucket, self.describe())
        self._recover = recover
        self._pauses = tuple(pauses)

    def unaided(self) -> S3Store:
        """Return the same store without ``ask_first``, to find out what the server does by itself."""
        other = copy(self)
        other._ask_first = False
        return other

    def ensure_bucket(self, object_lock: bool = False) -> None:
        """Make the bucket unless it is there, and see to it that it keeps versions (R7).

        ``object_lock``: have its versions lockable, where the server can; ``capabilities`` tells.
        """
        self._patiently(lambda: self._bucket.make(object_lock))
        if not self._patiently(self._bucket.keeps_versions):
            self._patiently(self._bucket.keep_versions)
            if not self._patiently(self._bucket.keeps_versions):
                raise Protocol(
                    say(
                        "{store} does not keep older versions of an object; choose a server that does.",
                        store=self.describe(),
                    )
                )
        if object_lock and not self.capabilities().locks:
            with suppress(*_CANNOT):
                self._patiently(self._bucket.have_locks)

    def put_once(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        """Keep ``content`` unless ``key`` is taken: one PUT with ``If-None-Match: *`` (R3)."""
        existed = Receipt(key, None, size_of(content), sha256, existed=True)
        if (self._ask_first or _is_large(content)) and self.head(key):
            return self._held(existed, lock)
        if _is_large(content):
            return self.put_in_parts(key, content, sha256, lock)
        once = {"If-None-Match": "*"}
        try:
            # A try whose answer was lost may have stored the bytes: ask before sending them again.
            written = self._patiently(
                lambda: self._put(key, content, sha256, lock, once),
                before_again=lambda: existed if self._bucket.head(key) else None,
            )
        except AlreadyStored:
            written = existed
        return self._held(written, lock) if written.existed else written

    def put_healed(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        """Keep ``content`` as the newest version; the older ones stay (R7).

        A try whose answer was lost may have made that version: it is looked for before another is made.
        """
        if _is_large(content):
            return self.put_in_parts(key, content, sha256, lock)
        before = self.head(key)

        def written_after_all() -> Receipt | None:
            now = self._bucket.head(key)
            if now is None or now == before:
                return None
            written = Receipt(key, now.version_id, size_of(content), sha256, existed=False)
            return replace(written, lock=now.lock)

        return self._patiently(
            lambda: self._put(key, content, sha256, lock, {}), before_again=written_after_all
        )

    def put_in_parts(
        self, key: str, content: Content, sha256: str, lock: Lock | None = None
    ) -> Receipt:
        """Keep ``content`` as the newest version by a multipart upload, as large files are."""
        version_id = put_in_parts(
            self._bucket,
            self._patiently,
            key,
            pieces_of(content, sha256, PART),
            storable_lock(lock),
        )
        written = Receipt(key, version_id, size_of(content), sha256, existed=False)
        return self._held(written, lock, again=True)

    def read(self, key: str, version_id: str | None = None) -> bytes:
        """Return the bytes of the newest or the named version, unverified."""
        return self._patiently(lambda: self._read(key, version_id))

    @contextmanager
    def open(self, key: str, version_id: str | None = None) -> Iterator[OpenedObject]:
        """Open the newest or the named version to be read in pieces, unverified.

        A failure at this very object is not tried again: SeaweedFS takes 13 s to say so of a rotten one.
        """
        with ExitStack() as stack:
            yield self._patiently(
                lambda: stack.enter_context(self._bucket.open(key, version_id)), but=Failed
            )

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """Return what the server says of ``key``; None when it has no such object."""
        return self._patiently(lambda: self._bucket.head(key, version_id))

    def iter_keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, in ascending order of their bytes."""
        return (listed.key for listed in self._bucket.listing(prefix))

    def iter_objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield key, size and etag of all under ``prefix``, a thousand from each request."""
        return self._bucket.listing(prefix)

    def versions(self, key: str) -> tuple[Version, ...]:
        """Return all versions of ``key``, the newest first."""
        return self._patiently(lambda: self._bucket.versions(key))

    def iter_versions(self, prefix: str) -> Iterator[tuple[str, Version]]:
        """Yield every version of every key under ``prefix``, deleted ones too, a thousand a request."""
        return self._bucket.all_versions(prefix)

    def extend_retention(self, key: str, version_id: str | None, until: datetime) -> None:
        """Lock a version until ``until``; raises Locked when it is locked for longer already."""
        self._require_version(key, version_id)
        with self._explained(key, version_id, shorter_than=until):
            self._patiently(lambda: self._bucket.retain(key, version_id, storable(until)))

    def set_hold(self, key: str, version_id: str | None, on: bool) -> None:
        """Put a legal hold on a version, or take it off."""
        self._require_version(key, version_id)
        self._patiently(lambda: self._bucket.set_hold(key, version_id, on))

    def delete_version(self, key: str, version_id: str | None, approval: str) -> None:
        """Delete a version for good; raises Locked while a lock stands on it."""
        require_approval(approval, key)
        if self.head(key, version_id) is None:
            markers = [one for one in self.versions(key) if one.is_marker]
            if version_id not in {one.version_id for one in markers}:
                raise NotFound(say("{store} has no object {key}.", store=self.describe(), key=key))
        with self._explained(key, version_id):
            self._patiently(lambda: self._bucket.delete(key, version_id))

    def presign_get(self, key: str, version_id: str | None, seconds: int) -> str:
        """Return an address at which anyone can read a version; at most 7 days."""
        return self._client.presigned_get_object(
            self._name, key, expires=timedelta(seconds=seconds), version_id=version_id
        )

    def capabilities(self) -> Capabilities:
        """Return what the server says of the bucket."""
        locks = False
        with suppress(*_CANNOT):
            locks = self._patiently(self._bucket.has_locks)
        return Capabilities(self._patiently(self._bucket.keeps_versions), locks, presigned=True)

    def describe(self) -> Message:
        """Name the bucket and its server."""
        return say("bucket {bucket} at {host}", bucket=self._name, host=self._host)

    def check(self) -> None:
        """Raise unless the server answers, knows us, and has the bucket."""
        if not self._patiently(self._bucket.exists):
            raise Unavailable(
                say(
                    "{store} does not exist; run 'paperproof init' or correct the settings.",
                    store=self.describe(),
                )
            )

    def _put(
        self, key: str, content: Content, sha256: str, lock: Lock | None, condition: dict[str, str]
    ) -> Receipt:
        whole = b"".join(pieces_of(content, sha256))
        version_id = self._bucket.put(key, whole, sha256, storable_lock(lock), condition)
        return Receipt(key, version_id, len(whole), sha256, existed=False)

    def _held(self, receipt: Receipt, lock: Lock | None, again: bool = False) -> Receipt:
        """Read the lock back, having set it where the put did not; ``again``: set it in any case.

        Ceph loses the lock of a multipart put, and an object that was there may be locked for less. What one
        request wrote with its lock is not asked for: whoever reads the bytes back is told the lock with them.
        """
        if lock is None:
            return receipt
        key = receipt.key
        found = self.head(key, receipt.version_id)
        if found and (again or not (found.lock and found.lock.covers(lock))):
            with suppress(*_CANNOT):
                if lock.until:
                    self.extend_retention(key, found.version_id, lock.until)
                if lock.hold:
                    self.set_hold(key, found.version_id, True)
            found = self.head(key, found.version_id)
        return replace(receipt, lock=found.lock if found else None)

    def _read(self, key: str, version_id: str | None) -> bytes:
        with self._bucket.open(key, version_id) as opened:
            return b"".join(opened.chunks())

    def _require_version(self, key: str, version_id: str | None) -> None:
        """Refuse to lock what is no version: rclone takes the request for a put of its XML."""
        found = None if version_id else self.head(key)
        if found and found.version_id is None:
            raise Unsupported(
                say(
                    "{store} gives its objects no versions, so nothing there can be locked; "
                    "choose a server that has object lock.",
                    store=self.describe(),
                )
            )

    @contextmanager
    def _explained(
        self, key: str, version_id: str | None, shorter_than: datetime | None = None
    ) -> Iterator[None]:
        """Say Locked where the server only says that it refuses."""
        try:
            yield
        except (Denied, Protocol, Unsupported) as error:
            found = self.head(key, version_id)
            lock = found.lock if found else None
            if lock is None or (shorter_than and (not lock.until or lock.until <= shorter_than)):
                raise
            raise Locked(locked(self.describe(), key, lock)) from error

    def _patiently(
        self,
        ask: Callable[[], Answer],
        before_again: Callable[[], Answer | None] = lambda: None,
        but: type[Unavailable] | tuple[()] = (),
    ) -> Answer:
        """Ask, and ask again after each pause while the store is unavailable; never after ``but``."""
        for pause in self._pauses:
            try:
                return ask()
            except but:
                raise
            except Unavailable:
                time.sleep(pause)
                if self._recover is not None:
                    self._recover()
            try:
                answer = before_again()
            except Unavailable:
                continue
            if answer is not None:
                return answer
        return ask()


def _is_large(content: Content) -> bool:
    return isinstance(content, Path) and size_of(content) > PART
