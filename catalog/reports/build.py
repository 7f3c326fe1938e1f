"""Gathers the reconciled branches of one day into the view that every form of the report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from catalog.reports.contract import EQUATIONS, counted
from catalog.reports.values import amount_of, compared, printable, shown, whole
from catalog.reports.view import (
    BranchView,
    DiscrepancyView,
    KindCount,
    MatchView,
    PageView,
    Report,
    Sum,
    Thumbnail,
    ValuePair,
)
from catalog.reports.wording import (
    COUNTS,
    DOUBTS,
    FIELDS,
    HOW,
    KINDS,
    VERDICTS,
    sides,
    told,
)
from pipeline.balance import (
    BranchDay,
    CatalogedPage,
    Discrepancy,
    DiscrepancyKind,
    FieldEvidence,
    Match,
)
from pipeline.keying.overlay import KEYED
from pipeline.language import Message, say
from pipeline.model import FieldName
from pipeline.staff import ROLES


def build_report(
    day: date,
    branch_days: Sequence[BranchDay],
    *,
    lang: str,
    institution: str,
    generated_at: datetime,
    thumbnail: Thumbnail,
) -> Report:
    """Gather one day's reconciled branches into the view all forms of the report are made from.

    Discrepancies are numbered through, by branch, class, serial number and page; ``thumbnail`` is
    asked for their pages only.
    """
    found = [each for branch_day in branch_days for each in _in_working_order(branch_day)]
    matches = [(each.branch, match) for each in branch_days for match in each.matches]
    closed = bool(branch_days) and all(each.closed for each in branch_days)
    branches = tuple(_branch(each, lang) for each in branch_days)
    return Report(
        lang=lang,
        institution=printable(institution),
        day=day,
        generated_at=generated_at,
        closed=closed,
        state=(
            _CHANGED
            if any(each.changed for each in branch_days)
            else _state(branches, closed, len(found))
        ).in_language(lang),
        branches=branches,
        kinds=tuple(_kind_count(kind, found, lang) for kind in KINDS),
        discrepancies=tuple(
            _discrepancy(number, each, lang, thumbnail) for number, each in enumerate(found, 1)
        ),
        matches=tuple(
            _match(number, branch, match, lang) for number, (branch, match) in enumerate(matches, 1)
        ),
    )


_CHANGED = say("Changed since it was closed; close the day again")


def _in_working_order(branch_day: BranchDay) -> list[Discrepancy]:
    kinds = list(KINDS)
    return sorted(
        branch_day.discrepancies,
        key=lambda each: (
            kinds.index(each.kind),
            each.serial_no or "",
            [page.sequence for page in each.pages],
        ),
    )


def _state(branches: Sequence[BranchView], closed: bool, discrepancies: int) -> Message:
    if any(each.gap for branch in branches for each in branch.sums):
        return say("Does not balance")
    if discrepancies and not closed:
        return say("Stays open, with discrepancies: {count}", count=discrepancies)
    if discrepancies:
        return say("Closed with discrepancies: {count}", count=discrepancies)
    return say("Closed: paper and books agree") if closed else say("Not closed")


def _branch(branch_day: BranchDay, lang: str) -> BranchView:
    counts = counted([branch_day])

    def term(name: str) -> tuple[str, int]:
        return COUNTS[name].in_language(lang), counts[name]

    view = BranchView(
        branch=printable(branch_day.branch),
        state="",
        sums=tuple(
            Sum(
                term(total),
                tuple(map(term, terms)),
                _paper_note(branch_day, lang) if total == "papers" else "",
            )
            for total, terms in EQUATIONS.items()
        ),
        of_which=tuple(map(term, _OF_WHICH)),
        keying=tuple(map(term, ("to_key", "keyed", "given_up"))),
        late=tuple(printable(each.message.in_language(lang)) for each in branch_day.late),
    )
    state = (
        _CHANGED
        if branch_day.changed
        else _state([view], branch_day.closed, len(branch_day.discrepancies))
    )
    return replace(view, state=state.in_language(lang))


def _paper_note(branch_day: BranchDay, lang: str) -> str:
    """What is said of the paper side where it is not simply that it balances."""
    if not branch_day.papers:
        return say("not registered").in_language(lang)
    gaps = any(group.without_image or group.over for group in branch_day.papers)
    return say("✗ the day stays open").in_language(lang) if gaps else ""


_OF_WHICH = ("field_mismatch", "unreadable", "page_check", "late_capture", "late_review")
"""Counts that stand beside the equation."""


def _kind_count(kind: DiscrepancyKind, found: Sequence[Discrepancy], lang: str) -> KindCount:
    numbers = [number for number, each in enumerate(found, 1) if each.kind is kind]
    owners = dict.fromkeys(told(ROLES, found[number - 1].owner, lang) for number in numbers)
    return KindCount(
        code=kind.value,
        words=KINDS[kind].in_language(lang),
        count=len(numbers),
        owners=" / ".join(owners),
        first=numbers[0] if numbers else None,
    )


def _discrepancy(
    number: int, found: Discrepancy, lang: str, thumbnail: Thumbnail
) -> DiscrepancyView:
    reason = printable(found.reason.in_language(lang))
    read_head, expected_head = sides(found.kind)
    return DiscrepancyView(
        number=number,
        branch=printable(found.branch),
        code=found.kind.value,
        words=KINDS[found.kind].in_language(lang),
        serial_no=printable(found.serial_no or ""),
        pages=tuple(_page(page, lang, thumbnail, reason) for page in found.pages),
        sides=(read_head.in_language(lang), expected_head.in_language(lang)),
        values=value_pairs(found.read, found.expected, lang),
        reason=reason,
        remedy=printable(found.remedy.in_language(lang)),
        owner=told(ROLES, found.owner, lang),
        owner_name=printable(found.owner_name or ""),
        deadline=found.deadline,
        provisional=found.deadline_provisional,
    )


def _page(page: CatalogedPage, lang: str, thumbnail: Thumbnail, reason: str) -> PageView:
    """Show a page with its findings, leaving out the one that is the discrepancy's reason already."""
    findings = [each.message.in_language(lang) for each in page.findings]
    doubts = [told(DOUBTS, doubt, lang) for doubt in page.doubts]
    keyed = _keyed({name: field.source for name, field in page.fields.items()}, lang)
    notes = [printable(note) for note in (keyed, *findings, *doubts)]
    return PageView(
        name=printable(page.name),
        picture=thumbnail(page),
        notes=tuple(note for note in notes if note and note != reason),
    )


