"""Papers handed over between branches: listed, signed, accepted or refused one by one, signed again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import typer

from flows.access import Guard
from flows.commands.session import Session, checked_branch
from flows.form_writing import Shape, shape_of, written
from flows.terminal import moment
from flows.transfer_form import transfer_form
from flows.transfers import TransferDesk
from pipeline.access.acts import Act
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.shelved_papers import overdue, shelved
from pipeline.transfer import STATES, WHYS, PaperName, Transfer, Why

_LATE = 3
_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")
_NUMBER = typer.Argument(metavar="NUMBER", help="The transfer: JJ-000001, or 1.")
_ENTRIES = typer.Argument(None, metavar="ENTRY", help="Entry numbers: 9409350117-0003.")
_REASON = typer.Option(..., "--reason", help="Why; it stands on the form.")


def add_commands(app: typer.Typer) -> None:
    """Add transfer collect, list, show, form, sign, accept, refuse, close and withdraw."""
    transfer = typer.Typer(
        help="Papers handed over between branches, both signing.", no_args_is_help=True
    )
    for name, command in (
        ("collect", collect),
        ("list", list_),
        ("show", show),
        ("form", form),
        ("sign", sign),
        ("accept", accept),
        ("refuse", refuse),
        ("close", close),
        ("withdraw", withdraw),
    ):
        transfer.command(name)(command)
    app.add_typer(transfer, name="transfer")


def collect(
    context: typer.Context,
    branch: str = typer.Option(None, "--branch", help="Where the papers lie (any)."),
    name: str = _AS,
) -> None:
    """List what lies with a branch for customers of other branches: one list for each of these."""
    session: Session = context.obj
    at = None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        made = TransferDesk(parts, session.acting(name)).collect(at)
    if not made:
        session.terminal.tell(say("No paper lies with another branch than its customer's."))
    for one in made:
        session.terminal.tell(_told(one))


def list_(
    context: typer.Context,
    branch: str = typer.Option(None, "--branch", help="One branch, giving or receiving (all)."),
    name: str = _AS,
) -> None:
    """List transfers, and what is overdue. Exit code 3: something is."""
    session: Session = context.obj
    at = None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(name)).require(Act.SHELF_VIEW, at)
        transfers = parts.catalog.transfers.all()
        merged = parts.catalog.branches.successions()
        papers = shelved(parts.catalog.archives.all(), transfers, merged)
        by = parts.settings.paper.transfer_by
        late = overdue(papers, datetime.now(ZONE).date(), by, merged)
    shown = [one for one in transfers if at in (None, one.giver, one.taker)]
    late = tuple(one for one in late if at in (None, one.custody, one.owner))
    lang = session.terminal.lang
    session.terminal.table(
        say("{count} transfers", count=len(shown)),
        (
            *(say("Transfer"), say("From"), say("To"), say("Papers"), say("Accepted")),
            *(say("Refused"), say("Listed"), say("State"), say("Why")),
        ),
        [
            (
                *(one.number, one.giver, one.taker, str(len(one.papers)), str(len(one.accepted))),
                *(str(len(one.refused)), moment(one.at), STATES[one.state].in_language(lang)),
                WHYS[one.why].in_language(lang),
            )
            for one in shown
        ],
    )
    for paper in late:
        session.terminal.tell(
            say(
                "OVERDUE: {entry} of {day} lies with branch {custody} and belongs to branch {owner}.",
                entry=paper.entry,
                day=paper.day,
                custody=paper.custody,
                owner=paper.owner,
            )
        )
    if late:
        raise typer.Exit(_LATE)


def show(context: typer.Context, number: str = _NUMBER, name: str = _AS) -> None:
    """Show a transfer, paper by paper."""
    session: Session = context.obj
    with session.open_parts() as parts:
        one = parts.catalog.transfers.one(_no(number))
        _must_see(Guard.at_word(parts, session.acting(name)), one)
        made = transfer_form(parts, one, session.terminal.lang)
    heads = [column.head for column in made.columns]
    session.terminal.table(_told(one), heads, made.rows)


def form(
    context: typer.Context,
    number: str = _NUMBER,
    out: Path = typer.Option(..., "--out", "-o", help="File to write."),
    shape: Shape = typer.Option(None, "--format", help="pdf, html, csv, json (as FILE ends)."),
    name: str = _AS,
) -> None:
    """Write the hand-over form (A4) with its number, papers in customer order, and both signatures."""
    session: Session = context.obj
    with session.open_parts() as parts:
        one = parts.catalog.transfers.one(_no(number))
        _must_see(Guard.at_word(parts, session.acting(name)), one)
        made = transfer_form(parts, one, session.terminal.lang)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(written(made, shape or shape_of(out), datetime.now(ZONE)))
    session.terminal.tell(
        say("Transfer {number}: {path}; print it twice.", number=one.number, path=out)
    )


def sign(context: typer.Context, number: str = _NUMBER, name: str = _AS) -> None:
    """Sign a list as the archivist who hands over."""
    _do(context, name, lambda desk: desk.sign(_no(number)))


def accept(
    context: typer.Context,
    number: str = _NUMBER,
    entries: list[str] = _ENTRIES,
    name: str = _AS,
) -> None:
    """Accept papers as the receiving archivist; none named: all that wait."""
    _do(context, name, lambda desk: desk.accept(_no(number), _papers(entries or [])))


def refuse(
    context: typer.Context,
    number: str = _NUMBER,
    entries: list[str] = typer.Argument(metavar="ENTRY", help="Entry numbers."),
    reason: str = _REASON,
    name: str = _AS,
) -> None:
    """Refuse papers with a reason; they stay with the giver."""
    _do(context, name, lambda desk: desk.refuse(_no(number), _papers(entries), reason))


def close(
    context: typer.Context,
    number: str = _NUMBER,
    bags: int = typer.Option(
        None,
        "--bags",
        min=0,
        help="Bags with papers that came, counted; where branches merge or split.",
    ),
    papers: int = typer.Option(None, "--papers", min=0, help="Papers that came, counted."),
    name: str = _AS,
) -> None:
    """Sign as the archivist who received, once each paper is decided: custody moves now."""
    counted = None if bags is None or papers is None else (bags, papers)
    _do(context, name, lambda desk: desk.close(_no(number), counted))


def withdraw(
    context: typer.Context, number: str = _NUMBER, reason: str = _REASON, name: str = _AS
) -> None:
    """Withdraw a transfer that is not closed (headquarters): its papers stay, and can be listed anew."""
    _do(context, name, lambda desk: desk.withdraw(_no(number), reason))


def _do(context: typer.Context, name: str | None, act: Callable[[TransferDesk], Transfer]) -> None:
    session: Session = context.obj
    with session.open_parts() as parts:
        one = act(TransferDesk(parts, session.acting(name)))
    session.terminal.tell(_told(one))


def _told(one: Transfer) -> Message:
    if one.why is not Why.OWNER:
        return told_reorganised(one)
    return say(
        "Transfer {number} from branch {giver} to {taker}: {papers} papers = {accepted} accepted + {refused} "
        "refused + {waiting} waiting; {state}.",
        number=one.number,
        giver=one.giver,
        taker=one.taker,
        papers=len(one.papers),
        accepted=len(one.accepted),
        refused=len(one.refused),
        waiting=len(one.waiting),
        state=STATES[one.state],
    )


def told_reorganised(one: Transfer) -> Message:
    """Tell how a transfer stands by which branches merge or split."""
    return say(
        "Transfer {number} from branch {giver} to {taker}: {archives} archives; {papers} papers = {accepted} "
        "accepted + {refused} refused + {waiting} waiting; {state}.",
        number=one.number,
        giver=one.giver,
        taker=one.taker,
        archives=len(one.archives),
        papers=len(one.papers),
        accepted=len(one.accepted),
        refused=len(one.refused),
        waiting=len(one.waiting),
        state=STATES[one.state],
    )


def _must_see(guard: Guard, one: Transfer) -> None:
    """Raise NotAllowed unless the person sees one of the two branches."""
    try:
        guard.require(Act.SHELF_VIEW, one.giver)
    except UserError:
        guard.require(Act.SHELF_VIEW, one.taker)


def _no(number: str) -> int:
    digits = number.removeprefix("JJ-")
    if not digits.isdecimal() or len(digits) > 9:
        raise UserError(
            say("{number} is no transfer's number; it looks like JJ-000001.", number=number)
        )
    return int(digits)


def _papers(entries: list[str]) -> tuple[PaperName, ...]:
    found = []
    for entry in entries:
        customer, _, line = entry.rpartition("-")
        if not customer or not line.isdecimal() or len(line) > 9:
            raise UserError(
                say("{entry} is no entry number; it looks like 9409350117-0003.", entry=entry)
            )
        found.append((customer, int(line)))
    return tuple(found)
