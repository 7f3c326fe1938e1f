"""The embedded flow engine around a nightly job: set up before it is imported, quiet, ended with us."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.prefect_guard import guarded
from flows.settings import FLOW_SERVER_PATIENCE, quiet_prefect
from pipeline.errors import PaperproofError
from pipeline.language import say


@contextmanager
def flow_engine(home: Path) -> Iterator[None]:
    """Prepare the engine that keeps its own below ``home``; import ``flows.nightly`` inside."""
    quiet_prefect(home)
    with guarded(home), _results_kept_apart(), slow_start_told():
        yield


@contextmanager
def slow_start_told() -> Iterator[None]:
    """Tell in one sentence that the engine's server did not start in time, as on a busy machine.

    The engine says so by a RuntimeError of its own, or by a time-out of its HTTP client.
    """
    try:
        yield
    except Exception as error:
        if not _is_late_server(error):
            raise
        raise PaperproofError(
            say(
                "The flow engine's server did not answer in time, as on a busy machine; run the same command "
                "again, or give it more than 120 seconds in {variable}: what was finished is kept.",
                variable=FLOW_SERVER_PATIENCE,
            )
        ) from error


def _is_late_server(error: Exception) -> bool:
    from httpx import TimeoutException  # which the engine has loaded; others need not wait for it

    late = isinstance(error, RuntimeError) and "ephemeral Prefect API server" in str(error)
    return late or isinstance(error, TimeoutException)


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
