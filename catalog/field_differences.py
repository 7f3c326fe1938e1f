"""Where a page and its booking differ, and what neither the reader nor people could read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalog.discrepancies import DayInHand, Kind, discrepancy
from catalog.reports.wording import FIELDS
from pipeline.balance import CatalogedPage, Discrepancy, FieldEvidence, Match
from pipeline.evidence import AGREES, DIFFERS, NEAR, NOT_EXPECTED, NOT_READ
from pipeline.keying.tasks import ActKind, KeyingTask, State, Unreadable
from pipeline.keying.wording import UNREADABLE
from pipeline.language import Message, say
from pipeline.model import FieldName


def mismatches(hand: DayInHand) -> Iterable[Discrepancy]:
    """Give the matches whose fields differ from the booking, or whose amount was not read."""
    given_up = {(task.page_id, task.field) for task in _given_up(hand)}
    for match in hand.matching.matches:
        wrong = [e for e in match.evidence if e.verdict in (DIFFERS, NEAR)]
        unread = [
            e
            for e in match.evidence
            if e.verdict == NOT_READ
            and e.field is FieldName.AMOUNT
            and not any((page.page_id, e.field) in given_up for page in match.pages)
        ]
        if wrong:
            yield _mismatch(hand, match, wrong)
        elif unread:
            yield discrepancy(
                hand,
                Kind.UNREADABLE,
                match.serial_no,
                match.pages,
                say("The amount could not be read."),
                say("Look at the page and key the amount (“paperproof key work”)."),
                expected={str(e.field): e.expected for e in unread},
            )


def unreadable(hand: DayInHand) -> Iterable[Discrepancy]:
    """Give the pages with a field that people could not read either, and who said so.

    A field that was read, though unsurely, as it is booked needs nobody any more; nor one that the
    transaction does not have.
    """
    of_page = {page.page_id: match for match in hand.matching.matches for page in match.pages}
    done: set[str] = set()
    for page in hand.pages:
        match = of_page.get(page.page_id)
        tasks = [
            task
            for task in _given_up(hand)
            if task.page_id == page.page_id and not _needs_nobody(task, match)
        ]
        if tasks and page.page_id not in done:
            done.add(page.page_id)
            yield _unreadable(hand, page, match, tasks)


def _given_up(hand: DayInHand) -> list[KeyingTask]:
    return [task for task in hand.keying if task.state is State.GIVEN_UP]


def _needs_nobody(task: KeyingTask, match: Match | None) -> bool:
    return match is not None and any(
        part.field is task.field and part.verdict in (AGREES, NOT_EXPECTED)
        for part in match.evidence
    )


def _unreadable(
    hand: DayInHand, page: CatalogedPage, match: Match | None, tasks: Sequence[KeyingTask]
) -> Discrepancy:
    fields = {task.field for task in tasks}
    return discrepancy(
        hand,
        Kind.UNREADABLE,
        match.serial_no if match else None,
        (page,),
        say("People could not read it either: {fields}.", fields=tuple(map(_told, tasks))),
        say(
            "Find the paper; scan the page anew, or have the field keyed from the paper (“paperproof key "
            "reopen”)."
        ),
        expected={
            str(e.field): e.expected for e in (match.evidence if match else ()) if e.field in fields
        },
        owner="archivist",
    )


def _told(task: KeyingTask) -> Message:
    refusals = [entry for entry in task.entries if entry.kind is ActKind.CANNOT]
    whys = dict.fromkeys(UNREADABLE[Unreadable(entry.content)] for entry in refusals)
    return say(
        "{field} ({why}; said by {persons})",
        field=FIELDS[task.field],
        why=tuple(whys),
        persons=", ".join(entry.person for entry in refusals),
    )


def _mismatch(hand: DayInHand, match: Match, wrong: Sequence[FieldEvidence]) -> Discrepancy:
    return discrepancy(
        hand,
        Kind.FIELD_MISMATCH,
        match.serial_no,
        match.pages,
        say(
            "The page and the booking differ in {fields}.",
            fields=tuple(FIELDS[e.field] for e in wrong),
        ),
        say("Compare the page with the booking; have the wrong one corrected."),
        read={str(e.field): e.read for e in wrong},
        expected={str(e.field): e.expected for e in wrong},
    )
