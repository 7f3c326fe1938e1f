"""A batch of scans from a folder into the archive: every page stored twice and cataloged, or refused.

The order within a page (design decision 3): claimed into the spool, inspected, stored in primary and
replica and read back, its receipt stored, entered in the catalog, and only then released.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from flows.admit_page import Intake, admit, of_batch, refuse, store, store_file
from flows.alone import alone
from flows.debts import pay_debts
from flows.enter_pages import Entering, Page, entering
from flows.in_turn import InTurn, in_turn
from flows.judging import judge_read_pages
from flows.keying import ask_people
from flows.parts import Parts
from flows.progress import Progress
from flows.read_event import tell_read
from flows.readers import how_to_read
from flows.reading_pool import ReadingPool
from flows.taken_in import TakenIn
from ingest.admission import InspectedPage, inspect, refusal
from ingest.inbox import ClaimedFile, NotYet, claim, file_name, release, scan_files
from pipeline.errors import Full, PageRefused
from pipeline.events import event
from pipeline.language import say
from pipeline.model import Batch, Delivery, Reading, SplitPage
from pipeline.vouchers import BatchCount, counted_by_cover

STEPS = ("claimed", "inspected", "stored", "receipt", "entering", "entered", "released")
"""The named steps of taking a page in, for tests that kill there."""

_WAITING = 16
"""Pages held in memory while they wait for a reading process."""


def take_in(intake: Intake, folder: Path, batch: Batch, progress: Progress) -> TakenIn:
    """Take every whole file of a folder in; may be run again, and goes on where it stopped."""
    taken = TakenIn()
    if intake.readers:
        intake.readers.use(how_to_read(intake.parts))  # a form confirmed since is used from now on
    with (
        _alone(intake.parts, batch),
        entering(intake, taken) as gathered,
        in_turn(intake.storing) as turn,
    ):
        files = scan_files(folder)
        _room_for(intake.parts, files)
        pay_debts(intake.parts, intake.stores.vault, intake.at)
        progress.total(len(files) * (2 if intake.readers else 1))
        known = intake.parts.catalog.pages.delivered(batch.id)
        run = _Run(intake, folder, batch, known, taken, turn, gathered)
        for number, path in enumerate(files, 1):
            _take_in_file(run, path)
            if number % intake.parts.settings.leases.chunk_pages == 0:
                run.then(partial(_share_out, run))
            run.then(partial(progress.step, say("taken in {name}", name=path.name)))
            _keep_readings(run, progress, at_most=_WAITING)
        turn.finish()
        gathered.enter()
        _keep_readings(run, progress, at_most=0)
        intake.stores.vault.flush()
        _share_out(run)
        _judge(intake, batch, taken)
        taken.to_key = ask_people(intake.parts, batch.day, batch.branch, batch.operator)
        taken.counts = _counts(intake.parts, batch)
    taken.must_add_up()
    if taken.pages > taken.already:
        _tell(batch, taken)
    return taken


def _tell(batch: Batch, taken: TakenIn) -> None:
    event("batch.taken_in", **of_batch(batch), **taken.counted)


@dataclass(frozen=True)
class _Waiting:
    """A page handed to the reading processes."""

    sha256: str
    name: str
    future: Future[Reading]


@dataclass(frozen=True)
class _Run:
    """One run over a folder: pages are stored ahead, and entered, read and released in their turn."""

    intake: Intake
    folder: Path
    batch: Batch
    known: frozenset[tuple[str, str]]
    """(name, SHA-256) of the files that are in already."""
    taken: TakenIn
    turn: InTurn
    entering: Entering
    waiting: deque[_Waiting] = field(default_factory=deque)
    """Pages that are entered and being read."""

    def enter(self, page: Callable[[], Page]) -> None:
        """Have a page entered in its turn."""
        self.turn.then(partial(self.entering.add, page))

    def then(self, act: Callable[[], object]) -> None:
        """Do ``act`` when all pages before it are entered."""
        self.turn.then(partial(self.entering.then, act))


def _alone(parts: Parts, batch: Batch) -> AbstractContextManager[None]:
    """Only one run works on a batch at a time."""
    busy = say(
        "Batch {name} of branch {branch} is being taken in by another run; wait until that "
        "ends and run this again: pages that are in will be skipped.",
        name=batch.name,
        branch=batch.branch,
    )
    return alone(parts.workspace.locks / f"{batch.id}.lock", busy)


def _room_for(parts: Parts, files: list[Path]) -> None:
    """Refuse to begin a batch that the disk may not hold (rule R12)."""
    # spool, primary and replica on this disk, and once more for what the stores keep beside
    wanted = 4 * sum(path.lstat().st_size for path in files if os.path.lexists(path))
    free = shutil.disk_usage(parts.workspace.folder).free
    if free < wanted + (parts.settings.least_free_mb << 20):
        raise Full(
            say(
                "The disk of {folder} has {free} MB free, this batch needs {wanted} MB with the "
                "reserve; free some room and run this again: nothing was taken in.",
                folder=parts.workspace.folder,
                free=free >> 20,
                wanted=(wanted >> 20) + parts.settings.least_free_mb,
            )
        )


def _take_in_file(run: _Run, path: Path) -> None:
    """Take one file in, page by page."""
    intake, taken = run.intake, run.taken
    name = file_name(run.folder, path)
    taken.files += 1
    try:
        claimed = claim(path, run.folder, intake.parts.workspace.spool, intake.parts.claim_rules)
    except PageRefused as error:
        _refuse_whole(run, Delivery(run.batch, name, 1, "0" * 64), b"", error)
        return
    if isinstance(claimed, NotYet):
        taken.not_yet.append(name)
        return
    intake.at("claimed")
    if (name, claimed.sha256) in run.known:
        taken.pages += 1
        taken.already += 1
    elif claimed.refusal:
        arrival = Delivery(run.batch, name, 1, claimed.sha256)
        _refuse_whole(run, arrival, claimed.spooled.read_bytes(), claimed.refusal)
    else:
        _take_in_pages(run, claimed)
    if intake.moving:
        run.then(partial(_release, intake, claimed))


def _release(intake: Intake, claimed: ClaimedFile) -> None:
    release(claimed)
    intake.at("released")


def _refuse_whole(run: _Run, arrival: Delivery, content: bytes, error: PageRefused) -> None:
    """Enter a file that is not what its note says, or not even a file: a link, a device, too large."""
    run.taken.pages += 1
    page, findings = SplitPage(1, content, ""), (refusal(error),)
    run.enter(partial(refuse, run.intake, arrival, page, findings))


def _take_in_pages(run: _Run, claimed: ClaimedFile) -> None:
    intake, taken = run.intake, run.taken
    content = claimed.spooled.read_bytes()
    rules = intake.parts.rules_in_force(intake.document_type, run.batch.day)
    grammar = intake.parts.settings.reading.serial_grammar
    file_stored: Callable[[], None] | None = None
    for inspected in inspect(content, claimed.name, intake.opener, rules.rules, grammar):
        intake.at("inspected")
        arrival = Delivery(run.batch, inspected.name, inspected.page.page_no, inspected.sha256)
        taken.pages += 1
        if intake.parts.catalog.pages.known(arrival.id):
            taken.already += 1
        elif inspected.refused:
            page, findings = inspected.page, inspected.findings
            run.enter(partial(refuse, intake, arrival, page, findings, rules))
        else:
            if file_stored is None and claimed.sha256 != inspected.sha256:
                file_stored = run.turn.ahead(claimed.sha256, partial(store_file, intake, claimed))
            storing = partial(store, intake, arrival, inspected, claimed, file_stored)
            stored = run.turn.ahead(inspected.sha256, storing)
            run.enter(partial(admit, arrival, inspected, claimed, rules, stored))
        if intake.readers and inspected.to_be_read:
            run.then(partial(_begin_reading, run, intake.readers, inspected))


def _begin_reading(run: _Run, readers: ReadingPool, inspected: InspectedPage) -> None:
    read = readers.submit(inspected.page.content)
    run.waiting.append(_Waiting(inspected.sha256, inspected.name, read))


def _share_out(run: _Run) -> None:
    """Let reading workers begin with what is entered so far: a day's pages come in for an hour."""
    if run.intake.readers is None:
        parts, batch = run.intake.parts, run.batch
        parts.catalog.claims.queue(batch.day, batch.branch, parts.settings.leases)


def _counts(parts: Parts, batch: Batch) -> tuple[BatchCount, ...]:
    """Hold the batch's covers against what is in hand by now (Q11)."""
    pages = parts.catalog.pages.of_day(batch.day, batch.branch)
    return counted_by_cover(page for page in pages if page.batch_id == batch.id)


def _judge(intake: Intake, batch: Batch, taken: TakenIn) -> None:
    """Judge what was read; what is read later is judged at the day's closing."""
    if intake.readers is None:
        return
    judged = judge_read_pages(
        intake.parts, intake.stores.vault, intake.opener, batch.day, batch.branch, batch.operator
    )
    for page in judged:
        for found in page.findings:
            taken.remarks.setdefault(found.check, []).append(page.name)


def _keep_readings(run: _Run, progress: Progress, *, at_most: int) -> None:
    """Enter what was read, waiting until no more than ``at_most`` pages are left."""
    left = run.waiting
    while left and (len(left) > at_most or left[0].future.done()):
        one = left.popleft()
        found = one.future.result()
        run.intake.parts.catalog.readings.keep(one.sha256, found)
        tell_read(one.sha256, found, **of_batch(run.batch))
        run.taken.read += 1
        progress.step(say("read {name}", name=one.name))
