"""One run at a time has a thing: a batch, a device, a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import UserError
from pipeline.language import Message


@contextmanager
def alone(lock_file: Path, busy: Message, patience: float = 0) -> Iterator[None]:
    """Have a lock for as long as the block lasts; it ends with its process, however that ends.

    Raises UserError with ``busy`` when another process has it for more than ``patience`` seconds.
    """
    lock = FileLock(lock_file, timeout=patience)
    try:
        lock.acquire()
    except Timeout as error:
        raise UserError(busy) from error
    try:
        yield
    finally:
        lock.release()
