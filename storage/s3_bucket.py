"""The requests to one bucket, each asked once and answered in our words."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from itertools import chain, islice
from traceback import clear_frames

from minio import Minio
from minio.commonconfig import COMPLIANCE, ENABLED
from minio.datatypes import Part
from minio.objectlockconfig import ObjectLockConfig
from minio.retention import Retention
from minio.versioningconfig import VersioningConfig
from urllib3 import BaseHTTPResponse

from pipeline.errors import AlreadyStored, NotFound
from pipeline.language import Message
from storage.content import PIECE
from storage.s3_errors import FAILURES, in_words
from storage.s3_locks import lock_in, retention_headers
from storage.store import Lock, StoredObject, Version

Headers = dict[str, str | list[str] | tuple[str]]


_AT_ONCE = 16
"""Pieces that are read before an object counts as opened: a page is then whole, or asked for again."""


@dataclass(frozen=True)
class OpenedObject:
    """The answer to a GET; of a large object most bytes are still to come."""

    info: StoredObject
    pieces: Iterator[bytes]

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes as they come in."""
        return self.pieces


class Bucket:
    """One bucket of an S3 server; ``store`` names it in sentences."""

    def __init__(self, client: Minio, name: str, store: Message) -> None:
        self._client = client
        self._name = name
        self._store = store

    def exists(self) -> bool:
        """Whether the server has the bucket."""
        with self.told(""):
            return self._client.bucket_exists(self._name)

    def make(self, object_lock: bool) -> None:
        """Make the bucket unless it is there."""
        if self.exists():
            return
        try:
            with self.told(""):
                self._client.make_bucket(self._name, object_lock=object_lock)
        except AlreadyStored:  # another process was quicker
            return

    def keeps_versions(self) -> bool:
        """Whether older versions stay."""
        with self.told(""):
            return self._client.get_bucket_versioning(self._name).status == ENABLED

    def keep_versions(self) -> None:
        """Have older versions stay from now on."""
        with self.told(""):
            self._client.set_bucket_versioning(self._name, VersioningConfig(ENABLED))

    def has_locks(self) -> bool:
        """Whether the server says that versions in the bucket can be locked; else it refuses the question."""
        with self.told(""):
            self._client.get_object_lock_config(self._name)
        return True

    def have_locks(self) -> None:
        """Have versions lockable from now on, in a bucket made without."""
        with self.told(""):
            self._client.set_object_lock_config(self._name, ObjectLockConfig(None, None, None))

    def put(
        self, key: str, content: bytes, sha256: str, lock: Lock | None, condition: Mapping[str, str]
    ) -> str | None:
        """Send ``content`` in one request; return the version written."""
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode("ascii")
        headers: Headers = {
            "Content-Type": "application/octet-stream",
            "x-amz-checksum-sha256": checksum,
            **retention_headers(lock),
            **condition,
        }
        with self.told(key):
            # The public put_object turns If-None-Match into user metadata, and splits what is large.
            return self._client._put_object(self._name, key, content, headers).version_id

    def begin(self, key: str, lock: Lock | None) -> str:
        """Begin a multipart upload; return its name."""
        headers: Headers = {**retention_headers(lock)}
        with self.told(key):
            return self._client._create_multipart_upload(self._name, key, headers)

    def put_part(self, key: str, upload: str, number: int, piece: bytes) -> Part:
        """Send one part; the server checks its MD5."""
        checksum = base64.b64encode(md5(piece, usedforsecurity=False).digest()).decode("ascii")
        with self.told(key):
            etag = self._client._upload_part(
                self._name, key, piece, {"Content-MD5": checksum}, upload, number
            )
        return Part(number, etag)

    def complete(self, key: str, upload: str, parts: list[Part]) -> str | None:
        """Make the parts one object; return the version written."""
        with self.told(key):
            return self._client._complete_multipart_upload(
                self._name, key, upload, parts
            ).version_id

    def abort(self, key: str, upload: str) -> None:
        """Have the server throw away the parts sent so far."""
        with self.told(key):
            self._client._abort_multipart_upload(self._name, key, upload)

    @contextmanager
    def open(self, key: str, version_id: str | None) -> Iterator[OpenedObject]:
        """Ask for an object, and hand on its answer before the bytes are read."""
        with self.told(key):
            response = self._client.get_object(self._name, key, version_id=version_id)
        try:
            with self.told(key):
                headers = response.headers
                info = _info(key, int(headers.get("content-length", "0")), headers)
            pieces = self._pieces(key, response)
            begun = list(islice(pieces, _AT_ONCE))
            yield OpenedObject(info, chain(begun, pieces))
        finally:
            response.close()
            response.release_conn()

    def _pieces(self, key: str, response: BaseHTTPResponse) -> Iterator[bytes]:
        with self.told(key):
            yield from response.stream(PIECE)

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """Return what the server says of ``key``; None when it has no such object."""
        try:
            with self.told(key):
                found = self._client.stat_object(self._name, key, version_id=version_id)
                return _info(key, found.size or 0, found.metadata or {})
        except NotFound:
            return None

    def listing(self, prefix: str) -> Iterator[StoredObject]:
        """Yield what a listing tells of each object."""
        with self.told(prefix):
            for one in self._client.list_objects(self._name, prefix=prefix, recursive=True):
                yield StoredObject(
                    str(one.object_name),
                    one.size or 0,
                    None,
                    one.etag,
                    changed_at=one.last_modified,
                )

    def versions(self, key: str) -> tuple[Version, ...]:
        """Return all versions of ``key``, the newest first."""
        found = [version for of, version in self.all_versions(key) if of == key]
        return tuple(sorted(found, key=lambda one: not one.is_latest))

    def all_versions(self, prefix: str) -> Iterator[tuple[str, Version]]:
        """Yield key and version of all under ``prefix``, marks of deletion too."""
        with self.told(prefix):
            listed = self._client.list_objects(
                self._name, prefix=prefix, recursive=True, include_version=True
            )
            for one in listed:
                yield (
                    str(one.object_name),
                    Version(
                        one.version_id,
                        str(one.is_latest).lower() == "true",  # the SDK gives a word
                        bool(one.is_delete_marker),
                        one.size or 0,
                    ),
                )

    def retain(self, key: str, version_id: str | None, until: datetime) -> None:
        """Set the retention of a version."""
        with self.told(key):
            self._client.set_object_retention(
                self._name, key, Retention(COMPLIANCE, until), version_id=version_id
            )

    def set_hold(self, key: str, version_id: str | None, on: bool) -> None:
        """Put a legal hold on a version, or take it off."""
        act = (
            self._client.enable_object_legal_hold if on else self._client.disable_object_legal_hold
        )
        with self.told(key):
            act(self._name, key, version_id=version_id)

    def delete(self, key: str, version_id: str | None) -> None:
        """Delete a version."""
        with self.told(key):
            self._client.remove_object(self._name, key, version_id=version_id)

    @contextmanager
    def told(self, key: str) -> Iterator[None]:
        """Put failures of the block into our words; ``key`` is "" where it is about the bucket."""
        try:
            yield
        except FAILURES as error:
            # The frames hold a broken connection in a cycle, open until the collector comes by.
            clear_frames(error.__traceback__)
            raise in_words(error, self._store, key) from error


def _info(key: str, size: int, headers: Mapping[str, str]) -> StoredObject:
    return StoredObject(
        key,
        size,
        headers.get("x-amz-version-id"),
        headers.get("etag", "").strip('"') or None,
        lock_in(headers),
    )
