"""What a branch's operator must still do before leaving the desk: papers missing, pages to scan again.

The day is matched and reconciled as its closing would, with what was read so far; nothing is entered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from catalog.reconciliation import reconcile
from flows.capture import capture_tasks, make_tasks
from flows.in_hand import in_hand, matched, pages_in_hand
from flows.parts import Parts
from pipeline.balance import BranchDay, Discrepancy, DiscrepancyKind
from pipeline.model import Transaction

_SCAN_AGAIN = (DiscrepancyKind.QUALITY_REJECT,)
_MISSING = (DiscrepancyKind.MISSING_IMAGE,)


@dataclass(frozen=True)
class MissingPaper:
    """A paper that is due and of which no page is in."""

    serial_no: str
    document_type: str | None
    """None where the profile does not say which papers the business asks for."""
    transaction: Transaction
    why: Discrepancy


@dataclass(frozen=True)
class StationStatus:
    """A branch and day as it stands now."""

    day: date
    branch: str
    stream_is_in: bool
    """False: nothing is known of what is due, and only the pages can be judged."""
    transactions: int
    pages: int
    unread: int
    """Admitted pages that nobody read yet; what they are is told once they are read."""
    to_key: int
    missing: tuple[MissingPaper, ...]
    rescan: tuple[Discrepancy, ...]
    """Pages that were refused and not replaced yet."""
    others: tuple[Discrepancy, ...]
    """What else a closing now would put on the list."""

    @property
    def is_done(self) -> bool:
        """Whether the operator may leave: all that is due is in, and nothing is to be scanned again."""
        return self.stream_is_in and not (self.missing or self.rescan or self.unread)


def station_status(parts: Parts, day: date, branch: str, who: str) -> StationStatus:
    """Tell what is missing of a branch and day, and which pages are to be scanned again, and why."""
    result, rows = _foreseen(parts, day, branch, who)
    of_serial = {row.serial_no: row for row in rows}
    known = branch in parts.catalog.streams.branches_of_day(day)
    return StationStatus(
        day=day,
        branch=branch,
        stream_is_in=known,
        transactions=len(rows),
        pages=result.counts["images"],
        unread=len(parts.catalog.readings.unread(day, branch)),
        to_key=result.counts["to_key"],
        missing=tuple(
            MissingPaper(
                one.serial_no, one.expected.get("document_type"), of_serial[one.serial_no], one
            )
            for one in result.discrepancies
            if one.kind in _MISSING and one.serial_no
        ),
        rescan=tuple(one for one in result.discrepancies if one.kind in _SCAN_AGAIN),
        others=tuple(
            one
            for one in result.discrepancies
            if known and one.kind not in (*_MISSING, *_SCAN_AGAIN)
        ),  # without the stream every page would be one too many
    )


def _foreseen(
    parts: Parts, day: date, branch: str, who: str
) -> tuple[BranchDay, Sequence[Transaction]]:
    tried = replace(parts, catalog=parts.catalog.foreseeing())
    make_tasks(tried, day, branch, who)
    pages = pages_in_hand(tried, day, branch)
    matching = matched(tried, day, branch, pages)
    papers = capture_tasks(tried, day, branch, pages, matching, who)
    hand = replace(in_hand(tried, day, branch, pages, matching), papers=papers)
    return reconcile(hand), hand.transactions


def as_json(status: StationStatus, lang: str) -> dict[str, Any]:
    """Return the status as JSON-ready values; sentences are in ``lang``."""
    return {
        "branch": status.branch,
        "day": status.day.isoformat(),
        "stream_is_in": status.stream_is_in,
        "done": status.is_done,
        "transactions": status.transactions,
        "pages": status.pages,
        "unread": status.unread,
        "to_key": status.to_key,
        "missing": [
            {
                "serial_no": one.serial_no,
                "document_type": one.document_type,
                "business": one.transaction.business_name,
                "teller": one.transaction.teller_no,
                "why": one.why.reason.in_language(lang),
                "what_to_do": one.why.remedy.in_language(lang),
            }
            for one in status.missing
        ],
        "rescan": [_told(one, lang) for one in status.rescan],
        "others": [_told(one, lang) for one in status.others],
    }


def _told(one: Discrepancy, lang: str) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "pages": [page.name for page in one.pages],
        "batches": sorted({page.batch for page in one.pages}),
        "serial_no": one.serial_no,
        "why": one.reason.in_language(lang),
        "what_to_do": one.remedy.in_language(lang),
    }
