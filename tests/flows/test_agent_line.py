"""An agent over a line that fails: nothing is lost or doubled, and what waits is told."""

import gc
import random
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.agent.ledger import Entry
from flows.agent.line import Clock, Debt, HttpLine, NoLine, Throttle, Told
from flows.agent.status import agent_status, as_json, keep_round
from pipeline.sending import Standing
from tests.direct_line import DirectLine
from tests.flows.conftest import DAY
from tests.flows.station_agent import OFFLINE, Broken, agent, inbox, line

__all__ = ["inbox", "line"]
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)


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


def test_what_was_sent_does_not_stay_in_memory(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("t")
    token.chmod(0o600)
    told = {"standing": "receiving", "received": 1, "pages": []}
    asked: list[weakref.ref[httpx.Request]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(weakref.ref(request))
        return httpx.Response(200, json=told)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    line = HttpLine("https://hq.example", token, client)
    entry = Entry(*("a.jpg", "a.jpg", "0" * 64, 9, (1, 9, 1)), "3301", "s", DAY, "b", NOW, 1)
    before = gc.get_threshold()
    gc.set_threshold(100_000)  # as the program has it
    try:
        line.piece(entry, 0, b"a piece")
        assert [one() for one in asked] == [None]
    finally:
        gc.set_threshold(*before)


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
