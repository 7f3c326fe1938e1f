"""A Prefect server of its own on loopback, with a database of its own, for measuring and for tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_PATIENCE_SECONDS = 300.0
_TURNED_AWAY = 503
"""Its database was locked: nothing was done, ask again later."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class FlowServerProcess:
    """Where it answers, and its process."""

    api: str
    pid: int

    def ask(self, where: str, content: object = None) -> Any:
        """Ask as Prefect's own client does, again while it has no time, without importing it: seconds."""
        method, at = "GET" if content is None else "POST", f"{self.api}/{where}"
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            answer = httpx.request(method, at, json=content, timeout=60)
            if answer.status_code != _TURNED_AWAY or time.monotonic() > deadline:
                return answer.raise_for_status().json()
            time.sleep(float(answer.headers.get("Retry-After", 1)))

    def start(self, deployment: str) -> str:
        """Have a deployment run now; return the run's id."""
        found = self.ask(f"deployments/name/{deployment}")["id"]
        wanted = {"state": {"type": "SCHEDULED"}}
        return str(self.ask(f"deployments/{found}/create_flow_run", wanted)["id"])

    def state(self, run_id: str) -> str:
        """How a run stands."""
        return str(self.ask(f"flow_runs/{run_id}")["state_type"])

    def cpu_seconds(self) -> float:
        """What it has used so far."""
        parts = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / _TICKS


@contextmanager
def flow_server_process(home: Path) -> Iterator[FlowServerProcess]:
    """Run a server until the end of the block; raises RuntimeError, with its log, when it does not start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    command = (sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1")
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            (*command, "--port", str(port)), env=os.environ | quiet, stdout=log, stderr=log
        )
    try:
        at = f"http://127.0.0.1:{port}/api"
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _answers(at):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((home / "log").read_text())
            time.sleep(0.2)
        yield FlowServerProcess(at, server.pid)
    finally:
        server.terminate()
        server.wait()


def _answers(api: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{api}/health", timeout=5).is_success
    return False
