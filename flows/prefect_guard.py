"""Ends the embedded flow server when the program that started it was killed.

Prefect's embedded server is a process of its own; a ``kill -9`` of its owner leaves it listening for ever.
The guard is a small process that holds the other end of a pipe: when the owner is gone, however it went,
the pipe closes, and whatever server of this workspace is left is ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SERVER = b"prefect.server.api.server"
_PATIENCE_SECONDS = 10.0


@contextmanager
def guarded(home: Path) -> Iterator[None]:
    """Have the flow server of ``home`` (PREFECT_HOME) ended once this process is gone."""
    guard = subprocess.Popen(
        [sys.executable, "-m", "flows.prefect_guard"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if guard.stdin is None:
        raise OSError("no pipe")
    guard.stdin.write(os.fsencode(home) + b"\n")
    guard.stdin.flush()
    # The pipe stays open until this process ends: Prefect stops its server at exit, not before.
    yield
    guard.returncode = 0  # it outlives us by design


def servers(home: bytes) -> list[int]:
    """Give the flow servers whose PREFECT_HOME is ``home``, by process id."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if _SERVER in (process / "cmdline").read_bytes() and b"PREFECT_HOME=" + home in (
                process / "environ"
            ).read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def end_servers(home: bytes) -> None:
    """End them, by force where they take too long."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while pids := servers(home):
        late = time.monotonic() > deadline
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
        time.sleep(0.2)


if __name__ == "__main__":
    of_home = sys.stdin.buffer.readline().rstrip(b"\n")
    sys.stdin.buffer.read()  # until the owner is gone
    end_servers(of_home)
