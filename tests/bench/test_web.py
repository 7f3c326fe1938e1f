"""The archive that the site is measured with is one that the program knows, and people can work with it."""

from datetime import date
from pathlib import Path

import pytest

from bench.archive import A_DAY, archive
from bench.web import Load, run
from flows.parts import open_parts
from flows.station import station_status
from tests.postgresql_server import PostgresqlServer

TODAY = date(2026, 11, 27)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """Where the archive is made; None: in the workspace itself."""
    monkeypatch.setenv("PAPERPROOF_CATALOG", "")  # what is set below is taken back with it
    monkeypatch.delenv("PAPERPROOF_CATALOG")
    if request.param == "sqlite":
        return None
    server: PostgresqlServer = request.getfixturevalue("server")
    return server.url(server.new_database("template0"))


def test_every_copy_of_the_day_holds_together(tmp_path: Path, url: str | None) -> None:
    made = archive(tmp_path, 4 * A_DAY, TODAY, url=url)
    assert (len(made.branches), len(made.days)) == (4, 2)
    kept = archive(tmp_path, 4 * A_DAY, date(2027, 1, 4), url=url)
    assert kept == made  # with the day it was made on
    with open_parts(tmp_path) as parts:
        assert parts.catalog.first_broken_log_entry() is None
        before, today = made.days
        for branch in made.branches:
            of_day = parts.catalog.tasks.of_day(before, branch)
            assert len({one.id for one in of_day}) == len(of_day) >= A_DAY
            assert all(page.fields for page in parts.catalog.pages.of_day(before, branch))
            (result,) = parts.catalog.days.results(before, branch)
            assert result.counts["transactions"] == A_DAY
        waiting = station_status(parts, today, made.branches[0], "wang")
        assert (waiting.transactions, waiting.pages) == (A_DAY, 0)


@pytest.mark.slow
def test_people_are_answered_while_a_day_comes_in(tmp_path: Path) -> None:
    figures = run(tmp_path, A_DAY, Load(stations=4, seconds=6.0))
    assert figures["pages_a_second"] > 0 and figures["night"]["rows"] == A_DAY
    asked = {row["what"]: row for row in figures["runs"]}
    assert "monitor" in asked
    assert not any(row["failed"] for row in asked.values())
