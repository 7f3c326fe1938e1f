"""Figures for those who watch: what the catalog says, and nobody's data in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from catalog.copies import Copy, KeptObject
from catalog.drills import Drill
from catalog.stations import StationReport
from flows.admit_page import Intake
from flows.exposing import registry
from flows.last_tested import name_of
from flows.logs import written
from flows.long_looks import Here
from flows.measuring import Figures
from flows.parts import Parts
from flows.reading_work import this_worker
from flows.settings import Settings
from flows.store_settings import StoreSettings
from flows.take_in import take_in
from flows.watch_settings import LogSettings, WatchSettings
from pipeline import metrics as m
from pipeline.clocks import ZONE
from pipeline.copies import CopyState, Place
from pipeline.errors import UserError
from pipeline.events import event
from pipeline.metrics import METRICS, STAGE_SECONDS, Metric
from pipeline.model import Batch
from pipeline.self_test import LOCKS, Outcome, SelfTest
from tests.databases import spoil
from tests.flows.captured_day import book
from tests.flows.conftest import DAY, Run, booked
from tests.flows.test_review import captured  # noqa: F401 - two transactions, their papers captured

NOW = datetime(2026, 11, 20, 9, tzinfo=ZONE)
HOUR = timedelta(hours=1)
OWN = ("3301", "2026-11-19")


def taken(parts: Parts, now: datetime = NOW) -> dict[Metric, dict[tuple[str, ...], float]]:
    """Metric -> labels -> value."""
    found: dict[Metric, dict[tuple[str, ...], float]] = {one: {} for one in METRICS}
    for sample in Figures(Here(parts)).at(now):
        assert sample.labels not in found[sample.metric]
        found[sample.metric][sample.labels] = sample.value
    return found


def test_a_day_is_told_until_it_is_closed(
    captured: Parts,  # noqa: F811
    intake: Intake,
    scans: Path,
    batch: Batch,
    progress: Any,
) -> None:
    closed = taken(captured)
    assert closed[m.DAY_DUE] == {}
    assert closed[m.PAGES] == {(*OWN, "taken_in"): 2, (*OWN, "refused"): 0}
    assert sum(closed[m.TASKS].values()) == 2
    other = Batch("3302", DAY, "station-1", "wang", "batch-01")
    take_in(intake, scans, other, progress)
    found = taken(captured)
    due = datetime(2026, 11, 21, tzinfo=ZONE)  # T+1, to its end
    assert found[m.DAY_DUE] == {("3302", "2026-11-19"): due.timestamp()}
    of_other = {labels[2]: v for labels, v in found[m.PAGES].items() if labels[0] == "3302"}
    assert of_other == {"taken_in": 4, "refused": 1, "read": 3, "unread": 0}  # the same bytes


def test_a_day_that_was_scanned_long_ago_and_never_closed_is_not_forgotten(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    take_in(intake, scans, batch, progress)
    assert taken(intake.parts)[m.PAGES][*OWN, "unread"] == 3
    found = taken(intake.parts, NOW + timedelta(days=100))
    assert list(found[m.DAY_DUE]) == [OWN]
    assert found[m.PAGES] == {}


def test_a_day_that_was_booked_long_ago_and_of_which_nothing_came_is_not_forgotten(
    parts: Parts,
) -> None:
    book(parts, booked(1))
    assert list(taken(parts, NOW + timedelta(days=400))[m.DAY_DUE]) == [OWN]


def test_chunks_that_no_worker_holds(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    take_in(intake, scans, batch, progress)
    parts, rules = intake.parts, intake.parts.settings.leases
    later = datetime.now(ZONE) + HOUR
    parts.catalog.claims.queue(DAY, "3301", rules)
    found = taken(parts, later)  # without workers pages wait for the closing
    assert (found[m.CHUNKS], found[m.CHUNKS_ALONE]) == ({(): 1}, {})
    wanted = Settings(watch=WatchSettings(workers=True))
    parts = Parts(parts.workspace, wanted, parts.catalog)
    found = taken(parts, later)
    assert later.timestamp() - found[m.CHUNKS_ALONE][()] > 3000
    assert parts.catalog.claims.claim(this_worker(), rules)
    assert taken(parts, datetime.now(ZONE))[m.CHUNKS_ALONE] == {}
    assert list(taken(parts, later)[m.CHUNKS_ALONE]) == [()]


def test_debts_bad_copies_and_what_is_unread_for_longest(parts: Parts) -> None:
    def kept(key: str, size: int, **states: CopyState) -> KeptObject:
        copies = {Place(place): state for place, state in states.items()}
        told = tuple(Copy(place, state, None, None, None) for place, state in copies.items())
        return KeptObject(key, key[-64:], size, told)

    whole, bad, owed = CopyState.INTACT, CopyState.DAMAGED, CopyState.OWED
    parts.catalog.copies.enter(
        [
            kept("obj/aa/" + "a" * 64, 10, primary=whole, replica=owed),
            kept("obj/bb/" + "b" * 64, 30, primary=whole, replica=owed),
            kept("obj/cc/" + "c" * 64, 50, primary=whole, replica=bad),
        ]
    )
    now = datetime.now(ZONE)
    found = taken(parts, now)
    assert (found[m.DEBT_OBJECTS], found[m.DEBT_BYTES]) == ({(): 2}, {(): 40})
    assert found[m.DEBT_NEW] == {(): 2}
    assert taken(parts, now + 2 * HOUR)[m.DEBT_NEW] == {(): 0}
    assert now.timestamp() - found[m.DEBT_OLDEST][()] < 600
    assert found[m.BAD_COPIES]["replica", "damaged"] == 1
    assert sum(found[m.BAD_COPIES].values()) == 1
    waits = found[m.VERIFY_DUE]["primary",] - now.timestamp()
    assert 89 < waits / 86400 < 91


def test_locks_drills_the_log_and_the_outbox(parts: Parts) -> None:
    wanted = Settings(
        primary=StoreSettings(bucket="a", lock="compliance"),
        replica=StoreSettings(bucket="b"),
    )
    parts = Parts(parts.workspace, wanted, parts.catalog)
    found = taken(parts)
    assert (found[m.LOCKS_HOLD], found[m.DRILL_DUE], found[m.LOG_SIGN_DUE]) == ({}, {}, {})
    answers = dict.fromkeys(LOCKS, Outcome.HOLDS) | {LOCKS[0]: Outcome.FAILS}
    parts.catalog.store_tests.enter(name_of(wanted.primary), SelfTest(NOW - HOUR, answers))
    parts.catalog.drills.keep(
        Drill(NOW - HOUR, "it", "hot replica", True, 1, 1, 1, (), 4 * 3600, 86400)
    )
    found = taken(parts)
    assert found[m.LOCKS_HOLD] == {("primary",): 0}
    assert found[m.LOCKS_TESTED] == {("primary",): (NOW - HOUR).timestamp()}
    assert (found[m.DRILL_PASSED], found[m.DRILL_RTO], found[m.DRILL_RPO]) == (
        *({(): 1}, {(): 0.5}, {(): 1}),
    )
    assert found[m.DRILL_DUE] == {(): (NOW - HOUR + timedelta(days=92)).timestamp()}
    assert found[m.LOG_UNSIGNED] == {(): 1}
    assert found[m.OUTBOX][()] >= 1
    parts.catalog.audit.enter_checkpoint(1, "0" * 64, b"")
    found = taken(parts)
    assert (found[m.LOG_UNSIGNED], found[m.LOG_SIGN_DUE]) == ({(): 0}, {})
    assert list(found[m.LOG_SIGNED]) == [()]


def test_room_is_told_in_multiples_of_what_must_be_left(parts: Parts) -> None:
    found = taken(Parts(parts.workspace, Settings(least_free_mb=1), parts.catalog))
    assert set(found[m.DISK_ROOM]) == {("spool",), ("catalog",)}
    assert found[m.DISK_ROOM]["spool",] == pytest.approx(
        found[m.DISK_FREE]["spool",] / 2**20, rel=0.1
    )


def test_months_are_told_only_while_they_are_late(
    captured: Parts,  # noqa: F811
) -> None:
    assert taken(captured, datetime(2026, 12, 2, tzinfo=ZONE))[m.UPLOAD_DUE] == {}
    late = taken(captured, datetime(2026, 12, 20, tzinfo=ZONE))[m.UPLOAD_DUE]
    assert list(late) == [("3301", "2026-11")]


def test_a_catalog_that_does_not_answer_is_a_figure(parts: Parts) -> None:
    figures = Figures(Here(parts))
    assert len(figures.at(NOW)) > 10
    spoil(parts.catalog)
    found = figures.at(NOW + HOUR)
    assert [(one.metric, one.value) for one in found] == [(m.INFO, 1), (m.UP, 0)]


def test_a_catalog_of_a_newer_program_is_a_figure_too(parts: Parts) -> None:
    with parts.catalog._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    found = Figures(Here(parts)).at(NOW)
    assert [(one.metric, one.value) for one in found] == [(m.INFO, 1), (m.UP, 0)]


def test_labels_are_codes_days_places_and_nothing_of_anybody(
    captured: Parts,  # noqa: F811
) -> None:
    allowed = {"branch", "day", "state", "place", "month", "station", "version", "tables"}
    assert {name for one in METRICS for name in one.labels} <= allowed
    told = generate_latest(
        registry(Figures(Here(captured)), captured.workspace.stage_times, lambda: NOW)
    ).decode()
    one = booked(1)
    for secret in (one.customer_name, one.customer_no, one.id_no, one.serial_no, "wang"):
        assert secret not in told


def test_the_command_prints_what_prometheus_reads(
    captured: Parts,  # noqa: F811
    run: Run,
) -> None:
    (captured.workspace.folder / "paperproof.toml").write_text("least_free_mb = 1", "utf-8")
    with written(LogSettings(), captured.workspace.folder, "test"):
        event("page.stored", seconds=0.5)
    told = run("metrics")
    assert told.exit_code == 0, told.output
    families = {one.name: one for one in text_string_to_metric_families(told.stdout)}
    assert list(families) == [*(one.name for one in METRICS), STAGE_SECONDS.name]
    stages = {one.labels["stage"] for one in families[STAGE_SECONDS.name].samples}
    assert stages == {"storing"}
    assert [(s.name, s.value) for s in families["paperproof_up"].samples] == [("paperproof_up", 1)]


@pytest.mark.parametrize("address", ["0.0.0.0:9464", "10.0.0.1:9464", "9464", "127.0.0.1:99999"])
def test_figures_are_served_to_this_machine_alone(parts: Parts, run: Run, address: str) -> None:
    told = run("metrics", "--listen", address)
    assert isinstance(told.exception, UserError)
    assert "is no address of this machine" in told.exception.message.in_language("en")


def test_a_station_tells_what_waits_and_by_when_it_should_be_gone(parts: Parts) -> None:
    oldest = NOW - 3 * HOUR
    idle = StationReport("3301", "柜台二", "b", "周扫描", NOW, 0, 0, None, 0, 0.0, "1")
    parts.catalog.stations.report(idle)
    parts.catalog.stations.report(
        replace(idle, station="柜台一", agent="a", files=7, oldest_at=oldest)
    )
    told = taken(parts)
    assert told[m.STATION_FILES] == {("3301", "柜台一"): 7, ("3301", "柜台二"): 0}
    assert told[m.STATION_DUE] == {("3301", "柜台一"): (oldest + 2 * HOUR).timestamp()}
