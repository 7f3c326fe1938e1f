"""The blind samples: what was drawn, what was shown, who chose what; acts are added, never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, Engine, func, insert, select

from catalog.log import append
from catalog.tables import (
    batch,
    booked,
    capture_task,
    day_close,
    delivery,
    keying_act,
    keying_task,
    sample,
    sample_answer,
    sample_item,
    task_act,
)
from pipeline.balance import BranchDay
from pipeline.content import Content
from pipeline.errors import UserError
from pipeline.keying.overlay import KEYED
from pipeline.keying.tasks import ENTRIES
from pipeline.language import say
from pipeline.sampling import Answer, Decision, SampleItem
from pipeline.staff import person_key
from pipeline.tasks.states import ActKind

_BRANCH_DAY = Content(BranchDay)
_REVIEWED = (ActKind.PASSED, ActKind.REJECTED, ActKind.REOPENED)

_AT_ONCE = 8
"""Closed days held in memory at a time."""

Drawn = Sequence[tuple[Decision, tuple[str, ...]]]
"""Matches with the candidates shown for each."""


@dataclass(frozen=True)
class WaitingSample:
    """Items of a month's sample that nobody answered yet."""

    month: date
    branch: str
    items: int


class Samples:
    """Draws, shows and keeps; a month may be drawn from several times, a match once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def population(self, month: date) -> tuple[Decision, ...]:
        """Give the automatic matches of a month's closed days that were not drawn yet.

        ``month``: its first day. A match that rests on a value that a person keyed is not automatic.
        """
        with self._engine.connect() as connection:
            known = _drawn(connection)
            return tuple(one for one in _automatic(connection, month) if one.key not in known)

    def is_undrawn(self, month: date) -> bool:
        """Whether a month has automatic matches and none was ever drawn; looks no further than the first."""
        with self._engine.connect() as connection:
            drawn = connection.execute(select(sample.c.no).where(sample.c.month == month)).first()
            return drawn is None and next(_automatic(connection, month), None) is not None

    def waiting(self, branches: Collection[str] | None = None) -> tuple[WaitingSample, ...]:
        """Count the items nobody answered yet, by month and branch; ``branches``: whose, None: of all."""
        answered = select(sample_answer.c.item_no)
        query = (
            select(sample.c.month, sample_item.c.branch, func.count().label("items"))
            .join(sample, sample.c.no == sample_item.c.sample_no)
            .where(sample_item.c.no.not_in(answered))
            .group_by(sample.c.month, sample_item.c.branch)
            .order_by(sample.c.month, sample_item.c.branch)
        )
        if branches is not None:
            query = query.where(sample_item.c.branch.in_(sorted(branches)))
        with self._engine.connect() as connection:
            return tuple(WaitingSample(*row) for row in connection.execute(query))

    def enter(
        self, month: date, seed: int, population: Sequence[Decision], drawn: Drawn, who: str
    ) -> None:
        """Enter a draw from a month's population; raises UserError when another draw was quicker.

        The log keeps the seed and digests of population and draw, so that it can be made again and proved.
        """
        with self._engine.begin() as connection:
            if not _drawn(connection).isdisjoint(one.key for one, _ in drawn):
                raise UserError(say("Somebody else drew from this month just now; draw again."))
            no = (connection.execute(select(func.max(sample.c.no))).scalar() or 0) + 1
            connection.execute(
                insert(sample).values(
                    no=no,
                    month=month,
                    seed=seed,
                    population=len(population),
                    drawn_by=who,
                    at=datetime.now(UTC),
                )
            )
            _enter(connection, no, drawn)
            append(
                connection,
                who,
                "sample.draw",
                f"{month:%Y-%m}/{no}",
                seed=seed,
                size=len(drawn),
                population=len(population),
                population_digest=_digest(population),
                draw_digest=_digest(one for one, _ in drawn),
            )

    def items(self, month: date | None = None) -> tuple[SampleItem, ...]:
        """Give the items of a month's samples, or of all, in order."""
        with self._engine.connect() as connection:
            return _items(connection, month)

    def item(self, no: int) -> SampleItem | None:
        """Give one item; None when there is none."""
        with self._engine.connect() as connection:
            return next((one for one in _items(connection) if one.no == no), None)

    def barred(self, item: SampleItem) -> frozenset[str]:
        """Give the keys of those who know the voucher: its operator, teller, who keyed or reviewed it."""
        with self._engine.connect() as connection:
            return _barred(connection, item.decision)

    def looked(self, item: SampleItem, person: str) -> None:
        """Log that a person was shown an item."""
        with self._engine.begin() as connection:
            append(connection, person, "sample.look", str(item.no))

    def answer(self, no: int, person: str, number: int) -> SampleItem:
        """Enter a person's choice; ``number`` as shown, 0 for none. Raises UserError when it may not be."""
        with self._engine.begin() as connection:
            item = next(one for one in _items(connection) if one.no == no)
            item.may_answer(person, _barred(connection, item.decision))
            choice = item.chosen(number)
            if item.answer is not None and item.answer.choice == choice:
                return item
            last = connection.execute(select(func.max(sample_answer.c.id))).scalar() or 0
            connection.execute(
                insert(sample_answer).values(
                    id=last + 1,
                    item_no=no,
                    person=person,
                    person_key=person_key(person),
                    choice=choice,
                    at=datetime.now(UTC),
                )
            )
            append(connection, person, "sample.answer", str(no), choice=choice)
            return next(one for one in _items(connection) if one.no == no)


