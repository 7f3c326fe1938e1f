"""What it costs to share reading out: a bare loop, workers over claims, flow runs; two workers against one.

Processor time is what is compared: clocks of machines that do other things too tell nothing.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.flow_server import FlowServerProcess, flow_server_process
from bench.pages import invented
from bench.scale_day import Costs, sizing
from bench.station import make_day
from catalog.catalog import Catalog
from catalog.connection import newest_version
from flows.how_to_read import HowToRead
from flows.reading_pool import PageLimits, ReadingPool
from flows.settings import Settings
from flows.workspace import Workspace
from pipeline.claims import LeaseRules, Worker
from pipeline.model import Reading
from pipeline.serials import SERIAL_GRAMMAR

PAGES = 24
DAYS = (15_000, 150_000, 1_500_000)
BRANCH, DAY = "3301", date(2026, 11, 19)
_PROGRAM = (sys.executable, "-c", "from flows.cli import main; main()")
_RULES = LeaseRules(chunk_pages=20)
_ENTERED = 400
_UNTIL_STARTED = 30.0
"""Seconds until a Prefect worker has started, so that only its run is counted."""
_PR_SET_CHILD_SUBREAPER = 36
_SET = (
    ("workers = 0", "workers = 1"),
    ("# chunk_pages = 100", "chunk_pages = 20"),
    ('# read = "*/5 * * * *"', 'read = "0 0 1 1 *"'),  # the one run that counts is started by hand
)


def run(pages: int, days: Sequence[int], seed: int) -> dict[str, Any]:
    """Measure with ``pages`` invented pages, then simulate days of so many; print the tables."""
    contents = [page.content for page in invented(seed, pages)][:pages]
    with TemporaryDirectory(prefix="paperproof-bench-") as folder:
        place = Path(folder)
        looped = _bare_loop(contents)
        one, two = place / "one", place / "two"
        cost_of_taking_in = _taken_in(one, contents)
        shutil.copytree(one, two)
        figures: dict[str, Any] = {
            "pages": pages,
            "bare_loop": _row(looped["cpu"], looped["wall"], pages),
            "one_worker": _workers(one, 1, pages),
            "two_workers": _workers(two, 2, pages),
            "flow_run": _flow_run(one, place),
            "take_in_cpu_a_page": cost_of_taking_in,
            "claims": _claims(place / "claims", seed),
            "catalog_bytes_a_page": _catalog_bytes(place / "day", seed),
        }
    costs = Costs(
        looped["of_pages"],
        cost_of_taking_in,
        figures["claims"]["enter_ms"] / 1000,
        sum(map(len, contents)) / pages,
        figures["catalog_bytes_a_page"],
        figures["flow_run"]["orchestration_cpu"],
    )
    figures["simulated"] = [sizing(count, costs, LeaseRules(), seed) for count in days]
    print(told(figures))
    return figures


def told(figures: dict[str, Any]) -> str:
    """Return the tables."""
    rows = [
        f"{figures['pages']} pages; CPU seconds of all processes, wall seconds for what they are worth"
    ]
    for name in ("bare_loop", "one_worker", "two_workers"):
        row = figures[name]
        rows.append(
            f"{name:<12} {row['cpu_seconds']:8.2f} CPU s  {row['cpu_a_page']:6.3f} CPU s/page  "
            f"{row['wall_seconds']:8.1f} s  {row['pages_a_minute']:6.1f} pages/min"
        )
    run_cpu = figures["flow_run"]["orchestration_cpu"]
    rows.append(
        f"a flow run costs {run_cpu:.2f} CPU s, {figures['flow_run']['server_cpu']:.2f} at the server"
    )
    rows += [f"{name}: {value}" for name, value in figures["claims"].items()]
    rows.append("SIMULATED from these costs:")
    for day in figures["simulated"]:
        rows.append("  ".join(f"{name} {value:,}" for name, value in day.items()))
    return "\n".join(rows)


def _row(cpu: float, wall: float, pages: int) -> dict[str, Any]:
    return {
        "cpu_seconds": round(cpu, 2),
        "cpu_a_page": round(cpu / pages, 4),
        "wall_seconds": round(wall, 1),
        "pages_a_minute": round(60 * pages / wall, 1),
    }


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _bare_loop(contents: Sequence[bytes]) -> dict[str, Any]:
    """Read with one reading process, nothing else; its start counts, as it does in all rows."""
    cpu, wall = _children() + time.process_time(), time.perf_counter()
    with ReadingPool(1, HowToRead("rapidocr", SERIAL_GRAMMAR), PageLimits(seconds=60)) as pool:
        read = [future.result() for future in [pool.submit(one) for one in contents]]
    cpu, wall = _children() + time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu, "wall": wall, "of_pages": [one.cpu_seconds for one in read]}


def _program(workspace: Path, *words: str) -> subprocess.Popen[bytes]:
    call = (*_PROGRAM, "--workspace", str(workspace), *words)
    return subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _ran(workspace: Path, *words: str) -> float:
    """Run a command; return its processor time."""
    before = _children()
    if _program(workspace, *words).wait():
        raise SystemExit(f"paperproof {' '.join(words)} failed")
    return _children() - before


def _taken_in(workspace: Path, contents: Sequence[bytes]) -> float:
    """Make a workspace with the pages taken in and not read; return seconds a page, less the start."""
    _ran(workspace, "init")
    settings = workspace / "paperproof.toml"
    text = settings.read_text("utf-8")
    for old, new in _SET:
        assert old in text, old
        text = text.replace(old, new)
    settings.write_text(text, "utf-8")
    folder = workspace / "scans"
    folder.mkdir()
    for number, content in enumerate(contents):
        (folder / f"{number:04d}.jpg").write_bytes(content)
    words = ("take-in", str(folder), "--branch", BRANCH, "--day", DAY.isoformat(), "--read-later")
    first, again = _ran(workspace, *words), _ran(workspace, *words)
    return round((first - again) / len(contents), 4)


def _workers(workspace: Path, count: int, pages: int) -> dict[str, Any]:
    """Have so many workers read what waits, each with one reading process."""
    cpu, wall = _children(), time.perf_counter()
    workers = [_program(workspace, "worker", "read", "--until-empty") for _ in range(count)]
    if any(one.wait() for one in workers):
        raise SystemExit("a worker failed")
    return _row(_children() - cpu, time.perf_counter() - wall, pages)


def _flow_run(workspace: Path, place: Path) -> dict[str, float]:
    """Have a Prefect worker run ``read/001`` when nothing waits: what it costs beside the command alone."""
    home = place / "prefect"
    home.mkdir()
    alone = _ran(workspace, "worker", "read", "--until-empty")
    ctypes.CDLL(None).prctl(
        _PR_SET_CHILD_SUBREAPER, 1
    )  # what the worker leaves behind counts as ours
    with flow_server_process(home) as server:
        _ran(workspace, "deploy", "--api", server.api)
        before = _children()
        worker = _program(workspace, "worker", "start", "--pool", "reading", "--api", server.api)
        time.sleep(_UNTIL_STARTED)
        started, served = _tree(worker.pid), server.cpu_seconds()
        _complete(server)
        time.sleep(5)  # what a run leaves to do
        server_cpu = server.cpu_seconds() - served
        worker.kill()
        worker.wait()
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        run_cpu = _children() - before - started
    return {
        "command_cpu": round(alone, 2),
        "run_cpu": round(run_cpu, 2),
        "server_cpu": round(server_cpu, 2),
        "orchestration_cpu": round(run_cpu + server_cpu - alone, 2),
    }


def _tree(pid: int) -> float:
    """Processor time of a process and of its children that have ended."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, parts[11:15])) / os.sysconf("SC_CLK_TCK")


