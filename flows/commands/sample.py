"""The blind sample: drawing it, looking at its items, answering them, and what it measures."""

from __future__ import annotations

import json
import secrets
from datetime import date
from typing import Any

import typer

from flows.commands.opened import opened
from flows.commands.session import Session, parsed_day
from flows.pictures import Pictures
from flows.sample import Shown, answer_item, draw_sample, next_item, sample_items
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.model import Transaction
from pipeline.sampling import CONFIDENCE, Measure, SampleItem, measured
from pipeline.tasks.states import TaskPage

LEFT_TO_DO = 3
"""Exit code of a result that is not complete, or on which people and program disagree."""
_MONTH = typer.Option(..., "--month", metavar="YYYY-MM", help="The month, like 2026-11.")
_AS = typer.Option(None, "--as", metavar="NAME", help="Who you are (this account).")
_JSON = typer.Option(False, "--json", help="As one JSON object.")


def add_commands(app: typer.Typer) -> None:
    """Add sample draw, next, answer and result."""
    sample = typer.Typer(
        help="Automatic matches that people decide once more, blind.", no_args_is_help=True
    )
    sample.command("draw")(draw)
    sample.command("next")(next_)
    sample.command("answer")(answer)
    sample.command("result")(result)
    app.add_typer(sample, name="sample")


def draw(
    context: typer.Context,
    month: str = _MONTH,
    size: int = typer.Option(60, "--size", min=1, max=100_000, help="How many matches."),
    seed: int = typer.Option(
        None, "--seed", min=0, max=2**62, help="The same seed draws the same (a random one)."
    ),
    name: str = _AS,
) -> None:
    """Draw automatic matches of a month's closed days, evenly over branches and days."""
    session: Session = context.obj
    of, who = parsed_month(month), session.acting(name)
    chosen = secrets.randbelow(2**31) if seed is None else seed
    with session.open_parts() as parts:
        drawn, population = draw_sample(parts, of, size, chosen, who)
    session.terminal.tell(
        say(
            "{drawn} of {population} automatic matches of {month} are drawn, seed {seed}; reviewers look at "
            "them with “paperproof sample next”.",
            drawn=drawn,
            population=population,
            month=f"{of:%Y-%m}",
            seed=chosen,
        )
    )
    if drawn < size:
        session.terminal.note(
            say("{size} were asked for, but there are no more to draw.", size=size)
        )
    if (of.year, of.month) == (parsed_day(None).year, parsed_day(None).month):
        session.terminal.note(
            say(
                "The month is not over: of days closed later, draw again; what is drawn is not drawn twice."
            )
        )


def next_(context: typer.Context, as_json: bool = _JSON, name: str = _AS) -> None:
    """Show the next page to look at, and the transactions it may belong to."""
    session: Session = context.obj
    who = session.acting(name)
    with opened(session) as (parts, at_need):
        found = next_item(parts, who)
        if found is None:
            session.terminal.tell(say("No item waits for {name}.", name=who))
            return
        pictures = Pictures(parts, at_need)
        decision = found.item.decision
        paths = [
            str(pictures.large(TaskPage(page, "", name)) or "–")
            for page, name in zip(decision.pages, decision.names, strict=True)
        ]
    if as_json:
        session.terminal.raw(json.dumps(_next_contract(found, paths), ensure_ascii=False))
        return
    for path in paths:
        session.terminal.tell(say("Page: {path}", path=path))
    _tell_candidates(session, found)
    session.terminal.tell(
        say(
            "Compare the page, then answer with “paperproof sample answer {no} CHOICE”.",
            no=found.item.no,
        )
    )


def _tell_candidates(session: Session, found: Shown) -> None:
    lang = session.terminal.lang
    rows = [
        (str(number), *_row(serial, row, lang))
        for number, (serial, row) in enumerate(
            zip(found.item.candidates, found.rows, strict=True), start=1
        )
    ]
    none = ("0", "–", "–", "–", "–", say("none of these").in_language(lang))
    session.terminal.table(
        say("Item {no}: whose page is it?", no=found.item.no),
        (
            say("Choice"),
            say("Serial number"),
            say("Customer number"),
            say("Amount"),
            say("Business"),
            say("Customer name"),
        ),
        [*rows, none],
    )


def answer(
    context: typer.Context,
    no: int = typer.Argument(metavar="ITEM", help="Number of the item."),
    choice: int = typer.Argument(help="Number of the transaction; 0: none of these."),
    name: str = _AS,
) -> None:
    """Say whose page an item is; the same person may correct it."""
    session: Session = context.obj
    with session.open_parts() as parts:
        item = answer_item(parts, no, choice, session.acting(name))
    told = item.answer.choice if item.answer else None
    session.terminal.tell(
        say("Item {no}: {serial}.", no=no, serial=told)
        if told
        else say("Item {no}: none of these.", no=no)
    )


