"""Why a voucher was not recognised without a person: what practice knows, found from what is on record.

The first sixteen causes are those of a bank's first month of central scanning (301,194 vouchers, 47
branches); the others name what remains. Each voucher stands under the first cause that fits, the most
telling first, so that the counts add up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from statistics import median

from pipeline.balance import CatalogedPage, Discrepancy, DiscrepancyKind, FieldEvidence
from pipeline.code_and_print import TWO_SERIALS
from pipeline.doubts import TWO_PAGES, WRITTEN_OVER
from pipeline.evidence import NOT_READ
from pipeline.fields import WORDS_DIFFER
from pipeline.keying.tasks import Cause as Asked
from pipeline.labels import LABELS
from pipeline.model import FieldName, Finding, Reading
from pipeline.papers import paper_of
from pipeline.serials import OTHER_DAY
from pipeline.sheets import Cover, sheet_of

Kind = DiscrepancyKind


class Cause(StrEnum):
    """Why a person had to look."""

    SHIFTED_PRINT = "shifted_print"
    FAINT_PRINT = "faint_print"
    COVER_ERROR = "cover_error"
    COUNTS_DIFFER = "counts_differ"
    STUCK_SHEETS = "stuck_sheets"
    NO_ACCOUNT = "no_account"
    PAGE_LEFT_IN = "page_left_in"
    MISSING_VOUCHER = "missing_voucher"
    STAMP_MISSING = "stamp_missing"
    NO_SERIAL = "no_serial"
    BLURRED = "blurred"
    WORDS_DIFFER = "words_differ"
    FOREIGN_SLIP = "foreign_slip"
    WRONG_DATE = "wrong_date"
    SMALL_SLIP = "small_slip"
    BATCH_NOT_REGISTERED = "batch_not_registered"
    SCANNED_TWICE = "scanned_twice"
    SCAN_REFUSED = "scan_refused"
    BOOKED_OTHERWISE = "booked_otherwise"
    UNSURE = "unsure"
    OTHER = "other"


@dataclass(frozen=True)
class SeenPage:
    """A page with what is known beside the day's result."""

    page: CatalogedPage
    reading: Reading | None = None
    size_mm: tuple[float, float] | None = None
    """Width and height; None when the scan records no resolution."""
    dpi: float | None = None
    skew: float = 0.0
    """Turn of the page, degrees clockwise, where the reading's lines tell none."""


@dataclass(frozen=True)
class Trouble:
    """A voucher or page that was not recognised by itself, and all that bears on why."""

    day: date
    branch: str
    pages: Sequence[SeenPage]
    discrepancies: Sequence[Discrepancy]
    evidence: Sequence[FieldEvidence] = ()
    asked: Mapping[FieldName, Asked] = field(default_factory=dict)
    """Fields that people were asked for, and why."""
    uncovered: bool = False
    """Its batch has no cover, although this branch's batches of the day have."""


_SMALL_MM = 100.0
"""Shorter side below which paper is a small slip: an A6 sheet is 105 mm wide, till rolls 57 to 80 mm."""
_SHIFT_MM = (2.0, 5.0)
"""A value this far above or below its label was printed so; a well fed sheet is off by 1 mm (the hardest
specimens), read with 0.3 mm more or less, and a value more than a line away stands there by the form."""
_ALIKE_MM = 0.75
_STRAIGHT = 10.0
"""Degrees; pages turned further are not looked at."""
_LEAST_SHIFTED = 3
"""Values that must be shifted alike."""


def cause_of(trouble: Trouble) -> Cause:
    """Return the first cause that fits, ``Cause.OTHER`` when none does."""
    return next((cause for cause, fits in _CAUSES if fits(trouble)), Cause.OTHER)


def stuck_sheets(trouble: Trouble) -> bool:
    """Two papers were drawn in together (Q11)."""
    doubted = _doubted(trouble, TWO_SERIALS) or _doubted(trouble, TWO_PAGES)
    return doubted or any(f.check == "Q11" and p.sheet is None for p, f in _findings(trouble))


