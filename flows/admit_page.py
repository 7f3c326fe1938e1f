"""One inspected page into the archive: stored twice, proved and cataloged; or refused into quarantine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from catalog.deliveries import StoredPage
from flows import quarantine
from flows.parts import Parts
from flows.reading_pool import ReadingPool
from flows.receipts import receipt
from flows.spool import spool_page
from flows.stores import Stores
from flows.taken_in import TakenIn
from ingest.admission import InspectedPage, Opener
from ingest.inbox import ClaimedFile
from pipeline.errors import PaperproofError
from pipeline.language import say
from pipeline.measured import ScanParameters
from pipeline.model import Delivery, Finding, Severity, SplitPage
from pipeline.profile import RulesInForce
from pipeline.vouchers import SHEET
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


def refuse(
    intake: Intake,
    arrival: Delivery,
    page: SplitPage,
    findings: tuple[Finding, ...],
    taken: TakenIn,
    rules: RulesInForce | None = None,
) -> None:
    """Put a page into quarantine, then enter it as refused."""
    place = quarantine.put(intake.parts.workspace.quarantine, arrival, page.content, findings)
    if intake.parts.catalog.pages.refuse(arrival, findings, place, rules):
        reasons = [found.message for found in findings if found.severity is Severity.REJECT]
        taken.refused.append((arrival.name, reasons[0]))
    else:
        taken.already += 1
    intake.at("entered")


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
    if file_stored:
        spool_page(intake.parts, inspected.sha256, inspected.page.content)
        file_stored()
    kept = vault.keep(inspected.page.content, inspected.sha256)
    intake.at("stored")
    vault.keep_note(NoteKind.RECEIPT, receipt(arrival, _container(inspected, claimed)))
    intake.at("receipt")
    return kept


def admit(
    intake: Intake,
    arrival: Delivery,
    inspected: InspectedPage,
    claimed: ClaimedFile,
    taken: TakenIn,
    rules: RulesInForce,
    stored: Callable[[], Kept],
) -> None:
    """Enter a page once it is ``stored``: that gives the proof, or raises what kept it from being stored."""
    parameters = inspected.parameters
    if parameters is None:
        raise PaperproofError(say("{name} was not measured; report this to IT.", name=arrival.name))
    kept = stored()
    judged = () if _is_back(intake, inspected, arrival, rules) else inspected.findings
    repeated = () if inspected.sheet else _repeated(intake, arrival)
    findings = (*judged, *repeated, *_healed(arrival, kept))
    entered = intake.parts.catalog.pages.admit(
        arrival,
        _stored(inspected, parameters, _container(inspected, claimed), kept),
        findings,
        blank=inspected.blank,
        sheet=inspected.sheet.text if inspected.sheet else None,
        rules=rules,
    )
    intake.at("entered")
    _count(inspected, arrival.name, findings if entered else None, taken)


def _container(inspected: InspectedPage, claimed: ClaimedFile) -> str | None:
    """SHA-256 of the file of several pages that a page came in."""
    return claimed.sha256 if claimed.sha256 != inspected.sha256 else None


def _stored(
    inspected: InspectedPage, parameters: ScanParameters, container: str | None, kept: Kept
) -> StoredPage:
    page = inspected.page
    return StoredPage(
        sha256=inspected.sha256,
        suffix=page.suffix,
        byte_count=len(page.content),
        container_sha256=container,
        page_no=page.page_no,
        parameters=parameters,
        copies=kept.versions,
    )


def _count(
    inspected: InspectedPage, name: str, findings: Sequence[Finding] | None, taken: TakenIn
) -> None:
    """Count a page once, with its remarks; ``findings`` is None when it was in already."""
    for found in findings or ():
        taken.remarks.setdefault(found.check, []).append(name)
    if findings is None:
        taken.already += 1
    elif inspected.sheet:
        taken.sheets += 1
    elif inspected.blank:
        taken.blank += 1
    else:
        taken.admitted += 1


def _is_back(
    intake: Intake, inspected: InspectedPage, arrival: Delivery, rules: RulesInForce
) -> bool:
    """Tell whether a blank page is the back of the page before it: its paper has one side only (Q10)."""
    if not (inspected.blank and rules.rules.single_sided):
        return False
    before = intake.parts.catalog.pages.last_state(arrival.batch.id)
    return before in ("admitted", "refused", SHEET)


def _repeated(intake: Intake, arrival: Delivery) -> Iterator[Finding]:
    """The same bytes delivered before by this branch: both stay, a person decides (Q12)."""
    first = intake.parts.catalog.pages.first_delivered_as(arrival.sha256, arrival.batch.branch)
    if first is not None:
        message = say("{name} is the same scan as {first}.", name=arrival.name, first=first)
        yield Finding("Q12", Severity.FLAG, "=", "≠", message)


def _healed(arrival: Delivery, kept: Kept) -> Iterator[Finding]:
    """A store that had other bytes under the page's name, or lost them, was put right (Q18, rule R7)."""
    if kept.healed:
        message = say(
            "A store gave back other bytes than those of {name} and was given them again; have its disk "
            "looked at.",
            name=arrival.name,
        )
        yield Finding("Q18", Severity.FLAG, "≠", "=", message)
