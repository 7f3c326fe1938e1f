"""All that the catalog knows of one transaction: row, match, tasks, pages and paper, as JSON rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, Engine, Table, literal, tuple_

from catalog.days import Days
from catalog.days import as_json as day_as_json
from catalog.rows import as_json, selected
from catalog.tables import (
    batch,
    booked,
    capture_task,
    copy_event,
    delivery,
    digital_file,
    digital_package,
    digital_place,
    finding,
    handover,
    handover_act,
    handover_item,
    keying_act,
    keying_task,
    object_copy,
    page,
    page_text,
    paper_act,
    reading,
    second_reading,
    stored_object,
    stream_file,
    task_act,
)

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class PageDossier:
    """One scanned page, in any of its versions."""

    sha256: str
    page: dict[str, Any]
    """The row of the stored page: size, scan parameters, when it was stored."""
    deliveries: Rows
    """Each with its batch (who scanned it where) and what was found on it."""
    reading: dict[str, Any] | None
    second_readings: Rows
    keying: Rows
    """Each task with its acts: what was keyed, by whom, when."""
    text: dict[str, Any] | None
    """Its searchable derivative."""
    objects: Rows
    """The object and its text, each with its copies and what happened to them."""


@dataclass(frozen=True)
class Dossier:
    """One transaction and all that belongs to it."""

    transaction: dict[str, Any]
    streams: Rows
    """The stream files of its day."""
    closing: dict[str, Any] | None
    """Whether its day is closed, and its match with the evidence; None: the day was never closed."""
    match: dict[str, Any] | None
    tasks: Rows
    """The papers asked for, each with its acts: captured, reviewed, rejected, by whom, when."""
    pages: tuple[PageDossier, ...]
    papers: Rows
    handovers: Rows
    packages: Rows = field(default_factory=list)
    """The born-digital packages, each with its files, where they also lie, and the objects' copies."""

    @property
    def day(self) -> date:
        """Its business date."""
        return date.fromisoformat(self.transaction["business_date"])

    @property
    def branch(self) -> str:
        """The branch that handled it."""
        return str(self.transaction["handling_branch"])

    @property
    def serial_no(self) -> str:
        """Its serial number."""
        return str(self.transaction["serial_no"])

    @property
    def subjects(self) -> tuple[str, ...]:
        """What entries of the log may be about that belong here."""
        texts = [one.text["text_sha256"] for one in self.pages if one.text]
        tasks = [one["id"] for one in self.tasks]
        handovers = [str(one["no"]) for one in self.handovers]
        pages = [one.sha256 for one in self.pages]
        packages = [one["id"] for one in self.packages]
        return (self.serial_no, *pages, *texts, *tasks, *handovers, *packages)


