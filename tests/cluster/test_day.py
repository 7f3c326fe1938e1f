"""A day across several hosts, in the middle of which each of them fails once; it closes complete.

Run by ``script/test-cluster``; the report lies in ``build/cluster.json``.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.specimens.cases import Case, DayTruth, Level
from pipeline.specimens.day import make_branch_day
from tests.cluster.assembled import BRANCH, DAY, READERS, Assembled, assembled
from tests.cluster.hosts import Host
from tests.cluster.object_stores import start_volume
from tests.cluster.waiting import wait_until
from tests.planted import found, planted

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may make hosts (ip netns)"),
]
PAGES = int(os.environ.get("CLUSTER_PAGES", "120"))
TAKEN_OVER_SECONDS = 60.0
"""So soon a dead worker's chunk goes on (decision 0040)."""
_LONG = 3600.0
_SAMPLES = 5
_TRIES = 10
"""So often a worker is killed until it dies in the middle of a chunk."""


@dataclass
class Report:
    """What happened when, and how long it took until the work went on."""

    began: float = field(default_factory=time.monotonic)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, what: str, went_on: float, **more: Any) -> None:
        """Note an event; ``went_on``: seconds until the work went on."""
        at = round(time.monotonic() - self.began, 1)
        self.rows.append({"at": at, "what": what, "went_on_after": round(went_on, 1), **more})
        print(self.rows[-1], flush=True)  # noqa: T201  watched while it runs


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DayTruth]:
    """Thousands of pages take minutes to draw: where ``CLUSTER_SPECIMENS`` names a folder they are kept."""
    kept = os.environ.get("CLUSTER_SPECIMENS")
    folder = Path(kept) / str(PAGES) if kept else tmp_path_factory.mktemp("specimens")
    sign = folder / "truth.pickle"
    if not sign.exists():
        folder.mkdir(parents=True, exist_ok=True)
        day = date.fromisoformat(DAY)
        made = make_branch_day(folder, seed=11, pages=PAGES, branch=BRANCH, day=day)
        sign.write_bytes(pickle.dumps(made))
    return folder, pickle.loads(sign.read_bytes())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembled]:
    with assembled(tmp_path_factory.mktemp("hosts")) as hosts:
        yield hosts


