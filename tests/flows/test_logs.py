"""Events: JSON lines with ids, and never a word of a customer, a person or a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.import_stream import import_stream
from flows.logs import written
from flows.parts import Parts
from flows.read_event import tell_read
from flows.settings import log_settings
from flows.stage_times import stage_times
from flows.take_in import take_in
from flows.watch_settings import LogSettings
from flows.workspace import Workspace
from pipeline.errors import UserError
from pipeline.events import LOGGER, event, fault, timed
from pipeline.model import Batch
from pipeline.stages import BOUNDS, Histogram
from tests.flows.captured_day import reading
from tests.flows.conftest import DAY, Run, booked
from tests.flows.test_failed_readings import Readers
from tests.flows.test_import_stream import written as stream_of

JSON = LogSettings(form="json", file="logs/events.jsonl")


@contextmanager
def logged(workspace: Workspace) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Gives the events written so far."""
    path = workspace.folder / JSON.file
    with written(JSON, workspace.folder, "test"):
        yield lambda: [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_an_event_tells_time_level_command_worker_and_ids(workspace: Workspace) -> None:
    with logged(workspace) as events:
        event("page.stored", page="ab", branch="3301", day=DAY, batch=None, seconds=0.5)
    found = events()
    assert [one["event"] for one in found] == ["command.begun", "page.stored", "command.ended"]
    told = found[1]
    assert set(told) == {
        *("time", "level", "event", "command", "worker", "page", "branch", "day", "seconds"),
    }
    assert (told["level"], told["command"], told["day"]) == ("info", "test", "2026-11-19")
    assert found[2]["code"] == 0


def test_there_is_no_place_for_a_name() -> None:
    with pytest.raises(TypeError, match="customer_name"):
        event("page.read", customer_name="余玲")
    with pytest.raises(TypeError, match="message"):
        fault("fault", ValueError(), message="余玲")


def test_an_error_is_told_without_its_words(workspace: Workspace) -> None:
    with logged(workspace) as events:
        try:
            int("余玲")
        except ValueError as error:
            fault("fault", error, request="1")
    (told,) = [one for one in events() if one["event"] == "fault"]
    assert (told["error"], told["level"]) == ("ValueError", "error")
    assert told["trace"][-1].startswith("test_logs.py:")
    assert "余玲" not in json.dumps(told, ensure_ascii=False)


def test_a_command_that_ends_badly_says_so(workspace: Workspace, run: Run) -> None:
    (workspace.folder / "paperproof.toml").write_text(
        f'[log]\nform = "json"\nfile = "{JSON.file}"\n', "utf-8"
    )
    assert isinstance(run("overdue", "--day", "2026-11-19").exception, UserError)
    *_, last = [
        json.loads(line) for line in (workspace.folder / JSON.file).read_text("utf-8").splitlines()
    ]
    assert (last["event"], last["command"], last["code"], last["error"]) == (
        *("command.ended", "overdue", 2, "UserError"),
    )
    assert logging.getLogger(LOGGER).handlers == []


def test_usually_only_errors_are_written(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    with written(LogSettings(), workspace.folder, "test"):
        event("page.stored", page="ab")
        fault("fault", ValueError("余玲"), request="7")
    told = capsys.readouterr().err
    assert (
        told.splitlines()[0].split(" ", 1)[1] == "error   fault request=7 error=ValueError trace=[]"
    )
    assert len(told.splitlines()) == 1


def test_the_environment_chooses_the_form(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert log_settings(workspace.folder / "none") == LogSettings()
    monkeypatch.setenv("PAPERPROOF_LOG", "json")
    assert log_settings(workspace.folder).form == "json"
    monkeypatch.setenv("PAPERPROOF_LOG", "loud")
    assert log_settings(workspace.folder).form == "errors"


def test_a_file_that_was_moved_away_is_made_anew(workspace: Workspace) -> None:
    with logged(workspace) as events:
        event("log.signed", size=1)
        path = workspace.folder / JSON.file
        path.rename(path.with_suffix(".1"))
        event("log.signed", size=2)
    assert [one.get("size") for one in events()] == [2, None]


def test_seconds_of_all_runs_are_added_up(workspace: Workspace) -> None:
    for seconds in (0.02, 0.02, 5000):
        with written(LogSettings(), workspace.folder, "test"):
            event("page.read", seconds=seconds)
            event("page.entered", page="ab")
    with written(LogSettings(), workspace.folder, "test"), timed("day.closed") as about:
        about["closed"] = True
    found = stage_times(workspace.stage_times)
    assert found["reading"] == Histogram((0, 2, *(0,) * (len(BOUNDS) - 2), 1), 5000.04)
    assert sum(found["closing"].counts) == 1
    assert set(found) == {"reading", "closing"}


def test_figures_of_speed_are_never_in_the_way(workspace: Workspace) -> None:
    workspace.stage_times.parent.mkdir()
    workspace.stage_times.write_text("no JSON", "utf-8")
    with written(LogSettings(), workspace.folder, "test"):
        event("page.read", seconds=1.0)
    assert sum(stage_times(workspace.stage_times)["reading"].counts) == 1


SECRETS = (
    *(booked(1).customer_name, booked(1).customer_no, booked(2).customer_no),
    *(booked(1).id_no or "", booked(1).fund_account or "", "54030.33", "wang", "扫描", "再次"),
)


def test_a_days_log_holds_ids_and_nothing_of_anybody(
    workspace: Workspace,
    parts: Parts,
    intake: Intake,
    closing: Closing,
    scans: Path,
    batch: Batch,
    progress: Any,
    tmp_path: Path,
) -> None:
    booking = stream_of(tmp_path, booked(1), booked(2))
    with logged(workspace) as events:
        import_stream(parts, booking, DAY, mapping=None, replace=False, lang="zh", who="wang")
        taken = take_in(intake, scans, batch, progress)
        for page in parts.catalog.pages.of_day(DAY, "3301"):
            parts.catalog.readings.keep(page.page_id, reading(booked(1)))
            tell_read(page.page_id, reading(booked(1)))
        close_branch(closing, DAY, "3301", progress)
    found = events()
    names = {one["event"] for one in found}
    assert names >= {
        "stream.booked",
        "page.stored",
        "page.entered",
        "batch.taken_in",
        "page.read",
        "day.closed",
    }
    entered = [one for one in found if one["event"] == "page.entered"]
    assert len(entered) == taken.pages
    assert {one["batch"] for one in entered} == {batch.id}
    text = json.dumps(found, ensure_ascii=False)
    for secret in SECRETS:
        assert secret
        assert secret not in text


def test_a_page_read_at_take_in_is_told_with_its_batch(
    intake: Intake, scans: Path, batch: Batch, progress: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "paperproof"):
        taken = take_in(replace(intake, readers=cast("Any", Readers())), scans, batch, progress)
    about = [one.__dict__["about"] for one in caplog.records if one.getMessage() == "page.read"]
    assert len(about) == taken.read > 0
    assert {(one["batch"], one["branch"], one["day"]) for one in about} == {
        (batch.id, batch.branch, batch.day)
    }
