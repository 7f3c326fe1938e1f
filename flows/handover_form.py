"""The list of a hand-over of papers, to print on A4 and sign (CG-17.1a)."""

from __future__ import annotations

from datetime import datetime

from catalog.reports.form import Form, FormColumn
from flows.handover import booked_of, by_customer_number
from flows.parts import Parts
from pipeline.clocks import ZONE
from pipeline.handover import STATES, Handover, HandoverItem, ItemState
from pipeline.language import say
from pipeline.model import Transaction

_COLUMNS = (
    FormColumn("no", say("No."), 9, number=True),
    FormColumn("serial", say("Serial number"), 36),
    FormColumn("customer", say("Customer"), 34),
    FormColumn("business", say("Business"), 21),
    FormColumn("due", say("Pages due"), 12, number=True),
    FormColumn("imaged", say("Imaged"), 14, number=True),
    FormColumn("papers", say("Handed over"), 14, number=True),
    FormColumn("received", say("Received"), 24),
    FormColumn("remarks", say("Remarks"), 20),
)


def handover_form(parts: Parts, handover: Handover, lang: str) -> Form:
    """Return a hand-over's list as it stands, by customer number, with lines to sign."""
    booked, items = booked_of(parts, handover), by_customer_number(parts, handover)
    facts = (
        (say("Business date"), handover.day.isoformat()),
        (say("Branch"), handover.branch),
        (say("Handler"), handover.handler),
        (say("Given by"), f"{_at(handover.given_at)} {handover.giver}"),
    )
    return Form(
        lang=lang,
        institution=parts.settings.institution,
        title=say("Hand-over of papers").in_language(lang),
        code=f"{handover.branch}-{handover.no}",
        facts=[(name.in_language(lang), value) for name, value in facts],
        columns=_COLUMNS,
        rows=[
            _row(number, item, booked.get(item.serial_no), lang)
            for number, item in enumerate(items, 1)
        ],
        sums=say(
            "{count} items: {due} pages due, {imaged} imaged, {papers} handed over, counted in pages with "
            "writing on.",
            count=len(items),
            due=sum(one.expected for one in items),
            imaged=sum(one.imaged for one in items),
            papers=sum(one.papers for one in items),
        ).in_language(lang),
        signatures=[
            each.in_language(lang)
            for each in (
                say("Given by (signature and date)"),
                say("Received by the archivist (signature and date)"),
                say("Witness (signature and date)"),
            )
        ],
    )


def _row(number: int, item: HandoverItem, booked: Transaction | None, lang: str) -> tuple[str, ...]:
    return (
        str(number),
        item.serial_no,
        f"{booked.customer_no} {booked.customer_name}" if booked else "",
        booked.business_name if booked else "",
        str(item.expected),
        str(item.imaged),
        str(item.papers),
        _received(item, lang),
        "; ".join(filter(None, (item.explanation, item.reason))),
    )


def _received(item: HandoverItem, lang: str) -> str:
    if item.state is ItemState.GIVEN:
        return say("○ in store ○ refused").in_language(lang)
    state = STATES[item.state].in_language(lang)
    return f"{state} {item.decided_by} {_at(item.decided_at)}" if item.decided_at else state


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}"