def test_a_day_closes_complete_though_each_host_fails_once(
    made: Assembled, truth: tuple[Path, DayTruth]
) -> None:
    specimens, day = truth
    report = Report()
    scans = specimens / "scans" / BRANCH / "batch-01"
    made.learn_forms(_samples(scans, day))
    made.must("stream", "import", specimens / "stream.csv", "--day", DAY)
    inbox = made.net["station"].folder / "inbox"
    shutil.copytree(scans, inbox)
    made.start_agent(inbox)
    for name in READERS:
        made.start_reader(name)
    _until(made.pages_in, PAGES // 5, report, "the station sends")
    _cut_the_line(made, report)
    _until(made.pages_read, PAGES // 5, report, "workers read")
    _kill_a_reader(made, report)
    _kill_a_volume_server(made, report)
    _restart_the_database(made, report)
    _until(made.pages_in, PAGES, report, "all is in")
    _until(made.pages_read, made.readable(), report, "all is read")
    result = _close_by_the_flow_server(made, report)
    _must_be_as_planted(planted(day), found(result), report)
    assert result["counts"]["images"] == PAGES
    _copies_are_whole(made, report)
    _keep(report)


def _samples(scans: Path, day: DayTruth) -> dict[str, list[Path]]:
    """Give some good pages of each form."""
    samples: dict[str, list[Path]] = defaultdict(list)
    for voucher in day.vouchers:
        good = voucher.case is Case.AGREES and voucher.level is Level.EASY
        if good and voucher.form and len(samples[voucher.form]) < _SAMPLES:
            samples[voucher.form] += [scans / name for name in voucher.scans]
    return samples


def _must_be_as_planted(
    wanted: set[tuple[str, str]], told: set[tuple[str, str]], report: Report
) -> None:
    """Nothing that was planted is missed; of many pages a misread value may ask for a person once more."""
    more = sorted(told - wanted)
    report.add("discrepancies held against those planted", 0.0, planted=len(wanted), more=more)
    assert not wanted - told
    assert len(more) <= PAGES // 200, more


def _until(count: Callable[[], int], wanted: int, report: Report, what: str) -> None:
    took = wait_until(lambda: count() >= wanted, what, _LONG)
    report.add(what, took, pages=count())


def _goes_on(made: Assembled, what: str, report: Report) -> None:
    """Note how long it takes until one more page is in or read, or there is none left."""
    before = made.progress()
    took = wait_until(lambda: made.progress() > before or made.is_done(PAGES), what, 300)
    report.add(what, took, pages=made.progress() - before)


def _cut_the_line(made: Assembled, report: Report) -> None:
    began = time.monotonic()
    made.net.cut("station")
    stood = -1
    while (
        stood < made.pages_in()
    ):  # until what the site had been sent is in, and nothing more comes
        stood = made.pages_in()
        time.sleep(10)
    away = time.monotonic() - began
    made.net.mend("station")
    took = wait_until(lambda: made.pages_in() > stood, "the station sends again", 300)
    report.add(f"network between station and centre cut for {away:.0f} s", took)


def _kill_a_reader(made: Assembled, report: Report) -> None:
    dead = made.net[READERS[0]]
    held = _killed_in_a_chunk(made, dead)
    took = wait_until(
        lambda: not held & made.claims_of(dead.name),
        "the dead worker's chunk is taken over",
        2 * TAKEN_OVER_SECONDS,
    )
    report.add("reading worker killed; its chunks taken over", took, chunks=len(held))
    assert took <= TAKEN_OVER_SECONDS + 10  # the look for work and this machine's load
    made.start_reader(dead.name)


def _killed_in_a_chunk(made: Assembled, host: Host) -> set[str]:
    """Kill a reading worker that holds a chunk; one that ended it just then is started again for another."""
    for _ in range(_TRIES):
        wait_until(lambda: bool(made.claims_of(host.name)), "a worker holds a chunk", 300)
        host.power_off()
        held = made.claims_of(host.name)
        if held:
            return held
        made.start_reader(host.name)
    raise AssertionError(f"the worker held no chunk in {_TRIES} deaths: nothing would be shown")


def _kill_a_volume_server(made: Assembled, report: Report) -> None:
    victim = made.net["store2"]
    victim.power_off()
    _goes_on(made, "volume server killed", report)
    time.sleep(20)
    start_volume(victim, made.net["store1"])


def _restart_the_database(made: Assembled, report: Report) -> None:
    made.centre.kill("postgresql")
    made.centre.kill("prefect")
    time.sleep(5)
    made.database.start()
    _goes_on(made, "database killed, away for 5 s", report)
    began = time.monotonic()
    made.start_flow_server()
    report.add("flow server killed and started", time.monotonic() - began)


def _close_by_the_flow_server(made: Assembled, report: Report) -> dict[str, Any]:
    made.start_night()
    began = time.monotonic()
    made.run_deployment("close/nightly")
    wait_until(lambda: made.closings() > 0, "the night closes the day", _LONG)
    report.add("closed by the flow server's worker", time.monotonic() - began)
    again = made.paperproof("close-day", DAY, "--branch", BRANCH, "--json", patience=_LONG)
    assert again.returncode == 3, again.stderr  # what was planted is left to people
    told: dict[str, Any] = json.loads(again.stdout)
    return told


def _copies_are_whole(made: Assembled, report: Report) -> None:
    began = time.monotonic()
    told = made.must("storage", "verify", "--all", patience=_LONG)
    report.add("every copy read and compared", time.monotonic() - began, told=told.split("\n")[-2])


def _keep(report: Report) -> None:
    kept = Path(__file__).parents[2] / "build" / "cluster.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps({"pages": PAGES, "events": report.rows}, indent=1), "utf-8")
