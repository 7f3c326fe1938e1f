"""Lists for the account system: capture tasks and the index of archived pages, in its categories."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from catalog.archived_pages import ArchivedPage, PageCounts
from catalog.reports.plain import disarmed
from flows.access import Guard
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Transaction
from pipeline.profile import Profile
from pipeline.system_list import Row, Span, SystemList, in_order
from pipeline.tasks.day import of_terms, term_of
from pipeline.tasks.states import ActKind, CaptureTask
from storage.disk import write_part

SHAPES = (".csv", ".json")
_IN = ("captured", "shared")
_TASK_HEAD = (
    *("business_date", "branch", "serial_no", "business_code", "business_name", "teller_no"),
    *("document_type", "document_name", "category", "category_name", "need", "medium", "state"),
    *("term", "captured", "captured_at", "pages", "profile"),
)
_PAGE_HEAD = (
    *("business_date", "branch", "customer_no", "customer_name", "serial_no", "business_code"),
    *("business_name", "document_type", "document_name", "category", "category_name", "page_no"),
    *("page_count", "file", "sha256", "bytes", "station", "operator", "archived_at"),
)


def task_list(parts: Parts, branch: str | None, span: Span) -> SystemList:
    """List what was to be captured and what was; raises UserError when the counts do not agree.

    A transaction's customer is not in it: the serial number names it in both systems.
    """
    rows: list[Row] = []
    for day in _days(span):
        profile = parts.profile_on(day)
        booked = {
            (one.handling_branch, one.serial_no): one for one in parts.catalog.streams.of_day(day)
        }
        for task in parts.catalog.tasks.of_day(day, branch):
            rows.append(_task_row(task, booked.get((task.branch, task.serial_no)), profile))
    ordered = in_order(rows, "business_date", "serial_no", "document_type")
    listed = SystemList("tasks", span, _TASK_HEAD, ordered, "captured")
    listed.must_hold(parts.catalog.task_lists.count(span.first, span.last, branch))
    return listed


def page_index(parts: Parts, branch: str, span: Span) -> tuple[SystemList, PageCounts]:
    """List a branch's archived pages by customer number (CG-17.1a), with what became of all deliveries.

    Raises UserError when the counts do not agree.
    """
    rows: list[Row] = []
    pages = parts.catalog.archived_pages.of(branch, span.first, span.last)
    for day in sorted({one.day for one in pages}):
        rows += _page_rows(parts, branch, day, [one for one in pages if one.day == day])
    ordered = in_order(rows, "customer_no", "business_date", "serial_no", "page_no", "sha256")
    listed = SystemList("pages", span, _PAGE_HEAD, ordered, "bytes")
    counts = parts.catalog.archived_pages.counts(branch, span.first, span.last)
    listed.must_hold(counts.pages)
    return listed, counts


def counted_terms(listed: SystemList) -> dict[str, dict[str, int]]:
    """Count a task list's lines by category and the terms of the closing equation."""
    terms: dict[str, list[str]] = {}
    for row in listed.rows:
        terms.setdefault(str(row["category"]), []).append(str(row["term"]))
    return {category: of_terms(found) for category, found in sorted(terms.items())}


def write_tasks(guard: Guard, branch: str | None, span: Span, to: Path) -> SystemList:
    """Write the task list for somebody who may take reports out, and enter it in the log."""
    if to.suffix.lower() not in SHAPES:
        raise UserError(
            say("{path} ends neither with .csv nor with .json; say which it is to be.", path=to)
        )
    guard.require(Act.REPORT_EXPORT, branch)
    listed = task_list(guard.parts, branch, span)
    content = listed.as_csv(disarmed) if to.suffix.lower() == ".csv" else listed.as_json()
    part = write_part(to.parent, (content,))
    try:
        name = f"tasks-{branch or 'all'}-{span}{to.suffix}"
        person = guard.person
        guard.parts.catalog.audit.exported(person.name, name, len(listed.rows), person.session)
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    return listed


def _task_row(task: CaptureTask, booked: Transaction | None, profile: Profile) -> Row:
    standing, term = task.standing, term_of(task)
    captured = [
        one.at
        for one in task.acts
        if one.kind in (ActKind.CAPTURED, ActKind.SHARED, ActKind.DELIVERED)
    ]
    is_in = term in _IN or bool(standing.package)
    at = captured[-1] if is_in and captured else None
    return {
        "business_date": str(task.day),
        "branch": task.branch,
        "serial_no": task.serial_no,
        "business_code": booked.business_code if booked else "",
        "business_name": booked.business_name if booked else "",
        "teller_no": booked.teller_no if booked else "",
        **_kind(task.document_type, profile),
        "need": str(standing.need),
        "medium": str(standing.medium),
        "state": str(task.state),
        "term": term,
        "captured": int(is_in),
        "captured_at": _moment(at) if at else "",
        "pages": len(standing.pages),
        "profile": standing.profile,
    }


def _page_rows(parts: Parts, branch: str, day: date, pages: list[ArchivedPage]) -> Iterator[Row]:
    """Rows of one day: what a page captures tells its type, else what it was scanned or judged as."""
    catalog, profile = parts.catalog, parts.profile_on(day)
    booked = {one.serial_no: one for one in catalog.streams.of_day(day, branch)}
    of_page: dict[str, tuple[str, int, int]] = {}
    for result in catalog.days.results(day, branch):
        for match in result.matches:
            for number, page in enumerate(match.pages, start=1):
                of_page[page.page_id] = (match.serial_no, number, len(match.pages))
    captures: dict[str, str] = {}
    for task in catalog.tasks.of_day(day, branch):
        captures.update((page.page_id, task.document_type) for page in task.standing.pages)
    for one in pages:
        serial, number, count = of_page.get(one.sha256, ("", 0, 0))
        row = booked.get(serial)
        yield {
            "business_date": str(one.day),
            "branch": one.branch,
            "customer_no": row.customer_no if row else "",
            "customer_name": row.customer_name if row else "",
            "serial_no": serial,
            "business_code": row.business_code if row else "",
            "business_name": row.business_name if row else "",
            **_kind(captures.get(one.sha256) or one.document_type or "", profile),
            "page_no": number,
            "page_count": count,
            "file": f"{one.sha256}{one.suffix}",
            "sha256": one.sha256,
            "bytes": one.byte_count,
            "station": one.station,
            "operator": one.operator,
            "archived_at": _moment(one.stored_at),
        }


def _moment(at: datetime) -> str:
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def _kind(code: str, profile: Profile) -> dict[str, str]:
    """Document type and category; the account system's words are Chinese."""
    known = profile.types.get(code)
    return {
        "document_type": code,
        "document_name": known.name.zh if known else "",
        "category": known.category if known else "",
        "category_name": profile.categories[known.category].zh if known else "",
    }


def _days(span: Span) -> Iterator[date]:
    for number in range((span.last - span.first).days + 1):
        yield span.first + timedelta(days=number)
