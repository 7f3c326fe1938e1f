"""The site's scanners at work: each run in a thread of its own, its pages taken in as they come."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flows.scanning import ScanDesk, ScanJob
from pipeline.errors import PaperproofError
from pipeline.language import Message, say
from pipeline.model import Batch
from web.intake import IntakeDesk

_LOG = logging.getLogger("paperproof.web")


@dataclass
class ScanRun:
    """One run of a device, as it stands."""

    job: ScanJob
    names: list[str] = field(default_factory=list)
    """The pages that came, in their order."""
    fault: Message | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


@dataclass
class Scanners:
    """Starts, follows and stops runs; the last of each batch is remembered."""

    desk: ScanDesk
    intake: IntakeDesk
    _runs: dict[str, ScanRun] = field(default_factory=dict)
    """By batch id."""
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, job: ScanJob) -> ScanRun:
        """Begin a run; one that goes on in this batch is given instead."""
        with self._lock:
            found = self._runs.get(job.batch.id)
            if found is not None and not found.ended.is_set():
                return found
            run = self._runs[job.batch.id] = ScanRun(job)
            thread = threading.Thread(target=self._work, args=(run,), name="scanner")
            self._threads = [one for one in self._threads if one.is_alive()]
            self._threads.append(thread)
            thread.start()
            return run

    def of(self, batch: Batch) -> ScanRun | None:
        """The batch's last run, if there was one since the site was started."""
        with self._lock:
            return self._runs.get(batch.id)

    def stop(self, batch: Batch) -> None:
        """Have a batch's run end after the page that is being scanned, at most."""
        run = self.of(batch)
        if run is not None:
            run.stopping.set()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Runs are stopped when the block is left."""
        try:
            yield
        finally:
            with self._lock:
                threads = list(self._threads)
                for run in self._runs.values():
                    run.stopping.set()
            for thread in threads:
                thread.join()

    def _work(self, run: ScanRun) -> None:
        def arrived(name: str) -> None:
            run.names.append(name)
            self.intake.ask(run.job.batch)

        try:
            self.desk.scan(run.job, arrived, run.stopping.is_set)
        except PaperproofError as error:
            run.fault = error.message
        except Exception:
            _LOG.exception("scanning batch %s", run.job.batch.id)
            run.fault = say("This is a fault of Paperproof itself; tell IT.")
        finally:
            run.ended.set()
