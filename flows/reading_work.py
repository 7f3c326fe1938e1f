"""The work of a reading worker: claims chunks of pages, reads them, enters readings while the claim counts.

The catalog alone knows what is done: a worker may die at any point, and another takes its chunk over.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from threading import Event, Thread

from catalog.connection import newest_version
from flows.parts import Parts
from flows.progress import Progress
from flows.read_event import tell_read
from flows.readers import how_to_read
from flows.reading_pool import ReadingPool
from flows.reading_process import NO_COPY, nothing_read
from pipeline.claims import Chunk, Worker
from pipeline.errors import PaperproofError
from pipeline.language import Message, say
from pipeline.model import Reading
from storage.vault import Vault

_AHEAD = 16
"""Pages held in memory while they are read."""
_LOOK_SECONDS = 2.0
"""Between two looks for a free chunk."""


@dataclass(frozen=True)
class ReadingWork:
    """What a worker needs, and how it is known."""

    parts: Parts
    vault: Vault
    readers: Callable[[], ReadingPool]
    """Gives the reading processes, started at first need."""
    worker: Worker
    progress: Progress
    note: Callable[[Message], None] = lambda _: None
    """Says whom it waits for."""
    at: Callable[[str], None] = lambda _step: None


@dataclass
class Worked:
    """What a worker did."""

    chunks: int = 0
    pages: int = 0
    lost: int = 0
    """Chunks that another worker had taken over meanwhile."""


def this_worker() -> Worker:
    """Name this process as a worker."""
    return Worker(f"{socket.gethostname()}/{os.getpid()}", newest_version())


def read_chunks(
    work: ReadingWork,
    day: date | None = None,
    branch: str | None = None,
    *,
    until_empty: bool = True,
) -> Worked:
    """Read chunk after chunk of a day and branch (None: of all), the oldest day first.

    ``until_empty``: end once none is open, those of other workers too: one of them may die. Raises UserError
    when this program is of another version than the catalog; PaperproofError: pages cannot be read here.
    """
    claims, rules = work.parts.catalog.claims, work.parts.settings.leases
    worked = Worked()
    waiting_for: set[int] = set()
    while True:
        claim = claims.claim(work.worker, rules, day, branch)
        if claim:
            _read(work, claim, worked, lambda: claims.is_one_left(rules, day, branch))
            continue
        still_open = claims.open(day, branch)
        if until_empty and not still_open:
            return worked
        for one in still_open:
            if until_empty and one.no not in waiting_for:
                waiting_for.add(one.no)
                work.note(_waits(one))
        time.sleep(_LOOK_SECONDS)


class _End(Enum):
    """How a worker's turn at a chunk ended."""

    WHOLE = auto()
    CALLED = auto()
    """Another chunk was left by a worker that died, and goes first."""
    LOST = auto()
    """The claim does not count any more."""


@dataclass(frozen=True)
class _Turn:
    """What the thread that renews a lease tells whoever reads."""

    lost: Event = field(default_factory=Event)
    called: Event = field(default_factory=Event)


def _read(work: ReadingWork, claim: Chunk, worked: Worked, is_one_left: Callable[[], bool]) -> None:
    """Read one chunk; given back at once when this worker cannot go on or is called away."""
    claims = work.parts.catalog.claims
    work.at("claimed")
    try:
        with _renewing(work, claim, is_one_left) as turn:
            end = _read_pages(work, claim, turn, worked)
        if end is _End.WHOLE:
            work.at("pages_entered")
            counts = claims.finish(claim, work.worker)
        else:
            counts = end is _End.CALLED and claims.give_back(claim, work.worker)
    except BaseException:
        with suppress(PaperproofError):
            claims.give_back(claim, work.worker)
        raise
    worked.chunks += counts and end is _End.WHOLE
    worked.lost += not counts


def _read_pages(work: ReadingWork, claim: Chunk, turn: _Turn, worked: Worked) -> _End:
    """Read a chunk's pages, as far as nothing else goes first; what was begun is entered."""
    unread = work.parts.catalog.claims.unread(claim)
    if not unread:
        return _End.WHOLE
    work.progress.total(len(unread))
    readers = work.readers()
    readers.use(how_to_read(work.parts))  # a form confirmed since is used from now on
    begun: deque[tuple[str, str, Future[Reading] | None]] = deque()
    for sha256, batch in unread.items():
        if turn.lost.is_set():
            return _End.LOST
        if turn.called.is_set():
            break
        content = work.vault.read_good(sha256)
        begun.append((sha256, batch, readers.submit(content) if content else None))
        if len(begun) >= _AHEAD and not _enter(work, claim, *begun.popleft(), worked):
            return _End.LOST
    for sha256, batch, future in begun:
        if turn.called.is_set() and future and future.cancel():
            continue  # nobody has begun it: the next worker reads it
        if not _enter(work, claim, sha256, batch, future, worked):
            return _End.LOST
    return _End.CALLED if turn.called.is_set() else _End.WHOLE


def _enter(
    work: ReadingWork,
    claim: Chunk,
    sha256: str,
    batch: str,
    future: Future[Reading] | None,
    worked: Worked,
) -> bool:
    result = future.result() if future else nothing_read(NO_COPY)
    work.at("page_read")
    counts = work.parts.catalog.claims.enter(claim, work.worker, sha256, result)
    work.at("page_entered")
    if counts:
        tell_read(sha256, result, branch=claim.branch, day=claim.day, batch=batch)
    worked.pages += counts
    work.progress.step(say("read {name}", name=sha256[:8]))
    return counts


@contextmanager
def _renewing(work: ReadingWork, claim: Chunk, is_one_left: Callable[[], bool]) -> Iterator[_Turn]:
    """Renew the lease from a thread of its own, and look for chunks that dead workers left."""
    rules = work.parts.settings.leases
    turn, over = _Turn(), Event()

    def renew() -> None:
        while not over.wait(rules.renew_seconds):
            # While the database does not answer, the lease runs on; entering tells what is wrong.
            with suppress(PaperproofError):
                if not work.parts.catalog.claims.renew(claim, work.worker, rules):
                    turn.lost.set()
                    return
                if is_one_left():
                    turn.called.set()

    thread = Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield turn
    finally:
        over.set()
        thread.join()


def _waits(chunk: Chunk) -> Message:
    return say(
        "{count} pages of branch {branch}, {day}, are being read by worker {worker}; if it is gone, they are "
        "taken over within a minute.",
        count=len(chunk.pages),
        branch=chunk.branch,
        day=chunk.day,
        worker=chunk.worker or "–",
    )
