"""Waiting for what happens on other hosts."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from tests.cluster.hosts import Host

PATIENCE = 90.0


def wait_until(ready: Callable[[], bool], what: str, patience: float = PATIENCE) -> float:
    """Wait for something; return how many seconds it took, fail after ``patience``."""
    began = time.monotonic()
    while not ready():
        assert time.monotonic() - began < patience, f"{what}: not within {patience:.0f} s"
        time.sleep(0.5)  # to ask costs the hosts time too
    return time.monotonic() - began


def listens(host: Host, port: int) -> bool:
    """Whether a program answers at a host's port."""
    knock = f"import socket; socket.create_connection(('{host.address}', {port}), 2).close()"
    return host.run([sys.executable, "-c", knock]).returncode == 0
