"""Looks at the catalog that compute for long: in processes beside the site, where no other answer waits.

Python computes in one thread at a time: who computes for 50 ms keeps all others for as long (decision 0047).
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from queue import LifoQueue
from traceback import format_exc
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar, cast

from flows.parts import Parts, open_parts

P = ParamSpec("P")
T = TypeVar("T")


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

    A process that died is replaced, and whoever asked it looks here: it costs him time, not the answer.
    """

    def __init__(self, parts: Parts, processes: int) -> None:
        self._here, self._folder = Here(parts), parts.workspace.folder
        self._free: LifoQueue[_Process] = LifoQueue()  # who was asked last has all in its memory
        self._count = processes
        for _ in range(processes):
            self._free.put(_Process(self._folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _ in range(self._count):
            self._free.get().end()

    def ask(self, look: Callable[Concatenate[Parts, P], T], *of: P.args, **named: P.kwargs) -> T:
        """Give what ``look`` gives, in the next process that is free."""
        process = self._free.get()
        try:
            done, told = process.answer((look, of, named))
        except (EOFError, OSError):
            process.end()
            process = _Process(self._folder)
            done, told = True, self._here.ask(look, *of, **named)
        finally:
            self._free.put(process)
        if not done:
            raise cast(Exception, told)
        return cast(T, told)


class _Process:
    """One process, and the line to it; what it is asked before it is ready waits there."""

    def __init__(self, folder: Path) -> None:
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, folder), daemon=True)
        before = signal.pthread_sigmask(
            signal.SIG_BLOCK, {signal.SIGINT}
        )  # inherited: Ctrl-C is ours
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def answer(self, asked: tuple[Any, ...]) -> tuple[bool, Any]:
        """Give whether it was answered, and the answer or the error; raises EOFError or OSError: it died."""
        self._line.send(asked)
        answer: tuple[bool, Any] = self._line.recv()
        return answer

    def end(self) -> None:
        """Stop it, whatever it does: it only looks."""
        self._process.kill()
        self._process.join()
        self._line.close()


def _serve(owner: Connection, folder: Path) -> None:
    """Answer until the owner is gone."""
    with open_parts(folder, reading=True) as parts:
        looks = Here(parts)
        gc.disable()
        gc.collect()
        gc.freeze()  # what is there now stays: it need not be gone through again and again
        with suppress(EOFError, OSError):
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
        error.add_note(format_exc())
        return False, error
