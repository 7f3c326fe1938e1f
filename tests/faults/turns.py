"""Workers that take turns at named steps: which goes on, and which dies, is for the test to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Semaphore, Thread

from tests.faults.world import At


class Died(BaseException):
    """A worker's process was killed."""


class Worker:
    """One process, as a thread that runs only when it is told to, from one step to the next."""

    def __init__(self, name: str, work: Callable[[At], None]) -> None:
        self.name = name
        self.step = ""
        self.fault: BaseException | None = None
        """Why it ended before its work was done."""
        self.ended = False
        self._work = work
        self._killed = False
        self._go, self._stopped = Semaphore(0), Semaphore(0)
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def go_on(self) -> None:
        """Let it run to its next step, or to its end."""
        self._go.release()
        self._stopped.acquire()
        if self.ended:
            self._thread.join()

    def kill(self) -> None:
        """End it at the step where it is."""
        self._killed = True
        while not self.ended:
            self.go_on()

    def _run(self) -> None:
        self._go.acquire()
        try:
            if not self._killed:
                self._work(self._at)
        except BaseException as fault:
            self.fault = fault
        finally:
            self.ended = True
            self._stopped.release()

    def _at(self, step: str) -> None:
        self.step = step
        self._stopped.release()
        self._go.acquire()
        if self._killed:
            raise Died


def take_turns(
    works: Mapping[str, Callable[[At], None]],
    choose: Callable[[Sequence[Worker]], Worker],
    happens: Callable[[Sequence[Worker]], None],
) -> tuple[Worker, ...]:
    """Run works side by side, one step of one of them at a time; after each step something may happen."""
    workers = tuple(Worker(name, work) for name, work in works.items())
    while going := [worker for worker in workers if not worker.ended]:
        choose(going).go_on()
        happens([worker for worker in going if not worker.ended])
    return workers
