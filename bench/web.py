"""How long the site's lists take: a million pages in the catalog, 50 stations at work, a day coming in.

The site is the real one (``paperproof web``), the sessions are real, and another process enters pages
into the same catalog meanwhile. The aim is 200 ms at the 95th percentile (issue of the web).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

from bench import night
from bench.archive import Archive, archive
from bench.station import stored_page
from bench.visitors import AFTER, Answer, Round, ask, work
from catalog.deliveries import admitted
from flows.accounts import Accounts
from flows.parts import Parts, open_parts
from pipeline.access.accounts import AccountAct, AccountActKind
from pipeline.model import Batch, Delivery, identity
from pipeline.staff import Role, person_key

SIZE, STATIONS, SECONDS = 1_000_000, 50, 120.0
AIM_SECONDS = 0.2
PAGES_A_SECOND = 10.0
"""Taken in meanwhile; a million pages a year are one in two seconds of office hours."""
ARRIVING = 10.0
"""Seconds in which people come and the site's caches are filled; what they ask for then is not counted."""
_SHARES = {
    Role.OPERATOR: 0.5,
    Role.REVIEWER: 0.26,
    Role.ARCHIVIST: 0.16,
    Role.HEADQUARTERS: 0.08,
}
_FIRST = "总部甲"
_START_SECONDS, _ALONE = 60, 8


@dataclass(frozen=True)
class Load:
    """What the site is measured under."""

    stations: int = STATIONS
    seconds: float = SECONDS
    pages_a_second: float = PAGES_A_SECOND
    seed: int = 1


def run(folder: Path, size: int, load: Load, url: str | None = None) -> dict[str, Any]:
    """Let people work with the site over an archive of ``size``; return the table's rows.

    ``url``: an empty PostgreSQL database to make it in, instead of SQLite; it is used again as well.
    """
    made = archive(folder, size, datetime.now(UTC).date(), url=url)
    with open_parts(folder) as parts:
        rounds = list(_rounds(parts, made, load))
    with (
        ProcessPoolExecutor(2, get_context("spawn")) as pool,
        _site(folder) as (port, process),
    ):
        alone = _alone(port, process, rounds)
        scanner = pool.submit(take_in, folder, made, load)
        people = pool.submit(work, port, rounds, ARRIVING + load.seconds, load.seed)
        answers = [one for one in people.result() if one.at >= ARRIVING]
        entered = scanner.result()
    rows = [
        {**_row(name, answers), "cpu_seconds": alone[name]}
        for name in sorted({one.name for one in answers})
    ]
    for row in rows:
        print(line(row), flush=True)
    return {
        "transactions": size,
        "catalog": "PostgreSQL" if url else "SQLite",
        "stations": load.stations,
        "seconds": load.seconds,
        "requests_a_second": len(answers) / load.seconds,
        "pages_a_second": entered / (ARRIVING + load.seconds),
        "load_average": os.getloadavg()[0],
        "processors": os.cpu_count(),
        "aim_seconds": AIM_SECONDS,
        "runs": rows,
        "night": night.run(made, load.seed),
    }


def _alone(port: int, process: int, rounds: Sequence[Round]) -> dict[str, float]:
    """Ask for each thing by itself; return the processor's seconds that an answer costs the site."""
    cookies = {
        name: (one.cookie, path.replace(AFTER, "0")) for one in rounds for name, path in one.asked
    }
    return {
        name: _cost(port, process, name, cookie, path) for name, (cookie, path) in cookies.items()
    }


def _cost(port: int, process: int, name: str, cookie: str, path: str) -> float:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    ask(connection, cookie, name, path)  # warms the disk
    before = _used(process)
    for _ in range(_ALONE):
        ask(connection, cookie, name, path)
    connection.close()
    return (_used(process) - before) / _ALONE


def _used(process: int) -> float:
    """Seconds of the processor that a process has used (proc(5): utime and stime)."""
    told = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def line(row: dict[str, Any]) -> str:
    """Return a row of the table."""
    kept = "" if row["p95_seconds"] <= AIM_SECONDS else f"  over {AIM_SECONDS * 1000:.0f} ms"
    return (
        f"{row['what']:<16} {row['answers']:>6,} answers, {row['failed']} failed: median "
        f"{row['median_seconds'] * 1000:6.0f} ms, p95 {row['p95_seconds'] * 1000:6.0f} ms; alone "
        f"{row['cpu_seconds'] * 1000:5.0f} ms of CPU{kept}"
    )


