"""One inspected page into the archive: stored twice, proved and cataloged; or refused into quarantine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flows import quarantine
from flows.parts import Parts
from flows.reading_pool import ReadingPool
from flows.receipts import receipt
from flows.spool import spool_page
from flows.stores import Stores
from ingest.admission import InspectedPage, Opener
from ingest.inbox import ClaimedFile
from pipeline.events import Value, timed
from pipeline.model import Batch, Delivery, Finding, SplitPage
from pipeline.profile import RulesInForce
from storage.store import NoteKind
from storage.vault import Kept


@dataclass(frozen=True)
class Intake:
    """The surroundings of one run of taking in."""

    parts: Parts
    stores: Stores
    opener: Opener
    readers: ReadingPool | None
    """None: nothing is read now; the closing of the day reads what is unread."""
    moving: bool = False
    """True for a watched inbox: what is admitted or refused is taken out of it."""
    document_type: str | None = None
    """Code of all the pages' type in the profile; None: the general rules hold."""
    at: Callable[[str], None] = lambda _step: None
    storing: int = 1
    """Pages that are stored side by side; they are entered in their order all the same."""


@dataclass(frozen=True)
class RefusedPage:
    """A page that lies in quarantine and is to be entered as refused."""

    arrival: Delivery
    findings: tuple[Finding, ...]
    place: str
    """Below the quarantine folder."""
    rules: RulesInForce | None


@dataclass(frozen=True)
class ProvedPage:
    """A page that both stores have given back and that is to be entered."""

    arrival: Delivery
    inspected: InspectedPage
    claimed: ClaimedFile
    rules: RulesInForce
    kept: Kept


def refuse(
    intake: Intake,
    arrival: Delivery,
    page: SplitPage,
    findings: tuple[Finding, ...],
    rules: RulesInForce | None = None,
) -> RefusedPage:
    """Put a page into quarantine."""
    place = quarantine.put(intake.parts.workspace.quarantine, arrival, page.content, findings)
    return RefusedPage(arrival, findings, place, rules)


def store_file(intake: Intake, claimed: ClaimedFile) -> None:
    """Store a file of several pages as it was delivered, in both stores, proved by reading back."""
    intake.stores.vault.keep(claimed.spooled.read_bytes(), claimed.sha256)


def store(
    intake: Intake,
    arrival: Delivery,
    inspected: InspectedPage,
    claimed: ClaimedFile,
    file_stored: Callable[[], None] | None,
) -> Kept:
    """Store a page and its receipt in both stores, proved by reading back; the catalog is not touched.

    ``file_stored`` waits until the file of several pages that it came in is stored; None: it is the file.
    """
    vault = intake.stores.vault
    with timed("page.stored", page=inspected.sha256, **of_batch(arrival.batch)):
        if file_stored:
            spool_page(intake.parts, inspected.sha256, inspected.page.content)
            file_stored()
        kept = vault.keep(inspected.page.content, inspected.sha256)
        intake.at("stored")
        vault.keep_note(NoteKind.RECEIPT, receipt(arrival, container(inspected, claimed)))
        intake.at("receipt")
    return kept


def admit(
    arrival: Delivery,
    inspected: InspectedPage,
    claimed: ClaimedFile,
    rules: RulesInForce,
    stored: Callable[[], Kept],
) -> ProvedPage:
    """Wait until a page is ``stored``: that gives the proof, or raises what kept it from being stored."""
    return ProvedPage(arrival, inspected, claimed, rules, stored())


def of_batch(batch: Batch) -> dict[str, Value]:
    """What an event tells of a batch: its id, for people name batches as they like."""
    return {"branch": batch.branch, "day": batch.day, "batch": batch.id}


def container(inspected: InspectedPage, claimed: ClaimedFile) -> str | None:
    """SHA-256 of the file of several pages that a page came in."""
    return claimed.sha256 if claimed.sha256 != inspected.sha256 else None
