"""A store in a bucket of any S3 server, through the minio SDK."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from traceback import clear_frames
from typing import TypeVar

import urllib3
from minio import Minio
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from pipeline.errors import AlreadyStored, NotFound, Protocol, Unavailable, UserError
from pipeline.language import Message, say
from storage.s3_errors import FAILURES, in_words
from storage.store import Receipt, StoredObject

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 60.0
_PAUSES = (0.2, 1.0)
"""Seconds before the second and the third try."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class S3Endpoint:
    """Where an S3 server answers, and as whom to speak to it."""

    host: str
    """Host and port, "127.0.0.1:8333"."""
    access_key: str
    secret_key: str = field(repr=False)
    secure: bool = True
    """https; plain http is for a server on this very machine."""
    region: str = "us-east-1"
    ca_file: str | None = None
    """The authority that signed the server's certificate; None: those the system trusts."""


def connect(
    endpoint: S3Endpoint,
    connect_seconds: float = _CONNECT_SECONDS,
    read_seconds: float = _READ_SECONDS,
) -> Minio:
    """Return a client that never tries again by itself: a repeated PUT would make a second version."""
    pool = urllib3.PoolManager(
        maxsize=8,
        timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
        retries=False,
        ca_certs=endpoint.ca_file,
    )
    try:
        return Minio(
            endpoint.host,
            access_key=endpoint.access_key,
            secret_key=endpoint.secret_key,
            secure=endpoint.secure,
            region=endpoint.region,
            http_client=pool,
        )
    except ValueError as error:
        raise UserError(
            say(
                "{host} is not the address of an object store ({reason}); "
                'write it in the settings as "host:port".',
                host=endpoint.host,
                reason=error,
            )
        ) from error


class S3Store:
    """Objects in one versioned bucket.

    ``recover`` is called before a failed request is tried again: it may start the server anew, or
    raise the StoreError that explains the failure. ``pauses`` are the seconds between the tries.
    """

    def __init__(
        self,
        endpoint: S3Endpoint,
        bucket: str,
        recover: Callable[[], object] | None = None,
        pauses: Sequence[float] = _PAUSES,
    ) -> None:
        self._client = connect(endpoint)
        self._host = endpoint.host
        self._bucket = bucket
        self._recover = recover
        self._pauses = tuple(pauses)

    def ensure_bucket(self) -> None:
        """Make the bucket unless it is there, and see to it that it keeps versions (R7)."""
        self._patiently(self._make_bucket)
        status = self._patiently(self._versioning)
        if status != ENABLED:
            raise Protocol(
                say(
                    "{store} does not keep older versions of an object; choose a server that does.",
                    store=self.describe(),
                )
            )

    def put_once(self, key: str, content: bytes, sha256: str) -> Receipt:
        """Keep ``content`` unless ``key`` is taken: one PUT with ``If-None-Match: *`` (R3)."""
        existed = Receipt(key, None, len(content), sha256, existed=True)
        try:
            # A try whose answer was lost may have stored the bytes: ask before sending them again.
            return self._patiently(
                lambda: self._put(key, content, sha256, {"If-None-Match": "*"}),
                before_again=lambda: existed if self._head(key) else None,
            )
        except AlreadyStored:
            return existed

    def put_healed(self, key: str, content: bytes, sha256: str) -> Receipt:
        """Keep ``content`` as the newest version; the older ones stay (R7)."""
        return self._patiently(lambda: self._put(key, content, sha256, {}))

    def read(self, key: str, version_id: str | None = None) -> bytes:
        """Return the bytes of the newest or the named version, unverified."""
        return self._patiently(lambda: self._read(key, version_id))

    def head(self, key: str) -> StoredObject | None:
        """Return what the server says of ``key``; None when it has no such object."""
        return self._patiently(lambda: self._head(key))

    def iter_keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, in ascending order of their bytes."""
        with self._told(prefix):
            for listed in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                yield str(listed.object_name)

    def describe(self) -> Message:
        """Name the bucket and its server."""
        return say("bucket {bucket} at {host}", bucket=self._bucket, host=self._host)

    def check(self) -> None:
        """Raise unless the server answers, knows us, and has the bucket."""
        if not self._patiently(self._has_bucket):
            raise Unavailable(
                say(
                    "{store} does not exist; run 'paperproof init' or correct the settings.",
                    store=self.describe(),
                )
            )

    def _make_bucket(self) -> None:
        if self._has_bucket():
            return
        try:
            with self._told(""):
                self._client.make_bucket(self._bucket)
        except AlreadyStored:  # another process was quicker
            return

    def _versioning(self) -> str | None:
        with self._told(""):
            if self._client.get_bucket_versioning(self._bucket).status != ENABLED:
                self._client.set_bucket_versioning(self._bucket, VersioningConfig(ENABLED))
            return self._client.get_bucket_versioning(self._bucket).status

    def _has_bucket(self) -> bool:
        with self._told(""):
            return self._client.bucket_exists(self._bucket)

    def _put(self, key: str, content: bytes, sha256: str, condition: dict[str, str]) -> Receipt:
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode("ascii")
        headers: dict[str, str | list[str] | tuple[str]] = {
            "Content-Type": "application/octet-stream",
            "x-amz-checksum-sha256": checksum,
            **condition,
        }
        with self._told(key):
            # The public put_object turns If-None-Match into user metadata, and splits what is large.
            written = self._client._put_object(self._bucket, key, content, headers)
        return Receipt(key, written.version_id, len(content), sha256, existed=False)

    def _read(self, key: str, version_id: str | None) -> bytes:
        with self._told(key):
            response = self._client.get_object(self._bucket, key, version_id=version_id)
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def _head(self, key: str) -> StoredObject | None:
        try:
            with self._told(key):
                found = self._client.stat_object(self._bucket, key)
        except NotFound:
            return None
        return StoredObject(key, found.size or 0, found.version_id)

    def _patiently(
        self,
        ask: Callable[[], Answer],
        before_again: Callable[[], Answer | None] = lambda: None,
    ) -> Answer:
        """Ask, and ask again after each pause while the store is unavailable."""
        for pause in self._pauses:
            try:
                return ask()
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

    @contextmanager
    def _told(self, key: str) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            # The frames hold a broken connection in a cycle, open until the collector comes by.
            clear_frames(error.__traceback__)
            raise in_words(error, self.describe(), key) from error
