"""The embedded flow engine around a nightly job: set up before it is imported, quiet, ended with us."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.prefect_guard import guarded
from flows.settings import quiet_prefect


@contextmanager
def flow_engine(home: Path) -> Iterator[None]:
    """Prepare the engine that keeps its own below ``home``; import ``flows.nightly`` inside."""
    quiet_prefect(home)
    with guarded(home), _results_kept_apart():
        yield


@contextmanager
def _results_kept_apart() -> Iterator[None]:
    """Send to standard error whatever the flow engine and its server print to standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
