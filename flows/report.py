"""The archivist's mismatch report of a closed day, in every form."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from catalog.discrepancies import settle_by
from catalog.reports.build import build_report
from catalog.reports.contract import as_contract
from catalog.reports.html import render_html
from catalog.reports.plain import render_csv
from catalog.reports.view import Report
from flows.parts import Parts
from flows.pictures import Pictures
from flows.secrecy import Secrecy
from flows.stores import Stores
from ingest.admission import Opener
from pipeline.balance import BranchDay, CatalogedPage
from pipeline.clocks import ZONE, Deadlines, deadlines
from pipeline.errors import StoreError, UserError
from pipeline.language import say

FORMATS = ("html", "xlsx", "csv", "json")


def closed_days(parts: Parts, day: date, branch: str | None) -> tuple[BranchDay, ...]:
    """Give the results of a day; raises UserError when it was not closed yet."""
    results = parts.catalog.days.results(day, branch)
    if not results:
        raise UserError(
            say("{day} was not closed yet; run “paperproof close-day {day}” first.", day=day)
            if branch is None
            else say(
                "{day} was not closed yet for branch {branch}; run “paperproof close-day {day} "
                "--branch {branch}” first.",
                day=day,
                branch=branch,
            )
        )
    due = deadlines(day, parts.settings.sla, parts.calendar)
    return tuple(_due_now(result, due) for result in results)


def _due_now(result: BranchDay, due: Deadlines) -> BranchDay:
    """Tell the deadlines by the calendar as it is now: a year's notice may have come since."""
    told = []
    for found in result.discrepancies:
        by = settle_by(found.kind, found.pages, due)
        told.append(replace(found, deadline=by.day, deadline_provisional=by.provisional))
    return replace(result, discrepancies=tuple(told))


def write_report(
    parts: Parts,
    stores: Stores,
    opener: Opener,
    results: Sequence[BranchDay],
    *,
    day: date,
    branch: str | None,
    form: str,
    lang: str,
    target: Path | None = None,
) -> Path:
    """Write the report in one of ``FORMATS``; return where it lies."""
    path = target or _place(parts, day, branch, form, lang)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part{path.suffix}")
    if form == "json":
        contract = as_contract(day, branch, results, lang)
        partial.write_text(json.dumps(contract, ensure_ascii=False, indent=2) + "\n", "utf-8")
    else:
        _write(_report(parts, stores, opener, results, day, lang), form, partial)
    return partial.replace(path)  # whole or not at all


def _write(report: Report, form: str, path: Path) -> None:
    if form == "xlsx":
        from catalog.reports.workbook import write_xlsx  # the workbook library is slow to import

        write_xlsx(report, path)
    elif form == "csv":
        path.write_text(render_csv(report), "utf-8", newline="")
    else:
        path.write_text(render_html(report), "utf-8")


def _place(parts: Parts, day: date, branch: str | None, form: str, lang: str) -> Path:
    parts_of_name = ["mismatch", day.isoformat(), *([branch] if branch else []), lang]
    return parts.workspace.reports(day) / f"{'-'.join(parts_of_name)}.{form}"


def _report(
    parts: Parts,
    stores: Stores,
    opener: Opener,
    results: Sequence[BranchDay],
    day: date,
    lang: str,
) -> Report:
    return build_report(
        day,
        results,
        lang=lang,
        institution=parts.settings.institution,
        generated_at=datetime.now(ZONE),
        thumbnail=_thumbnail(Pictures(parts, lambda: (stores, opener)), Secrecy(parts)),
    )


def _thumbnail(pictures: Pictures, secrecy: Secrecy) -> Callable[[CatalogedPage], bytes | None]:
    """Give a page's small picture; a report, which many read, is made without pages above the lowest level
    (BM-01), and without those that a store does not give."""

    def thumbnail(page: CatalogedPage) -> bytes | None:
        if secrecy.of_page(page.page_id) != secrecy.ladder.lowest:
            return None
        try:
            path = pictures.small(page)
        except StoreError:
            return None
        return path.read_bytes() if path else None

    return thumbnail
