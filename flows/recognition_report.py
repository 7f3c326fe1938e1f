"""The recognition report of some days, in every form."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

from flows.parts import Parts
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say


def write_recognition(
    parts: Parts,
    *,
    first: date,
    last: date,
    branch: str | None,
    form: str,
    lang: str,
    target: Path | None = None,
) -> Path:
    """Write the report in one of ``flows.report.FORMATS``; return where it lies.

    Raises UserError when no day between ``first`` and ``last`` was closed.
    """
    from catalog.reports import (
        recognition as report_of,
    )  # a workbook's writer takes its time to load

    handled = parts.catalog.recognition.handled(first, last, branch)
    if not handled:
        raise UserError(
            say(
                "No day from {first} to {last} was closed with vouchers; name others with --from and --to.",
                first=first,
                last=last,
            )
        )
    report = report_of.recognition_report(
        handled,
        institution=parts.settings.institution,
        lang=lang,
        generated_at=datetime.now(ZONE),
        first=first,
        last=last,
        branch=branch,
    )
    named = ["recognition", first.isoformat(), last.isoformat(), *([branch] if branch else [])]
    path = target or parts.workspace.folder / "reports" / f"{'-'.join([*named, lang])}.{form}"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part{path.suffix}")
    if form == "xlsx":
        report_of.write_workbook(report, partial)
    elif form == "csv":
        partial.write_text(report_of.as_csv(report), "utf-8", newline="")
    elif form == "json":
        told = json.dumps(report_of.as_contract(report), ensure_ascii=False, indent=2)
        partial.write_text(told + "\n", "utf-8")
    else:
        partial.write_text(report_of.as_html(report), "utf-8")
    return partial.replace(path)  # whole or not at all
