"""What an S3 server's refusals, and the SDK's four layers of exceptions, mean to us."""

from __future__ import annotations

import re
from http.client import IncompleteRead
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError, ProtocolError

from pipeline.errors import (
    AlreadyStored,
    Corrupt,
    Denied,
    Failed,
    Full,
    NotFound,
    Protocol,
    StoreError,
    Unavailable,
    Unsupported,
)
from pipeline.language import Message, say
from storage.store import Lock

FAILURES = (
    MinioException,
    HTTPError,
    ParseError,
    OSError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
)
"""All that the SDK raises on a refusal, a broken connection or a broken answer."""

_BY_CODE: dict[str, type[StoreError]] = {
    "NoSuchKey": NotFound,
    "NoSuchVersion": NotFound,
    "NoSuchUpload": NotFound,
    # A delete marker stands on the key: a reader finds nothing there.
    "MethodNotAllowed": NotFound,
    # Without its bucket a store can do nothing at all; that one object is missing would mislead.
    "NoSuchBucket": Unavailable,
    "PreconditionFailed": AlreadyStored,
    "BucketAlreadyOwnedByYou": AlreadyStored,
    "BucketAlreadyExists": AlreadyStored,
    "AccessDenied": Denied,
    "InvalidAccessKeyId": Denied,
    "SignatureDoesNotMatch": Denied,
    "RequestTimeTooSkewed": Denied,
    "BadDigest": Corrupt,
    "InvalidDigest": Corrupt,
    "XAmzContentSHA256Mismatch": Corrupt,
    "XMinioStorageFull": Full,
    "InsufficientStorage": Full,
    "QuotaExceeded": Full,
    "NotImplemented": Unsupported,
    # SeaweedFS and Ceph: a lock was asked for in a bucket made without.
    "InvalidRequest": Unsupported,
    "ObjectLockConfigurationNotFoundError": Unsupported,
    "InvalidBucketState": Unsupported,
    # SeaweedFS says so of an object whose checksum fails (measured), but also when it has trouble itself.
    "InternalError": Failed,
    "ServiceUnavailable": Unavailable,
    "SlowDown": Unavailable,
    "RequestTimeout": Unavailable,
    "OperationAborted": Unavailable,
    "ConditionalRequestConflict": Unavailable,
}
_BY_STATUS: dict[int, type[StoreError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    408: Unavailable,
    409: Unavailable,
    412: AlreadyStored,
    429: Unavailable,
    500: Failed,
    501: Unsupported,
    507: Full,
}
_FULL_WORDS = ("no space left", "no writable volumes", "storage full", "quota exceeded")
_STATUS = re.compile(r"Response code: (\d+)")
_CODE = re.compile(r"<Code>(\w+)</Code>")
"""In the text of an answer that the SDK does not take for XML: rclone says that it is text."""


def in_words(error: Exception, store: Message, key: str) -> StoreError:
    """Return the StoreError that ``error`` means, with one sentence that names the store.

    ``key`` is empty where the request was about the bucket.
    """
    kind = _kind(error)
    sentence = _sentence(kind, store, key, _reason(error))
    if (after := _broke_off_after(error)) is not None:
        return Failed(sentence, after)
    return kind(sentence)


def locked(store: Message, key: str, lock: Lock) -> Message:
    """Return the sentence for a version that a lock keeps from being deleted or locked for less."""
    if lock.hold or lock.until is None:
        return say(
            "{store} keeps {key} under a legal hold; it stays until the hold is taken off.",
            store=store,
            key=key,
        )
    return say(
        "{store} keeps {key} locked until {until}; nobody can delete it or shorten the lock before.",
        store=store,
        key=key,
        until=f"{lock.until:%Y-%m-%d %H:%M} UTC",
    )


def _kind(error: Exception) -> type[StoreError]:
    if any(words in _said(error).lower() for words in _FULL_WORDS):
        return Full
    if isinstance(error, S3Error):
        known = _BY_CODE.get(error.code or "")
        return known or _by_status(error.response.status)
    if isinstance(error, ServerError):
        return _by_status(error.status_code)
    if isinstance(error, InvalidResponseError):
        if (code := _CODE.search(str(error))) and code[1] in _BY_CODE:
            return _BY_CODE[code[1]]
        status = _STATUS.search(str(error))
        return _by_status(int(status[1]) if status else 0)
    if isinstance(error, HTTPError | OSError):
        return Unavailable
    return Protocol


def _said(error: Exception) -> str:
    """The server's own sentence, without the names of key, bucket and host that the SDK puts beside it."""
    if isinstance(error, S3Error):
        return error.message or ""
    return str(error) if isinstance(error, InvalidResponseError) else ""


def _broke_off_after(error: Exception) -> int | None:
    """How much of an answer came in that ended too early; None: it was otherwise.

    SeaweedFS ends it where the checksum of a piece fails (measured: after whole pieces, the same each time).
    """
    cause = error.args[-1] if isinstance(error, ProtocolError) and error.args else None
    if not isinstance(cause, IncompleteRead):
        return None
    # urllib3 counts all bytes of the answer, the library below gives those of its last piece.
    partial: int | bytes = cause.partial
    return partial if isinstance(partial, int) else len(partial)


def _by_status(status: int) -> type[StoreError]:
    return _BY_STATUS.get(status, Unavailable if status > 501 else Protocol)


def _reason(error: Exception) -> str:
    """Return the server's own word for it, else the exception's; one line."""
    if isinstance(error, S3Error) and error.code:
        return error.code
    if code := _CODE.search(str(error)):
        return code[1]
    return " ".join(str(error).split())[:200] or type(error).__name__


def _sentence(kind: type[StoreError], store: Message, key: str, reason: str) -> Message:
    if kind is NotFound:
        return say("{store} has no object {key}.", store=store, key=key)
    if kind is AlreadyStored:
        return say("{store} already has {key}.", store=store, key=key or store)
    if kind is Denied:
        return say(
            "{store} refuses us ({reason}); check the keys in the settings, their rights, "
            "and this machine's clock.",
            store=store,
            reason=reason,
        )
    if kind is Corrupt:
        return say(
            "{store} received other bytes than were sent for {key}; run again, "
            "and have the network looked at if it stays so.",
            store=store,
            key=key,
        )
    if kind is Full:
        return say(
            "{store} has no room left for {key}; free space on its disk and run again.",
            store=store,
            key=key,
        )
    if kind is Unsupported:
        return say(
            "{store} cannot do what was asked ({reason}); choose a server that has it, "
            "or correct the settings.",
            store=store,
            reason=reason,
        )
    if issubclass(kind, Unavailable):
        return say(
            "{store} cannot be reached or cannot work now ({reason}); see that it runs, then run again.",
            store=store,
            reason=reason,
        )
    return say(
        "{store} gave an answer that makes no sense ({reason}); check that the address in the settings "
        "is an S3 server.",
        store=store,
        reason=reason,
    )
