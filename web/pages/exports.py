"""Lists taken out for a spreadsheet: marked with person and moment, and entered in the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from urllib.parse import quote

from starlette.responses import Response

from catalog.reports.export import Table, Value, as_csv, as_workbook
from catalog.reports.wording import KINDS
from flows.monitor import STAGES
from pipeline.access.acts import Act
from pipeline.access.watermark import mark_of
from pipeline.language import Message, say
from pipeline.settling import WorkItem
from web.guarding import Section, Visiting, named_branch
from web.pages.monitor import DAYS, Days, Last, map_of
from web.pages.worklist import Choosing
from web.visit import Visit

section = Section()


class Form(StrEnum):
    """How a list is taken out."""

    CSV = "csv"
    XLSX = "xlsx"


_WRITTEN: Mapping[Form, tuple[Callable[[Table], bytes], str]] = {
    Form.CSV: (as_csv, "text/csv; charset=utf-8"),
    Form.XLSX: (
        as_workbook,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
_FIGURES = (
    say("Branch"), say("Business date"), say("Stage"), say("Transactions"), say("Papers due"),
    say("Captured"), say("Reviewed"), say("Uploaded"), say("Pages"), say("Refused"),
    say("Discrepancies"),
)  # fmt: skip
_DISCREPANCIES = (
    say("Kind"), say("Serial number"), say("Page file"), say("Reason"), say("What to do"),
    say("To be settled by"), say("Person"), say("Deadline"),
)  # fmt: skip

_WORK = (
    say("Branch"), say("Business date"), *_DISCREPANCIES[:6], say("Deadline"), say("Assigned to"),
    say("State"),
)  # fmt: skip


@section.get("/monitor/figures.{form}", Act.REPORT_EXPORT)
def figures(visit: Visiting, form: Form, last: Last = None, days: Days = DAYS) -> Response:
    """Give the map's figures, of the branches that the person may take out."""
    allowed, found = visit.branches(Act.REPORT_EXPORT), map_of(visit, last, days)
    rows: list[Sequence[Value]] = []
    for (branch, day), cell in sorted(found.cells.items()):
        if allowed is not None and branch not in allowed:
            continue
        one = cell.counts
        rows.append(
            (
                branch, str(day), STAGES[cell.stage].in_language(visit.lang), one.transactions,
                one.due, one.captured, one.reviewed, one.uploaded, one.pages, one.refused, cell.open,
            )
        )  # fmt: skip
    return _given(visit, form, f"monitor-{found.days[-1]}", _FIGURES, rows)


@section.get("/monitor/{branch}/{day}/discrepancies.{form}", Act.REPORT_EXPORT, named_branch)
def discrepancies(visit: Visiting, branch: str, day: date, form: Form) -> Response:
    """Give what the last closing of a branch's day left to people; values are not in it."""
    rows = [
        (
            KINDS[one.kind].in_language(visit.lang),
            one.serial_no or "",
            "; ".join(page.name for page in one.pages),
            one.reason.in_language(visit.lang),
            one.remedy.in_language(visit.lang),
            one.owner,
            one.owner_name or "",
            str(one.deadline),
        )
        for closing in visit.site.reading.catalog.days.left(day, branch)
        for one in closing.discrepancies
    ]
    return _given(visit, form, f"discrepancies-{branch}-{day}", _DISCREPANCIES, rows)


@section.get("/worklist/list.{form}", Act.REPORT_EXPORT)
def work(visit: Visiting, form: Form, choice: Choosing) -> Response:
    """Give the work list as it was asked for, of the branches that the person may take out."""
    rows = [
        (
            one.key.branch,
            str(one.key.day),
            KINDS[one.key.kind].in_language(visit.lang),
            one.found[0].serial_no or "",
            "; ".join(page.name for page in one.pages),
            one.found[0].reason.in_language(visit.lang),
            one.found[0].remedy.in_language(visit.lang),
            one.found[0].owner,
            str(one.due.day),
            one.assigned_to or "",
            _state(one).in_language(visit.lang),
        )
        for one in choice.items(visit, Act.REPORT_EXPORT)
    ]
    return _given(visit, form, f"worklist-{choice.days(visit)[1]}", _WORK, rows)


def _state(one: WorkItem) -> Message:
    if one.settled or one.again:
        return say("settled") if one.settled else say("found again")
    return say("explained") if one.explanation else say("waits")


def _given(
    visit: Visit, form: Form, name: str, head: Sequence[Message], rows: Sequence[Sequence[Value]]
) -> Response:
    """Enter that a list is taken out, then give it."""
    at = visit.site.now()
    visit.site.parts.catalog.audit.exported(
        visit.person.name, f"{name}.{form}", len(rows), visit.person.session
    )
    mark = f"{name} · {mark_of(visit.person.name, at)}"
    table = Table(mark, [one.in_language(visit.lang) for one in head], rows)
    write, media_type = _WRITTEN[form]
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(f'{name}.{form}')}"}
    return Response(write(table), media_type=media_type, headers=headers)