def _automatic(connection: Connection, month: date) -> Iterator[Decision]:
    """The matches of the month's closed days that rest on no value that a person keyed."""
    after = (month + timedelta(days=31)).replace(day=1)
    closed = (
        select(day_close.c.result)
        .where(day_close.c.business_date >= month, day_close.c.business_date < after)
        .where(day_close.c.closed)
        .order_by(day_close.c.business_date)
        .execution_options(yield_per=_AT_ONCE)
    )
    keyed = set(
        connection.execute(
            select(keying_task.c.sha256)
            .join(keying_act, keying_act.c.task_no == keying_task.c.no)
            .where(keying_act.c.kind.in_([str(kind) for kind in ENTRIES]))
        ).scalars()
    )
    for content in connection.execute(closed).scalars():
        day = _BRANCH_DAY.load(content)
        for match in day.matches:
            touched = any(part.source == KEYED for part in match.evidence)
            if not touched and keyed.isdisjoint(page.page_id for page in match.pages):
                pages = tuple(page.page_id for page in match.pages)
                names = tuple(page.name for page in match.pages)
                yield Decision(day.day, day.branch, match.serial_no, pages, names)


def _drawn(connection: Connection) -> frozenset[tuple[str, str, str]]:
    """Keys of the matches that stand in a sample."""
    query = select(sample_item.c.business_date, sample_item.c.branch, sample_item.c.serial_no)
    return frozenset(
        (row.business_date.isoformat(), row.branch, row.serial_no)
        for row in connection.execute(query)
    )


def _enter(connection: Connection, no: int, drawn: Drawn) -> None:
    last = connection.execute(select(func.max(sample_item.c.no))).scalar() or 0
    for place, (one, shown) in enumerate(drawn, start=1):
        connection.execute(
            insert(sample_item).values(
                no=last + place,
                sample_no=no,
                business_date=one.day,
                branch=one.branch,
                serial_no=one.serial_no,
                pages=list(one.pages),
                names=list(one.names),
                candidates=list(shown),
            )
        )


def _digest(decisions: Iterable[Decision]) -> str:
    keys = sorted(one.key for one in decisions)
    return hashlib.sha256(json.dumps(keys, ensure_ascii=False).encode()).hexdigest()


def _items(connection: Connection, month: date | None = None) -> tuple[SampleItem, ...]:
    answers: dict[int, list[Answer]] = {}
    for row in connection.execute(select(sample_answer).order_by(sample_answer.c.id)):
        answers.setdefault(row.item_no, []).append(Answer(row.person, row.choice, row.at))
    query = select(sample_item).order_by(sample_item.c.no)
    if month is not None:
        of_month = select(sample.c.no).where(sample.c.month == month)
        query = query.where(sample_item.c.sample_no.in_(of_month))
    return tuple(
        SampleItem(
            row.no,
            Decision(
                row.business_date,
                row.branch,
                row.serial_no,
                tuple(row.pages),
                tuple(row.names),
            ),
            tuple(row.candidates),
            tuple(answers.get(row.no, ())),
        )
        for row in connection.execute(query)
    )


def _barred(connection: Connection, decision: Decision) -> frozenset[str]:
    operators = (
        select(batch.c.operator)
        .join(delivery, delivery.c.batch_id == batch.c.id)
        .where(delivery.c.sha256.in_(decision.pages))
    )
    keyed = (
        select(keying_act.c.person)
        .join(keying_task, keying_task.c.no == keying_act.c.task_no)
        .where(keying_task.c.sha256.in_(decision.pages))
    )
    reviewed = (
        select(task_act.c.person)
        .join(capture_task, capture_task.c.id == task_act.c.task_id)
        .where(
            capture_task.c.business_date == decision.day,
            capture_task.c.branch == decision.branch,
            capture_task.c.serial_no == decision.serial_no,
            task_act.c.kind.in_([str(kind) for kind in _REVIEWED]),
        )
    )
    handled = select(booked.c.teller_no).where(
        booked.c.business_date == decision.day,
        booked.c.handling_branch == decision.branch,
        booked.c.serial_no == decision.serial_no,
    )
    queries = (operators, keyed, reviewed, handled)
    return frozenset(
        person_key(name) for query in queries for name in connection.execute(query).scalars()
    )