def foreign_slip(trouble: Trouble) -> bool:
    """The page is a bank's slip or a shop's receipt."""
    return any(seen.reading and paper_of(seen.reading) for seen in trouble.pages)


def small_slip(trouble: Trouble) -> bool:
    """The paper is too small for the scanner's feeder."""
    return any(seen.size_mm and min(seen.size_mm) < _SMALL_MM for seen in trouble.pages)


def wrong_date(trouble: Trouble) -> bool:
    """The serial number is one of another day or branch (Q14)."""
    return _found(trouble, "Q14") or _doubted(trouble, OTHER_DAY)


def words_differ(trouble: Trouble) -> bool:
    """The amounts in words and figures differ (Q15)."""
    return _found(trouble, "Q15") or _doubted(trouble, WORDS_DIFFER)


def stamp_missing(trouble: Trouble) -> bool:
    """A stamp or signature is missing where it is due (Q17)."""
    return _found(trouble, "Q17")


def cover_error(trouble: Trouble) -> bool:
    """A cover was made for another branch or day."""
    return any(not cover.is_of(trouble.branch, trouble.day) for cover in _covers(trouble))


def counts_differ(trouble: Trouble) -> bool:
    """A cover tells another number than came, or pages came for which no paper is registered."""
    return bool(_covers(trouble)) or _is(trouble, Kind.MISSING_PAPER)


def faint_print(trouble: Trouble) -> bool:
    """The print has too little contrast, which Q09 measures in per cent: a worn ribbon."""
    return any(f.check == "Q09" and f.measured.endswith("%") for _, f in _findings(trouble))


def blurred(trouble: Trouble) -> bool:
    """Strokes are blurred, which Q09 measures in millimetres, or something stands across a value."""
    unsharp = any(f.check == "Q09" and f.measured.endswith("mm") for _, f in _findings(trouble))
    return unsharp or _doubted(trouble, WRITTEN_OVER)


def shifted_print(trouble: Trouble) -> bool:
    """The values were printed off their labels."""
    return any(
        seen.reading and seen.dpi and _is_shifted(seen.reading, seen.dpi, seen.skew)
        for seen in trouble.pages
    )


def no_serial(trouble: Trouble) -> bool:
    """A voucher whose serial number could not be read, neither as a code nor in print."""
    return trouble.asked.get(FieldName.SERIAL_NO) is Asked.NOT_READ or any(
        len(seen.page.fields) >= 2 and FieldName.SERIAL_NO not in seen.page.fields
        for seen in trouble.pages
    )


def no_account(trouble: Trouble) -> bool:
    """The account that is booked does not stand on the voucher, as on one printed again."""
    return any(
        part.field is FieldName.FUND_ACCOUNT and part.verdict == NOT_READ
        for part in trouble.evidence
    )


def page_left_in(trouble: Trouble) -> bool:
    """A page without ink, without any voucher field or of no use here lay between the vouchers."""
    if _is(trouble, Kind.BLANK) or _is(trouble, Kind.WRONG_TYPE):
        return True
    return _is(trouble, Kind.SURPLUS_IMAGE) and not any(s.page.fields for s in trouble.pages)


def scanned_twice(trouble: Trouble) -> bool:
    """The paper is in already (Q12)."""
    return _is(trouble, Kind.DUPLICATE) or _found(trouble, "Q12")


def scan_refused(trouble: Trouble) -> bool:
    """The scan itself does not pass."""
    return _is(trouble, Kind.QUALITY_REJECT)


def batch_not_registered(trouble: Trouble) -> bool:
    """A page that nobody misses, of a batch without a cover where others have one."""
    return trouble.uncovered and _is(trouble, Kind.SURPLUS_IMAGE)


def missing_voucher(trouble: Trouble) -> bool:
    """A paper that is due, or registered, has no page."""
    return _is(trouble, Kind.MISSING_IMAGE) or _is(trouble, Kind.PAPER_WITHOUT_IMAGE)


