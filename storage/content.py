"""What is to be kept, in memory or in a file, and how it goes out in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import Corrupt, Protocol
from pipeline.language import say
from storage.store import Content, StoredObject

PIECE = 2**20
"""Bytes in a piece: what is in memory of a file at a time."""


@dataclass(frozen=True)
class OpenedFile:
    """An object that is a file, being read."""

    info: StoredObject
    file: BinaryIO

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes once, in pieces."""
        yield from _read(self.file, PIECE)


def size_of(content: Content) -> int:
    """Return how many bytes ``content`` has."""
    return content.stat().st_size if isinstance(content, Path) else len(content)


def pieces_of(content: Content, expected: str, piece: int = PIECE) -> Iterator[bytes]:
    """Yield ``content`` in pieces; at the end of a file raise Corrupt unless it has the SHA-256 ``expected``.

    Bytes in memory were hashed by whoever made their name; a file may have changed since.
    """
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        yield from checked(_read(file, piece), expected, content)


def checked(pieces: Iterable[bytes], expected: str, source: Path) -> Iterator[bytes]:
    """Pass ``pieces`` on; raise Corrupt after the last unless their SHA-256 is ``expected``."""
    running = sha256()
    for piece in pieces:
        running.update(piece)
        yield piece
    if running.hexdigest() != expected:
        raise Corrupt(
            say(
                "{path} no longer holds the bytes that its name was made from; make it again.",
                path=source,
            )
        )


def require_approval(approval: str, key: str) -> None:
    """Raise Protocol unless something is named that approved the deletion of ``key``."""
    if not approval.strip():
        raise Protocol(
            say(
                "Nothing is deleted without an approval, so {key} stays; report this as a fault.",
                key=key,
            )
        )


def _read(file: BinaryIO, piece: int) -> Iterator[bytes]:
    while read := file.read(piece):
        yield read
