"""A real Prefect server and real workers: registered twice, run once, a worker killed in the middle."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.flow_server import FlowServerProcess, flow_server_process
from catalog.catalog import Catalog
from flows.settings import Settings
from flows.workspace import Workspace
from pipeline.clocks import ZONE

from .conftest import DAY
from .test_missed_days import book

pytestmark = pytest.mark.slow
PROGRAM = (sys.executable, "-P", "-c", "from flows.cli import main; main()")
Start = Callable[[], subprocess.Popen[bytes]]
BRANCHES = ("3301", "3302")
_PATIENCE = 240.0


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@pytest.fixture(scope="session")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowServerProcess]:
    """A server of its own, on loopback, with its database in a temporary folder."""
    with flow_server_process(tmp_path_factory.mktemp("prefect")) as running:
        yield running


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
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
def worker(workspace: Workspace, flows: FlowServerProcess) -> Iterator[Start]:
    """Starts a worker of the night's pool; in the end none is left."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        words = ("worker", "start", "--pool", "night", "--api", flows.api)
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


def closed(workspace: Workspace) -> int:
    catalog = Catalog.open(workspace.catalog_url(Settings()), reading=True)
    try:
        return catalog.days.closed_since(DAY)
    finally:
        catalog.close()


@pytest.fixture(scope="module")
def registered(workspace: Workspace, flows: FlowServerProcess) -> str:
    """What was told when the deployments were registered."""
    return run(workspace, "deploy", "--api", flows.api)


def test_registered_twice_changes_nothing(
    workspace: Workspace, flows: FlowServerProcess, registered: str
) -> None:
    assert "take-in/3302" in registered and "9 new, 0 changed, 0 unchanged" in registered
    assert "9 are as they should be" in run(workspace, "deploy", "--api", flows.api, "--dry-run")


@pytest.mark.usefixtures("registered")
def test_the_server_plans_all_that_is_registered(flows: FlowServerProcess) -> None:
    """Nothing but its own log tells that it cannot compute a time, so this is looked at with each version."""

    def planned() -> list[Any]:
        wanted = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}, "limit": 200}
        return [one for one in flows.ask("flow_runs/filter", wanted) if one["auto_scheduled"]]

    eventually(lambda: len({one["deployment_id"] for one in planned()}) == 9, "all are planned")
    close = flows.ask("deployments/name/close/nightly")["id"]
    times = [one["expected_start_time"] for one in planned() if one["deployment_id"] == close]
    assert {datetime.fromisoformat(at).astimezone(ZONE).hour for at in times} == {20}


@pytest.mark.usefixtures("registered")
def test_a_killed_workers_night_is_closed_by_another(
    workspace: Workspace, flows: FlowServerProcess, worker: Start
) -> None:
    first = flows.start("close/nightly")
    worker()
    eventually(lambda: closed(workspace) > 0, "a first branch day is closed")
    kill_all(workspace)
    before = closed(workspace)
    assert before < 2 * len(BRANCHES), "killed in the middle"
    assert flows.state(first) == "RUNNING", "nobody told the server; the catalog is what counts"
    crashed = {"state": {"type": "CRASHED"}, "force": True}  # as an automation would say
    flows.ask(f"flow_runs/{first}/set_state", crashed)
    second = flows.start("close/nightly")
    worker()
    eventually(lambda: flows.state(second) == "COMPLETED", "the second night comes to its end")
    catalog = Catalog.open(workspace.catalog_url(Settings()), reading=True)
    results = [*catalog.days.results(DAY), *catalog.days.results(DAY + timedelta(days=1))]
    catalog.close()
    assert len(results) == 2 * len(BRANCHES) and all(one.closed for one in results)
