"""Locks as S3 writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from minio.commonconfig import COMPLIANCE
from minio.time import to_iso8601utc

from storage.store import LATEST, Lock

_MODE = "x-amz-object-lock-mode"
_UNTIL = "x-amz-object-lock-retain-until-date"
_HOLD = "x-amz-object-lock-legal-hold"
_SECONDS = len("2026-11-27T00:00:00")


def retention_headers(lock: Lock | None) -> dict[str, str]:
    """Return the headers by which a put asks for ``lock``."""
    headers = {}
    if lock and lock.until:
        headers[_MODE] = COMPLIANCE
        headers[_UNTIL] = to_iso8601utc(lock.until) or ""
    if lock and lock.hold:
        headers[_HOLD] = "ON"
    return headers


def lock_in(headers: Mapping[str, str]) -> Lock | None:
    """Return the lock that the headers of an answer tell; None when nothing holds.

    Governance retention holds nobody who may bypass it, so it is none. The date is cut to seconds: Ceph
    writes nine digits behind them.
    """
    until = None
    if headers.get(_MODE, "").upper() == COMPLIANCE and (written := headers.get(_UNTIL)):
        until = datetime.fromisoformat(written[:_SECONDS]).replace(tzinfo=UTC)
    hold = headers.get(_HOLD, "").upper() == "ON"
    return Lock(until, hold) if until or hold else None


def storable(until: datetime) -> datetime:
    """Return ``until`` in full seconds, and no later than every server can keep."""
    return min(until, LATEST).replace(microsecond=0)


def storable_lock(lock: Lock | None) -> Lock | None:
    """Return ``lock`` with a date that every server can keep."""
    return replace(lock, until=storable(lock.until)) if lock and lock.until else lock
