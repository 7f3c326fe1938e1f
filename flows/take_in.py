"""A batch of scans from a folder into the archive: every page stored twice and cataloged, or refused.

The order within a page (design decision 3): claimed into the spool, inspected, stored in primary and
replica and read back, its receipt stored, entered in the catalog, and only then released.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from flows.admit_page import Intake, admit, refuse
from flows.debts import pay_debts
from flows.judging import judge_read_pages
from flows.keying import ask_people
from flows.parts import Parts
from flows.progress import Progress
from flows.readers import how_to_read
from flows.reading_pool import ReadingPool
from flows.taken_in import TakenIn
from ingest.admission import InspectedPage, inspect, refusal
from ingest.inbox import ClaimedFile, NotYet, claim, file_name, release, scan_files
from pipeline.errors import Full, PageRefused, UserError
from pipeline.language import say
from pipeline.model import Batch, Delivery, Reading, SplitPage
from pipeline.vouchers import BatchCount, counted_by_cover

STEPS = ("claimed", "inspected", "stored", "receipt", "entered", "released")
"""The named steps of taking a page in, for tests that kill there."""

_WAITING = 16
"""Pages held in memory while they wait for a reading process."""


def take_in(intake: Intake, folder: Path, batch: Batch, progress: Progress) -> TakenIn:
    """Take every whole file of a folder in; may be run again, and goes on where it stopped."""
    taken = TakenIn()
    if intake.readers:
        intake.readers.use(how_to_read(intake.parts))  # a form confirmed since is used from now on
    with _alone(intake.parts, batch):
        files = scan_files(folder)
        _room_for(intake.parts, files)
        pay_debts(intake.parts, intake.stores.vault, intake.at)
        progress.total(len(files) * (2 if intake.readers else 1))
        known = intake.parts.catalog.pages.delivered(batch.id)
        waiting: list[_Waiting] = []
        for path in files:
            waiting += _take_in_file(intake, folder, path, batch, known, taken)
            progress.step(say("taken in {name}", name=path.name))
            waiting = _keep_readings(intake, waiting, taken, progress, at_most=_WAITING)
        _keep_readings(intake, waiting, taken, progress, at_most=0)
        intake.stores.vault.flush()
        _judge(intake, batch, taken)
        taken.to_key = ask_people(intake.parts, batch.day, batch.branch, batch.operator)
        taken.counts = _counts(intake.parts, batch)
    taken.must_add_up()
    return taken


@dataclass(frozen=True)
class _Waiting:
    """A page handed to the reading processes."""

    sha256: str
    name: str
    future: Future[Reading]


@contextmanager
def _alone(parts: Parts, batch: Batch) -> Iterator[None]:
    """Only one run works on a batch at a time; the lock ends with its process."""
    lock = FileLock(parts.workspace.locks / f"{batch.id}.lock", timeout=0)
    try:
        with lock:
            yield
    except Timeout as error:
        raise UserError(
            say(
                "Batch {name} of branch {branch} is being taken in by another run; wait until that "
                "ends and run this again: pages that are in will be skipped.",
                name=batch.name,
                branch=batch.branch,
            )
        ) from error


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


def _take_in_file(
    intake: Intake,
    folder: Path,
    path: Path,
    batch: Batch,
    known: frozenset[tuple[str, str]],
    taken: TakenIn,
) -> list[_Waiting]:
    """Take one file in, page by page; give the pages that are to be read."""
    parts = intake.parts
    name = file_name(folder, path)
    taken.files += 1
    try:
        claimed = claim(path, folder, parts.workspace.spool, parts.claim_rules)
    except PageRefused as error:
        _refuse_unclaimed(intake, batch, name, error, taken)
        return []
    if isinstance(claimed, NotYet):
        taken.not_yet.append(name)
        return []
    intake.at("claimed")
    waiting: list[_Waiting] = []
    if (name, claimed.sha256) in known:
        taken.pages += 1
        taken.already += 1
    elif claimed.refusal:
        whole = SplitPage(1, claimed.spooled.read_bytes(), "")
        arrival = Delivery(batch, name, 1, claimed.sha256)
        taken.pages += 1
        refuse(intake, arrival, whole, (refusal(claimed.refusal),), taken)
    else:
        waiting = _take_in_pages(intake, claimed, batch, taken)
    if intake.moving:
        release(claimed)
        intake.at("released")
    return waiting


def _refuse_unclaimed(
    intake: Intake, batch: Batch, name: str, error: PageRefused, taken: TakenIn
) -> None:
    """Enter what cannot even be read as a file: a link, a device, a file too large."""
    nothing = SplitPage(1, b"", "")
    arrival = Delivery(batch, name, 1, "0" * 64)
    taken.pages += 1
    refuse(intake, arrival, nothing, (refusal(error),), taken)


def _take_in_pages(
    intake: Intake, claimed: ClaimedFile, batch: Batch, taken: TakenIn
) -> list[_Waiting]:
    waiting = []
    content = claimed.spooled.read_bytes()
    rules = intake.parts.rules_in_force(intake.document_type, batch.day)
    grammar = intake.parts.settings.reading.serial_grammar
    for inspected in inspect(content, claimed.name, intake.opener, rules.rules, grammar):
        intake.at("inspected")
        arrival = Delivery(batch, inspected.name, inspected.page.page_no, inspected.sha256)
        taken.pages += 1
        if intake.parts.catalog.pages.known(arrival.id):
            taken.already += 1
        elif inspected.refused:
            refuse(intake, arrival, inspected.page, inspected.findings, taken, rules)
        else:
            admit(intake, arrival, inspected, claimed, taken, rules)
        if intake.readers and inspected.to_be_read:
            waiting.append(_begin_reading(intake.readers, inspected))
    return waiting


def _begin_reading(readers: ReadingPool, inspected: InspectedPage) -> _Waiting:
    return _Waiting(inspected.sha256, inspected.name, readers.submit(inspected.page.content))


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


def _keep_readings(
    intake: Intake, waiting: list[_Waiting], taken: TakenIn, progress: Progress, *, at_most: int
) -> list[_Waiting]:
    """Enter what was read, waiting until no more than ``at_most`` pages are left; give those."""
    left = list(waiting)
    while intake.readers and left and (len(left) > at_most or left[0].future.done()):
        one = left.pop(0)
        intake.parts.catalog.readings.keep(one.sha256, one.future.result())
        taken.read += 1
        progress.step(say("read {name}", name=one.name))
    return left
