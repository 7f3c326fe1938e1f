"""Large files, sent in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeVar

from pipeline.errors import StoreError
from storage.s3_bucket import Bucket
from storage.store import Lock

PART = 64 * 2**20
"""Bytes in a part, and the most that are sent in one request; memory is a part, whatever the file."""

Answer = TypeVar("Answer")


class Patience(Protocol):
    """Asks again while the server is unavailable; first whether the last try did it after all."""

    def __call__(
        self, ask: Callable[[], Answer], before_again: Callable[[], Answer | None] = ...
    ) -> Answer:
        """Return the answer."""
        ...


def put_in_parts(
    bucket: Bucket, patiently: Patience, key: str, pieces: Iterable[bytes], lock: Lock | None
) -> str | None:
    """Send ``pieces`` as one object; return the version written. Until all are sent nothing is there.

    What ``pieces`` raises, when a file is not what its name says, ends the upload without an object.
    """
    before = patiently(lambda: bucket.head(key))
    upload = patiently(lambda: bucket.begin(key, lock))

    def written_after_all() -> tuple[str | None] | None:
        now = bucket.head(key)
        return (now.version_id,) if now and now != before else None

    try:
        sent = [
            patiently(partial(bucket.put_part, key, upload, number, piece))
            for number, piece in enumerate(pieces, 1)
        ]
        [version_id] = patiently(
            lambda: (bucket.complete(key, upload, sent),), before_again=written_after_all
        )
    except BaseException:
        with suppress(StoreError):
            bucket.abort(key, upload)
        raise
    return version_id
