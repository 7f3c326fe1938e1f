"""What agrees and what does not: evidence, matches, discrepancies, a branch and day's balance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pipeline.clocks import Late
from pipeline.language import Message
from pipeline.model import FieldName, FieldValue, Finding
from pipeline.paper import PaperGroup


@dataclass(frozen=True)
class FieldEvidence:
    """How one field of a page agrees with the transaction."""

    field: FieldName
    read: str | None
    expected: str | None
    verdict: str
    """"agrees", "near" (reading confusions), "differs", "not_read" or "not_expected"."""
    weight: float
    """Match weight: log2 of how much likelier this is on a true pair than on a false one."""
    source: str | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class CatalogedPage:
    """A page in hand, as matching and reports see it."""

    page_id: str
    """SHA-256 of the master."""
    delivery_id: str
    """Identity of this delivery of the page."""
    name: str
    """Name of the delivered file, with "#n" for page n of a container."""
    branch: str
    sequence: int
    """Order of delivery within branch and day."""
    state: str
    """"admitted", "blank", "refused" or "sheet" (a separator or cover of ours)."""
    findings: tuple[Finding, ...] = ()
    fields: Mapping[FieldName, FieldValue] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    batch: str = ""
    """Name of the batch it was delivered in."""
    read_findings: tuple[Finding, ...] = ()
    """What reading brought to light (Q12, Q15 to Q17 and what the form's type asks for)."""
    batch_id: str = ""
    sheet: str | None = None
    """The code of one of our own sheets (``pipeline.sheets``)."""
    document_type: str | None = None
    """The type it was taken in as, else its known form's."""
    voucher: int | None = None
    """Number of the voucher within branch and day; None for sheets and where no separator parts the pages."""
    delivered_at: datetime | None = None
    """When it was entered."""
    refused_at: datetime | None = None
    """When it was refused, at admission or by a review."""


@dataclass(frozen=True)
class Match:
    """A transaction and its pages (勾对), with the evidence field by field."""

    serial_no: str
    pages: tuple[CatalogedPage, ...]
    how: str
    """"serial" (exact key) or "fields" (scored candidates)."""
    score: float
    evidence: tuple[FieldEvidence, ...]


class DiscrepancyKind(StrEnum):
    """Exception classes; the words are part of the command line's contract."""

    MISSING_IMAGE = "MISSING_IMAGE"
    WRONG_TYPE = "WRONG_TYPE"
    NO_TASK_DEFINITION = "NO_TASK_DEFINITION"
    UNKNOWN_CUSTOMER = "UNKNOWN_CUSTOMER"
    WRONG_CUSTOMER = "WRONG_CUSTOMER"
    SURPLUS_IMAGE = "SURPLUS_IMAGE"
    DUPLICATE = "DUPLICATE"
    FIELD_MISMATCH = "FIELD_MISMATCH"
    QUALITY_REJECT = "QUALITY_REJECT"
    BLANK = "BLANK"
    UNREADABLE = "UNREADABLE"
    PAGE_CHECK = "PAGE_CHECK"
    PAPER_WITHOUT_IMAGE = "PAPER_WITHOUT_IMAGE"
    MISSING_PAPER = "MISSING_PAPER"


@dataclass(frozen=True)
class Discrepancy:
    """One thing that does not agree, with a name beside it."""

    kind: DiscrepancyKind
    branch: str
    serial_no: str | None
    pages: tuple[CatalogedPage, ...]
    read: Mapping[str, Any]
    expected: Mapping[str, Any]
    reason: Message
    """What happened, in one sentence."""
    remedy: Message
    """What to do next."""
    owner: str
    """Role that must settle it: "teller", "scan_operator", "reviewer", "archivist"."""
    owner_name: str | None
    """The person where one is known (teller number, operator)."""
    deadline: date
    deadline_provisional: bool


@dataclass(frozen=True)
class BranchDay:
    """One branch and day, reconciled: the closing equation's terms and what it found."""

    day: date
    branch: str
    closed: bool
    """False where registered papers and images do not agree: the day stays open."""
    counts: Mapping[str, int]
    matches: tuple[Match, ...]
    discrepancies: tuple[Discrepancy, ...]
    late: tuple[Late, ...] = ()
    """What was done after it was due."""
    papers: tuple[PaperGroup, ...] = ()
    """Registered papers against images; empty where nothing was registered."""
    changed: bool = False
    """Whether something came in or was done since: then it is not closed, and must be closed again."""
