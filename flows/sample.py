"""The blind sample of a month: drawn from closed days, shown to reviewers, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flows.access import Guard
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Transaction
from pipeline.sampling import Decision, SampleItem, candidates, draw


@dataclass(frozen=True)
class Shown:
    """An item as a reviewer sees it: the transactions in its order, None where one is booked no longer."""

    item: SampleItem
    rows: tuple[Transaction | None, ...]


def draw_sample(parts: Parts, month: date, size: int, seed: int, who: str) -> tuple[int, int]:
    """Draw automatic matches of a month's closed days; give (drawn, there were).

    Only matches are drawn that have another transaction of their branch and day beside them.
    Raises UserError when ``who`` may not, or there is nothing to draw from.
    """
    Guard.at_word(parts, who).require(Act.SAMPLE_DRAW)
    population = parts.catalog.samples.population(month)
    rows = _rows_of_days(parts, population)
    fit = [
        one
        for one in population
        if one.serial_no in rows[one.day, one.branch] and len(rows[one.day, one.branch]) > 1
    ]
    drawn = []
    for place, one in enumerate(draw(fit, size, seed)):
        of_day = rows[one.day, one.branch]
        drawn.append((one, candidates(of_day[one.serial_no], of_day.values(), (seed, place))))
    if not drawn:
        raise UserError(
            say(
                "{month} has no automatic match that was not drawn already; close its days first.",
                month=f"{month:%Y-%m}",
            )
        )
    parts.catalog.samples.enter(month, seed, fit, drawn, who)
    return len(drawn), len(fit)


def _rows_of_days(
    parts: Parts, decisions: Sequence[Decision]
) -> dict[tuple[date, str], dict[str, Transaction]]:
    """Give, for each branch and day of the decisions, the transactions with paper by serial number."""
    return {
        (day, branch): {
            row.serial_no: row
            for row in parts.catalog.streams.of_day(day, branch)
            if row.expects_paper
        }
        for day, branch in sorted({(one.day, one.branch) for one in decisions})
    }


def next_item(parts: Parts, person: str) -> Shown | None:
    """Give the first open item that a person may answer; None when there is none for this person."""
    catalog, guard = parts.catalog, Guard.at_word(parts, person)
    refusal: UserError | None = None
    for item in catalog.samples.items():
        if item.answer is not None:
            continue
        try:
            guard.require(Act.SAMPLE_ANSWER, item.decision.branch)
            item.may_answer(person, catalog.samples.barred(item))
            of, now = Subject(item.decision.branch), datetime.now(ZONE)
            guard.must_know(Act.SAMPLE_ANSWER, of, now, item.decision.pages)
        except UserError as error:
            refusal = error
            continue
        catalog.samples.looked(item, person)
        return shown(parts, item)
    if refusal is not None:
        raise refusal
    return None


def shown(parts: Parts, item: SampleItem) -> Shown:
    """Give an item with the transactions to choose from."""
    decision = item.decision
    rows = parts.catalog.streams.of_day(decision.day, decision.branch)
    by_serial = {row.serial_no: row for row in rows}
    return Shown(item, tuple(by_serial.get(serial) for serial in item.candidates))


def answer_item(parts: Parts, no: int, number: int, person: str) -> SampleItem:
    """Enter a person's choice; raises UserError when there is no such item, or the person may not."""
    item = parts.catalog.samples.item(no)
    if item is None:
        raise UserError(say("There is no item {no}; see “paperproof sample next”.", no=no))
    Guard.at_word(parts, person).require(Act.SAMPLE_ANSWER, item.decision.branch)
    return parts.catalog.samples.answer(no, person, number)


def sample_items(parts: Parts, month: date, who: str) -> tuple[SampleItem, ...]:
    """Give a month's items with their answers; raises UserError when ``who`` may not see them, or none are.

    What people chose is for those who draw: a reviewer who sees it is blind no longer.
    """
    Guard.at_word(parts, who).require(Act.SAMPLE_VIEW)
    items = parts.catalog.samples.items(month)
    if not items:
        raise UserError(
            say(
                "No sample was drawn of {month}; run “paperproof sample draw --month {month}”.",
                month=f"{month:%Y-%m}",
            )
        )
    return items
