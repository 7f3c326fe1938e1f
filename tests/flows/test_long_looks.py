"""Long looks give the same wherever they are done, and a process that dies costs nobody an answer."""

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from multiprocessing import active_children
from multiprocessing.connection import Connection
from multiprocessing.popen_spawn_posix import Popen

import pytest

from catalog.catalog import Catalog
from flows.long_looks import Beside, Here, LongLooks
from flows.measuring import Figures
from flows.monitor import heat_map
from flows.parts import Parts
from flows.station import station_status
from pipeline.errors import UserError
from pipeline.events import LOGGER, places
from pipeline.language import say

from .conftest import DAY
from .test_review import captured  # noqa: F401 - two transactions, their papers captured


def process(_: Parts) -> int:
    return os.getpid()


def days(parts: Parts, branch: str, *, until: date) -> tuple[str, date, bool]:
    at_one_moment = parts.catalog.branches.all() == parts.catalog.branches.all()
    return branch, until, at_one_moment


def refuse(_: Parts, name: str) -> None:
    raise UserError(say("There is no “{name}”.", name=name))


def fail(_: Parts) -> None:
    raise ZeroDivisionError("as it is")


def enter(parts: Parts) -> None:
    parts.catalog.branches.add("9901", "不许", "某人")


def unsendable(_: Parts) -> Callable[[], int]:
    return lambda: 7


def die_elsewhere(_: Parts, owner: int) -> int:
    if os.getpid() != owner:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def slowly(_: Parts) -> str:
    time.sleep(0.5)
    return "in the end"


@contextmanager
def beside(parts: Parts, processes: int = 1, rest_seconds: float = 0) -> Iterator[LongLooks]:
    with closing(Beside(parts, processes, rest_seconds)) as looks:
        yield looks


@contextmanager
def here(parts: Parts) -> Iterator[LongLooks]:
    yield Here(parts)


@pytest.fixture
def looking(parts: Parts) -> Iterator[Parts]:
    catalog = Catalog.open(parts.workspace.catalog_url(parts.settings), reading=True)
    yield replace(parts, catalog=catalog)
    catalog.close()


@pytest.fixture(params=[here, beside])
def looks(request: pytest.FixtureRequest, looking: Parts) -> Iterator[LongLooks]:
    with request.param(looking) as made:
        yield made


def test_what_a_look_gives_is_given(looks: LongLooks) -> None:
    day = date(2026, 11, 28)
    assert looks.ask(days, "3301", until=day) == ("3301", day, True)


def test_what_a_look_raises_is_raised(looks: LongLooks) -> None:
    with pytest.raises(UserError) as refused:
        looks.ask(refuse, "某某")
    assert refused.value.message == say("There is no “{name}”.", name="某某")
    with pytest.raises(ZeroDivisionError, match="as it is"):
        looks.ask(fail)
    assert looks.ask(days, "3301", until=date.min)[0] == "3301", "and the next one is answered"


def test_who_looks_cannot_write(looks: LongLooks) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only"):
        looks.ask(enter)


def test_an_answer_that_cannot_be_sent_is_given_all_the_same(looks: LongLooks) -> None:
    assert looks.ask(unsendable)() == 7


def test_what_the_site_asks_beside_is_told_as_here(captured: Parts) -> None:  # noqa: F811
    now = datetime.now(UTC)

    def told(looks: LongLooks) -> tuple[object, ...]:
        return (
            looks.ask(station_status, DAY, "3301", "某人"),
            looks.ask(heat_map, DAY, 5, None, now),
            {(one.metric, one.labels) for one in Figures(looks).at(now)},
        )

    with beside(captured) as looks:
        own = looks.ask(process)
        assert told(looks) == told(Here(captured))
        assert looks.ask(process) == own, "no answer was too much for it"


def test_a_process_that_dies_is_replaced_and_its_asker_answered(looking: Parts) -> None:
    with beside(looking) as looks:
        first = looks.ask(process)
        assert looks.ask(die_elsewhere, os.getpid()) == os.getpid()
        assert looks.ask(process) not in (first, os.getpid())
        os.kill(looks.ask(process), signal.SIGKILL)
        assert looks.ask(days, "3301", until=date.min)[0] == "3301"


def test_one_that_cannot_live_is_told_and_not_started_again_and_again(
    looking: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    with beside(looking, rest_seconds=3600) as looks, caplog.at_level("WARNING", LOGGER):
        assert looks.ask(process) != os.getpid() and not caplog.messages
        for _ in range(3):
            assert looks.ask(die_elsewhere, os.getpid()) == os.getpid()
        assert looks.ask(process) == os.getpid()
        assert caplog.messages == ["look.lost"]


def test_what_cannot_be_sent_there_is_asked_here(looking: Parts) -> None:
    with beside(looking) as looks:
        assert looks.ask(lambda _: os.getpid()) == os.getpid()
        assert looks.ask(process) != os.getpid()


def test_who_still_looks_in_the_end_is_answered(looking: Parts) -> None:
    with ThreadPoolExecutor() as asking:
        with beside(looking) as looks:
            looks.ask(process)
            late = asking.submit(looks.ask, slowly)
            time.sleep(0.1)
        assert late.result() == "in the end"


def test_none_is_left_in_the_end(looking: Parts) -> None:
    with beside(looking, 2) as looks:
        asked = looks.ask(process)
    with pytest.raises(ProcessLookupError):
        os.kill(asked, 0)


def test_an_error_tells_where_it_was_met(looking: Parts) -> None:
    with beside(looking) as looks, pytest.raises(ZeroDivisionError) as met:
        looks.ask(fail)
    assert places(met.value)[-1].endswith(" fail")


def test_ctrl_c_is_the_owners(looking: Parts) -> None:
    with beside(looking, 2) as looks:
        asked = [looks.ask(process), looks.ask(process)]
        for one in asked:
            os.kill(one, signal.SIGINT)
        time.sleep(0.1)
        assert [looks.ask(process), looks.ask(process)] == asked


def test_a_process_that_is_not_there_yet_bears_ctrl_c(looking: Parts) -> None:
    with beside(looking) as looks:
        [starting] = (one.pid for one in active_children() if one.pid)
        time.sleep(0.05)
        os.kill(starting, signal.SIGINT)
        assert looks.ask(process) == starting


def test_who_asks_after_the_end_is_answered(looking: Parts) -> None:
    with beside(looking) as looks:
        pass
    assert looks.ask(process) == os.getpid()


def test_a_process_that_cannot_be_started_is_done_without(
    looking: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with beside(looking) as looks:
        with monkeypatch.context() as full:
            full.setattr(Popen, "_launch", refused)
            assert looks.ask(die_elsewhere, os.getpid()) == os.getpid()
            assert looks.ask(process) == os.getpid()
        assert looks.ask(process) == os.getpid(), "it starts another one"
        assert looks.ask(process) != os.getpid()


def refused(*_: object) -> None:
    raise OSError(errno.EAGAIN, "no room for another process")


def test_an_answer_that_nobody_took_is_given_to_nobody_else(
    looking: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with beside(looking) as looks:
        looks.ask(process)

        def interrupted(line: Connection) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as once:
            once.setattr(Connection, "recv", interrupted)
            with pytest.raises(KeyboardInterrupt):
                looks.ask(days, "3301", until=date.min)
        assert looks.ask(days, "3302", until=date.max) == ("3302", date.max, True)
