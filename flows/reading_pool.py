"""Reading processes: models loaded once each, one thread each, every page under limits."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from flows.reading_process import (
    DIED,
    READY,
    TOO_SLOW,
    Act,
    Failed,
    ReadsPages,
    nothing_read,
    serve,
)
from pipeline.errors import PaperproofError
from pipeline.language import say
from pipeline.model import FieldValue, Reading
from pipeline.searchable.text import PageText, Searchable

if TYPE_CHECKING:
    from pipeline.forms.propose import Proposal

_START_SECONDS = 120.0
_TRIES = 2
_BETWEEN_LOOKS = 0.1
"""Seconds."""


@dataclass(frozen=True)
class PageLimits:
    """What one try at reading one page may cost; a page that costs more twice goes to a person."""

    seconds: float = 10.0
    """Seconds of the clock; where more processes want a processor than there are, they count by the
    share each gets: a busy machine must not cost honest pages. The slowest, 78 megapixels, took 8."""
    memory_bytes: int = 2 << 30
    """Address space beyond that of the loaded models: 0.3 GiB for A4 at 300 dpi, 1.6 at 78 megapixels."""


@dataclass(frozen=True)
class _Work:
    make_reader: Callable[[], ReadsPages]
    act: Act
    arguments: tuple[Any, ...]
    given_up: Callable[[str], Any]
    """Doubt -> what the owner gets when a page has failed."""
    future: Future[Any]


class ReadingPool:
    """Hands pages to reading processes; one that dies, hangs or takes too much costs its own page only.

    Such a process is stopped and replaced, and the page tried once more by the new one. A page that
    fails twice is given back as nothing read, with a doubt that says why: it goes to a person. The
    futures raise PaperproofError when the processes cannot even be started.
    """

    def __init__(
        self,
        workers: int,
        make_reader: Callable[[], ReadsPages],
        limits: PageLimits | None = None,
    ) -> None:
        self._make_reader = make_reader
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._keepers = [_Keeper(self._work, limits or PageLimits()) for _ in range(workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _ in self._keepers:
            self._work.put(None)
        for keeper in self._keepers:
            keeper.end(at_once=kind is not None)  # nobody waits for what is being read

    def use(self, make_reader: Callable[[], ReadsPages]) -> None:
        """Read by another reader from the next page on; nothing is done when it equals the one in use."""
        self._make_reader = make_reader

    def submit(self, content: bytes) -> Future[Reading]:
        """Begin to read a page."""
        return self._submit("read", nothing_read, content)

    def read_again(self, content: bytes, field: FieldValue) -> FieldValue | None:
        """Read one field's place a second time; None when nothing was read there."""
        result: FieldValue | None = self._submit("read_again", _nothing, content, field).result()
        return result

    def propose(
        self, name: str, pages: Sequence[tuple[str, bytes, Reading]], least: int
    ) -> Proposal | None:
        """Propose the form of pages (SHA-256, master, what was read whole); None when they prove none."""
        result: Proposal | None = self._submit("propose", _nothing, name, pages, least).result()
        return result

    def any_known(self, contents: Sequence[bytes]) -> bool:
        """Tell whether one of the pages is of a form that the readers know."""
        return bool(self._submit("any_known", _nothing, contents).result())

    def searchable(
        self, content: bytes, master: str, known: PageText | None
    ) -> Searchable | Failed:
        """Make a page's searchable derivative, see ``flows.page_reader``; or tell why there is none."""
        result: Searchable | Failed = self._submit(
            "searchable", Failed, content, master, known
        ).result()
        return result

    def text_of(self, pdf: bytes) -> str | Failed:
        """Return the text of a searchable derivative, or why there is none."""
        result: str | Failed = self._submit("text_of", Failed, pdf).result()
        return result

    def _submit(self, act: Act, given_up: Callable[[str], Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._work.put(_Work(self._make_reader, act, arguments, given_up, future))
        return future


def _nothing(_: str) -> None:
    """What the owner gets where no result says enough."""


class _Keeper:
    """A thread that keeps one reading process: starts it at first need, hands it work, watches it."""

    def __init__(self, work: SimpleQueue[_Work | None], limits: PageLimits) -> None:
        self._work, self._limits = work, limits
        self._process: _Process | None = None
        self._ending = False
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def end(self, *, at_once: bool) -> None:
        """Wait for the work begun, or stop it."""
        self._ending = at_once
        if at_once and (process := self._process):
            process.kill()
        self._thread.join()

    def _keep(self) -> None:
        signal.pthread_sigmask(
            signal.SIG_BLOCK, {signal.SIGINT}
        )  # inherited: Ctrl-C is the owner's
        while work := self._work.get():
            if not work.future.set_running_or_notify_cancel():
                continue  # whoever asked for it took it back
            try:
                work.future.set_result(self._done(work))
            except BaseException as error:
                work.future.set_exception(error)
        self._drop()

    def _done(self, work: _Work) -> Any:
        for _ in range(_TRIES):
            result = self._tried(work)
            if not isinstance(result, Failed):
                return result
            if result.for_good:
                break
            self._drop()
        return work.given_up(result.doubt)

    def _tried(self, work: _Work) -> Any:
        if self._process and self._process.make_reader != work.make_reader:
            self._drop()
        if self._process is None:
            self._process = _Process(work.make_reader, self._limits)
        if self._ending:
            self._drop()
            raise CancelledError
        try:
            return self._process.answer(work.act, work.arguments)
        except PaperproofError:
            self._drop()
            raise

    def _drop(self) -> None:
        if self._process:
            self._process.kill()
            self._process = None


class _Process:
    """One reading process, and the line to it."""

    def __init__(self, make_reader: Callable[[], ReadsPages], limits: PageLimits) -> None:
        self.make_reader = make_reader
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        how = (theirs, make_reader, limits.memory_bytes)
        self._process = context.Process(target=serve, args=how, daemon=True)
        self._process.start()
        theirs.close()
        self._limits = limits
        self._ready = False

    def answer(self, act: Act, arguments: tuple[Any, ...]) -> Any:
        """Have one piece of work done: its result, or how it failed; raises PaperproofError, see above."""
        if not self._ready:
            self._must_get_ready()
        try:
            self._line.send((act, arguments))
            return self._line.recv() if self._in_time(self._limits.seconds) else Failed(TOO_SLOW)
        except (EOFError, OSError):
            return Failed(DIED)

    def kill(self) -> None:
        """End the process and the programs it started; waits until it is gone."""
        if self._process.pid:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()  # it may not have come to lead a group yet
        self._process.join()

    def _must_get_ready(self) -> None:
        with suppress(EOFError, OSError):
            self._ready = self._in_time(_START_SECONDS) and self._line.recv() == READY
        if not self._ready:
            raise PaperproofError(
                say(
                    "The reading processes cannot be started; give the lines above to IT. Pages that are "
                    "in stay, and are read when the day is closed."
                )
            )

    def _in_time(self, seconds: float) -> bool:
        """Wait for an answer, no longer than ``seconds`` of the clock and what a busy machine adds."""
        used, last = 0.0, time.monotonic()
        while used < seconds:
            if self._line.poll(_BETWEEN_LOOKS):
                return True
            now = time.monotonic()
            used, last = used + (now - last) * _share_of_a_processor(), now
        return False


def _share_of_a_processor() -> float:
    """How much of a processor each process that wants one gets now; all of it where nothing is told."""
    try:
        running = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return 1.0
    return min(1.0, len(os.sched_getaffinity(0)) / max(1, running))
