"""An agent's rounds over a line that fails as it is told, with the real catalog and take-in behind it."""

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from flows.admit_page import Intake
from flows.agent.ledger import Entry, Ledger, State
from flows.agent.leftovers import StationCheck
from flows.agent.line import Clock, Debt, Line, NoLine, NotTaken, Throttle, Told
from flows.agent.rounds import Agent
from flows.agent.status import agent_status, as_json, keep_round
from flows.cli import app
from flows.parts import Parts
from flows.pieces import SentFile, receive_piece, standing_of, sweep_pieces
from flows.take_in import take_in
from flows.uploads import Uploads
from ingest.inbox import ClaimRules
from pipeline.errors import Full, UserError
from pipeline.language import say
from pipeline.model import Batch
from pipeline.sending import Standing
from tests.direct_line import DirectLine
from tests.flows.conftest import DAY, Silent

OFFLINE = say("offline")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "扫描 inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def line(parts: Parts, intake: Intake) -> DirectLine:
    uploads = Uploads(parts.workspace.uploads, 1 << 20)
    moving = replace(intake, moving=True)

    def taken(one: Batch) -> None:
        take_in(moving, uploads.of(one), one, Silent())

    return DirectLine(parts, uploads, taken)


def agent(inbox: Path, line: Line, **values: Any) -> Agent:
    ledger = Ledger(inbox / ".paperproof-agent")
    ledger.prepare()
    plain = Agent(inbox, ledger, line, "3301", "station-1", "inbox", DAY, ClaimRules(0))
    return replace(plain, **values)


@dataclass
class Broken:
    """A line that breaks off at some of its requests, before headquarters acted or after."""

    line: Line
    rng: random.Random
    share: float

    def __getattr__(self, name: str) -> Any:
        def asked(*given: Any) -> Any:
            if self.rng.random() < self.share / 2:
                raise NoLine(OFFLINE)
            answer = getattr(self.line, name)(*given)
            if self.rng.random() < self.share / 2:
                raise NoLine(OFFLINE)
            return answer

        return asked


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


def test_a_day_offline_is_caught_up(
    inbox: Path, line: DirectLine, voucher: Callable[[int], bytes]
) -> None:
    down = Broken(line, random.Random(1), 2.0)
    one = agent(inbox, down)
    for number in (1, 2, 3):
        (inbox / f"{number:04}.jpg").write_bytes(voucher(number))
        done = one.round()
        keep_round(one, done)
        assert done.trouble == OFFLINE
    told = as_json(agent_status(one.ledger, one.now() + timedelta(days=1)), "en")
    assert told["debt"]["files"] == 3
    assert told["debt"]["oldest_seconds"] >= 86400
    assert told["trouble"] == "offline"
    back = agent(inbox, line)
    while back.debt().files:
        assert back.round().trouble is None
    rows = line.parts.catalog.pages.of_day(DAY, "3301")
    assert [row.name for row in rows] == ["0001.jpg", "0002.jpg", "0003.jpg"]


@pytest.mark.slow
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), share=st.floats(0.05, 0.6))
def test_however_the_line_breaks_count_in_is_count_out(
    seed: int, share: float, tmp_path_factory: pytest.TempPathFactory, line: DirectLine
) -> None:
    rng, folder = random.Random(seed), tmp_path_factory.mktemp("inbox")
    names = {f"{seed}-{number}.jpg" for number in range(4)}
    for name in names:
        (folder / name).write_bytes(rng.randbytes(rng.randrange(1, 600_000)))
    for _ in range(400):
        one = agent(folder, Broken(line, rng, share))  # each round a new process
        one.round()
        if not one.debt().files:
            break
    ended = one.ledger.ended()
    assert {entry.name for entry in ended} == names
    rows = [row.name for row in line.parts.catalog.pages.of_day(DAY, "3301")]
    assert all(rows.count(name) == 1 for name in names)