def booked_otherwise(trouble: Trouble) -> bool:
    """Page and booking differ."""
    return _is(trouble, Kind.FIELD_MISMATCH)


def unsure(trouble: Trouble) -> bool:
    """Values were read, but not surely enough, or not at all."""
    return bool(trouble.asked) or _is(trouble, Kind.UNREADABLE)


_CAUSES: Sequence[tuple[Cause, Callable[[Trouble], bool]]] = (
    (Cause.STUCK_SHEETS, stuck_sheets),
    (Cause.FOREIGN_SLIP, foreign_slip),
    (Cause.SMALL_SLIP, small_slip),
    (Cause.WRONG_DATE, wrong_date),
    (Cause.WORDS_DIFFER, words_differ),
    (Cause.STAMP_MISSING, stamp_missing),
    (Cause.COVER_ERROR, cover_error),
    (Cause.COUNTS_DIFFER, counts_differ),
    (Cause.FAINT_PRINT, faint_print),
    (Cause.BLURRED, blurred),
    (Cause.SHIFTED_PRINT, shifted_print),
    (Cause.NO_SERIAL, no_serial),
    (Cause.NO_ACCOUNT, no_account),
    (Cause.PAGE_LEFT_IN, page_left_in),
    (Cause.SCANNED_TWICE, scanned_twice),
    (Cause.SCAN_REFUSED, scan_refused),
    (Cause.BATCH_NOT_REGISTERED, batch_not_registered),
    (Cause.MISSING_VOUCHER, missing_voucher),
    (Cause.BOOKED_OTHERWISE, booked_otherwise),
    (Cause.UNSURE, unsure),
)


def _is(trouble: Trouble, kind: Kind) -> bool:
    return any(found.kind is kind for found in trouble.discrepancies)


def _findings(trouble: Trouble) -> list[tuple[CatalogedPage, Finding]]:
    pages = [seen.page for seen in trouble.pages]
    return [(page, found) for page in pages for found in (*page.findings, *page.read_findings)]


def _found(trouble: Trouble, check: str) -> bool:
    return any(found.check == check for _, found in _findings(trouble))


def _doubted(trouble: Trouble, doubt: str) -> bool:
    return any(doubt in seen.page.doubts for seen in trouble.pages)


def _covers(trouble: Trouble) -> list[Cover]:
    """The covers among the pages; one is in trouble only when it does not agree with what came."""
    sheets = [sheet_of(seen.page.sheet or "") for seen in trouble.pages]
    return [sheet for sheet in sheets if isinstance(sheet, Cover)]


def _is_shifted(reading: Reading, dpi: float, skew: float) -> bool:
    """Whether at least three values stand above, or below, their labels by a shift's length."""
    found = [_offset(reading, name, skew) for name in reading.fields]
    offsets = [one * 25.4 / dpi for one in found if one is not None]
    shift = median(offsets) if offsets else 0.0
    alike = [one for one in offsets if abs(one - shift) < _ALIKE_MM]
    return _SHIFT_MM[0] <= abs(shift) <= _SHIFT_MM[1] and len(alike) >= _LEAST_SHIFTED


def _offset(reading: Reading, name: FieldName, skew: float) -> float | None:
    """How many pixels lower a value stands than its label on a line of its own, the page's turn undone."""
    value, words = reading.fields[name], LABELS[name]
    offsets = []
    for line in reading.lines:
        ours = line.text.rstrip(":： ") in words and abs(line.angle) < _STRAIGHT
        if ours and line.box.right <= value.box.left:
            turn = math.tan(math.radians(line.angle or skew))
            across = (value.box.left + value.box.right - line.box.left - line.box.right) / 2
            down = (value.box.top + value.box.bottom - line.box.top - line.box.bottom) / 2
            offsets.append(down - turn * across)
    return min(offsets, key=abs) if offsets else None
