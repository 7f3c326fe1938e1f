"""What closings left to people as a work list: assigned, explained, settled with proof, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

import typer

from catalog.reports.wording import KINDS
from flows.access import Guard
from flows.commands.session import Session, checked_branch, parsed_day
from flows.parts import Parts
from flows.settling import Settling
from flows.terminal import Terminal, moment
from flows.worklist import Filters, Standing, work_item, worklist
from pipeline.access.acts import Act
from pipeline.balance import DiscrepancyKind
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.settling import SETTLING, ProofKind, WorkItem

_DAYS = timedelta(days=30)
_ITEM = typer.Argument(metavar="BRANCH/DAY/ID", help="The discrepancy, as the list numbers it.")
_AS = typer.Option(None, "--as", metavar="NAME", help="Who acts (this account).")
_BECAUSE = typer.Option(..., "--because", help="Why, in a sentence.")
Word = TypeVar("Word", bound=StrEnum)


def add_commands(app: typer.Typer) -> None:
    """Add mismatch list, show, assign, explain, resolve and reopen."""
    group = typer.Typer(help="What closings left to people, as a work list.", no_args_is_help=True)
    group.command("list")(list_items)
    group.command("show")(show)
    group.command("assign")(assign)
    group.command("explain")(explain)
    group.command("resolve")(resolve)
    group.command("reopen")(reopen)
    app.add_typer(group, name="mismatch")


def list_items(
    context: typer.Context,
    branch: str = typer.Option(None, "--branch", help="One branch (all)."),
    first: str = typer.Option(
        None, "--from", help="First business date (30 days before the last)."
    ),
    last: str = typer.Option(None, "--until", help="Last business date (today)."),
    kind: str = typer.Option(None, "--kind", help="One exception class (all)."),
    state: str = typer.Option(
        "waiting", "--state", help="waiting, unassigned, overdue, again, settled or all."
    ),
    to: str = typer.Option(None, "--to", metavar="NAME", help="What is assigned to a person."),
) -> None:
    """List what waits for people, by when it is due."""
    session: Session = context.obj
    until = parsed_day(last)
    since = until - _DAYS if first is None else parsed_day(first)
    branches = None if branch is None else frozenset({checked_branch(branch)})
    standing = None if state == "all" else _word(state, Standing)
    filters = Filters(_word(kind.upper(), DiscrepancyKind) if kind else None, standing, to)
    now = datetime.now(UTC)
    with session.open_parts() as parts:
        found = [one for one in worklist(parts, since, until, branches) if filters.let(one, now)]
        earlier = parts.catalog.days.left_before(since, branches)
    _list(session.terminal, found, since, until)
    if earlier:
        session.terminal.tell(
            say("Earlier closings left something too, the last one on {day}.", day=earlier)
        )


def _word(text: str, words: type[Word]) -> Word:
    try:
        return words(text)
    except ValueError as error:
        raise UserError(
            say("“{text}” is none of {words}.", text=text, words=", ".join(words))
        ) from error


def _list(terminal: Terminal, found: list[WorkItem], since: date, until: date) -> None:
    terminal.table(
        say(
            "Discrepancies of {since} to {until}: {count}",
            since=since,
            until=until,
            count=len(found),
        ),
        (
            *(say("Number"), say("Kind"), say("Concerns"), say("Until"), say("Assigned to")),
            say("Why"),
        ),
        [
            (
                one.key.address,
                KINDS[one.key.kind].in_language(terminal.lang),
                one.found[0].serial_no or ", ".join(page.name for page in one.pages) or "–",
                str(one.due),
                one.assigned_to or "–",
                one.found[0].reason.in_language(terminal.lang),
            )
            for one in found
        ],
    )


def show(context: typer.Context, item: str = _ITEM) -> None:
    """Show one discrepancy and what was done about it."""
    session: Session = context.obj
    with session.open_parts() as parts:
        _show(session.terminal, _named(parts, item))


def _named(parts: Parts, address: str) -> WorkItem:
    branch, _, rest = address.partition("/")
    day, _, item = rest.partition("/")
    found = work_item(parts, parsed_day(day), checked_branch(branch), item)
    if found is None:
        raise UserError(
            say(
                "The last closing found no {address}; see “paperproof mismatch list --state all”.",
                address=address,
            )
        )
    return found


def _show(terminal: Terminal, item: WorkItem) -> None:
    for one in item.found:
        terminal.tell(one.reason)
        terminal.tell(one.remedy)
    if not item.acts:
        terminal.tell(say("Nothing was done about it yet."))
        return
    terminal.table(
        KINDS[item.key.kind],
        (say("When"), say("Who"), say("Act"), say("Proof"), say("What")),
        [
            (
                moment(act.at),
                act.person,
                SETTLING[act.kind].in_language(terminal.lang),
                (act.proof.reference[:20] if act.proof else "") or "–",
                act.text,
            )
            for act in item.acts
        ],
    )


def assign(
    context: typer.Context,
    item: str = _ITEM,
    to: str = typer.Option(..., "--to", metavar="NAME", help="Who is to work on it."),
    by: str = _AS,
) -> None:
    """Give it to a person."""
    _act(
        context,
        item,
        by,
        Act.MISMATCH_RESOLVE,
        lambda desk, one, at: desk.assign(one, to, len(one.acts), at),
    )


def explain(context: typer.Context, item: str = _ITEM, why: str = _BECAUSE, by: str = _AS) -> None:
    """Say why it is there."""
    _act(
        context,
        item,
        by,
        Act.MISMATCH_EXPLAIN,
        lambda desk, one, at: desk.explain(one, why, len(one.acts), at),
    )


def resolve(
    context: typer.Context,
    item: str = _ITEM,
    note: str = typer.Option(..., "--note", help="What the proof shows, in a sentence."),
    page: str = typer.Option(None, "--page", help="A page of that day: its file or SHA-256."),
    paper: str = typer.Option(
        None, "--paper", help="An entry of the paper register, or a serial number in store."
    ),
    by: str = _AS,
) -> None:
    """Settle it by a page, a paper or a note; never by whose work it is about."""
    if page is not None and paper is not None:
        raise UserError(say("Name one proof: --page or --paper."))
    kind = (
        ProofKind.PAGE
        if page is not None
        else ProofKind.PAPER
        if paper is not None
        else ProofKind.NOTE
    )
    reference = page or paper or ""
    _act(
        context,
        item,
        by,
        Act.MISMATCH_RESOLVE,
        lambda desk, one, at: desk.resolve(one, kind, reference, note, len(one.acts), at),
    )


def reopen(context: typer.Context, item: str = _ITEM, why: str = _BECAUSE, by: str = _AS) -> None:
    """Take its settling back: it waits again."""
    _act(
        context,
        item,
        by,
        Act.MISMATCH_RESOLVE,
        lambda desk, one, at: desk.take_back(one, why, len(one.acts), at),
    )


def _act(
    context: typer.Context,
    address: str,
    by: str | None,
    act: Act,
    done: Callable[[Settling, WorkItem, datetime], None],
) -> None:
    session: Session = context.obj
    who = session.acting(by)
    with session.open_parts() as parts:
        item = _named(parts, address)
        Guard.at_word(parts, who).require(act, item.key.branch)
        done(Settling(parts, who), item, datetime.now(UTC))
        _show(session.terminal, _named(parts, address))
