"""Deleting an object at one store for good: what stands against it, every version, the look afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flows.parts import Parts
from pipeline.errors import StoreError
from pipeline.language import Message, say
from storage.store import Store


def what_locks(parts: Parts, store: Store, key: str) -> Message | None:
    """Say what keeps a copy from going: a hold on the object, or a lock on one of its versions."""
    if parts.catalog.holds.held([key]):
        return say("{key} waits: a legal hold keeps it.", key=key)
    now = datetime.now(UTC)
    for version in store.versions(key):
        found = None if version.is_marker else store.head(key, version.version_id)
        if found and found.lock and found.lock.stands(now):
            return (
                say(
                    "{key} waits: it is locked until {until}.",
                    key=key,
                    until=f"{found.lock.until:%Y-%m-%d}",
                )
                if found.lock.until
                else say("{key} waits: a legal hold keeps it.", key=key)
            )
    return None


def delete_versions(store: Store, key: str, approval: str, deleted: Callable[[], None]) -> None:
    """Delete every version, and look whether the key is gone; raises StoreError unless it is.

    ``deleted`` is called after each.
    """
    for version in store.versions(key):
        store.delete_version(key, version.version_id, approval)
        deleted()
    if store.versions(key):
        raise StoreError(
            say(
                "{store} still has {key} after it was deleted there.",
                store=store.describe(),
                key=key,
            )
        )
