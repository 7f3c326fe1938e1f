"""The form of a transfer (交接登记表), for both branches to sign, in two copies (CG-21d)."""

from __future__ import annotations

from datetime import datetime

from catalog.reports.form import Form, FormColumn
from flows.parts import Parts
from pipeline.clocks import ZONE
from pipeline.language import Message, say
from pipeline.transfer import STATES, WHYS, Transfer, TransferAct, TransferActKind

_COLUMNS = (
    FormColumn("no", say("No."), 10, number=True),
    FormColumn("entry", say("Entry number"), 38),
    FormColumn("day", say("Dated"), 22),
    FormColumn("content", say("Content"), 58),
    FormColumn("pages", say("Page count"), 14, number=True),
    FormColumn("decision", say("Accepted or refused"), 42),
)


def transfer_form(parts: Parts, one: Transfer, lang: str) -> Form:
    """Return the form of a transfer as it stands."""
    branches = {branch.code: branch.name for branch in parts.catalog.branches.all()}
    decided = one.decided

    def told(code: str) -> str:
        return f"{code} {branches.get(code, '')}".strip()

    facts = (
        (say("Transfer"), one.number),
        (say("From branch"), told(one.giver)),
        (say("To branch"), told(one.taker)),
        (say("Why"), WHYS[one.why].in_language(lang)),
        (say("Listed"), f"{_at(one.at)} {one.person}"),
        (say("Handed over"), _signature(one.by(TransferActKind.SIGNED))),
        (say("Received"), _signature(one.by(TransferActKind.CLOSED))),
        (say("State"), STATES[one.state].in_language(lang)),
    )
    return Form(
        lang=lang,
        institution=parts.settings.institution,
        title=say("Hand-over form").in_language(lang),
        code=one.number,
        facts=[(name.in_language(lang), value) for name, value in facts],
        columns=_COLUMNS,
        rows=[
            (
                str(number),
                paper.entry,
                paper.day.isoformat(),
                " ".join(filter(None, (paper.content, paper.serial_no))),
                str(paper.pages),
                _decision(decided.get(paper.name)).in_language(lang),
            )
            for number, paper in enumerate(one.papers, start=1)
        ],
        sums=_sums(one).in_language(lang),
        signatures=[
            each.in_language(lang)
            for each in (
                say("Handed over by (signature, date)"),
                say("Received by (signature, date)"),
                say("Witness (signature, date)"),
            )
        ],
    )


def _decision(act: TransferAct | None) -> Message:
    if act is None:
        return say("○ accepted ○ refused")
    if act.kind is TransferActKind.ACCEPTED:
        return say("accepted, {person}", person=act.person)
    return say("REFUSED, {person}: {reason}", person=act.person, reason=act.reason)


def _sums(one: Transfer) -> Message:
    return say(
        "{papers} papers of {pages} pages = {accepted} accepted + {refused} refused + {waiting} waiting. "
        "Two copies, one for each branch.",
        papers=len(one.papers),
        pages=sum(paper.pages for paper in one.papers),
        accepted=len(one.accepted),
        refused=len(one.refused),
        waiting=len(one.waiting),
    )


def _signature(act: TransferAct | None) -> str:
    return f"{_at(act.at)} {act.person}" if act else "–"


def _at(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