def result(
    context: typer.Context, month: str = _MONTH, as_json: bool = _JSON, name: str = _AS
) -> None:
    """Tell how often people disagree with automatic matches; exit code 3: items are open, or they do."""
    session: Session = context.obj
    of = parsed_month(month)
    with session.open_parts() as parts:
        items = sample_items(parts, of, session.acting(name))
    measure = measured(items)
    disputed = [item for item in items if item.answer is not None and not item.agrees]
    if as_json:
        session.terminal.raw(
            json.dumps(_result_contract(of, measure, disputed), ensure_ascii=False)
        )
    else:
        _tell_result(session, of, measure, disputed)
    if disputed or measure.answered < measure.drawn:
        raise typer.Exit(LEFT_TO_DO)


def _tell_result(
    session: Session, month: date, measure: Measure, disputed: list[SampleItem]
) -> None:
    if disputed:
        session.terminal.table(
            say("Decided otherwise by a person"),
            (
                say("Item"),
                say("Business date"),
                say("Branch"),
                say("Pages"),
                say("Matched by the program"),
                say("Chosen by the person"),
                say("Person"),
            ),
            [
                (
                    str(one.no),
                    one.decision.day.isoformat(),
                    one.decision.branch,
                    ", ".join(one.decision.names),
                    one.decision.serial_no,
                    (one.answer.choice if one.answer else None)
                    or say("none of these").in_language(session.terminal.lang),
                    one.answer.person if one.answer else "–",
                )
                for one in disputed
            ],
        )
    for sentence in _sentences(month, measure):
        session.terminal.tell(sentence)


def _sentences(month: date, measure: Measure) -> list[Message]:
    told = [
        say(
            "{month}: {drawn} drawn = {agreed} agreed + {disagreed} disagreed + {open} open.",
            month=f"{month:%Y-%m}",
            drawn=measure.drawn,
            agreed=measure.answered - measure.disagreed,
            disagreed=measure.disagreed,
            open=measure.drawn - measure.answered,
        )
    ]
    if measure.rate is not None:
        told.append(
            say(
                "False matches: {rate} of those answered; with {confidence} confidence below {bound}.",
                rate=f"{measure.rate:.2%}",
                confidence=f"{CONFIDENCE:.0%}",
                bound=f"{measure.upper_bound:.2%}",
            )
        )
    return told


def parsed_month(text: str) -> date:
    """Return the first day of "2026-11"; raises UserError when it is no month."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise UserError(say("{text} is not a month; write it like 2026-11.", text=text)) from error


def _row(serial: str, row: Transaction | None, lang: str) -> tuple[str, ...]:
    if row is None:
        return (serial, "–", "–", "–", say("booked no longer").in_language(lang))
    amount = "–" if row.amount is None else f"{row.amount:,.2f}"
    return serial, row.customer_no, amount, row.business_name, row.customer_name


def _next_contract(found: Shown, paths: list[str]) -> dict[str, Any]:
    return {
        "item": found.item.no,
        "day": found.item.decision.day.isoformat(),
        "branch": found.item.decision.branch,
        "pages": paths,
        "candidates": [
            {
                "choice": number,
                "serial_no": serial,
                "customer_no": row and row.customer_no,
                "customer_name": row and row.customer_name,
                "business_name": row and row.business_name,
                "amount": None if row is None or row.amount is None else f"{row.amount:.2f}",
            }
            for number, (serial, row) in enumerate(
                zip(found.item.candidates, found.rows, strict=True), start=1
            )
        ],
        "none": 0,
    }


def _result_contract(month: date, measure: Measure, disputed: list[SampleItem]) -> dict[str, Any]:
    return {
        "month": f"{month:%Y-%m}",
        "drawn": measure.drawn,
        "answered": measure.answered,
        "agreed": measure.answered - measure.disagreed,
        "disagreed": measure.disagreed,
        "rate": measure.rate,
        "confidence": CONFIDENCE,
        "upper_bound": measure.upper_bound,
        "disagreements": [
            {
                "item": one.no,
                "day": one.decision.day.isoformat(),
                "branch": one.decision.branch,
                "pages": list(one.decision.names),
                "matched": one.decision.serial_no,
                "chosen": one.answer.choice if one.answer else None,
                "person": one.answer.person if one.answer else None,
            }
            for one in disputed
        ],
    }
