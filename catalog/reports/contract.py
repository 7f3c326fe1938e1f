"""The command line's contract: one reconciled day as JSON, kept stable for programs that read it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from pipeline.balance import BranchDay, CatalogedPage, Discrepancy, FieldEvidence, Match
from pipeline.clocks import ZONE, Late
from pipeline.language import Message
from pipeline.paper import PaperGroup
from pipeline.tasks.day import TERMS

EQUATIONS: Mapping[str, tuple[str, ...]] = {
    "images": ("matched_images", "surplus", "duplicate", "blank", "sheets", "rejected"),
    "transactions": ("matched", "missing", "no_paper_due"),
    "tasks": tuple(f"tasks_{term}" for term in TERMS),
    "papers": ("imaged_papers", "explained_papers", "papers_without_image"),
}
"""The closing equation: each total and the terms it must be the sum of (CG-16.1a, CG-16.3b)."""

COUNTS = (
    "transactions",
    *EQUATIONS["transactions"],
    "images",
    *EQUATIONS["images"],
    "tasks",
    *EQUATIONS["tasks"],
    "papers",
    *EQUATIONS["papers"],
    "field_mismatch",
    "unreadable",
    "page_check",
    "to_key",
    "keyed",
    "given_up",
    "late_capture",
    "late_review",
    "over_papers",
    "unconfirmed",
    "left",
)
"""Counts that are always there; the last eleven lie beside the equation's terms."""


def as_contract(
    day: date, branch: str | None, branch_days: Sequence[BranchDay], lang: str
) -> dict[str, Any]:
    """Return the day as JSON-ready types; counts are sums over the branches.

    ``branch`` is the branch asked for, None for all there are. Where they are several, the answer's
    ``branch`` is null and ``branches`` gives each one's own counts. Sentences are in ``lang``,
    everything else is the same in all languages. A day without any branch is not closed: nothing
    was reconciled.
    """
    if branch is None and len(branch_days) == 1:
        branch = branch_days[0].branch
    told: dict[str, Any] = {
        "day": day.isoformat(),
        "branch": branch,
        "closed": bool(branch_days) and all(each.closed for each in branch_days),
        "counts": counted(branch_days),
    }
    if branch is None:
        told["branches"] = [
            {"branch": each.branch, "closed": each.closed, "counts": counted([each])}
            for each in branch_days
        ]
    told["matches"] = [_match(each.branch, match) for each in branch_days for match in each.matches]
    told["discrepancies"] = [
        _discrepancy(found, lang) for each in branch_days for found in each.discrepancies
    ]
    told["late"] = [_late(each.branch, late) for each in branch_days for late in each.late]
    told["papers"] = [_papers(each.branch, group) for each in branch_days for group in each.papers]
    return told


def counted(branch_days: Sequence[BranchDay]) -> dict[str, int]:
    """Sum the counts of several branches; every one of ``COUNTS`` is there, further ones follow."""
    total: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    for each in branch_days:
        total.update(each.counts)
    return {name: int(count) for name, count in total.items()}


def _match(branch: str, match: Match) -> dict[str, Any]:
    return {
        "branch": branch,
        "serial_no": match.serial_no,
        "pages": [page.name for page in match.pages],
        "page_refs": _page_refs(match.pages),
        "how": match.how,
        "score": _plain(match.score, ""),
        "evidence": [_evidence(each) for each in match.evidence],
    }


def _page_refs(pages: Sequence[CatalogedPage]) -> list[dict[str, str]]:
    """What tells pages of one name apart, in the order of ``pages``."""
    return [{"batch": page.batch, "sha256": page.page_id} for page in pages]


def _evidence(evidence: FieldEvidence) -> dict[str, Any]:
    return {
        "field": evidence.field.value,
        "read": evidence.read,
        "expected": evidence.expected,
        "verdict": evidence.verdict,
        "weight": _plain(evidence.weight, ""),
        "source": evidence.source,
        "confidence": _plain(evidence.confidence, ""),
    }


def _discrepancy(found: Discrepancy, lang: str) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "branch": found.branch,
        "serial_no": found.serial_no,
        "pages": [page.name for page in found.pages],
        "page_refs": _page_refs(found.pages),
        "read": _plain(found.read, lang),
        "expected": _plain(found.expected, lang),
        "reason": found.reason.in_language(lang),
        "remedy": found.remedy.in_language(lang),
        "owner": found.owner,
        "owner_name": found.owner_name,
        "deadline": found.deadline.isoformat(),
        "provisional": found.deadline_provisional,
    }


def _late(branch: str, late: Late) -> dict[str, Any]:
    return {
        "kind": late.kind.value,
        "branch": branch,
        "batch": late.batch,
        "person": late.person,
        "pages": list(late.pages),
        "last": _in_shanghai(late.last),
        "due_before": _in_shanghai(late.due.before),
        "delay_minutes": late.delay // timedelta(minutes=1),
        "provisional": late.due.provisional,
    }


def _papers(branch: str, group: PaperGroup) -> dict[str, Any]:
    return {
        "branch": branch,
        "serial_no": group.of.serial_no,
        "batch": group.of.batch,
        "handler": group.of.handler,
        "person": group.person,
        "by_cover": group.by_cover,
        "registered": group.registered,
        "imaged": group.imaged,
        "explained": group.explained,
        "without_image": group.without_image,
        "over": group.over,
    }


def _in_shanghai(moment: datetime) -> str:
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def _plain(value: Any, lang: str) -> Any:
    """Bring a value to JSON's types: decimals as their digits, dates in ISO form, NaN as null."""
    match value:
        case Enum():
            return _plain(value.value, lang)
        case None | bool() | int() | str():
            return value
        case float():
            return round(float(value), 4) if math.isfinite(value) else None
        case Decimal():
            return format(value, "f")
        case datetime() | date() | time():
            return value.isoformat()
        case Message():
            return value.in_language(lang)
        case Mapping():
            return {str(_plain(key, lang)): _plain(each, lang) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(each, lang) for each in value]
        case _:
            return str(value)
