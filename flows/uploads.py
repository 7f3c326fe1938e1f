"""Scans that a browser sends: each whole file synced to disk, then taken in like a scanner's inbox."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from anyio import to_thread

from ingest.inbox import scan_files
from pipeline.content import Content
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Batch
from storage.disk import sync_file, sync_folder, write_part

_LONGEST = 200
"""Bytes of one name: file systems take 255, and endings are added."""
PART = ".part"
_ABOUT = ".batch.json"
"""In a batch's folder: which batch it is, so that what waits after a restart is taken in."""
_BATCH = Content(Batch)


@dataclass(frozen=True)
class Received:
    """One file as it was received."""

    name: str
    sha256: str
    byte_count: int


@dataclass(frozen=True)
class Uploads:
    """The folders of a workspace into which scans are sent, one for each batch."""

    folder: Path
    byte_limit: int

    def of(self, batch: Batch) -> Path:
        """Return a batch's folder, made when it is missing."""
        path = self.folder / batch.branch / batch.day.isoformat() / batch.id
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (path / _ABOUT).exists():
            write_part(path, (_BATCH.dump_text(batch).encode("utf-8"),)).replace(path / _ABOUT)
        return path

    def path(self, batch: Batch, name: str) -> Path:
        """Where a file lies once it is whole; raises UserError for a name that leads elsewhere."""
        return self.of(batch).joinpath(*checked_name(name))

    def left(self) -> Iterator[Batch]:
        """Give the batches of which something waits, as after a restart."""
        for about in sorted(self.folder.glob(f"*/*/*/{_ABOUT}")):
            batch = _BATCH.load_text(about.read_text("utf-8"))
            if self.waiting(batch):
                yield batch

    def must_fit(self, name: str, size: int) -> None:
        """Raise UserError for a file larger than one may be."""
        if size > self.byte_limit:
            raise UserError(
                say(
                    "{name} is larger than {limit} MB; scan its pages one by one.",
                    name=name,
                    limit=self.byte_limit >> 20,
                )
            )

    def waiting(self, batch: Batch) -> tuple[str, ...]:
        """Give the names of what was sent and is still to be taken in."""
        folder = self.of(batch)
        return tuple(path.relative_to(folder).as_posix() for path in scan_files(folder))

    def holds(self, batch: Batch, name: str, sha256: str) -> bool:
        """Whether a file of these very bytes was sent under a name and waits to be taken in."""
        try:
            with self.path(batch, name).open("rb") as content:
                return hashlib.file_digest(content, "sha256").hexdigest() == sha256
        except OSError:  # not there, or taken in at this moment
            return False

    async def receive(
        self, batch: Batch, name: str, content: AsyncIterator[bytes], sha256: str
    ) -> Received:
        """Keep a file under its name once it is whole: of the digest that the sender computed.

        Nothing is kept of a file that was cut off, is too large or differs. Raises UserError.
        """
        path = self.path(batch, name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_name(f".{token_hex(8)}{PART}")
        try:
            received = await self._write(partial, name, content)
            if received.sha256 != sha256:
                raise UserError(
                    say("{name} arrived otherwise than it was sent; send it again.", name=name)
                )
            await to_thread.run_sync(settle, partial, path)
            return received
        finally:
            partial.unlink(missing_ok=True)

    async def _write(self, path: Path, name: str, content: AsyncIterator[bytes]) -> Received:
        found, count = hashlib.sha256(), 0
        with path.open("wb") as out:
            async for block in content:
                count += len(block)
                self.must_fit(name, count)
                found.update(block)
                out.write(block)
        return Received(name, found.hexdigest(), count)


def checked_name(name: str) -> tuple[str, ...]:
    """Return the parts of a file's name below its folder; raises UserError for one that leads elsewhere."""
    parts = tuple(_parts(name))
    if not parts or not all(map(_is_plain, parts)):
        raise UserError(
            say(
                "“{name}” is no name for a scan; rename the file and send it again.", name=name[:80]
            )
        )
    return parts


def _parts(name: str) -> Iterator[str]:
    yield from name.replace("\\", "/").split("/")


def _is_plain(part: str) -> bool:
    """Whether a name stays where it is put; hidden ones would be overlooked."""
    return (
        bool(part.strip())
        and not part.startswith(".")
        and part.isprintable()
        and len(os.fsencode(part)) <= _LONGEST
        and not part.endswith(PART)
    )


def settle(partial: Path, path: Path) -> None:
    """Sync a file and then its name, so that neither can be lost once the sender is told."""
    sync_file(partial)
    partial.replace(path)
    sync_folder(path.parent)
