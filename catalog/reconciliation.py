"""A branch and day's balance of transactions and images: what agrees, and a name for what does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from catalog.customer_findings import differing_customers
from catalog.discrepancies import DayInHand, Kind, discrepancy
from catalog.field_differences import mismatches, unreadable
from catalog.lateness import late_captures, late_reviews
from catalog.missing_papers import incomplete, misses_paper, missing, not_asked_for, undefined
from catalog.page_findings import differing_counts, found_on_pages
from catalog.paper_balance import paper_counts, paper_gaps, papers_of
from catalog.reports.contract import EQUATIONS
from catalog.strays import surplus
from pipeline.balance import (
    BranchDay,
    CatalogedPage,
    Discrepancy,
)
from pipeline.checks import is_blank
from pipeline.clocks import Late, LateKind
from pipeline.errors import PaperproofError
from pipeline.keying.tasks import State
from pipeline.language import say
from pipeline.model import FieldName, Severity
from pipeline.settling import matters
from pipeline.tasks.confirming import unconfirmed
from pipeline.tasks.day import counted
from pipeline.vouchers import SHEET


def reconcile(hand: DayInHand) -> BranchDay:
    """Name every discrepancy of the day and strike its balance; it stays open while papers lack an image.

    Raises PaperproofError when the closing equation does not balance: then something was lost on the way.
    """
    papers = papers_of(hand)
    discrepancies = [
        *missing(hand),
        *not_asked_for(hand),
        *undefined(hand),
        *incomplete(hand),
        *differing_customers(hand),
        *_not_admitted(hand),
        *surplus(hand),
        *_duplicates(hand),
        *mismatches(hand),
        *unreadable(hand),
        *found_on_pages(hand),
        *differing_counts(hand),
        *paper_gaps(hand, papers),
    ]
    late = (*late_captures(hand), *late_reviews(hand))
    counts = {**_counts(hand, discrepancies, late), **paper_counts(papers)}
    counts["left"] = len(matters(hand.day, discrepancies))
    _must_balance(hand, counts)
    return BranchDay(
        day=hand.day,
        branch=hand.branch,
        closed=not any(group.without_image or group.over for group in papers)
        and not (hand.must_be_confirmed and counts["unconfirmed"]),
        counts=counts,
        matches=hand.matching.matches,
        discrepancies=tuple(discrepancies),
        late=late,
        papers=papers,
    )


def _counts(
    hand: DayInHand, discrepancies: Sequence[Discrepancy], late: Iterable[Late]
) -> dict[str, int]:
    kinds = [d.kind for d in discrepancies]
    missed = [misses_paper(hand, one) for one in hand.matching.transactions_left]
    states = [page.state for page in hand.pages]
    return {
        "transactions": len(hand.transactions),
        "matched": len(hand.matching.matches),
        "missing": missed.count(True),
        "no_paper_due": missed.count(False),
        "images": len(hand.pages),
        "matched_images": sum(len(match.pages) for match in hand.matching.matches),
        "surplus": kinds.count(Kind.SURPLUS_IMAGE),
        "duplicate": kinds.count(Kind.DUPLICATE),
        "blank": states.count("blank"),
        "sheets": states.count(SHEET),
        "rejected": states.count("refused"),
        "field_mismatch": kinds.count(Kind.FIELD_MISMATCH),
        "unreadable": kinds.count(Kind.UNREADABLE),
        "page_check": kinds.count(Kind.PAGE_CHECK),
        "to_key": sum(task.waits for task in hand.keying),
        "keyed": sum(task.state is State.SETTLED for task in hand.keying),
        "given_up": sum(task.state is State.GIVEN_UP for task in hand.keying),
        **counted(hand.papers.tasks),
        "unconfirmed": len(
            unconfirmed(hand.transactions, hand.confirmed, {d.serial_no for d in discrepancies})
        ),
        "late_capture": sum(len(one.pages) for one in late if one.kind is LateKind.CAPTURE),
        "late_review": sum(len(one.pages) for one in late if one.kind is LateKind.REVIEW),
    }


def _must_balance(hand: DayInHand, counts: Mapping[str, int]) -> None:
    """The closing equation: nothing is on neither list, nothing on two."""
    images, booked = (
        sum(counts[term] for term in EQUATIONS[total]) for total in ("images", "transactions")
    )
    if images != counts["images"] or booked != counts["transactions"]:
        raise PaperproofError(
            say(
                "Branch {branch} on {day} does not balance: {images} images against {image_sum} accounted "
                "for, {transactions} transactions against {booked} accounted for; the day stays open. "
                "Report this to IT with the log.",
                branch=hand.branch,
                day=hand.day,
                images=counts["images"],
                image_sum=images,
                transactions=counts["transactions"],
                booked=booked,
            )
        )


def _read_of(page: CatalogedPage) -> dict[str, str]:
    return {str(name): field.value for name, field in page.fields.items()}


def _serial_of(page: CatalogedPage) -> str | None:
    field = page.fields.get(FieldName.SERIAL_NO)
    return field.value if field else None


def _not_admitted(hand: DayInHand) -> Iterable[Discrepancy]:
    matched = {match.serial_no for match in hand.matching.matches}
    for page in hand.pages:
        if page.state == "blank" and is_blank(page.findings):  # else: a one-sided paper's back
            yield discrepancy(
                hand,
                Kind.BLANK,
                None,
                (page,),
                say("The page is blank."),
                say("Look at the paper: confirm an empty back side, or scan the right side."),
            )
        elif page.state == "refused" and _serial_of(page) not in matched:  # else: rescanned
            findings = [f for f in page.findings if f.severity is Severity.REJECT]
            yield discrepancy(
                hand,
                Kind.QUALITY_REJECT,
                _serial_of(page),
                (page,),
                findings[0].message if findings else say("The page was refused."),
                say("Scan the paper again with the right settings and take the new page in."),
                read={**_read_of(page), **{f.check: f.measured for f in findings}},
                expected={f.check: f.limit for f in findings},
            )


def _duplicates(hand: DayInHand) -> Iterable[Discrepancy]:
    for copy, first in hand.matching.duplicates:
        yield discrepancy(
            hand,
            Kind.DUPLICATE,
            _serial_of(copy) or _serial_of(first),
            (copy,),
            say("The page repeats {first}.", first=first.name),
            say("Confirm that it is one paper scanned twice; if there are two papers, say so."),
            read=_read_of(copy),
            expected={"first_page": first.name},
        )
