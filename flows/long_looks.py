"""Looks at the catalog that compute for long: in processes beside the site, where no other answer waits.

Python computes in one thread at a time: who computes for 50 ms keeps all others for as long (decision 0047).
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path
from queue import Empty, Queue
from time import monotonic
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from flows.parts import Parts, open_parts
from flows.settings import Settings
from pipeline.events import MET_BESIDE, places, warn

P = ParamSpec("P")
T = TypeVar("T")
_FAREWELL_SECONDS = 5.0
"""So long who looks still may do so when the site stops."""


class LongLooks(Protocol):
    """Where long looks are done."""

    def ask(self, look: Callable[Concatenate[Parts, P], T], *of: P.args, **named: P.kwargs) -> T:
        """Give what ``look(parts, *of)`` gives, at one moment; raises what it raises.

        ``look`` is a function of a module; what it is asked with, and what it gives, can be pickled.
        """
        ...


@dataclass(frozen=True)
class Here:
    """Looks in the thread of whoever asks."""

    parts: Parts

    def ask(self, look: Callable[Concatenate[Parts, P], T], *of: P.args, **named: P.kwargs) -> T:
        """Give what ``look`` gives."""
        with self.parts.catalog.at_one_moment():
            return look(self.parts, *of, **named)


class Beside:
    """Looks in processes of their own, one look at a time in each.

    A process that died is started anew, and whoever asked it looks here: that costs time, not the answer.
    """

    def __init__(self, parts: Parts, processes: int, rest_seconds: float = 60.0) -> None:
        """``rest_seconds``: so long after a start none follows it; one that cannot live costs little."""
        self._here = Here(parts)
        self._all = [_Place(parts, rest_seconds) for _ in range(processes)]
        self._free: Queue[_Place] = Queue()
        for one in self._all:
            self._free.put(one)

    def close(self) -> None:
        """Stop the processes; who looks still may do so for some seconds, who asks later looks here."""
        until, idle = monotonic() + _FAREWELL_SECONDS, []
        with suppress(Empty):
            for _ in self._all:
                idle.append(self._free.get(timeout=max(until - monotonic(), 0)))
        for one in self._all:
            one.end()
        for one in idle:
            self._free.put(one)

    def ask(self, look: Callable[Concatenate[Parts, P], T], *of: P.args, **named: P.kwargs) -> T:
        """Give what ``look`` gives, in the next process that is free."""
        place, answer = self._free.get(), None
        try:
            answer = place.answer((look, of, named))
        except BaseException as error:  # whatever became of the line, it may hold half an answer
            place.start_anew()
            if not isinstance(error, Exception):
                raise
        finally:
            self._free.put(place)
        if answer is None:
            return self._here.ask(look, *of, **named)
        done, told = answer
        if not done:
            raise cast(Exception, told)
        return cast(T, told)


class _Place:
    """A process, and the line to it; what it is asked before it is ready waits there."""

    def __init__(self, parts: Parts, rest_seconds: float) -> None:
        self._given = parts.workspace.folder, parts.settings
        self._rest_seconds = rest_seconds
        self._ended = False
        self._process: SpawnProcess | None = None
        self._start()

    def answer(self, asked: tuple[Any, ...]) -> tuple[bool, Any]:
        """Give whether it was answered, and the answer or the error; EOFError or OSError: it is gone."""
        if self._process is None:
            raise EOFError
        self._line.send(asked)
        answer: tuple[bool, Any] = self._line.recv()
        return answer

    def start_anew(self) -> None:
        """Stop what there is, and start another one, but for one that was started a moment ago."""
        if self._process:
            self._process.kill()
            self._process.join()
            self._line.close()
            self._process = None
            if not self._ended:
                warn("look.lost")
        if not self._ended and monotonic() >= self._began + self._rest_seconds:
            self._start()

    def end(self) -> None:
        """Have it stopped for good, whatever it does: it only looks. Who still waits for it is told so."""
        self._ended = True
        if process := self._process:
            process.kill()
            process.join()

    def _start(self) -> None:
        self._began = monotonic()
        context = get_context("spawn")
        line, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, *self._given), daemon=True)
        ensure_running()  # it would let Ctrl-C through to the first process
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited: it is ours
        try:
            process.start()
        except OSError:
            line.close()
            warn("look.lost")
        else:
            self._line, self._process = line, process
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()


def _serve(owner: Connection, folder: Path, settings: Settings) -> None:
    """Answer until the owner is gone; whatever else goes wrong is the end, which the owner tells of."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(Exception), open_parts(folder, reading=True) as parts:
        looks = Here(replace(parts, settings=settings))
        gc.disable()
        gc.collect()
        gc.freeze()  # what is there now stays: it need not be gone through again and again
        while True:
            look, of, named = owner.recv()
            owner.send(_answered(looks, look, of, named))
            gc.collect()  # nobody waits for it now


def _answered(
    looks: LongLooks, look: Callable[..., Any], of: tuple[Any, ...], named: dict[str, Any]
) -> tuple[bool, Any]:
    try:
        return True, looks.ask(look, *of, **named)
    except Exception as error:  # it is the owner's, who tells it as if it had been met there
        setattr(error, MET_BESIDE, places(error))
        return False, error
