"""Work that is done ahead by other threads, and what follows it, strictly in the order in which it came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

Done = TypeVar("Done")
_EACH = 2
"""Pieces of work waiting for each thread: enough that none is idle, few enough to be held in memory."""


class InTurn:
    """A queue of acts, done one by one in this thread as soon as enough wait behind them.

    With no thread (``threads`` is None) all is done at once, where it stands.
    """

    def __init__(self, threads: ThreadPoolExecutor | None, at_most: int) -> None:
        self._threads = threads
        self._at_most = at_most
        self._acts: deque[Callable[[], object]] = deque()
        self._begun: set[str] = set()

    def ahead(self, key: str, work: Callable[[], Done]) -> Callable[[], Done]:
        """Have ``work`` begun by another thread; what is returned waits for it and gives what it gave.

        Of several with one ``key`` only the first is begun ahead, the others when they are waited for: two
        threads at one object would be in each other's way. However often it is waited for, it is done once.
        """
        if self._threads is None or key in self._begun:
            return cache(work)
        self._begun.add(key)
        return self._threads.submit(work).result

    def then(self, act: Callable[[], object]) -> None:
        """Do ``act`` after all that were named before it; raises what any of those due now raises."""
        self._acts.append(act)
        self._do(self._at_most)

    def finish(self) -> None:
        """Do all that is left."""
        self._do(0)

    def _do(self, leave: int) -> None:
        while len(self._acts) > leave:
            self._acts.popleft()()


@contextmanager
def in_turn(threads: int) -> Iterator[InTurn]:
    """Open a queue with so many threads ahead of it; 1: none. Left by an error, what waits is not begun."""
    if threads == 1:
        yield InTurn(None, 0)
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield InTurn(pool, _EACH * threads)
    finally:
        pool.shutdown(cancel_futures=True)
