"""The report of the four checks (四性检测报告), to sign: PDF, HTML and twins in CSV and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from catalog.reports.form import Form, FormColumn
from flows.parts import Parts
from flows.terminal import moment
from pipeline.four_checks import QUALITIES, STAGES, CheckLine, FourChecks
from pipeline.language import say
from pipeline.model import identity

_COLUMNS = (
    FormColumn("no", say("No."), 10, number=True),
    FormColumn("quality", say("Quality"), 20),
    FormColumn("what", say("What was looked at"), 48),
    FormColumn("means", say("By which means"), 62),
    FormColumn("looked", say("Looked at"), 17, number=True),
    FormColumn("result", say("Result"), 27),
)
_CODE_DIGITS = 12


def code_of(checks: FourChecks, at: datetime) -> str:
    """The number of a report: under it the log has its entry."""
    digest = identity(checks.stage, checks.subject, at.isoformat())
    return f"SX-{digest[:_CODE_DIGITS].upper()}"


def four_check_form(parts: Parts, checks: FourChecks, by: str, at: datetime, lang: str) -> Form:
    """Return the report, each check with its faults below it."""
    facts = (
        (say("Checked"), STAGES[checks.stage].in_language(lang)),
        (say("What was checked"), checks.subject),
        (say("Pages"), str(checks.pages)),
        (say("Born-digital files"), str(checks.files)),
        (say("Time"), moment(at)),
        (say("Person"), by),
    )
    return Form(
        lang=lang,
        institution=parts.settings.institution,
        title=say("Report of the four checks").in_language(lang),
        code=code_of(checks, at),
        facts=[(name.in_language(lang), value) for name, value in facts],
        columns=_COLUMNS,
        rows=[
            row
            for number, line in enumerate(checks.lines, start=1)
            for row in _rows(number, line, lang)
        ],
        sums=say(
            "{checks} checks = {passed} hold + {failed} do not, with {faults} faults.",
            checks=len(checks.lines),
            passed=sum(one.passed for one in checks.lines),
            failed=sum(not one.passed for one in checks.lines),
            faults=checks.faults,
        ).in_language(lang),
        signatures=[
            each.in_language(lang)
            for each in (
                say("Checked by (signature, date)"),
                say("Archivist (signature, date)"),
            )
        ],
    )


def _rows(number: int, line: CheckLine, lang: str) -> Iterator[tuple[str, ...]]:
    yield (
        str(number),
        QUALITIES[line.quality].in_language(lang),
        line.what.in_language(lang),
        line.means.in_language(lang),
        str(line.looked),
        _result(line, lang),
    )
    for fault in line.faults:
        yield (
            "",
            "",
            fault.name,
            fault.why.in_language(lang),
            "",
            say("does not hold").in_language(lang),
        )


def _result(line: CheckLine, lang: str) -> str:
    if line.faults:
        return say("{count} faults", count=len(line.faults)).in_language(lang)
    return (say("all holds") if line.looked else say("nothing to look at")).in_language(lang)