def _keyed(sources: Mapping[FieldName, str | None], lang: str) -> str:
    """Tell which values people keyed; empty when none."""
    names = tuple(FIELDS[name] for name, source in sources.items() if source == KEYED)
    return say("keyed by people: {fields}", fields=names).in_language(lang) if names else ""


def value_pairs(
    read: Mapping[str, Any], expected: Mapping[str, Any], lang: str
) -> tuple[ValuePair, ...]:
    """Set the values of a discrepancy's two sides beside one another, in the order of ``FIELDS``."""
    known = [name for name in FIELDS if name in read or name in expected]
    others = [name for name in (*read, *expected) if name not in FIELDS]
    return tuple(
        _value_pair(name, read.get(name), expected.get(name), lang)
        for name in (*known, *dict.fromkeys(others))
    )


def _value_pair(name: str, read: Any, expected: Any, lang: str) -> ValuePair:
    left, right = shown(name, read, lang), shown(name, expected, lang)
    label = printable(told(FIELDS, name, lang))
    if name not in set(FieldName):
        # a measured value and its limit ("96", "≥ 200") are not to be compared by their characters
        return ValuePair(label, whole(left), whole(right), False)
    return ValuePair(label, *compared(left, right), differs=bool(left and right) and left != right)


def _match(number: int, branch: str, match: Match, lang: str) -> MatchView:
    expected = {each.field: each.expected for each in match.evidence}
    asked = [each for each in match.evidence if each.verdict != "not_expected"]
    keyed = _keyed({each.field: each.source for each in asked}, lang)
    name, customer_no = expected.get(FieldName.CUSTOMER_NAME), expected.get(FieldName.CUSTOMER_NO)
    return MatchView(
        number=number,
        branch=printable(branch),
        serial_no=printable(match.serial_no),
        customer=printable(" ".join(part for part in (name, customer_no) if part)),
        amount=amount_of(expected.get(FieldName.AMOUNT)),
        pages=printable(", ".join(page.name for page in match.pages)),
        how=told(HOW, match.how, lang),
        agreeing=sum(each.verdict == "agrees" for each in asked),
        compared=len(asked),
        weakest="; ".join(part for part in (_weakest(asked, lang), keyed) if part),
    )


def _weakest(evidence: Sequence[FieldEvidence], lang: str) -> str:
    """Tell the field that speaks least for the match, so that a doubtful line can be told at a glance."""
    if not evidence:
        return ""
    least = min(evidence, key=lambda each: each.weight)
    field, verdict = told(FIELDS, least.field, lang), told(VERDICTS, least.verdict, lang)
    read = shown(least.field, least.read, lang)
    if least.verdict != "agrees" and read:
        return say(
            "{field} {verdict}: read {read}", field=field, verdict=verdict, read=read
        ).in_language(lang)
    if least.confidence is None or not read:
        return f"{field} {verdict}"
    return f"{field} {verdict} ({least.confidence:.0%})"
