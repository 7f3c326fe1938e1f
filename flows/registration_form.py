"""The registration form of a customer (客户资料登记表), for the back of the bag, and labels of containers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from catalog.reports.form import Form, FormColumn
from catalog.reports.shelf_label import ShelfLabel
from flows.parts import Parts
from flows.secrecy import Secrecy
from pipeline.archive import LINE_KINDS, Archive, Line, LineKind, by_customer
from pipeline.clocks import ZONE
from pipeline.language import Message, say
from pipeline.shelf import KINDS, Container, ContainerKind, path_of, within

_COLUMNS = (
    FormColumn("line", say("No."), 10, number=True),
    FormColumn("filed_on", say("Filed on"), 21),
    FormColumn("day", say("Dated"), 21),
    FormColumn("content", say("Content"), 59),
    FormColumn("class", say("Class of papers"), 22),
    FormColumn("pages", say("Page count"), 12, number=True),
    FormColumn("binding", say("Kept in"), 24),
    FormColumn("archivist", say("Signed"), 15),
)
_BLANK_ROWS = 5


def registration_form(parts: Parts, archive: Archive, lang: str) -> Form:
    """Return the form of an archive as its lines stand."""
    categories = parts.profile.categories
    rows = [
        _row(
            line,
            categories[line.category].in_language(lang) if line.category in categories else "",
            lang,
        )
        for line in archive.lines
    ]
    return Form(
        lang=lang,
        institution=parts.settings.institution,
        title=say("Registration form of a customer").in_language(lang),
        code=archive.bag,
        facts=_facts(parts, archive, lang),
        columns=_COLUMNS,
        rows=rows,
        sums=_sums(archive).in_language(lang),
        signatures=[
            each.in_language(lang)
            for each in (say("Archivist (signature, date)"), say("Checked by (signature, date)"))
        ],
        blank_rows=_BLANK_ROWS,
    )


def _row(line: Line, category: str, lang: str) -> tuple[str, ...]:
    return (
        str(line.number),
        _day(line).isoformat(),
        line.day.isoformat(),
        _content(line, lang),
        category,
        str(line.pages),
        line.binding,
        line.person,
    )


def _content(line: Line, lang: str) -> str:
    what = [line.content, line.serial_no or ""]
    if line.kind is not LineKind.RECEIVED:
        kind = LINE_KINDS[line.kind].in_language(lang)
        of = say("line {line}", line=line.of_line).in_language(lang) if line.of_line else ""
        what = [f"[{kind}]", of, *what, line.note]
    return " ".join(part for part in what if part)


def _day(line: Line) -> date:
    return line.at.astimezone(ZONE).date()


def _sums(archive: Archive) -> Message:
    return say(
        "{lines} lines; in store by the book: {papers} papers of {pages} pages. Lines are only added.",
        lines=len(archive.lines),
        papers=len(archive.in_store),
        pages=archive.pages,
    )


def _facts(parts: Parts, archive: Archive, lang: str) -> Sequence[tuple[str, str]]:
    path = path_of(archive.bag, parts.catalog.shelf.all())
    closed = parts.catalog.closures.of_customer(archive.customer_no)
    facts = (
        (say("Customer number"), archive.customer_no),
        (say("Customer"), _name(parts, archive)),
        (say("Branch"), archive.branch),
        *(
            [(say("Opened at branch"), archive.opened_at_branch)]
            if archive.opened_at_branch != archive.branch
            else []
        ),
        (say("Bag"), archive.bag),
        (
            say("Level of secrecy"),
            Secrecy(parts).of_bag(archive.customer_no).name.in_language(lang),
        ),
        (say("Opened on"), archive.opened_at.astimezone(ZONE).date().isoformat()),
        (say("Closed on"), closed.isoformat() if closed else "–"),
        (say("Place"), " / ".join(one.number for one in path[:-1]) or "–"),
    )
    return [(name.in_language(lang), value) for name, value in facts]


def _name(parts: Parts, archive: Archive) -> str:
    """The customer's name by the master, else as the first line's transaction has it."""
    known = parts.catalog.customers.of_numbers([archive.customer_no]).get(archive.customer_no)
    if known is not None:
        return known.name
    first = archive.lines[0]
    serial = first.serial_no
    row = parts.catalog.streams.one(first.day, first.branch, serial) if serial else None
    return row.customer_name if row else "–"


def labels(parts: Parts, numbers: Sequence[str], lang: str) -> tuple[ShelfLabel, ...]:
    """Return the labels of containers; raises UserError for a number that nobody gave."""
    containers = parts.catalog.shelf.all()
    archives = {one.bag: one for one in parts.catalog.archives.all()}
    found = []
    for number in numbers:
        one = parts.catalog.shelf.one(number)
        inside = [
            archives[bag.number] for bag in within(number, containers) if bag.number in archives
        ]
        found.append(_label(parts, one, inside, lang))
    return tuple(found)


def bags_of(parts: Parts, branch: str) -> tuple[str, ...]:
    """Return a branch's bags by customer number (CG-17.1a)."""
    return tuple(one.bag for one in parts.catalog.archives.all(branch))


def _label(parts: Parts, one: Container, inside: Sequence[Archive], lang: str) -> ShelfLabel:
    customers = sorted((each.customer_no for each in inside), key=by_customer)
    days = sorted(each.opened_at.astimezone(ZONE).date().isoformat() for each in inside)
    return ShelfLabel(
        institution=parts.settings.institution,
        kind=KINDS[one.kind].in_language(lang),
        number=one.number,
        lines=tuple(
            f"{name.in_language(lang)} {value}"
            for name, value in (
                (say("Branch"), one.branch),
                (say("Content") if one.kind is ContainerKind.VOLUME else say("Title"), one.title),
                (say("Customers"), _range(customers)),
                (say("Opened"), _range(days)),
            )
            if value
        ),
    )


def _range(values: Sequence[str]) -> str:
    """First and last of sorted values; empty where there are none."""
    if not values:
        return ""
    return values[0] if values[0] == values[-1] else f"{values[0]} … {values[-1]}"