def _complete(server: FlowServerProcess) -> None:
    run_id = server.start("read/001")
    while (state := server.state(run_id)) != "COMPLETED":
        if state in ("FAILED", "CRASHED", "CANCELLED"):
            raise SystemExit(f"the flow run ended as {state}")
        time.sleep(1)


def _claims(folder: Path, seed: int) -> dict[str, Any]:
    """Claim, enter and finish chunks in a catalog; milliseconds of processor for each act."""
    make_day(folder, _ENTERED, seed)
    catalog = Catalog.open(Workspace(folder).catalog_url(Settings()))
    worker = Worker("bench/1", newest_version())
    _forget_readings(catalog)
    catalog.claims.queue(DAY, BRANCH, _RULES)
    nothing = Reading((), {}, (), "bench", 0.0, 0.0)
    spent = {"claim_ms": 0.0, "enter_ms": 0.0, "renew_ms": 0.0, "finish_ms": 0.0}
    chunks = pages = 0
    while claim := _spent(spent, "claim_ms", catalog.claims.claim, worker, _RULES):
        chunks += 1
        for sha256 in claim.pages:
            _spent(spent, "enter_ms", catalog.claims.enter, claim, worker, sha256, nothing)
            pages += 1
        _spent(spent, "renew_ms", catalog.claims.renew, claim, worker, _RULES)
        _spent(spent, "finish_ms", catalog.claims.finish, claim, worker)
    catalog.close()
    count = {"enter_ms": pages}
    return {name: round(1000 * one / count.get(name, chunks), 3) for name, one in spent.items()}


def _spent(spent: dict[str, float], name: str, act: Any, *given: Any) -> Any:
    before = time.process_time()
    try:
        return act(*given)
    finally:
        spent[name] += time.process_time() - before


def _forget_readings(catalog: Catalog) -> None:
    """Take away what the made day read: only here, to read it again."""
    from sqlalchemy import delete

    from catalog.tables import reading

    with catalog._engine.begin() as connection:
        connection.execute(delete(reading))


def _catalog_bytes(folder: Path, seed: int) -> float:
    """How much a page with its transaction takes in a catalog."""
    make_day(folder, _ENTERED, seed)
    place = folder / "catalog.sqlite"
    catalog = Catalog.open(Workspace(folder).catalog_url(Settings()))
    pages = len(catalog.pages.of_day(DAY, BRANCH))
    catalog.close()
    return round(place.stat().st_size / pages, 0)
