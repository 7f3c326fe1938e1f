"""The form of a transfer (交接登记表), for both branches to sign, in two copies (CG-21d)."""

from __future__ import annotations

from datetime import datetime

from catalog.reports.form import Form, FormColumn
from flows.parts import Parts
from pipeline.archive import by_customer
from pipeline.clocks import ZONE
from pipeline.language import Message, say
from pipeline.transfer import (
    STATES,
    WHYS,
    ShelvedPaper,
    Transfer,
    TransferAct,
    TransferActKind,
    Why,
)

_BAGS = (
    FormColumn("no", say("No."), 10, number=True),
    FormColumn("entry", say("Entry number"), 38),
    FormColumn("bag", say("Bag"), 24),
    FormColumn("day", say("Dated"), 22),
    FormColumn("content", say("Content"), 42),
    FormColumn("pages", say("Page count"), 14, number=True),
    FormColumn("decision", say("Accepted or refused"), 34),
)
"""Where branches merge or split: bags go."""

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
    branches = parts.catalog.branches.names()
    with_bags = one.why is not Why.OWNER

    def told(code: str) -> str:
        return f"{code} {branches.get(code, '')}".strip()

    facts = (
        (say("Transfer number"), one.number),
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
        columns=_BAGS if with_bags else _COLUMNS,
        rows=_with_bags(one, lang) if with_bags else _rows(one, lang),
        sums=" ".join(each.in_language(lang) for each in _sums(one)),
        signatures=[
            each.in_language(lang)
            for each in (
                say("Handed over by (signature, date)"),
                say("Received by (signature, date)"),
                say("Witness (signature, date)"),
            )
        ],
    )


def _rows(one: Transfer, lang: str) -> list[tuple[str, ...]]:
    decided = one.decided
    return [
        (str(number), *_paper(paper, decided.get(paper.name), lang))
        for number, paper in enumerate(one.papers, start=1)
    ]


def _with_bags(one: Transfer, lang: str) -> list[tuple[str, ...]]:
    """Each paper with its customer's bag, and bags without a paper, in customer order."""
    decided, bags = one.decided, {each.customer_no: each.bag for each in one.archives}
    named = {paper.customer_no for paper in one.papers}
    rows: list[tuple[tuple[int, str], tuple[str, ...]]] = []
    for paper in one.papers:
        entry, *rest = _paper(paper, decided.get(paper.name), lang)
        bag = bags.get(paper.customer_no, "–")
        rows.append((by_customer(paper.customer_no), (entry, bag, *rest)))
    for each in one.archives:
        if each.customer_no not in named:
            told = say("Images only, no papers").in_language(lang)
            empty = (each.customer_no, each.bag, "–", told, "0", "–")
            rows.append((by_customer(each.customer_no), empty))
    ordered = sorted(rows, key=lambda row: row[0])
    return [(str(number), *row) for number, (_, row) in enumerate(ordered, start=1)]


def _paper(paper: ShelvedPaper, act: TransferAct | None, lang: str) -> tuple[str, ...]:
    content = " ".join(filter(None, (paper.content, paper.serial_no)))
    decision = _decision(act).in_language(lang)
    return paper.entry, paper.day.isoformat(), content, str(paper.pages), decision


def _decision(act: TransferAct | None) -> Message:
    if act is None:
        return say("○ accepted ○ refused")
    if act.kind is TransferActKind.ACCEPTED:
        return say("accepted, {person}", person=act.person)
    return say("REFUSED, {person}: {reason}", person=act.person, reason=act.reason)


def _sums(one: Transfer) -> list[Message]:
    papers = say(
        "{papers} papers of {pages} pages = {accepted} accepted + {refused} refused + {waiting} waiting. "
        "Two copies, one for each branch.",
        papers=len(one.papers),
        pages=sum(paper.pages for paper in one.papers),
        accepted=len(one.accepted),
        refused=len(one.refused),
        waiting=len(one.waiting),
    )
    if one.why is Why.OWNER:
        return [papers]
    signed = one.by(TransferActKind.CLOSED) is not None
    bags = (
        say(
            "Archives: {archives} of {listed}. Counted on receipt: {bags} bags, {papers} papers.",
            archives=len(one.going),
            listed=len(one.archives),
            bags=len(one.bags),
            papers=len(one.accepted),
        )
        if signed
        else say(
            "{archives} archives, {bags} of them a bag with papers.",
            archives=len(one.archives),
            bags=len({paper.customer_no for paper in one.papers} & _customers(one)),
        )
    )
    places = say("Rooms, cabinets, boxes and bound volumes of the branch go with them.")
    return [bags, papers, *([places] if one.why is Why.MERGER else [])]


def _customers(one: Transfer) -> set[str]:
    return {each.customer_no for each in one.archives}


def _signature(act: TransferAct | None) -> str:
    return f"{_at(act.at)} {act.person}" if act else "–"


def _at(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
