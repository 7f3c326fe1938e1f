"""A form of the archive on A4: facts, a table, lines to sign, and a barcode that leads back to its entry.

One form is told four ways: PDF and HTML for people, CSV and JSON for programs (CG-29).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.reports.html import render
from catalog.reports.plain import BYTE_ORDER_MARK, disarmed
from catalog.reports.values import printable
from pipeline.language import Message, say
from pipeline.specimens.marks import CODE128, code_modules

CARE = say("Contains customer data: keep it safe")

Bars = Sequence[tuple[int, int]]
"""Left side and width of each bar, in modules."""


@dataclass(frozen=True)
class FormColumn:
    """A column of a form's table."""

    name: str
    """Its key in JSON."""
    head: Message
    width: float
    """In millimetres; all columns of a form are 184 together."""
    number: bool = False
    """Whether it holds numbers, set to the right."""


@dataclass(frozen=True)
class Form:
    """A form as it is printed, in one language."""

    lang: str
    institution: str
    title: str
    code: str
    """What the barcode says: the number under which the entry is found."""
    facts: Sequence[tuple[str, str]]
    columns: Sequence[FormColumn]
    rows: Sequence[Sequence[str]]
    sums: str
    """Lines under the table."""
    signatures: Sequence[str]
    """A box for each, four in a line at most."""
    blank_rows: int = 0
    """Empty lines below the rows, to be filled in by hand."""

    @property
    def heads(self) -> tuple[str, ...]:
        """The table's headings."""
        return tuple(column.head.in_language(self.lang) for column in self.columns)

    @property
    def care(self) -> str:
        """That it has to be kept safe."""
        return CARE.in_language(self.lang)

    @property
    def bars(self) -> Bars:
        """The barcode's bars."""
        return bars_of(self.code)


def bars_of(code: str) -> Bars:
    """Return the bars of a Code 128."""
    found: list[tuple[int, int]] = []
    for place, dark in enumerate(code_modules(code, CODE128)[0]):
        if not dark:
            continue
        if found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((place, 1))
    return tuple(found)


def form_html(form: Form) -> str:
    """Return the form as one self-contained page to print."""
    return render("form.html.j2", form.lang, form=form, printable=printable)


def form_csv(form: Form) -> str:
    """Return the form's table as CSV with headings, opening with a byte order mark as other lists do."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    table = csv.writer(out)
    table.writerow(form.heads)
    table.writerows([disarmed(cell) for cell in row] for row in form.rows)
    return out.getvalue()


def form_json(form: Form) -> str:
    """Return the whole form as JSON: title, code, facts, and rows by the columns' names."""
    names = [column.name for column in form.columns]
    told = {
        "title": form.title,
        "code": form.code,
        "institution": form.institution,
        "facts": dict(form.facts),
        "rows": [dict(zip(names, row, strict=True)) for row in form.rows],
        "sums": form.sums,
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"