def test_pieces_shrink_on_a_bad_line_and_grow_on_a_good_one(inbox: Path) -> None:
    sizes: list[int] = []

    class Counting:
        bad = True

        def standing(self, entry: Entry) -> Told:
            return Told(Standing.RECEIVING, sum(sizes) if not self.bad else 0)

        def piece(self, entry: Entry, offset: int, content: bytes) -> Told:
            sizes.append(len(content))
            if self.bad:
                raise NoLine(OFFLINE)
            whole = offset + len(content) == entry.byte_count
            return Told(Standing.WAITING if whole else Standing.RECEIVING, offset + len(content))

        def report(self, branch: str, station: str, agent: str, debt: Debt) -> Clock:
            return Clock(datetime.now(UTC), False)

    waited: list[float] = []
    line = Counting()
    (inbox / "1.jpg").write_bytes(bytes(3 << 20))
    one = agent(inbox, line, throttle=Throttle(1000, waited.append))
    for _ in range(2):
        one.round()
    assert sizes == [128 << 10, 64 << 10, 32 << 10, 16 << 10, 16 << 10]
    line.bad = False
    sizes.clear()
    one.round()
    assert sizes[:7] == [n << 10 for n in (16, 32, 64, 128, 256, 512, 1024)]
    assert sum(sizes) == 3 << 20
    assert waited == [size / 1000 for size in sizes]


def test_a_damaged_copy_is_made_again_from_the_inbox(
    inbox: Path, line: DirectLine, voucher: Callable[[int], bytes]
) -> None:
    (inbox / "0001.jpg").write_bytes(voucher(1))
    one = agent(inbox, Broken(line, random.Random(1), 2.0))
    one.round()
    (copy,) = one.ledger.spool.iterdir()
    copy.write_bytes(b"\0" * copy.stat().st_size)
    back = agent(inbox, line)
    assert "damaged" in str(back.round().trouble)
    back.round()
    assert back.round().archived == 1
    (row,) = line.parts.catalog.pages.of_day(DAY, "3301")
    assert row.state == "admitted"


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


class TestPieces:
    """What headquarters does with pieces."""

    content = bytes(range(256)) * 40

    @pytest.fixture
    def uploads(self, tmp_path: Path) -> Uploads:
        return Uploads(tmp_path / "uploads", 1 << 20)

    def sent(self, content: bytes) -> SentFile:
        batch = Batch("3301", DAY, "station-1", "wang", "1")
        return SentFile(batch, "0001.jpg", hashlib.sha256(content).hexdigest())

    @settings(
        max_examples=50,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        st.lists(
            st.tuples(st.integers(0, len(content) + 9), st.integers(0, len(content))), max_size=20
        )
    )
    def test_pieces_in_any_order_make_the_file_or_nothing(
        self, uploads: Uploads, pieces: list[tuple[int, int]]
    ) -> None:
        file, size = self.sent(self.content), len(self.content)
        path = uploads.path(file.batch, file.name)
        path.unlink(missing_ok=True)
        have = 0
        for offset, length in (*pieces, (0, 0)):
            piece = self.content[offset : offset + length]
            have = receive_piece(uploads, file, size, offset, piece).received
            if path.exists():
                break
        if not path.exists():
            receive_piece(uploads, file, size, have, self.content[have:])
        assert path.read_bytes() == self.content

    def test_what_is_not_what_was_announced_is_not_kept(
        self, uploads: Uploads, parts: Parts
    ) -> None:
        file = self.sent(self.content)
        for wrong in (self.content[:-1] + b"x", self.content + b"more"):
            with pytest.raises(UserError, match="arrived otherwise"):
                receive_piece(uploads, file, len(self.content), 0, wrong)
            assert standing_of(parts, uploads, file).standing is Standing.UNKNOWN
        with pytest.raises(UserError, match="larger than"):
            receive_piece(uploads, file, 2 << 20, 0, b"x")

    def test_pieces_nobody_added_to_are_swept(
        self, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = self.sent(self.content)
        receive_piece(uploads, file, len(self.content), 0, b"x")
        sweep_pieces(uploads)
        assert receive_piece(uploads, file, len(self.content), 5, b"").received == 1
        monkeypatch.setattr("flows.pieces.time.time", lambda: datetime.now(UTC).timestamp() + 1e7)
        sweep_pieces(uploads)
        assert receive_piece(uploads, file, len(self.content), 5, b"").received == 0


def test_a_station_without_an_agent_does_not_look_as_if_all_were_sent(tmp_path: Path) -> None:
    def status(folder: Path) -> Result:
        return CliRunner().invoke(app, ["--lang", "en", "agent", "status", "--folder", str(folder)])

    never = status(tmp_path)
    assert (never.exit_code, "has not run here yet" in never.output) == (3, True)
    mistyped = status(tmp_path / "inbx")
    assert isinstance(mistyped.exception, UserError)