class Dossiers:
    """Gathers dossiers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def transactions(
        self, serial_no: str, day: date | None = None, branch: str | None = None
    ) -> Rows:
        """Give the transactions of a serial number, as JSON rows; several days or branches may have it."""
        wanted = booked.c.serial_no == serial_no
        if day is not None:
            wanted &= booked.c.business_date == day
        if branch is not None:
            wanted &= booked.c.handling_branch == branch
        with self._engine.connect() as connection:
            return _rows(connection, booked, wanted)

    def of_customer(
        self, number: str, branch: str, before: tuple[date, str] | None, count: int
    ) -> Rows:
        """Give a customer's transactions that a branch handled, as JSON rows, the newest first.

        ``before``: those older than the transaction of this day and serial number.
        """
        key = tuple_(booked.c.business_date, booked.c.serial_no)
        wanted = (booked.c.customer_no == number) & (booked.c.handling_branch == branch)
        if before is not None:
            wanted &= key < tuple_(literal(before[0], Date), literal(before[1]))
        query = selected(booked).where(wanted)
        newest = query.order_by(booked.c.business_date.desc(), booked.c.serial_no.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(newest.limit(count))
            return [as_json(booked, dict(row._mapping)) for row in rows]

    def of(self, transaction: dict[str, Any]) -> Dossier:
        """Gather all that belongs to a transaction."""
        day = date.fromisoformat(transaction["business_date"])
        branch, serial_no = transaction["handling_branch"], transaction["serial_no"]
        closing = next(iter(Days(self._engine).results(day, branch)), None)
        told = day_as_json(closing) if closing else None
        match = _match(told, serial_no)
        with self._engine.connect() as connection:
            tasks = _tasks(connection, day, branch, serial_no)
            handovers, items = _handovers(connection, serial_no, day, branch)
            return Dossier(
                transaction,
                _rows(connection, stream_file, stream_file.c.business_date == day),
                {"closed": told["closed"], "changed": told["changed"]} if told else None,
                match,
                tasks,
                tuple(_page(connection, one) for one in _pages(match, tasks)),
                _papers(connection, day, branch, serial_no),
                [{**one, "items": items.get(one["no"], [])} for one in handovers],
                _packages(connection, day, branch, serial_no),
            )


def _rows(connection: Connection, table: Table, wanted: ColumnElement[bool]) -> Rows:
    query = selected(table).where(wanted).order_by(*table.primary_key)
    return [as_json(table, dict(row._mapping)) for row in connection.execute(query)]


def _of_transaction(table: Table, day: date, branch: str, serial_no: str) -> ColumnElement[bool]:
    of = table.c
    return (of.business_date == day) & (of.branch == branch) & (of.serial_no == serial_no)


def _match(closing: dict[str, Any] | None, serial_no: str) -> dict[str, Any] | None:
    found = (one for one in (closing or {}).get("matches", ()) if one["serial_no"] == serial_no)
    return next(found, None)


def _pages(match: dict[str, Any] | None, tasks: Rows) -> Iterable[str]:
    """The pages that are matched, and every other that ever captured one of the tasks."""
    pages = [one["page_id"] for one in (match or {}).get("pages", ())]
    for task in tasks:
        for act in task["acts"]:
            pages += [one["page"] for one in act["content"].get("pages", ()) if "page" in one]
    return dict.fromkeys(pages)


def _tasks(connection: Connection, day: date, branch: str, serial_no: str) -> Rows:
    tasks = _rows(
        connection,
        capture_task,
        _of_transaction(capture_task, day, branch, serial_no),
    )
    return [
        {**task, "acts": _rows(connection, task_act, task_act.c.task_id == task["id"])}
        for task in tasks
    ]


def _page(connection: Connection, sha256: str) -> PageDossier:
    deliveries = [
        {
            **one,
            "batch": next(iter(_rows(connection, batch, batch.c.id == one["batch_id"])), {}),
            "findings": _rows(connection, finding, finding.c.delivery_id == one["id"]),
        }
        for one in _rows(connection, delivery, delivery.c.sha256 == sha256)
    ]
    keying = [
        {**one, "acts": _rows(connection, keying_act, keying_act.c.task_no == one["no"])}
        for one in _rows(connection, keying_task, keying_task.c.sha256 == sha256)
    ]
    text = next(iter(_rows(connection, page_text, page_text.c.sha256 == sha256)), None)
    names = [sha256, *([text["text_sha256"]] if text else [])]
    return PageDossier(
        sha256,
        next(iter(_rows(connection, page, page.c.sha256 == sha256)), {}),
        deliveries,
        next(iter(_rows(connection, reading, reading.c.sha256 == sha256)), None),
        _rows(connection, second_reading, second_reading.c.sha256 == sha256),
        keying,
        text,
        _objects(connection, names),
    )


def _objects(connection: Connection, names: list[str]) -> Rows:
    found = _rows(connection, stored_object, stored_object.c.sha256.in_(names))
    return [
        {
            **one,
            "copies": _rows(connection, object_copy, object_copy.c.key == one["key"]),
            "events": _rows(connection, copy_event, copy_event.c.key == one["key"]),
        }
        for one in found
    ]


def _papers(connection: Connection, day: date, branch: str, serial_no: str) -> Rows:
    """Acts of the paper register that name the transaction."""
    of_day = (paper_act.c.business_date == day) & (paper_act.c.branch == branch)
    return [
        one
        for one in _rows(connection, paper_act, of_day)
        if one.get("serial_no") == serial_no or serial_no in one["serials"]
    ]


def _packages(connection: Connection, day: date, branch: str, serial_no: str) -> Rows:
    """The born-digital packages of the transaction."""
    found = _rows(
        connection,
        digital_package,
        _of_transaction(digital_package, day, branch, serial_no),
    )
    told = []
    for one in found:
        files = _rows(connection, digital_file, digital_file.c.package_id == one["id"])
        places = _rows(connection, digital_place, digital_place.c.package_id == one["id"])
        objects = _objects(connection, [file["sha256"] for file in files])
        told.append({**one, "files": files, "places": places, "objects": objects})
    return told


def _handovers(
    connection: Connection, serial_no: str, day: date, branch: str
) -> tuple[Rows, dict[int, Rows]]:
    """The hand-overs that its paper went through, and its items in each."""
    of_serial = handover_item.c.serial_no == serial_no
    items = _rows(connection, handover_item, of_serial)
    acts = _rows(connection, handover_act, handover_act.c.serial_no == serial_no)
    numbers = [one["handover_no"] for one in items]
    given = _rows(
        connection,
        handover,
        handover.c.no.in_(numbers)
        & (handover.c.business_date == day)
        & (handover.c.branch == branch),
    )
    told: dict[int, Rows] = {}
    for item in items:
        decided = [one for one in acts if one["handover_no"] == item["handover_no"]]
        told.setdefault(item["handover_no"], []).append({**item, "acts": decided})
    return given, told
