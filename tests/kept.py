"""What a vault keeps, for tests to look at."""

from __future__ import annotations

from collections.abc import Iterator

from storage.store import NoteKind, object_key, sha256_of_key
from storage.vault import Vault


def notes(vault: Vault, kind: NoteKind) -> Iterator[bytes]:
    """Every note of ``kind`` that either store lists, verified, in the order of their keys."""
    listed = {*vault.primary.iter_keys(f"{kind}/"), *vault.replica.iter_keys(f"{kind}/")}
    for key in sorted(listed):
        yield vault.read_object(key, sha256_of_key(key) or "")


def both(vault: Vault, sha256: str) -> tuple[bytes, bytes]:
    """The bytes of a page in primary and replica."""
    key = object_key(sha256)
    return vault.primary.read(key), vault.replica.read(key)
