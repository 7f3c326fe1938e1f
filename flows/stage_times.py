"""Seconds of each stage, gathered from the events that tell them and added up in a file of the workspace.

Commands come and go, and several run at once: each adds what it measured under a lock, so that whoever tells
the figures reads one file. What a killed run had not added yet, some seconds' worth, is missing: these are
figures of speed, no record.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.stages import STAGES, Histogram, merged
from storage.disk import write_part

_EVERY_SECONDS = 10.0


class StageTimes(logging.Handler):
    """Counts the seconds that events tell."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._found: dict[str, Histogram] = {}
        self._added = time.monotonic()

    @classmethod
    @contextmanager
    def of(cls, path: Path) -> Iterator[StageTimes]:
        """Count while the block lasts, into this file."""
        times = cls(path)
        try:
            yield times
        finally:
            times.add()

    def emit(self, record: logging.LogRecord) -> None:
        """Count an event that tells a stage's seconds."""
        stage = STAGES.get(record.getMessage())
        seconds = getattr(record, "about", {}).get("seconds")
        if stage is None or seconds is None:
            return
        self._found[stage] = self._found.get(stage, Histogram()).and_one(seconds)
        if time.monotonic() - self._added > _EVERY_SECONDS:
            self.add()

    def add(self) -> None:
        """Add what was counted to the file; a disk that is full or a lock that is held loses no work."""
        self._added = time.monotonic()
        if not self._found:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError, Timeout), FileLock(self._path.with_suffix(".lock"), timeout=1):
            both = merged(stage_times(self._path), self._found)
            told = {name: vars(one) for name, one in both.items()}
            write_part(self._path.parent, [json.dumps(told).encode()]).replace(self._path)
            self._found = {}


def stage_times(path: Path) -> Mapping[str, Histogram]:
    """Read the seconds that were added up; nothing where there are none or the file is no such."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        told = json.loads(path.read_text("utf-8"))
        return {name: Histogram.load(one) for name, one in told.items()}
    return {}
