"""A real Prefect server and real workers: registered twice, run once, a worker killed in the middle."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from catalog.catalog import Catalog
from flows.settings import Settings
from flows.workspace import Workspace

from .conftest import DAY
from .test_missed_days import book

pytestmark = pytest.mark.slow
PROGRAM = (sys.executable, "-P", "-c", "from flows.cli import main; main()")
BRANCHES = ("3301", "3302")
_PATIENCE = 240.0


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, on loopback, with its database in a temporary folder."""
    home = tmp_path_factory.mktemp("prefect")
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
    at = f"http://127.0.0.1:{port}/api"

    def answers() -> bool:
        assert server.poll() is None, (home / "log").read_text()
        with suppress(URLError, OSError):
            return bool(urlopen(f"{at}/health", timeout=5).status == 200)
        return False

    try:
        eventually(answers, "the server answers")
        yield at
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, api: str) -> Workspace:
    """Two days of three branches, booked and never closed; papers are missing, so nothing is to be read."""
    made = Workspace(tmp_path_factory.mktemp("workspace") / "工作区")
    run(made, "init")
    catalog = Catalog.open(made.catalog_url(Settings()))
    for number, branch in enumerate(BRANCHES):
        catalog.branches.add(branch, branch, "tester")
        for later in (0, 1):
            book_for(catalog, made, later, branch, 2 * number + later)
    catalog.close()
    return made


def book_for(catalog: Catalog, made: Workspace, later: int, branch: str, number: int) -> None:
    from flows.parts import Parts

    book(Parts(made, Settings(), catalog), DAY + timedelta(days=later), branch, number)


def run(workspace: Workspace, *words: str) -> str:
    call = (*PROGRAM, "--workspace", str(workspace.folder), "--lang", "en", *words)
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def worker(workspace: Workspace, api: str) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a worker of the night's pool; in the end none is left."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        words = ("worker", "start", "--pool", "night", "--api", api)
        call = (*PROGRAM, "--workspace", str(workspace.folder), *words)
        with (workspace.folder / "worker.log").open("ab") as log:
            started.append(subprocess.Popen(call, stdout=log, stderr=log))
        return started[-1]

    yield start
    kill_all(workspace)
    for one in started:
        one.wait()


def kill_all(workspace: Workspace) -> None:
    """Kill what a host that lost its power kills: the worker and the flow that it runs."""
    ours = b"PAPERPROOF_WORKSPACE=" + os.fsencode(workspace.folder)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if ours in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


class Server:
    """What the test asks the server, as it stands on the line: importing Prefect takes seconds."""

    def __init__(self, api: str) -> None:
        self._api = api

    def ask(self, where: str, content: object = None) -> dict[str, Any]:
        data = None if content is None else json.dumps(content).encode()
        head = {"Content-Type": "application/json"}
        with urlopen(Request(f"{self._api}/{where}", data, head), timeout=60) as answer:
            told: dict[str, Any] = json.load(answer)
            return told

    def start_close(self) -> str:
        deployment = self.ask("deployments/name/close/nightly")["id"]
        state = {"state": {"type": "SCHEDULED"}}
        return str(self.ask(f"deployments/{deployment}/create_flow_run", state)["id"])

    def state(self, run_id: str) -> str:
        return str(self.ask(f"flow_runs/{run_id}")["state_type"])

    def crashed(self, run_id: str) -> None:
        """Say what an automation on missing heartbeats says."""
        self.ask(f"flow_runs/{run_id}/set_state", {"state": {"type": "CRASHED"}, "force": True})


def closed(workspace: Workspace) -> int:
    catalog = Catalog.open(workspace.catalog_url(Settings()), reading=True)
    try:
        return catalog.days.closed_since(DAY)
    finally:
        catalog.close()


@pytest.fixture(scope="module")
def registered(workspace: Workspace, api: str) -> str:
    """What was told when the deployments were registered."""
    return run(workspace, "deploy", "--api", api)


def test_registered_twice_changes_nothing(workspace: Workspace, api: str, registered: str) -> None:
    assert "take-in/3302" in registered and "9 new, 0 changed, 0 unchanged" in registered
    assert "9 are as they should be" in run(workspace, "deploy", "--api", api, "--dry-run")


@pytest.mark.usefixtures("registered")
def test_a_killed_workers_night_is_closed_by_another(
    workspace: Workspace, api: str, worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    server = Server(api)
    first = server.start_close()
    worker()
    eventually(lambda: closed(workspace) > 0, (workspace.folder / "worker.log").read_text())
    kill_all(workspace)
    before = closed(workspace)
    assert before < 2 * len(BRANCHES), "killed in the middle"
    assert server.state(first) == "RUNNING", "nobody told the server; the catalog is what counts"
    server.crashed(first)
    second = server.start_close()
    worker()
    eventually(lambda: server.state(second) == "COMPLETED", "the second night comes to its end")
    catalog = Catalog.open(workspace.catalog_url(Settings()), reading=True)
    results = [*catalog.days.results(DAY), *catalog.days.results(DAY + timedelta(days=1))]
    catalog.close()
    assert len(results) == 2 * len(BRANCHES) and all(one.closed for one in results)
