"""The reading register (查阅登记簿) as a form: who, which paper, what for, out, due, back (B1-06)."""

from __future__ import annotations

from datetime import date, datetime

from catalog.reports.form import Form, FormColumn
from flows.parts import Parts
from flows.terminal import moment
from pipeline.clocks import ZONE, Due
from pipeline.language import Message, say
from pipeline.reading_room import STATES, PaperReading, ReadingState

_COLUMNS = (
    FormColumn("no", say("No."), 9, number=True),
    FormColumn("entry", say("Entry number"), 31),
    FormColumn("content", say("Content"), 24),
    FormColumn("reader", say("Reader and what for"), 36),
    FormColumn("request", say("Request"), 12, number=True),
    FormColumn("out", say("Out, pages"), 24),
    FormColumn("due", say("Due"), 22),
    FormColumn("back", say("Back, pages"), 26),
)


def reading_register(
    parts: Parts, branch: str, since: date | None, until: date, at: datetime, lang: str
) -> Form:
    """Return a branch's register of what went out from ``since`` (None: the first) to ``until``."""
    rows = [
        one
        for one in parts.catalog.reading_room.all(branch)
        if (since is None or since <= _day(one)) and _day(one) <= until
    ]
    states = [one.state_at(at) for one in rows]
    names = parts.catalog.branches.names()
    facts = (
        (say("Branch"), f"{branch} {names.get(branch, '')}".strip()),
        (say("First day"), (since or min(map(_day, rows), default=until)).isoformat()),
        (say("Last day"), until.isoformat()),
        (say("As of"), moment(at)),
    )
    return Form(
        lang=lang,
        institution=parts.settings.institution,
        title=say("Reading register").in_language(lang),
        code=f"CYDJ-{branch}-{until:%Y%m%d}",
        facts=[(name.in_language(lang), value) for name, value in facts],
        columns=_COLUMNS,
        rows=[_row(one, at, lang) for one in rows],
        sums=say(
            "{count} papers = {back} back + {out} out; {late} of them overdue.",
            count=len(rows),
            back=sum(one.back is not None for one in rows),
            out=sum(one.back is None for one in rows),
            late=states.count(ReadingState.OVERDUE),
        ).in_language(lang),
        signatures=[
            each.in_language(lang)
            for each in (
                say("Archivist (signature, date)"),
                say("Checked by (signature, date)"),
            )
        ],
    )


def _row(one: PaperReading, at: datetime, lang: str) -> tuple[str, ...]:
    return (
        *(str(one.no), one.entry, one.content, f"{one.reader}: {one.purpose}"),
        *(str(one.request_no), _out(one).in_language(lang)),
        *(str(Due(one.due.astimezone(ZONE))), _back(one, at).in_language(lang)),
    )


def _out(one: PaperReading) -> Message:
    return say(
        "{at} {person}, {pages} {note}",
        at=moment(one.at),
        person=one.person,
        pages=one.pages,
        note="",
    )


def _back(one: PaperReading, at: datetime) -> Message:
    if one.back is None:
        return STATES[one.state_at(at)]
    return say(
        "{at} {person}, {pages} {note}",
        at=moment(one.back.at),
        person=one.back.person,
        pages=one.back.pages,
        note=one.back.note,
    )


def _day(one: PaperReading) -> date:
    return one.at.astimezone(ZONE).date()
