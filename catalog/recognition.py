"""What closed days tell of recognition: each voucher with station, form, teller, and why a person looked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from catalog.pages import of_branch_day
from catalog.tables import batch, booked, day_close, delivery, keying_task, page, reading
from pipeline.balance import BranchDay, CatalogedPage, Discrepancy, DiscrepancyKind, Match
from pipeline.content import Content
from pipeline.keying.overlay import KEYED
from pipeline.keying.tasks import Cause as Asked
from pipeline.keying.tasks import State
from pipeline.model import FieldName, Reading
from pipeline.recognition import Handled
from pipeline.recognition_causes import SeenPage, Trouble, cause_of
from pipeline.sheets import Cover, sheet_of

_BRANCH_DAY = Content(BranchDay)
_READING = Content(Reading)


class Recognition:
    """Tells, from the closed days, what was recognised without a person."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def handled(self, first: date, last: date, branch: str | None = None) -> tuple[Handled, ...]:
        """Give every transaction for which paper was due, and every stray page, of the days closed."""
        query = (
            select(day_close.c.result)
            .where(day_close.c.business_date.between(first, last))
            .order_by(day_close.c.business_date, day_close.c.branch)
        )
        if branch is not None:
            query = query.where(day_close.c.branch == branch)
        with self._engine.connect() as connection:
            return tuple(
                one
                for content in connection.execute(query).scalars()
                for one in _of_day(connection, _BRANCH_DAY.load(content))
            )


@dataclass(frozen=True)
class _Day:
    """A closed day with what lies beside its result."""

    result: BranchDay
    places: Mapping[str, Row[Any]]
    """delivery id -> station, form, size."""
    tellers: Mapping[str, str]
    """serial number -> teller."""
    asked: Mapping[str, Mapping[FieldName, tuple[Asked, State]]]
    """page's SHA-256 -> what people were asked for on it."""
    covered: frozenset[str]
    """Batches with a cover."""
    connection: Connection


def _of_day(connection: Connection, result: BranchDay) -> Iterator[Handled]:
    day = _Day(
        result,
        _places(connection, result),
        _tellers(connection, result),
        _asked(connection, result),
        _covered(connection, result),
        connection,
    )
    about, missing, strays = _sorted(result)
    for match in result.matches:
        yield _of_match(day, match, about.get(match.serial_no, []))
    for serial_no, papers in missing.items():
        yield _of_missing(day, serial_no, papers)
    for found in strays:
        yield _of_stray(day, found)


_BySerial = dict[str, list[Discrepancy]]


def _sorted(result: BranchDay) -> tuple[_BySerial, _BySerial, list[Discrepancy]]:
    """Part a day's discrepancies: of matches, of transactions without a page, and of neither."""
    matched = {match.serial_no for match in result.matches}
    pages = {one.delivery_id: m.serial_no for m in result.matches for one in m.pages}
    about: _BySerial = {}
    missing: _BySerial = {}
    strays = []
    for found in result.discrepancies:
        of_page = next((pages[p.delivery_id] for p in found.pages if p.delivery_id in pages), None)
        serial_no = found.serial_no if found.serial_no in matched else of_page
        if serial_no is not None:
            about.setdefault(serial_no, []).append(found)
        elif found.kind is DiscrepancyKind.MISSING_IMAGE:
            missing.setdefault(found.serial_no or "", []).append(found)
        else:
            strays.append(found)
    return about, missing, strays


def _of_match(day: _Day, match: Match, about: list[Discrepancy]) -> Handled:
    asked = _asked_on(day, match.pages)
    keyed = any(state is State.SETTLED for _, state in asked.values()) or any(
        part.source == KEYED for part in match.evidence
    )
    automatic = not (about or asked or keyed)
    trouble = Trouble(
        day.result.day,
        day.result.branch,
        _seen(day, match.pages) if not automatic else (),
        about,
        match.evidence,
        {name: cause for name, (cause, _) in asked.items()},
    )
    place = day.places.get(match.pages[0].delivery_id)
    return Handled(
        day=day.result.day,
        branch=day.result.branch,
        station=place.station if place else None,
        form=place.form if place else None,
        teller=day.tellers.get(match.serial_no, ""),
        automatic=automatic,
        keyed=keyed,
        discrepancies=len(about),
        cause=None if automatic else cause_of(trouble),
    )


