"""The flow engine's server that is late is told in one sentence; every other error stays what it is."""

import os
from pathlib import Path

import httpx
import pytest

from flows.flow_engine import slow_start_told
from flows.settings import FLOW_SERVER_PATIENCE, quiet_prefect
from pipeline.errors import PaperproofError

from .conftest import DAY, booked
from .test_branch_day import paperproof
from .test_import_stream import written

LATE = "Timed out while attempting to connect to ephemeral Prefect API server."


@pytest.mark.parametrize("error", [RuntimeError(LATE), httpx.ReadTimeout("timed out")])
def test_a_server_that_is_late_is_told_in_one_sentence(error: Exception) -> None:
    with (
        pytest.raises(PaperproofError, match="run the same command again") as told,
        slow_start_told(),
    ):
        raise error
    assert FLOW_SERVER_PATIENCE in str(told.value)
    assert told.value.exit_code == 1


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="no thread"), slow_start_told():
        raise RuntimeError("no thread")


def test_the_environment_may_give_the_server_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {FLOW_SERVER_PATIENCE: "600"})
    quiet_prefect(tmp_path)
    assert os.environ[FLOW_SERVER_PATIENCE] == "600"
    monkeypatch.setattr(os, "environ", {})
    quiet_prefect(tmp_path)
    assert os.environ[FLOW_SERVER_PATIENCE] == "120"


@pytest.mark.slow
def test_a_closing_whose_server_is_late_ends_with_that_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FLOW_SERVER_PATIENCE, "0")
    at = ("--lang", "en", "--workspace", tmp_path / "w")
    assert paperproof("init", *at).code == 0
    stream = written(tmp_path, booked(1))
    assert paperproof("stream", "import", stream, "--day", DAY.isoformat(), *at).code == 0
    ran = paperproof("close-day", DAY.isoformat(), *at)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "did not answer in time" in ran.err
