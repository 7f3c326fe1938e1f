"""An agent's rounds, with the real catalog and take-in behind its line."""

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flows.agent import ledger
from flows.agent.ledger import Entry, State
from flows.agent.leftovers import StationCheck
from flows.agent.line import NoLine, NotTaken, Told
from flows.agent.status import agent_status
from flows.cli import app
from pipeline.errors import Full, UserError
from pipeline.language import say
from tests.direct_line import DirectLine
from tests.flows.conftest import DAY
from tests.flows.station_agent import Broken, agent, inbox, line

__all__ = ["inbox", "line"]


def test_what_is_scanned_is_archived_and_leaves_the_inbox(
    inbox: Path, line: DirectLine, voucher: Callable[[int], bytes]
) -> None:
    (inbox / "0001.jpg").write_bytes(voucher(1))
    (inbox / "子").mkdir()
    (inbox / "子" / "0002.jpg").write_bytes(b"no picture at all")
    one = agent(inbox, line)
    first, second = one.round(), one.round()
    assert (first.trouble, first.sent) == (None, 2)
    assert (second.trouble, second.archived, second.refused) == (None, 1, 1)
    assert [path for path in inbox.rglob("*.jpg") if ".paperproof-agent" not in path.parts] == []
    found = agent_status(one.ledger, one.now())
    assert dict(found.counts) == {State.ARCHIVED: 1, State.REFUSED: 1}
    (refused,) = found.refused
    assert refused.name == "子/0002.jpg"
    assert refused.reason
    kept = [path.read_bytes() for path in one.ledger.quarantine.iterdir() if path.suffix == ".jpg"]
    assert kept == [b"no picture at all"]
    assert list(one.ledger.spool.iterdir()) == []
    states = {page.name: page.state for page in line.parts.catalog.pages.of_day(DAY, "3301")}
    assert states == {"0001.jpg": "admitted", "子/0002.jpg": "refused"}


@pytest.mark.requirement("B1-11")
def test_a_day_that_ends_at_once_reads_each_entry_a_few_times_only(
    inbox: Path,
    line: DirectLine,
    voucher: Callable[[int], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = 12
    for number in range(count):
        (inbox / f"{number:04}.jpg").write_bytes(voucher(number))
    one = agent(inbox, line)
    assert one.round().sent == count
    asked: list[Any] = []

    def counted(told: dict[str, Any]) -> Any:
        asked.append(told)
        return read(told)

    read = ledger._read
    monkeypatch.setattr(ledger, "_read", counted)
    assert one.round().archived == count
    assert len(asked) <= 4 * count
    assert list(one.ledger.spool.iterdir()) == []


def test_what_lies_at_the_station_is_told_and_only_archived_files_go(
    inbox: Path, line: DirectLine, voucher: Callable[[int], bytes], tmp_path: Path
) -> None:
    (inbox / "0001.jpg").write_bytes(voucher(1))
    (inbox / "0002.jpg").write_bytes(b"no picture at all")
    one = agent(inbox, line)
    one.round(), one.round()
    (inbox / "kopie 1.jpg").write_bytes(voucher(1))
    (inbox / "neu.jpg").write_bytes(voucher(3))
    check = StationCheck(inbox, one.ledger, line)
    told = {found.file.name.partition("-")[2] or found.file.name: found for found in check.judge()}
    assert {name: found.is_safe for name, found in told.items()} == {
        "kopie 1.jpg": True,
        "neu.jpg": False,
        "0002.jpg": False,
    }
    assert "refused it" in str(told["0002.jpg"].why)
    assert "not sent from here" in str(told["neu.jpg"].why)
    copy = told["kopie 1.jpg"]
    assert list(check.remove([copy], "王芳", one.now())) == [(copy, None)]
    assert not (inbox / "kopie 1.jpg").exists()
    assert (inbox / "neu.jpg").exists()
    [kept] = (one.ledger.folder / "purged").glob("*.json")
    assert (json.loads(kept.read_text())["digests"]) == [copy.file.sha256]
    with pytest.raises(NoLine):
        (inbox / "kopie 2.jpg").write_bytes(voucher(1))
        StationCheck(inbox, one.ledger, Broken(line, random.Random(1), 2.0)).judge()


def test_a_full_disk_leaves_the_file_in_the_inbox(
    inbox: Path, line: DirectLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "0001.jpg").write_bytes(b"x")

    def full(*_: object) -> None:
        raise Full(say("full"))

    monkeypatch.setattr("flows.agent.rounds.claim", full)
    one = agent(inbox, line)
    done = one.round()
    assert str(done.left["0001.jpg"]) == "full"
    assert (inbox / "0001.jpg").exists()


def test_what_headquarters_does_not_take_stays_and_the_rest_goes_on(
    inbox: Path, line: DirectLine, voucher: Callable[[int], bytes]
) -> None:
    class Choosy(DirectLine):
        def piece(self, entry: Entry, offset: int, content: bytes) -> Told:
            if entry.name == "0001.jpg":
                raise NotTaken(say("Headquarters says: no"))
            return super().piece(entry, offset, content)

    for number in (1, 2):
        (inbox / f"{number:04}.jpg").write_bytes(voucher(number))
    one = agent(inbox, Choosy(line.parts, line.uploads, line.take_in))
    done = [one.round(), one.round()]
    assert "0001.jpg" in done[1].left
    assert done[1].archived == 1
    assert (inbox / "0001.jpg").exists()


def test_names_that_lead_elsewhere_stay_and_are_told(inbox: Path, line: DirectLine) -> None:
    (inbox / "a\nb.jpg").write_bytes(b"x")
    (inbox / "link.jpg").symlink_to("/etc/passwd")
    done = agent(inbox, line).round()
    assert len(done.left) == 2
    assert done.sent == 0


def test_the_day_is_headquarters(inbox: Path, line: DirectLine) -> None:
    late = datetime.fromisoformat("2026-11-20T00:05:00+08:00")
    one = agent(inbox, line, day=None, now=lambda: late, skew=timedelta(minutes=10))
    (inbox / "0001.jpg").write_bytes(b"x")
    one.round()
    assert [entry.day for entry in (*one.ledger.open(), *one.ledger.ended())] == [DAY]


def test_another_agent_under_the_same_name_is_told(
    tmp_path: Path, inbox: Path, line: DirectLine
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    first, second = agent(inbox, line), agent(other, line)
    first.round()
    second.round()
    assert (first.shared, second.shared) == (False, True)


def test_two_agents_with_the_same_file_are_one_page(
    tmp_path: Path, inbox: Path, line: DirectLine, voucher: Callable[[int], bytes]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    agents = [agent(folder, line) for folder in (inbox, other)]
    for folder in (inbox, other):
        (folder / "0001.jpg").write_bytes(voucher(1))
    for one in (*agents, *agents):
        one.round()
    assert all(one.debt().files == 0 for one in agents)
    assert len(line.parts.catalog.pages.of_day(DAY, "3301")) == 1


def test_a_station_without_an_agent_does_not_look_as_if_all_were_sent(tmp_path: Path) -> None:
    def status(folder: Path) -> Result:
        return CliRunner().invoke(app, ["--lang", "en", "agent", "status", "--folder", str(folder)])

    never = status(tmp_path)
    assert (never.exit_code, "has not run here yet" in never.output) == (3, True)
    mistyped = status(tmp_path / "inbx")
    assert isinstance(mistyped.exception, UserError)