def _of_missing(day: _Day, serial_no: str, papers: list[Discrepancy]) -> Handled:
    """A transaction without a page, however many papers it lacks."""
    return Handled(
        day=day.result.day,
        branch=day.result.branch,
        station=None,
        form=None,
        teller=day.tellers.get(serial_no, ""),
        automatic=False,
        keyed=False,
        discrepancies=len(papers),
        cause=cause_of(Trouble(day.result.day, day.result.branch, (), papers)),
    )


def _of_stray(day: _Day, found: Discrepancy) -> Handled:
    """A page that is no transaction's, or papers that nobody can count."""
    trouble = Trouble(
        day.result.day,
        day.result.branch,
        _seen(day, found.pages),
        (found,),
        asked={name: cause for name, (cause, _) in _asked_on(day, found.pages).items()},
        uncovered=bool(day.covered) and any(p.batch_id not in day.covered for p in found.pages),
    )
    place = day.places.get(found.pages[0].delivery_id) if found.pages else None
    return Handled(
        day=day.result.day,
        branch=day.result.branch,
        station=place.station if place else None,
        form=place.form if place else None,
        teller=None,
        automatic=False,
        keyed=False,
        discrepancies=1,
        cause=cause_of(trouble),
    )


def _asked_on(day: _Day, pages: Iterable[CatalogedPage]) -> dict[FieldName, tuple[Asked, State]]:
    return {name: asked for one in pages for name, asked in day.asked.get(one.page_id, {}).items()}


def _seen(day: _Day, pages: Iterable[CatalogedPage]) -> tuple[SeenPage, ...]:
    """The pages of a trouble with their whole readings; the others' are left where they are."""
    found = []
    for one in pages:
        content = day.connection.execute(
            select(reading.c.content).where(reading.c.sha256 == one.page_id)
        ).scalar()
        read = None if content is None else _READING.load(content)
        place = day.places.get(one.delivery_id)
        found.append(SeenPage(one, read, *_size(place)))
    return tuple(found)


def _size(place: Row[Any] | None) -> tuple[tuple[float, float] | None, float | None, float]:
    """Width and height in millimetres, the dots per inch, and the page's skew."""
    parameters = place.parameters if place else None
    if not parameters or not parameters.get("dpi"):
        return None, None, 0.0
    across, down = parameters["dpi"]
    size = parameters["width"] / across * 25.4, parameters["height"] / down * 25.4
    return size, min(across, down), parameters.get("skew_degrees") or 0.0


def _places(connection: Connection, result: BranchDay) -> dict[str, Row[Any]]:
    query = of_branch_day(
        select(
            delivery.c.id,
            batch.c.station,
            reading.c.content["form"].as_string().label("form"),
            select(page.c.parameters)
            .where(page.c.sha256 == delivery.c.sha256)
            .scalar_subquery()
            .label("parameters"),
        ),
        result.day,
        result.branch,
    )
    return {row.id: row for row in connection.execute(query)}


def _tellers(connection: Connection, result: BranchDay) -> dict[str, str]:
    query = select(booked.c.serial_no, booked.c.teller_no).where(
        booked.c.business_date == result.day, booked.c.handling_branch == result.branch
    )
    return {row.serial_no: row.teller_no for row in connection.execute(query)}


def _asked(
    connection: Connection, result: BranchDay
) -> dict[str, dict[FieldName, tuple[Asked, State]]]:
    query = of_branch_day(
        select(
            keying_task.c.sha256, keying_task.c.field, keying_task.c.cause, keying_task.c.state
        ).distinct(),
        result.day,
        result.branch,
    ).join(
        keying_task,
        (keying_task.c.sha256 == delivery.c.sha256)
        & (keying_task.c.state != str(State.CLOSED)),  # nobody had to look
    )
    found: dict[str, dict[FieldName, tuple[Asked, State]]] = {}
    for row in connection.execute(query):
        known = found.setdefault(row.sha256, {})
        known[FieldName(row.field)] = (Asked(row.cause), State(row.state))
    return found


def _covered(connection: Connection, result: BranchDay) -> frozenset[str]:
    query = of_branch_day(
        select(delivery.c.batch_id, delivery.c.sheet), result.day, result.branch
    ).where(delivery.c.sheet.is_not(None))
    return frozenset(
        row.batch_id for row in connection.execute(query) if isinstance(sheet_of(row.sheet), Cover)
    )
