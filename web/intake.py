"""The site's one worker that takes in what browsers send: pages are checked within seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

from flows.admit_page import Intake, of_batch
from flows.parts import Parts
from flows.readers import reading_pool
from flows.self_test import require_locks
from flows.stores import Stores
from flows.take_in import take_in
from flows.uploads import Uploads
from ingest.admission import Opener
from pipeline.errors import PaperproofError
from pipeline.events import fault as tell_fault
from pipeline.language import Message, say
from pipeline.model import Batch

AtNeed = Callable[[], tuple[Stores, Opener]]
"""Gives the stores and the sandbox, opened at first need."""


@dataclass
class Unseen:
    """Nobody watches this progress: what arrived is asked for."""

    def total(self, count: int) -> None:
        """So many steps are to be done."""

    def step(self, note: Message) -> None:
        """One more is done."""


@dataclass
class IntakeDesk:
    """Takes batches in, one after the other, in a thread of its own; what fails is told with its batch."""

    uploads: Uploads
    opened: Callable[[ExitStack], Intake]
    """Opens what taking in needs, at first need, until the stack is closed."""
    _asked: SimpleQueue[Batch | None] = field(default_factory=SimpleQueue)
    _busy: dict[str, int] = field(default_factory=dict)
    """Batch id -> how many times it waits or is being taken in."""
    _faults: dict[str, Message] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, batch: Batch) -> None:
        """Have a batch taken in as soon as may be."""
        with self._lock:
            if self._busy.get(batch.id, 0) > 1:
                return  # what just came is found by the run that waits
            self._busy[batch.id] = self._busy.get(batch.id, 0) + 1
        self._asked.put(batch)

    def ask_left(self) -> None:
        """Have what was sent taken in that an earlier run of the site left."""
        for batch in self.uploads.left():
            self.ask(batch)

    def is_busy(self, batch: Batch) -> bool:
        """Whether a batch waits or is being taken in."""
        with self._lock:
            return self._busy.get(batch.id, 0) > 0

    def fault(self, batch: Batch) -> Message | None:
        """What kept the batch from being taken in the last time; None: nothing."""
        with self._lock:
            return self._faults.get(batch.id)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Work until the block is left; what is begun is finished."""
        worker = threading.Thread(target=self._work, name="intake")
        worker.start()
        try:
            yield
        finally:
            self._asked.put(None)
            worker.join()

    def _work(self) -> None:
        with ExitStack() as stack:
            intake: Intake | None = None
            while (batch := self._asked.get()) is not None:
                fault = None
                try:
                    intake = intake or self.opened(stack)
                    take_in(intake, self.uploads.of(batch), batch, Unseen())
                except PaperproofError as error:
                    fault = error.message
                except Exception as error:
                    tell_fault("fault", error, **of_batch(batch))
                    fault = say("This is a fault of Paperproof itself; tell IT.")
                self._end(batch, fault)

    def _end(self, batch: Batch, fault: Message | None) -> None:
        with self._lock:
            self._busy[batch.id] -= 1
            if not self._busy[batch.id]:
                del self._busy[batch.id]
            if fault:
                self._faults[batch.id] = fault
            else:
                self._faults.pop(batch.id, None)


def open_intake(parts: Parts, at_need: AtNeed, stack: ExitStack, *, read_later: bool) -> Intake:
    """Open what taking in needs; raises UserError where the stores' locks do not hold.

    ``read_later``: reading is left to reading workers and the day's closing.
    """
    stores, opener = at_need()
    require_locks(parts.settings, parts.catalog, stores.vault)
    readers = None if read_later else stack.enter_context(reading_pool(parts))
    return Intake(_at_once(parts), stores, opener, readers, moving=True)


def _at_once(parts: Parts) -> Parts:
    """Files that were received are whole: nobody writes them any more."""
    inbox = parts.settings.inbox.model_copy(update={"quiet_seconds": 0.0, "require_sidecar": False})
    return replace(parts, settings=parts.settings.model_copy(update={"inbox": inbox}))