def _row(name: str, answers: Sequence[Answer]) -> dict[str, Any]:
    found = [one for one in answers if one.name == name]
    taken = [one.seconds for one in found]
    return {
        "what": name,
        "answers": len(found),
        "failed": sum(one.status != 200 for one in found),
        "median_seconds": median(taken),
        "p95_seconds": quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0],
    }


# ---------------------------------------------------------------- who asks for what


def _rounds(parts: Parts, made: Archive, load: Load) -> Iterator[Round]:
    number = 0
    for role, share in _SHARES.items():
        for _ in range(max(round(load.stations * share), 1)):
            branch = made.branches[number % len(made.branches)]
            whole = role is Role.HEADQUARTERS
            token = _session(parts, f"{role} {number}", role, None if whole else branch)
            yield Round(f"paperproof={token}", _asked(parts, made, role, branch))
            number += 1


def _asked(parts: Parts, made: Archive, role: Role, branch: str) -> tuple[tuple[str, str], ...]:
    before, today = made.days[-2], made.today
    if role is Role.OPERATOR:
        at = f"/station/{branch}/{today}"
        news = ("arrivals", f"{at}/arrivals?batch=1&after={AFTER}")
        return ("station", at), *[news] * 9
    if role is Role.REVIEWER:
        waiting = parts.catalog.tasks.of_day(before, branch)[:9]
        at = f"/review/{branch}/{before}"
        tasks = [
            ("review task", f"{at}/tasks/{quote(one.serial_no)}/{one.document_type}")
            for one in waiting
        ]
        return ("review", at), *tasks
    if role is Role.ARCHIVIST:
        return (
            ("work list", f"/worklist?last={today}"),
            ("branch's day", f"/monitor/{branch}/{before}"),
            ("API tasks", f"/api/v1/branches/{branch}/days/{before}/tasks"),
            ("branch's monitor", f"/monitor?last={today}"),
        )
    return (("monitor", f"/monitor?last={today}"),)


def _session(parts: Parts, name: str, role: Role, branch: str | None) -> str:
    """Log a person in, who is appointed and has an account; return the session's token."""
    catalog, at = parts.catalog, datetime.now(UTC)
    if not catalog.staff.appointments():
        catalog.staff.add(_FIRST, Role.HEADQUARTERS, None, _FIRST)
    catalog.staff.add(name, role, branch, _FIRST)
    accounts, password = Accounts(parts), "correct horse battery staple"
    if catalog.accounts.one(name) is None:
        hashed = accounts.hasher.hashed(password)
        catalog.accounts.add((AccountAct(AccountActKind.ADD, name, "系统甲", at), hashed))
        catalog.credentials.chosen(person_key(name), name, hashed, at, "")
    return accounts.log_in(name, password, "127.0.0.1", at).token


# ---------------------------------------------------------------- the site, and the day that comes in


@contextmanager
def _site(folder: Path) -> Iterator[tuple[int, int]]:
    """Serve the workspace with the program's own command; gives port and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    program = [sys.executable, "-c", "from flows.cli import main; main()", "-w", str(folder)]
    served = subprocess.Popen([*program, "web", "--port", str(port)])
    try:
        _wait_for(port)
        yield port, served.pid
    finally:
        served.terminate()
        served.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/login", timeout=5).close()
            return
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def take_in(folder: Path, made: Archive, load: Load) -> int:
    """Enter pages of today into the catalog as taking in does, at a pace; return how many."""
    begun, run_no, entered = time.monotonic(), time.time_ns(), 0
    with open_parts(folder) as parts:
        while (now := time.monotonic() - begun) < ARRIVING + load.seconds:
            _enter(parts, made.branches[entered % len(made.branches)], made.today, run_no, entered)
            entered += 1
            time.sleep(max(entered / load.pages_a_second - now, 0))
    return entered


def _enter(parts: Parts, branch: str, day: date, run_no: int, number: int) -> None:
    name = f"{run_no}-{number}.jpg"
    sha256 = identity(name)
    arrival = Delivery(Batch(branch, day, "web", "wang", "1"), name, 0, sha256)
    rules = parts.rules_in_force("CASH_SLIP", day)
    parts.catalog.pages.enter([admitted(arrival, stored_page(sha256), rules=rules)])
