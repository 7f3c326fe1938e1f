"""Paper against book and image (账实相符, 纸电相符): expected and found lists, differences, the result.

Full once a year in January (RC-07), by sample in between (CG-17.5a): 5 %, ten papers at least (Q20). It
passes when 95 % are as expected and every voucher has its image, else the whole store is checked.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from pipeline.errors import UserError
from pipeline.language import Message, say


class CustodyRules(BaseModel):
    """How papers are checked, from the settings (Q20, K18)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    full_month: int = Field(default=1, ge=1, le=12)
    """By the end of this month each branch's whole store has been checked this year."""
    sample_share: float = Field(default=0.05, gt=0, le=1)
    least_sample: int = Field(default=10, ge=1)
    pass_share: float = Field(default=0.95, gt=0, le=1)
    """Of the papers looked at, so many must be as expected."""
    linkage_share: float = Field(default=1.0, gt=0, le=1)
    """Of the vouchers looked at, so many must have their image."""


class CheckKind(StrEnum):
    """How much is looked at."""

    FULL = "full"
    SAMPLE = "sample"


class DifferenceKind(StrEnum):
    """In what paper, book and image differ."""

    MISSING = "missing"
    PAGES = "pages"
    SURPLUS = "surplus"
    NO_IMAGE = "no_image"
    IMAGE_PAGES = "image_pages"


DIFFERENCES: Mapping[DifferenceKind, Message] = {
    DifferenceKind.MISSING: say("in the book, not found"),
    DifferenceKind.PAGES: say("found with another number of pages"),
    DifferenceKind.SURPLUS: say("found, not in the book"),
    DifferenceKind.NO_IMAGE: say("has no image"),
    DifferenceKind.IMAGE_PAGES: say("its image has another number of pages"),
}
_LINKAGE = (DifferenceKind.NO_IMAGE, DifferenceKind.IMAGE_PAGES)


@dataclass(frozen=True)
class Expected:
    """One paper that must lie in store by the book."""

    entry: str
    binding: str
    pages: int
    imaged: int | None
    """Pages of its image; None for material without a voucher's number, which has none."""


@dataclass(frozen=True)
class Difference:
    """One difference; ``expected`` and ``found`` in pages."""

    entry: str
    kind: DifferenceKind
    expected: int
    found: int


@dataclass(frozen=True)
class CheckResult:
    """What a check came to."""

    expected: int
    found: int
    """Expected papers that were found as they should be, paper and image."""
    vouchers: int
    linked: int
    passed: bool
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Check:
    """A check of one branch's papers."""

    no: int
    branch: str
    kind: CheckKind
    by: str
    at: datetime
    expected: tuple[Expected, ...]
    found: Mapping[str, int]
    """Entry -> pages counted; the last count of an entry holds."""
    result: CheckResult | None = None
    signed_by: str = ""
    signed_at: datetime | None = None
    digest: str = ""
    """SHA-256 over the lists and the result; in the log too."""


def drawn(papers: Sequence[Expected], no: int, rules: CustodyRules) -> tuple[Expected, ...]:
    """Draw a sample that nobody chose: by the hash of check and entry, so that it can be drawn again."""
    count = max(rules.least_sample, math.ceil(len(papers) * rules.sample_share))
    by_hash = sorted(papers, key=lambda one: hashlib.sha256(f"{no}/{one.entry}".encode()).digest())
    chosen = {one.entry for one in by_hash[:count]}
    return tuple(one for one in papers if one.entry in chosen)


def result_of(check: Check, rules: CustodyRules) -> CheckResult:
    """Hold what was found against what was expected; raises UserError when nothing was counted at all."""
    if check.expected and not check.found:
        raise UserError(
            say(
                "Nothing was counted for check {no} yet; enter it with “paperproof archive check found "
                "{no}”.",
                no=check.no,
            )
        )
    differences = tuple(_differences(check))
    wrong = {one.entry for one in differences}
    unlinked = {one.entry for one in differences if one.kind in _LINKAGE}
    vouchers = [one for one in check.expected if one.imaged is not None]
    found = sum(one.entry not in wrong for one in check.expected)
    linked = sum(one.entry not in unlinked for one in vouchers)
    return CheckResult(
        expected=len(check.expected),
        found=found,
        vouchers=len(vouchers),
        linked=linked,
        passed=found >= rules.pass_share * len(check.expected)
        and linked >= rules.linkage_share * len(vouchers),
        differences=differences,
    )


def _differences(check: Check) -> Iterator[Difference]:
    known = {one.entry for one in check.expected}
    for one in check.expected:
        counted = check.found.get(one.entry, 0)
        if not counted:
            yield Difference(one.entry, DifferenceKind.MISSING, one.pages, 0)
        elif counted != one.pages:
            yield Difference(one.entry, DifferenceKind.PAGES, one.pages, counted)
        if one.imaged == 0:
            yield Difference(one.entry, DifferenceKind.NO_IMAGE, one.pages, 0)
        elif one.imaged is not None and counted and one.imaged != counted:
            yield Difference(one.entry, DifferenceKind.IMAGE_PAGES, counted, one.imaged)
    for entry in sorted(check.found.keys() - known):
        yield Difference(entry, DifferenceKind.SURPLUS, 0, check.found[entry])
